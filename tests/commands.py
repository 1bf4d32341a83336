"""Types an `engage` command, in this process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import typer.testing
from typer.main import get_command
from typer.testing import CliRunner, Result

from pipeline.cli import app

# A runner looks up what all commands take each time, which takes longer than most commands.
typer.testing._get_command = cache(get_command)


def engage(*words: str | Path, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, [*map(str, words)], prog_name="engage", input=stdin)
