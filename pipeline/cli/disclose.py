"""`engage disclose`: what the lake holds of a person, in a file for that person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def disclose(
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Where the person wrote.")
    ],
    author: Annotated[
        str,
        typer.Option(
            "--author",
            metavar="NAME",
            help="The person: the name in that source, or the author_id.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUTPUT", help="A .jsonl.")],
    config: Config = None,
) -> None:
    """Write all that the tables hold of a person, for who asks for it.

    OUTPUT has a line for each row, with the name of its table. What others wrote, and who of you
    labelled or decided, is left out.
    """
    from pipeline import retention
    from pipeline.console import console, pairs
    from pipeline.storage import Lake

    settings = settings_of(config)
    lake = Lake(settings.lake_location)
    counts = retention.disclose(lake, retention.asked(settings, source, author=author), output)
    shown = pairs(right=True)
    for table, count in counts.items():
        shown.add_row(table, f"{count:,}")
    console().print(shown)
    typer.echo(f"written into {output}")
