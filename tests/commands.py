"""Types an `engage` command, in this process."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app


def engage(*words: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], prog_name="engage", input=stdin)
