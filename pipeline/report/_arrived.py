"""The report's first part: what each source brought in, and what of it was rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.console import add, is_too_wide, pairs, table
from pipeline.report._wording import ask, head

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

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


def show_heard(screen: Console, database: DuckDBPyConnection) -> None:
    names = ("source", "heard", "our own", "reposts", "left out", "rejected", "read for tags")
    wide, narrow = table(names, right=names[1:]), pairs()
    rows = ask(database, HEARD)
    if len(rows) > 1:
        rows.append(("all", *(sum(row[at] for row in rows) for at in range(1, 7))))
    for row in rows:
        style = "bold" if row[0] == "all" else ""
        add(wide, row, style)
        parts = [f"{row[at]:,} {names[at]}" for at in range(1, 7) if row[at]]
        add(narrow, (row[0], ", ".join(parts)), style)
    head(screen, "What came in")
    screen.print(narrow if is_too_wide(wide, screen) else wide)
    reasons = [
        f"{reason.replace('_', ' ')} ({count:,})" for reason, count in ask(database, LEFT_OUT)
    ]
    if reasons:
        screen.print(f"Left out: {', '.join(reasons)}.")


def show_rejected(
    screen: Console, database: DuckDBPyConnection, typed: Callable[[str], str]
) -> None:
    rows = ask(database, REJECTED)
    head(screen, "What was rejected, and why")
    if not rows:
        screen.print("Nothing.")
        return
    made = table(("rule", "rows", "first one at"), right=("rows",))
    for row in rows:
        add(made, row)
    screen.print(made)
    screen.print(f"One by one: {typed('quarantine list')}", soft_wrap=True)
