"""What a person wants to see after a run: what came in, what went out, what to do first.

Read from the lake alone, by the same SQL views that `engage sql` gives. "Today" is the last day
in the lake, so the same lake always gives the same report.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pipeline.console import add, clean, console, table
from pipeline.errors import SettingsError
from pipeline.query import connect
from pipeline.settings import Settings
from pipeline.storage import Lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console
    from rich.text import Text

SHOWN = 5
SNIPPET = 220
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
    SELECT priority, snippet, need, product, budget_amount, budget_currency, timeframe,
        recommended_action, owner, respond_by, deadline_state, source
    FROM leads WHERE state IN ('new', 'contacted')
    ORDER BY priority DESC, lead_id LIMIT ?
"""
COMPLAINTS = """
    SELECT respond_by, deadline_state, snippet, topic, severity, crisis_id, is_repeat, owner, source
    FROM complaints
    WHERE state IN ('open', 'escalated') AND answered_at IS NULL AND respond_by IS NOT NULL
    ORDER BY respond_by, priority DESC, complaint_id LIMIT ?
"""
THEMES = """
    SELECT votes_count, title, languages, first_seen_at, state
    FROM idea_themes WHERE as_of = (SELECT max(as_of) FROM idea_themes)
    ORDER BY votes_count DESC, mentions_count DESC, theme_id LIMIT ?
"""
QUERIES = (
    "SELECT priority, need, snippet, owner FROM leads ORDER BY priority DESC LIMIT 20",
    "SELECT topic, count(*) AS complaints FROM complaints GROUP BY topic ORDER BY 2 DESC",
    "SELECT rule_id, origin, value FROM quarantine ORDER BY source, origin",
)


def show(settings: Settings) -> None:
    """Print the report to stdout. Raises SettingsError when there is nothing in the lake."""
    lake = Lake(settings.lake_location)
    screen = console()
    with connect(lake) as database:
        days = _ask(database, "SELECT min(sent_on), max(sent_on), max(seen_at) FROM messages")[0]
        if days[0] is None:
            raise SettingsError(
                "there are no messages yet",
                where=lake.location,
                mend="run `engage run --from DAY --to DAY` first",
            )
        # `seen_at` is the midnight that ends a day: a moment before it is that day.
        today = (days[2] - timedelta(microseconds=1)).date()
        screen.print(_bold(f"{clean(settings.company.name)}: {_span(days[0], days[1])}"))
        _show_heard(screen, database)
        _show_rejected(screen, database)
        _show_published(screen, database)
        _show_leads(screen, database, today, settings.company.zone)
        _show_complaints(screen, database, settings.company.zone)
        _show_themes(screen, database)
    _show_where(screen, settings, lake)


def _show_heard(screen: Console, database: DuckDBPyConnection) -> None:
    names = ("source", "heard", "our own", "reposts", "left out", "rejected", "read for tags")
    made = table(names, right=names[1:])
    rows = _ask(database, HEARD)
    for row in rows:
        add(made, row)
    if len(rows) > 1:
        add(made, ("all", *(sum(row[at] for row in rows) for at in range(1, 7))), "bold")
    _head(screen, "What came in")
    screen.print(made)
    reasons = [
        f"{count:,} {reason.replace('_', ' ')}" for reason, count in _ask(database, LEFT_OUT)
    ]
    if reasons:
        screen.print(f"Left out: {', '.join(reasons)}.")


def _show_rejected(screen: Console, database: DuckDBPyConnection) -> None:
    rows = _ask(database, REJECTED)
    _head(screen, "What was rejected, and why")
    if not rows:
        screen.print("Nothing.")
        return
    made = table(("reason", "rows", "first one at"), right=("rows",))
    for rule, count, origin in rows:
        add(made, (_worded(rule), count, origin))
    screen.print(made)
    screen.print("Look at them with `engage quarantine list`.")


def _show_published(screen: Console, database: DuckDBPyConnection) -> None:
    (counts,) = _ask(database, PUBLISHED)
    names = ("conversations", "leads", "complaints", "ideas", "idea themes")
    _head(screen, "What went out")
    parts = [f"{count:,} {name}" for count, name in zip(counts, names, strict=True)]
    screen.print(" · ".join(parts))


