"""`engage alert`: what somebody should look at before it is a crisis."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

import typer

from pipeline.cli._app import By, Config, app, settings_of
from pipeline.errors import SettingsError

alert_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at alerts; acknowledge, snooze and close them.",
)
app.add_typer(alert_app, name="alert")
Alert = Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id, or a part of it.")]
Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why.", show_default=False)
]


@alert_app.command("list")
def alert_list(
    every: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    config: Config = None,
) -> None:
    """List the alerts that are not closed, the latest first."""
    from pipeline.books import alert_book
    from pipeline.console import add, console, counted, table
    from pipeline.storage import Lake

    settings = settings_of(config)
    states = () if every else ("open", "acknowledged", "snoozed")
    rows = alert_book.listed(Lake(settings.lake_location), states)
    made = table(("state", "observed", "usual", "id"), right=("observed", "usual"))
    for row in rows.iter_rows(named=True):
        usual = "" if row["expected"] is None else f"{row['expected']:.1f}"
        add(made, (row["state"], row["observed"], usual, row["alert_id"]))
    screen = console()
    if len(rows):
        screen.print(made)
    screen.print(counted(len(rows), "alert"))


@alert_app.command("show")
def alert_show(given: Alert, config: Config = None) -> None:
    """Show an alert: its messages, the words that set them apart, what was said before."""
    from pipeline.books import alert_book
    from pipeline.console import add, clean, console, pairs
    from pipeline.storage import Lake

    settings = settings_of(config)
    lake, zone = Lake(settings.lake_location), settings.company.zone
    row = alert_book.alert(lake, given)
    for name in ("alert_id", "state", "state_reason", "observed", "expected", "factor"):
        if row[name] is not None:
            value = f"{row[name]:.1f}" if isinstance(row[name], float) else row[name]
            typer.echo(f"{name:12}  {clean(str(value))}")
    for name in ("words", "sources", "spread_to"):
        typer.echo(f"{name:12}  {clean(', '.join(row[name]))}")
    screen = console()
    for title, ids in (("The messages", "message_ids"), ("Said before", "before_message_ids")):
        if not row[ids]:
            continue
        made = pairs()
        for said in alert_book.texts(lake, row[ids]).iter_rows(named=True):
            at = f"{said['sent_at'].astimezone(zone):%a %d %b %H:%M}"
            add(made, (f"{at} {said['source']}", said["text"]))
        screen.print(f"\n{title}")
        screen.print(made)


@alert_app.command("ack")
def alert_ack(given: Alert, reason: Reason = None, by: By = None, config: Config = None) -> None:
    """Acknowledge an alert: somebody looks at it."""
    _decide(given, "acknowledged", config, reason=reason, by=by)


@alert_app.command("snooze")
def alert_snooze(
    given: Alert,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DAY", help="Until this day begins. [default: tomorrow]"),
    ] = None,
    reason: Reason = None,
    by: By = None,
    config: Config = None,
) -> None:
    """Let an alert rest, with those of the same kind and subject that open in the meantime."""
    zone = settings_of(config).company.zone
    try:
        tomorrow = datetime.now(zone).date() + timedelta(days=1)
        day = tomorrow if until is None else datetime.strptime(until, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError as error:
        raise SettingsError(
            f"'{until}' is not a date", where="--until", mend="write dates as 2026-11-02"
        ) from error
    begins = datetime.combine(day, time(), zone).astimezone(UTC)
    _decide(given, "snoozed", config, until=begins, reason=reason, by=by)


@alert_app.command("close")
def alert_close(given: Alert, reason: Reason = None, by: By = None, config: Config = None) -> None:
    """Close an alert: it is over, or it was none."""
    _decide(given, "closed", config, reason=reason, by=by)


@alert_app.command("open")
def alert_open(given: Alert, reason: Reason = None, by: By = None, config: Config = None) -> None:
    """Open an alert again."""
    _decide(given, "open", config, reason=reason, by=by)


def _decide(given: str, state: str, config: Config, **said: Any) -> None:  # noqa: ANN401
    from pipeline.books import alert_book

    name = alert_book.decide(settings_of(config), given, state, now=datetime.now(UTC), **said)
    typer.echo(f"{state}: {name}")
