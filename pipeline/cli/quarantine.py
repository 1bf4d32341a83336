"""`engage quarantine`: rejected rows, looked at and read again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of
from pipeline.errors import SettingsError

quarantine_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at rejected rows, and read them again after a fix.",
)
app.add_typer(quarantine_app, name="quarantine")
SourceName = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="Only this source.", show_default=False),
]


@quarantine_app.command("list")
def quarantine_list(
    source: SourceName = None,
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="RULE", help="Only this rule.", show_default=False),
    ] = None,
    config: Config = None,
) -> None:
    """List rejected rows: the rule that each breaks and where it is from."""
    from pipeline import quarantine
    from pipeline.console import add, command, console, counted, pairs
    from pipeline.registry import choices

    settings = settings_of(config)
    rows = quarantine.rows(settings, source, rule).to_pylist()
    if rule and not rows:
        known = quarantine.rows(settings, source)["rule_id"].unique().to_pylist()
        raise SettingsError(
            f"no row was rejected by '{rule}'", where="--rule", mend=choices(rule, known)
        )
    made = pairs()
    for row in rows:
        broken = ", ".join(str(row[name]) for name in ("column", "value") if row[name])
        add(made, (row["quarantine_id"][:12], f"{row['rule_id']}: {broken}".removesuffix(": ")))
        add(made, ("", f"{row['origin']} ({row['source']}, {row['seen_on']})"), "dim")
    screen = console()
    screen.print(made)
    screen.print(counted(len(rows), "rejected row"))
    if rows:
        shown = command(f"quarantine show {rows[0]['quarantine_id'][:12]}", config)
        screen.print(f"All of one: {shown}", soft_wrap=True)


@quarantine_app.command("show")
def quarantine_show(
    quarantine_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or its beginning.")],
    config: Config = None,
) -> None:
    """Show all that is known of one rejected row."""
    from pipeline import quarantine
    from pipeline.console import clean

    for name, value in quarantine.row(settings_of(config), quarantine_id).items():
        typer.echo(f"{name:16}  {'' if value is None else clean(value)}")


@quarantine_app.command("replay")
def quarantine_replay(source: SourceName = None, config: Config = None) -> None:
    """Read rejected rows again after a fix, and run the stages for their days."""
    from pipeline import measuring, quarantine
    from pipeline.console import counted, progress

    settings = settings_of(config)
    with progress("replay") as tick:
        done = quarantine.replay(settings, now=datetime.now(UTC), source=source, on_progress=tick)
        for window in quarantine.windows(done.days):
            tick(f"measuring {window}", 1.0)
            measuring.after_run(settings, window)
    typer.echo(
        f"{done.tried_count:,} read again over {counted(len(done.days), 'day')}: "
        f"{done.released_count:,} released, {done.remaining_count:,} remain, "
        f"{done.new_count:,} newly rejected"
    )
    if done.gone_count:
        rows = counted(done.gone_count, "row")
        typer.echo(f"{rows} of sources that are no longer in the settings: not read again")
