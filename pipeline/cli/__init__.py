"""The command `engage`: the same stages as the DAGs, without Airflow.

One file a command. Each imports what it needs when it runs, so that `--help` answers at once.
Errors that Engage knows print as two lines, what and mend; the exit code says what the caller
should do.
"""

from __future__ import annotations

from importlib import import_module

from pipeline.cli._app import app

# In the order in which --help shows them.
COMMANDS = (
    "run",
    "listen",
    "tag",
    "clean",
    "explain",
    "sql",
    "check",
    "quarantine",
    "init",
    "report",
    "outcome",
    "measure",
    "alert",
    "label",
    "review",
    "train",
    "compare",
    "promote",
    "rollback",
    "evaluate",
    "calibrate",
    "export",
    "theme",
    "deliver",
    "disclose",
    "forget",
    "expire",
)
for _name in COMMANDS:
    import_module(f"{__name__}.{_name}")


def main() -> None:
    """Run the command line."""
    app(prog_name="engage")


__all__ = ["app", "main"]
