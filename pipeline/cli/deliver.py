"""`engage deliver`: opportunities into people's own systems, each row once."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def deliver(
    name: Annotated[
        str | None, typer.Argument(metavar="DELIVERY", help="One delivery; without it: all.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would go where; send and write nothing.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also what was refused or is unknown; that may arrive twice."),
    ] = False,
    config: Config = None,
) -> None:
    """Send new opportunities to the systems that the settings name, each row once."""
    from datetime import UTC, datetime

    from pipeline import delivery
    from pipeline.console import clean, counted

    settings = settings_of(config)
    done = 0
    now = datetime.now(UTC)
    for sent in delivery.deliver(settings, now=now, only=name, again=again, dry_run=dry_run):
        for line in delivery.described(settings, sent).splitlines():
            typer.echo(clean(line))
        done += sent.payload.rows_count
    typer.echo(f"{counted(done, 'row')} {'would be sent' if dry_run else 'handed over'}")
