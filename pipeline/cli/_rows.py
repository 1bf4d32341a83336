"""What `engage tag` and `engage clean` take, and what they say of the rows of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Protocol

import typer

from pipeline.console import counted

Input = Annotated[Path, typer.Argument(metavar="INPUT", help="A .jsonl, .csv or .parquet.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="OUTPUT", help="A .parquet or .jsonl.")
]


class Done(Protocol):
    """What both count."""

    rows_count: int
    unreadable_count: int
    unknown_languages_count: int


def readable(done: Done) -> str:
    """How many rows could be read, of how many where that differs."""
    rows = counted(done.rows_count, "row")
    unread = done.unreadable_count
    return f"{done.rows_count - unread:,} of {rows}" if unread else rows


def echo_doubts(done: Done) -> None:
    """Say how many rows have an error, and how many a language that is none."""
    if done.unreadable_count:
        typer.echo(f"{done.unreadable_count:,} could not be read; the column error says why")
    if done.unknown_languages_count:
        rows = counted(done.unknown_languages_count, "row")
        typer.echo(f"{rows} had an unknown lang: identified from the text instead")
