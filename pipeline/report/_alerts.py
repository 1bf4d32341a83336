"""The report's warnings: alerts that are not closed, and the last day against usual."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.text import Text

from pipeline.console import add, clean, counted, pairs, shortened, table
from pipeline.report._wording import SHOWN, SNIPPET, ask, head, moment_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

ALERTS = """
    SELECT kind, subject, observed, expected, opened_at, state, words, spread_to,
        (SELECT any_value(snippet) FROM complaints c
         WHERE kind = 'severe_message' AND c.message_id = message_ids[1])
    FROM alerts WHERE state IN ('open', 'acknowledged')
    ORDER BY state = 'acknowledged', kind <> 'complaint_spike', kind <> 'severe_message',
        opened_at DESC, alert_id
"""
USUAL = """
    SELECT source, sum(messages_count)::BIGINT, sum(expected),
        arg_max(hour_at, messages_count / (coalesce(expected, 0) + 1)), max(messages_count)
    FROM source_hours WHERE heard_on = (SELECT max(heard_on) FROM source_hours)
    GROUP BY source ORDER BY source
"""
KINDS = {
    "complaint_spike": "more complaints than usual about {}",
    "severe_message": "grave complaint about {}",
    "idea_surge": "more wishes than usual about {}",
    "deadline_missed": "promises missed by {}",
    "source_silent": "nothing comes from {}",
    "source_flood": "much more than usual from {}",
    "source_changed": "other messages than before from {}",
    "reject_budget": "many records rejected from {}",
}
PEOPLE = "complaint_spike", "idea_surge"
"""Kinds that count people, who may write many messages."""
NOUNS = {"deadline_missed": "promise", "reject_budget": "record"}


def show_alerts(screen: Console, database: DuckDBPyConnection, today: date, zone: ZoneInfo) -> None:
    """Show the alerts that nobody closed: crises and grave messages first, then the latest."""
    head(screen, "Alerts")
    rows = ask(database, ALERTS)
    if not rows:
        screen.print("None are open.")
        return
    made = pairs(gap=1)
    for kind, subject, observed, expected, at, state, words, spread, grave in rows[:SHOWN]:
        about = [f"{_counted(kind, observed)}{_against(expected)}", ", ".join(words[:5])]
        about.append(f"spread to {', '.join(spread)}" if spread else "")
        about.append("" if state == "open" else state)
        about.append(f"“{shortened(grave, SNIPPET)}”" if grave else "")
        told = " · ".join(clean(part) for part in about if part)
        named = clean(KINDS[kind].format(_readable(kind, subject)))
        add(made, (moment_of(at, zone, today), Text.assemble(named, "\n", (told, "dim"))))
    screen.print(made)
    if len(rows) > SHOWN:
        screen.print(f"and {len(rows) - SHOWN:,} more")


def _counted(kind: str, observed: int) -> str:
    """What an alert counts, with its noun."""
    if kind in PEOPLE and observed != 1:
        return f"{observed:,} people"
    return counted(observed, "person" if kind in PEOPLE else NOUNS.get(kind, "message"))


def _readable(kind: str, subject: str) -> str:
    """A department or topic as people write it; sources and wishes stay as they are named."""
    is_ours = kind in ("deadline_missed", "severe_message", "complaint_spike")
    return subject.replace("_", " ") if is_ours else subject


def _against(expected: float | None) -> str:
    if expected is None:
        return ""
    return f" against {expected:.1f} usual" if expected >= 0.05 else ", hardly ever one usual"


def show_usual(screen: Console, database: DuckDBPyConnection, zone: ZoneInfo) -> None:
    """Show what each source brought on the last day, against what is usual for it."""
    rows = ask(database, USUAL)
    if not rows:
        return
    head(screen, "The last day against what is usual")
    made = table(("source", "heard", "usual", "most unusual hour"), right=("heard", "usual"))
    for source, heard, expected, hour, _ in rows:
        usual = "not known yet" if expected is None else f"{expected:.0f}"
        add(made, (source, heard, usual, f"{hour.astimezone(zone):%H:%M}" if heard else ""))
    screen.print(made)
