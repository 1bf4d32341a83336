"""What commands say when people's answers were added to a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.console import command, counted

if TYPE_CHECKING:
    from pipeline.books import Added
    from pipeline.storage import Lake


def echo_added(added: Added, name: str) -> None:
    """Say how many rows were added, and how many were known."""
    typer.echo(f"{counted(added.new, name)} added, {added.known} known before")


def echo_overruled(added: Added, column: str) -> None:
    """Say how rows that others overruled can be said again: with a time in this column."""
    if added.overruled:
        typer.echo(
            f"{added.overruled} of these were overruled since, and stay so: to say them again, "
            f"give them a time in a column `{column}`"
        )


def echo_from_now() -> None:
    """Say what a change of the models in use does to the tables."""
    typer.echo("days that were tagged before keep their tags until they are run again")


def echo_next_run(lake: Lake, config: Path | None) -> None:
    """Say which run puts the answers into the tables."""
    words = f"run --from {lake.days('messages')[-1]} --stage detect --stage publish"
    typer.echo(f"put them into the tables, of whatever day: {command(words, config)}")
