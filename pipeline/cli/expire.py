"""`engage expire`: texts and pseudonyms that are too old go, figures stay."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def expire(
    last: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="DAY",
            help="Last of the days that are kept. [default: the last day with a message]",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Let go what is older than `privacy.keep_days`: texts and pseudonyms. Figures stay.

    It cannot be undone: a day that has expired is not heard again.
    """
    from pipeline import stages
    from pipeline.console import command, counted
    from pipeline.records import Window
    from pipeline.storage import Lake

    settings = settings_of(config)
    day = last or max(Lake(settings.lake_location).days("messages"), default=None)
    now = datetime.now(UTC)
    done = stages.expire(settings, Window.of_days(day), now=now) if day else None
    if done is None:
        typer.echo("nothing is old enough to expire")
        return
    typer.echo(f"{counted(done.rows_in, 'row')} expired, all before {done.window_end:%Y-%m-%d}")
    typer.echo(f"bring the exported files in line: {command('export', config)}")
