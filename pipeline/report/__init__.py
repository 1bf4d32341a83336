"""What a person wants to see after a run: what came in, what went out, what to do first.

Read from the lake alone, by the same SQL views that `engage sql` gives. "Today" is the last day
in the lake, so the same lake always gives the same report.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.console import clean, console
from pipeline.query import connect, span
from pipeline.report._alerts import show_alerts, show_usual
from pipeline.report._arrived import show_heard, show_rejected
from pipeline.report._opportunities import (
    show_complaints,
    show_leads,
    show_published,
    show_themes,
)
from pipeline.report._wording import bold, day_of, from_here, head
from pipeline.settings import Settings
from pipeline.storage import Lake

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 110
"""Columns; longer lines of text are hard to read."""

QUERIES = (
    "SELECT priority, need, snippet, owner FROM leads ORDER BY priority DESC LIMIT 20",
    "SELECT respond_by, topic, snippet, owner FROM complaints_open WHERE deadline_state = 'red'",
    "SELECT votes_count, title, as_of FROM idea_themes ORDER BY as_of DESC, votes_count DESC",
    "SELECT rule_id, origin, value FROM quarantine ORDER BY source, origin",
)


def show(settings: Settings, typed: Callable[[str], str]) -> None:
    """Print the report to stdout. Raises SettingsError when there is nothing in the lake.

    Args:
        settings: the settings.
        typed: what to type for the words of an `engage` command.
    """
    lake = Lake(settings.lake_location)
    screen = console()
    screen.width = min(screen.width, WIDEST)
    zone = settings.company.zone
    with connect(lake) as database:
        first, last = span(database, lake)
        days = f"{day_of(first, last)} to {day_of(last, last)} {last.year}"
        screen.print(bold(f"{clean(settings.company.name)}: {days}"))
        show_heard(screen, database)
        show_usual(screen, database, zone)
        show_rejected(screen, database, typed)
        show_alerts(screen, database, last, zone)
        show_published(screen, database)
        show_leads(screen, database, last, zone)
        show_complaints(screen, database, last, zone)
        show_themes(screen, database, last)
    _show_where(screen, settings, typed)


def _show_where(screen: Console, settings: Settings, typed: Callable[[str], str]) -> None:
    head(screen, "Where it is")
    files = from_here(str(settings.exports_folder))
    if not settings.exports_folder.is_dir():
        files = f"not written yet: {typed('export')}"
    screen.print(f"Tables:      {clean(from_here(settings.lake_location))}", soft_wrap=True)
    screen.print(f"CSV, XLSX:   {clean(files)}", soft_wrap=True)
    screen.print("Ask them:")
    for query in QUERIES:
        asked = f'sql "{query}"'
        screen.print(f"  {typed(asked)}", soft_wrap=True)
