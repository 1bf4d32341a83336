"""`engage measure`: what came in, what was done with it and what came of it, by day."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli._app import Config, Last, app, settings_of


@app.command()
def measure(
    first: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DAY", help="First day. [default: the last four weeks of messages]"
        ),
    ] = None,
    last: Last = None,
    config: Config = None,
) -> None:
    """Measure days: heard, answered, in time, won, and how good the tags are."""
    from pipeline import measuring
    from pipeline.console import command, counted
    from pipeline.records import Window
    from pipeline.storage import Lake

    settings = settings_of(config)
    lake = Lake(settings.lake_location)
    day = first or last
    window = measuring.recent(lake) if day is None else Window.of_days(day, last)
    if window is None:
        from pipeline.query import no_messages

        raise no_messages(lake)
    made = measuring.measure(settings, window)
    typer.echo(f"{window}: {counted(made, 'row')} of figures")
    typer.echo(f"look at them: {command('report', config)}")
