"""How the report says things: questions to the lake, headings, days, passages."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.text import Text

from pipeline.console import clean, shortened

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

SHOWN = 5
SNIPPET = 220
STATE_COLOURS = {
    "green": "green",
    "orange": "dark_orange",
    "red": "bold red",
    "met": "green",
    "missed": "red",
}


def ask(database: DuckDBPyConnection, sql: str, *values: object) -> list[tuple[Any, ...]]:
    answer = database.sql(sql, params=list(values)).to_arrow_table()
    return list(zip(*(column.to_pylist() for column in answer.columns), strict=True))


def said(snippet: str, reason: str, next_step: list[str], state: str) -> Text:
    """What they say, why it matters, and who does what by when: a paragraph each."""
    step = " · ".join(clean(part) for part in next_step if part)
    return Text.assemble(
        f"“{shortened(snippet, SNIPPET)}”",
        "\n",
        (clean(reason), "dim"),
        "\n",
        (step, STATE_COLOURS[state]),
    )


def due_by(at: datetime | None, state: str, zone: ZoneInfo, today: date) -> str:
    if at is None:
        return ""
    when = moment_of(at, zone, today)
    return {"red": f"late since {when}", "met": "", "missed": ""}.get(state, f"by {when}")


def moment_of(at: datetime, zone: ZoneInfo, today: date) -> str:
    local = at.astimezone(zone)
    return f"{day_of(local.date(), today)} {local:%H:%M}"


def worded(action: str) -> str:
    return "" if action == "none" else action.replace("_", " ")


def from_here(place: str) -> str:
    """A place as short as it can be said: below this folder relative to it."""
    here = Path.cwd()
    path = Path(place)
    return f"./{path.relative_to(here)}" if path.is_relative_to(here) else place


def day_of(day: date, today: date) -> str:
    """A day with its weekday, and with the year where that is not today's."""
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def head(screen: Console, title: str) -> None:
    screen.print()
    screen.print(bold(title))


def bold(text: str) -> Text:
    return Text(text, "bold")
