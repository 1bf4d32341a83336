"""`engage label`: what people say about single messages, from a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of, warn
from pipeline.cli._said import echo_added, echo_next_run, echo_overruled


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
    from pipeline.learning import label_book, label_files
    from pipeline.storage import Lake
    from pipeline.tagger import detectors

    settings = settings_of(config)
    lake, now = Lake(settings.lake_location), datetime.now(UTC)
    read = label_files.read(file, lake, detectors(), now, settings.company.zone, warn)
    added = label_book.add(lake, read, now)
    echo_added(added, "label")
    echo_overruled(added, "at")
    if added.new:
        echo_next_run(lake, config)
