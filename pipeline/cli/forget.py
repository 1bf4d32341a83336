"""`engage forget`: a person, or one message, leaves the lake and stays away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def forget(
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Where the person wrote.")
    ],
    author: Annotated[
        str | None,
        typer.Option(
            "--author",
            metavar="NAME",
            help="The person: the name in that source, or the author_id.",
            show_default=False,
        ),
    ] = None,
    message: Annotated[
        str | None,
        typer.Option(
            "--message", metavar="ID", help="One message alone, by its id.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count the rows in each table, and change nothing.")
    ] = False,
    config: Config = None,
) -> None:
    """Forget a person or a message: words and pseudonym leave every table, and stay away.

    Messages keep their id and time, so that counts and conversations hold. It cannot be undone.
    """
    from pipeline import measuring, retention
    from pipeline.console import command, console, counted, pairs
    from pipeline.records import Window
    from pipeline.storage import Lake

    settings = settings_of(config)
    lake = Lake(settings.lake_location)
    who = retention.asked(settings, source, author=author, message=message)
    rows = retention.counted(lake, who)
    sent = retention.sent(lake, who)
    shown = pairs(right=True)
    for table, count in rows.items():
        shown.add_row(table, f"{count:,}")
    console().print(shown)
    if not dry_run:
        retention.forget(settings, who, datetime.now(UTC).date())
        if who.days:
            measuring.after_run(settings, Window.of_days(who.days[0], who.days[-1]))
    count = len(who.message_ids)
    are = "would be" if dry_run else "is" if count == 1 else "are"
    typer.echo(f"{counted(count, 'message')} {are} forgotten, and what rests on it")
    for delivery, sent_id, reference in sent.iter_rows():
        known_as = f", there {reference}" if reference else ""
        typer.echo(f"remove it there yourself: {delivery} was sent {sent_id}{known_as}")
    if not dry_run:
        typer.echo(f"bring the exported files in line: {command('export', config)}")
