"""`engage outcome`: what people and their systems did with opportunities, from a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of, warn
from pipeline.cli._said import echo_added, echo_next_run, echo_overruled


@app.command()
def outcome(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV, XLSX or JSON lines with opportunity_id and outcome; also reason, value, "
            "decided_at and decided_by. Or an export with a column for the outcome added.",
        ),
    ],
    config: Config = None,
) -> None:
    """Say what came of leads, complaints, ideas and themes, from a file.

    The file is taken whole or not at all, and can be read again without harm. The next publish
    puts it into the tables; what was rejected teaches the models.
    """
    from pipeline import books
    from pipeline.books import outcome_files
    from pipeline.console import counted
    from pipeline.storage import Lake

    settings = settings_of(config)
    lake, now = Lake(settings.lake_location), datetime.now(UTC)
    handed = outcome_files.read(file, lake, now, settings.company.zone, warn)
    added = books.add(lake, outcome_files.BOOK, handed.outcomes, now)
    echo_added(added, "outcome")
    if handed.unanswered_count:
        typer.echo(f"{counted(handed.unanswered_count, 'row')} without an outcome yet")
    echo_overruled(added, "decided_at")
    if added.new:
        echo_next_run(lake, config)
