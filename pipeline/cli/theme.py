"""`engage theme`: themes of ideas, and what people decide about them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli._app import By, Config, app, settings_of

if TYPE_CHECKING:
    from pipeline.books.theme_book import Said
    from pipeline.storage import Lake

theme_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at themes of ideas; merge, split and rename them, and say what becomes of them.",
)
app.add_typer(theme_app, name="theme")
Theme = Annotated[str, typer.Argument(metavar="THEME", help="The theme's id, or its end.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]


@theme_app.command("list")
def theme_list(
    limit: Annotated[int, typer.Option("-n", min=1, help="At most so many.")] = 20,
    config: Config = None,
) -> None:
    """List the themes of the last snapshot, most votes first."""
    from pipeline.books import theme_book
    from pipeline.console import add, console, counted, table

    rows = theme_book.latest(_lake(config))
    made = table(("votes", "state", "title", "id"), right=("votes",), grow="title")
    for row in rows.head(limit).iter_rows(named=True):
        add(made, (row["votes_count"], row["state"], row["title"], row["theme_id"]))
    screen = console()
    if len(rows):
        screen.print(made)
    screen.print(counted(len(rows), "theme"))


@theme_app.command("show")
def theme_show(given: Theme, config: Config = None) -> None:
    """Show a theme: its ideas with their ids, and what people decided about it."""
    from pipeline.books import theme_book
    from pipeline.console import add, clean, console, counted, pairs

    lake = _lake(config)
    row = theme_book.theme(lake, given)
    name = row["theme_id"]
    typer.echo(clean(row["title"]))
    typer.echo(f"{name} · {row['state']}" + _because(row["state_reason"]))
    accounts = row["accounts_count"]
    of_accounts = f" of {counted(accounts, 'known customer')}" if accounts else ""
    typer.echo(f"{counted(row['votes_count'], 'vote')}{of_accounts} · {', '.join(row['terms'])}")
    made = pairs()
    for idea in theme_book.ideas_of(lake, name).iter_rows(named=True):
        add(made, (idea["idea_id"], idea["sentence"]))
    console().print(made)
    for said in theme_book.history(lake).iter_rows(named=True):
        if name in (said["theme_id"], said["into_theme_id"]):
            typer.echo(
                f"{said['decision_id']}  {_told(said)}" + ("" if said["holds"] else ", undone")
            )


@theme_app.command("merge")
def theme_merge(
    given: Theme,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The theme that stays.")],
    reason: Reason,
    by: By = None,
    config: Config = None,
) -> None:
    """Put all ideas of a theme, later ones too, into another theme."""
    from pipeline.books import theme_book

    lake = _lake(config)
    _noted(theme_book.merge(lake, given, into, _said(reason, by)), lake, config)


@theme_app.command("split")
def theme_split(
    given: Theme,
    ideas: Annotated[list[str], typer.Argument(metavar="IDEA...", help="Ids of its ideas.")],
    reason: Reason,
    by: By = None,
    config: Config = None,
) -> None:
    """Make some ideas of a theme a theme of their own; later ideas join the nearer one."""
    from pipeline.books import theme_book

    lake = _lake(config)
    _noted(theme_book.split(lake, given, ideas, _said(reason, by)), lake, config)


@theme_app.command("rename")
def theme_rename(
    given: Theme,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What the theme is called.")],
    reason: Reason,
    by: By = None,
    config: Config = None,
) -> None:
    """Give a theme a title of your own."""
    from pipeline.books import theme_book

    lake = _lake(config)
    _noted(theme_book.rename(lake, given, title, _said(reason, by)), lake, config)


@theme_app.command("status")
def theme_status(
    given: Theme,
    state: Annotated[
        str, typer.Argument(metavar="STATE", help="new, planned, shipped or declined.")
    ],
    reason: Reason,
    by: By = None,
    config: Config = None,
) -> None:
    """Say what becomes of a theme."""
    from pipeline.books import theme_book

    lake = _lake(config)
    _noted(theme_book.state(lake, given, state, _said(reason, by)), lake, config)


@theme_app.command("undo")
def theme_undo(
    reason: Reason,
    decision: Annotated[
        str | None,
        typer.Argument(metavar="[DECISION]", help="Its id; without it the last decision."),
    ] = None,
    by: By = None,
    config: Config = None,
) -> None:
    """Undo a decision; both stay on record, and an undoing can be undone."""
    from pipeline.books import theme_book

    lake = _lake(config)
    name, undone = theme_book.undo(lake, decision, _said(reason, by))
    typer.echo(f"undone: {_told(undone)}")
    _noted(name, lake, config)


def _lake(config: Path | None) -> Lake:
    from pipeline.storage import Lake

    return Lake(settings_of(config).lake_location)


def _said(reason: str, by: str | None) -> Said:
    from pipeline.books.theme_book import Said

    return Said(reason, by, datetime.now(UTC))


def _noted(decision_id: str, lake: Lake, config: Path | None) -> None:
    from pipeline.console import command

    typer.echo(f"decision {decision_id} is recorded")
    words = command(f"run --from {lake.days('idea_themes')[-1]} --stage publish", config)
    typer.echo(f"put it into the tables: {words}")


def _because(reason: str | None) -> str:
    from pipeline.console import clean

    return f", because: {clean(reason)}" if reason else ""


def _told(said: dict[str, object]) -> str:
    from pipeline.console import clean

    into = said["into_theme_id"] or said["new_title"] or said["new_state"] or said["undoes_id"]
    ideas = said["idea_ids"]
    count = f" ({len(ideas)} ideas)" if isinstance(ideas, list) and ideas else ""
    return clean(f"{said['action']} {said['theme_id']} → {into}{count}, because: {said['reason']}")
