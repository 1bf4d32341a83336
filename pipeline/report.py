"""What a person wants to see after a run: what came in, what went out, what to do first.

Read from the lake alone, by the same SQL views that `engage sql` gives. "Today" is the last day
in the lake, so the same lake always gives the same report.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.text import Text

from pipeline.console import add, clean, console, counted, is_too_wide, pairs, table
from pipeline.errors import SettingsError
from pipeline.query import connect
from pipeline.settings import Settings
from pipeline.storage import Lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

SHOWN = 5
SNIPPET = 220
WIDEST = 110
"""Columns; longer lines of text are hard to read."""
STATE_COLOURS = {
    "green": "green",
    "orange": "dark_orange",
    "red": "bold red",
    "met": "green",
    "missed": "red",
}

HEARD = """
    SELECT source, sum(heard)::BIGINT, sum(own)::BIGINT, sum(reposts)::BIGINT,
        sum(left_out)::BIGINT, sum(rejected)::BIGINT, sum(to_tag)::BIGINT
    FROM (
        SELECT source, count(*) heard, count_if(is_own) own,
            count_if(duplicate_of IS NOT NULL AND NOT is_own) reposts,
            count_if(excluded_reason IS NOT NULL AND duplicate_of IS NULL AND NOT is_own) left_out,
            0 rejected,
            count_if(excluded_reason IS NULL AND duplicate_of IS NULL AND NOT is_own) to_tag
        FROM messages GROUP BY source
        UNION ALL
        SELECT source, 0, 0, 0, 0, count(*), 0 FROM quarantine GROUP BY source
    ) GROUP BY source ORDER BY source
"""
LEFT_OUT = """
    SELECT excluded_reason, count(*) FROM messages
    WHERE excluded_reason IS NOT NULL AND duplicate_of IS NULL AND NOT is_own
    GROUP BY 1 ORDER BY 2 DESC, 1
"""
REJECTED = """
    SELECT rule_id, count(*), min(origin) FROM quarantine GROUP BY 1 ORDER BY 2 DESC, 1
"""
PUBLISHED = """
    SELECT (SELECT count(*) FROM conversations), (SELECT count(*) FROM leads),
        (SELECT count(*) FROM complaints), (SELECT count(*) FROM ideas),
        (SELECT count(*) FROM idea_themes WHERE as_of = (SELECT max(as_of) FROM idea_themes))
"""
LEADS = """
    SELECT priority, snippet, action_reason, recommended_action, owner, source, respond_by,
        deadline_state
    FROM leads WHERE state IN ('new', 'contacted')
    ORDER BY priority DESC, lead_id LIMIT ?
"""
WAITING = "state IN ('open', 'escalated') AND answered_at IS NULL AND respond_by IS NOT NULL"
COMPLAINTS = f"""
    SELECT respond_by, deadline_state, snippet, action_reason, recommended_action, owner, source
    FROM complaints WHERE {WAITING}
    ORDER BY deadline_state = 'red', CASE WHEN deadline_state <> 'red' THEN respond_by END,
        priority DESC, complaint_id LIMIT ?
"""  # noqa: S608 - both parts are ours
LATE = f"SELECT count(*) FROM complaints WHERE {WAITING} AND deadline_state = 'red'"  # noqa: S608
THEMES = """
    SELECT votes_count, title, languages, first_seen_at
    FROM idea_themes WHERE as_of = (SELECT max(as_of) FROM idea_themes)
    ORDER BY votes_count DESC, mentions_count DESC, theme_id LIMIT ?
