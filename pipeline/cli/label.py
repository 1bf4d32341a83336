"""`engage label`: what people say about single messages, from a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of, warn


@app.command()
def label(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV or XLSX with the columns id, tag and answer (yes or no); also reason, by "
            "and at.",
        ),
    ],
    config: Config = None,
) -> None:
    """Say which tags are right, from a file; this outranks the models.

    The file is taken whole or not at all, and can be read again without harm. The next run puts
    the answers into the tables.
    """
    from pipeline.console import command, counted
    from pipeline.learning import label_book, label_files
    from pipeline.storage import Lake
    from pipeline.tagger import detectors

    settings = settings_of(config)
    lake, now = Lake(settings.lake_location), datetime.now(UTC)
    read = label_files.read(file, lake, detectors(), now, settings.company.zone, warn)
    added = label_book.add(lake, read, now)
    typer.echo(f"{counted(added.new, 'label')} added, {added.known} known before")
    if added.overruled:
        typer.echo(
            f"{added.overruled} of these were overruled since, and stay so: to say them again, "
            "give them a time in a column `at`"
        )
    if added.new:
        day = max(one["sent_on"] for one in lake.partitions("messages"))
        words = f"run --from {day} --stage detect --stage publish"
        typer.echo(f"put them into the tables, of whatever day: {command(words, config)}")
