"""The report's main part: leads, complaints and ideas, what to do first on top."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.text import Text

from pipeline.console import add, counted, pairs, shortened
from pipeline.report._wording import (
    SHOWN,
    SNIPPET,
    STATE_COLOURS,
    ask,
    day_of,
    due_by,
    head,
    moment_of,
    said,
    worded,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

PUBLISHED = """
    SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM leads),
        (SELECT count(*) FROM complaints), (SELECT count(*) FROM ideas),
        (SELECT count(*) FROM idea_themes WHERE as_of = (SELECT max(as_of) FROM idea_themes))
"""
LEADS = """
    SELECT priority, snippet, action_reason, recommended_action, owner, source, respond_by,
        deadline_state
    FROM leads_today LIMIT ?
"""
COMPLAINTS = """
    SELECT respond_by, deadline_state, snippet, action_reason, recommended_action, owner, source
    FROM complaints_open WHERE (deadline_state = 'red') = ? LIMIT ?
"""
LEAST_LATE = 2
"""Places that are kept for complaints that are late already, the most pressing ones."""
LATE = "SELECT count(*) FROM complaints_open WHERE deadline_state = 'red'"
THEMES = """
    SELECT votes_count, title, languages, first_seen_at
    FROM idea_themes WHERE as_of = (SELECT max(as_of) FROM idea_themes)
    ORDER BY votes_count DESC, mentions_count DESC, theme_id LIMIT ?
"""


def show_published(screen: Console, database: DuckDBPyConnection) -> None:
    (counts,) = ask(database, PUBLISHED)
    names = ("conversation", "lead", "complaint", "idea", "idea theme")
    head(screen, "What went out")
    screen.print(" · ".join(map(counted, counts, names)))


def show_leads(screen: Console, database: DuckDBPyConnection, today: date, zone: ZoneInfo) -> None:
    head(screen, f"Today's most valuable leads ({day_of(today, today)}), highest priority first")
    rows = ask(database, LEADS, SHOWN)
    if not rows:
        screen.print("None are open.")
        return
    made = pairs(right=True, gap=1)
    for priority, snippet, reason, action, owner, source, due, state in rows:
        next_step = [worded(action), owner, source, due_by(due, state, zone, today)]
        add(made, (f"{priority:.0f}", said(snippet, reason, next_step, state)))
    screen.print(made)


def show_complaints(
    screen: Console, database: DuckDBPyConnection, today: date, zone: ZoneInfo
) -> None:
    head(screen, "Complaints due soonest")
    ahead, overdue = (ask(database, COMPLAINTS, is_late, SHOWN) for is_late in (False, True))
    kept = max(SHOWN - len(ahead), min(LEAST_LATE, len(overdue)))
    rows = [*ahead[: SHOWN - kept], *overdue[:kept]]
    if not rows:
        screen.print("None are waiting for an answer.")
        return
    ((late,),) = ask(database, LATE)
    if late:
        screen.print(Text(f"{late:,} {'is' if late == 1 else 'are'} late already.", "red"))
    made = pairs(gap=1)
    for due, state, snippet, reason, action, owner, source in rows:
        at = Text(moment_of(due, zone, today), STATE_COLOURS[state])
        next_step = [worded(action), owner, source, "late" if state == "red" else ""]
        add(made, (at, said(snippet, reason, next_step, state)))
    screen.print(made)


def show_themes(screen: Console, database: DuckDBPyConnection, today: date) -> None:
    head(screen, "Ideas with most votes")
    rows = ask(database, THEMES, SHOWN)
    if not rows:
        screen.print("None yet.")
        return
    made = pairs(right=True)
    for votes, title, languages, since in rows:
        about = f"{', '.join(languages)} · since {day_of(since.date(), today)}"
        add(made, (f"{votes:,}", Text.assemble(shortened(title, SNIPPET), "\n", (about, "dim"))))
    screen.print(made)