"""
QUERIES = (
    "SELECT priority, need, snippet, owner FROM leads ORDER BY priority DESC LIMIT 20",
    "SELECT respond_by, topic, snippet, owner FROM complaints WHERE deadline_state = 'red'",
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
        first, last = _ask(database, "SELECT min(sent_on), max(sent_on) FROM messages")[0]
        if last is None:
            raise SettingsError(
                "there are no messages yet",
                where=lake.location,
                mend="run `engage run --from DAY --to DAY` first",
            )
        span = f"{_day(first)} to {_day(last)} {last.year}"
        screen.print(_bold(f"{clean(settings.company.name)}: {span}"))
        _show_heard(screen, database)
        _show_rejected(screen, database, typed)
        _show_published(screen, database)
        _show_leads(screen, database, last, zone)
        _show_complaints(screen, database, zone)
        _show_themes(screen, database)
    _show_where(screen, settings, typed)


def _show_heard(screen: Console, database: DuckDBPyConnection) -> None:
    names = ("source", "heard", "our own", "reposts", "left out", "rejected", "read for tags")
    wide, narrow = table(names, right=names[1:]), pairs()
    rows = _ask(database, HEARD)
    if len(rows) > 1:
        rows.append(("all", *(sum(row[at] for row in rows) for at in range(1, 7))))
    for row in rows:
        style = "bold" if row[0] == "all" else ""
        add(wide, row, style)
        parts = [f"{row[at]:,} {names[at]}" for at in range(1, 7) if row[at]]
        add(narrow, (row[0], ", ".join(parts)), style)
    _head(screen, "What came in")
    screen.print(narrow if is_too_wide(wide, screen) else wide)
    reasons = [
        f"{reason.replace('_', ' ')} ({count:,})" for reason, count in _ask(database, LEFT_OUT)
    ]
    if reasons:
        screen.print(f"Left out: {', '.join(reasons)}.")


def _show_rejected(
    screen: Console, database: DuckDBPyConnection, typed: Callable[[str], str]
) -> None:
    rows = _ask(database, REJECTED)
    _head(screen, "What was rejected, and why")
    if not rows:
        screen.print("Nothing.")
        return
    made = table(("rule", "rows", "first one at"), right=("rows",))
    for row in rows:
        add(made, row)
    screen.print(made)
    screen.print(f"One by one: {typed('quarantine list')}", soft_wrap=True)


def _show_published(screen: Console, database: DuckDBPyConnection) -> None:
    (counts,) = _ask(database, PUBLISHED)
    names = ("conversation", "lead", "complaint", "idea", "idea theme")
    _head(screen, "What went out")
    screen.print(" · ".join(map(counted, counts, names)))


def _show_leads(screen: Console, database: DuckDBPyConnection, today: date, zone: ZoneInfo) -> None:
    _head(screen, f"Today's most valuable leads ({_day(today)}), highest priority first")
    rows = _ask(database, LEADS, SHOWN)
    if not rows:
        screen.print("None are open.")
        return
    made = pairs(right=True, gap=1)
    for priority, snippet, reason, action, owner, source, due, state in rows:
        next_step = [_worded(action), owner, source, _due(due, state, zone)]
        add(made, (f"{priority:.0f}", _said(snippet, reason, next_step, state)))
    screen.print(made)


def _show_complaints(screen: Console, database: DuckDBPyConnection, zone: ZoneInfo) -> None:
    _head(screen, "Complaints due soonest")
    rows = _ask(database, COMPLAINTS, SHOWN)
    if not rows:
        screen.print("None are waiting for an answer.")
        return
    ((late,),) = _ask(database, LATE)
    if late:
        screen.print(Text(f"{late:,} {'is' if late == 1 else 'are'} late already.", "red"))
    made = pairs(gap=1)
    for due, state, snippet, reason, action, owner, source in rows:
        at = Text(_moment(due, zone), STATE_COLOURS[state])
        next_step = [_worded(action), owner, source, "late" if state == "red" else ""]
        add(made, (at, _said(snippet, reason, next_step, state)))
    screen.print(made)


def _show_themes(screen: Console, database: DuckDBPyConnection) -> None:
    _head(screen, "Ideas with most votes")
    rows = _ask(database, THEMES, SHOWN)
    if not rows:
        screen.print("None yet.")
        return
    made = pairs(right=True)
    for votes, title, languages, since in rows:
        about = f"{', '.join(languages)} · since {_day(since.date())}"
        add(made, (f"{votes:,}", Text.assemble(_short(title), "\n", (about, "dim"))))
    screen.print(made)


def _show_where(screen: Console, settings: Settings, typed: Callable[[str], str]) -> None:
    _head(screen, "Where it is")
    files = _from_here(str(settings.exports_folder))
    if not settings.exports_folder.is_dir():
        files = f"not written yet: {typed('export')}"
    screen.print(f"Tables:      {clean(_from_here(settings.lake_location))}", soft_wrap=True)
    screen.print(f"CSV, XLSX:   {clean(files)}", soft_wrap=True)
    screen.print("Ask them:")
    for query in QUERIES:
        asked = f'sql "{query}"'
        screen.print(f"  {typed(asked)}", soft_wrap=True)


def _ask(database: DuckDBPyConnection, sql: str, limit: int | None = None) -> list[tuple[Any, ...]]:
    answer = database.sql(sql, params=[] if limit is None else [limit]).to_arrow_table()
    return list(zip(*(column.to_pylist() for column in answer.columns), strict=True))


def _said(snippet: str, reason: str, next_step: list[str], state: str) -> Text:
    """What they say, why it matters, and who does what by when: a paragraph each."""
    step = " · ".join(clean(part) for part in next_step if part)
    return Text.assemble(
        f"“{_short(snippet)}”", "\n", (clean(reason), "dim"), "\n", (step, STATE_COLOURS[state])
    )


def _short(text: str) -> str:
    one = clean(text)
    return one if len(one) <= SNIPPET else one[:SNIPPET].rsplit(" ", 1)[0] + " …"


def _due(at: datetime | None, state: str, zone: ZoneInfo) -> str:
    if at is None:
        return ""
    moment = _moment(at, zone)
    return {"red": f"late since {moment}", "met": "", "missed": ""}.get(state, f"by {moment}")


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{_day(local.date())} {local:%H:%M}"


def _worded(action: str) -> str:
    return "" if action == "none" else action.replace("_", " ")


def _from_here(place: str) -> str:
    """A place as short as it can be said: below this folder relative to it."""
    here = Path.cwd()
    path = Path(place)
    return f"./{path.relative_to(here)}" if path.is_relative_to(here) else place


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _head(screen: Console, title: str) -> None:
    screen.print()
    screen.print(_bold(title))


def _bold(text: str) -> Text:
    return Text(text, "bold")