def _show_leads(screen: Console, database: DuckDBPyConnection, today: date, zone: ZoneInfo) -> None:
    _head(screen, f"Today's most valuable leads ({_day(today)})")
    rows = _ask(database, LEADS, SHOWN)
    if not rows:
        screen.print("None are open.")
        return
    made = table(
        ("value", "what they say", "next step", "by"), right=("value",), grow="what they say"
    )
    for row in rows:
        wish = [_worded(row[2]), row[3], _money(row[4], row[5]), row[6]]
        said = _said(row[1], [part for part in (*wish, row[11]) if part])
        step = f"{_worded(row[7])} ({row[8]})"
        add(made, (f"{row[0]:.0f}", said, step, _due(row[9], row[10], zone)))
    screen.print(made)


def _show_complaints(screen: Console, database: DuckDBPyConnection, zone: ZoneInfo) -> None:
    _head(screen, "Complaints due soonest")
    rows = _ask(database, COMPLAINTS, SHOWN)
    if not rows:
        screen.print("None are waiting for an answer.")
        return
    made = table(("answer by", "what they say", "severity", "owner"), grow="what they say")
    for row in rows:
        marks = ["part of a crisis" if row[5] else "", "said before" if row[6] else ""]
        said = _said(row[2], [part for part in (_worded(row[3]), *marks, row[8]) if part])
        add(made, (_due(row[0], row[1], zone), said, f"{row[4]} of 4", row[7]))
    screen.print(made)


def _show_themes(screen: Console, database: DuckDBPyConnection) -> None:
    _head(screen, "Ideas with most votes")
    rows = _ask(database, THEMES, SHOWN)
    if not rows:
        screen.print("None yet.")
        return
    made = table(
        ("votes", "what people wish", "in", "since"), right=("votes",), grow="what people wish"
    )
    for votes, title, languages, since, _ in rows:
        add(made, (votes, _short(title), ", ".join(languages), f"{since:%d %b}".lstrip("0")))
    screen.print(made)


def _show_where(screen: Console, settings: Settings, lake: Lake) -> None:
    _head(screen, "Where it is")
    screen.print(f"Tables: {clean(lake.location)}", soft_wrap=True)
    screen.print("Ask them:")
    for query in QUERIES:
        screen.print(f'  engage sql "{query}"', soft_wrap=True)


def _ask(database: DuckDBPyConnection, sql: str, limit: int | None = None) -> list[tuple[Any, ...]]:
    answer = database.sql(sql, params=[] if limit is None else [limit]).to_arrow_table()
    return list(zip(*(column.to_pylist() for column in answer.columns), strict=True))


def _said(snippet: str, about: list[str]) -> Text:
    from rich.text import Text

    return Text.assemble(
        (f"“{_short(snippet)}”", ""), "\n", (" · ".join(clean(part) for part in about), "dim")
    )


def _short(text: str) -> str:
    one = clean(text)
    return one if len(one) <= SNIPPET else one[:SNIPPET].rsplit(" ", 1)[0] + " …"


def _due(at: datetime | None, state: str, zone: ZoneInfo) -> Text:
    from rich.text import Text

    if at is None:
        return Text("no deadline", "dim")
    local = at.astimezone(zone)
    late = "\nlate" if state in ("red", "missed") else ""
    return Text(f"{_day(local.date())} {local:%H:%M}{late}", STATE_COLOURS.get(state, ""))


def _money(amount: float | None, currency: str | None) -> str:
    return "" if amount is None else f"{amount:,.0f} {currency or ''}".strip()


def _worded(name: str) -> str:
    return name.removeprefix("expect_").replace("_", " ")


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _span(first: date, last: date) -> str:
    return f"{_day(first)} to {_day(last)} {last.year}"


def _head(screen: Console, title: str) -> None:
    screen.print()
    screen.print(_bold(title))


def _bold(text: str) -> Text:
    from rich.text import Text

    return Text(text, "bold")
