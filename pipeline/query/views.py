"""Views for those who query: the joins that everybody would write, written once.

Each view keeps the columns of the tables under their own names, so that the contracts say what they
mean; the few columns that no table has are described here. "Today" is the last day that was
listened to: the day whose end `publish` took for its clock. It never depends on when one asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.contracts import TABLES, contract

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TODAY = """(SELECT max(day) FROM (
            SELECT max(sent_on) AS day FROM messages
            UNION ALL SELECT max(heard_on) FROM source_days))"""


@dataclass(frozen=True)
class View:
    """One view: what it is for, its query, and the columns that no table has.

    `tables` are those whose contracts describe the other columns, the first one's word counting.
    """

    purpose: str
    tables: tuple[str, ...]
    sql: str
    derived: Mapping[str, str]


_TODAY = "Last UTC day that was listened to; priorities and deadlines are as at its end."

VIEWS: Mapping[str, View] = {
    "leads_today": View(
        "Whom to call today: leads that wait for us (`waiting_since_at`), also because they wrote "
        "again after our answer, whose latest message is at most seven days old at the end of "
        "today, highest priority first, with the message and how the conversation stands.",
        ("leads", "messages", "conversations"),
        f"""
        SELECT {TODAY} AS today, l.*, m.subject, m.text, m.author_handle,
            m.author_followers_count, c.state AS conversation_state
        FROM leads l
        LEFT JOIN messages m USING (message_id)
        LEFT JOIN conversations c ON c.conversation_id = l.conversation_id
        WHERE l.waiting_since_at IS NOT NULL AND l.updated_at >= {TODAY} - 6
        ORDER BY l.priority DESC, l.lead_id
        """,  # noqa: S608 - both parts are ours
        {"today": _TODAY, "conversation_state": "`state` of the conversation."},
    ),
    "complaints_open": View(
        "What breaks its promise next: complaints that wait for us (`waiting_since_at`), also "
        "because somebody wrote again after our answer, those still in time first by their "
        "deadline, then the late ones, grave ones (`severity` 4) first and the others by priority, "
        "with the message and how the conversation stands.",
        ("complaints", "messages", "conversations"),
        f"""
        SELECT {TODAY} AS today,
            date_diff('minute', ({TODAY} + 1)::TIMESTAMPTZ, respond_by) / 60 AS hours_left,
            p.*, m.subject, m.text, m.author_handle, m.author_followers_count,
            c.state AS conversation_state
        FROM complaints p
        LEFT JOIN messages m USING (message_id)
        LEFT JOIN conversations c ON c.conversation_id = p.conversation_id
        WHERE p.waiting_since_at IS NOT NULL
        ORDER BY p.deadline_state = 'red',
            CASE WHEN p.deadline_state <> 'red' THEN p.respond_by END,
            p.deadline_state = 'red' AND p.severity < 4, p.priority DESC, p.complaint_id
        """,  # noqa: S608
        {
            "today": _TODAY,
            "hours_left": "Clock hours from the end of today to `respond_by`; below 0 it is late.",
            "conversation_state": "`state` of the conversation.",
        },
    ),
    "ideas_by_theme": View(
        "What people wish for: every idea with its theme as the newest snapshot has it, the theme "
        "with most votes first.",
        ("idea_themes", "ideas", "messages"),
        """
        SELECT t.as_of, t.theme_id, t.title, t.votes_count, t.mentions_count, t.momentum, t.state,
            t.state_reason, i.idea_id, i.opened_on, i.opened_at, i.sentence, i.language,
            i.product_area, i.is_request, i.probability, i.source, i.author_id, i.conversation_id,
            i.message_id, m.url
        FROM ideas i
        JOIN idea_themes t ON t.theme_id = i.theme_id
        LEFT JOIN messages m ON m.message_id = i.message_id
        WHERE t.as_of = (SELECT max(as_of) FROM idea_themes)
        ORDER BY t.votes_count DESC, t.theme_id, i.opened_at, i.idea_id
        """,
        {},
    ),
    "conversations_full": View(
        "Whole conversations: one row each, with its messages in order and what was found in it.",
        ("conversations",),
        """
        SELECT c.*, s.messages, coalesce(d.tags, []) AS tags
        FROM conversations c
        LEFT JOIN (
            SELECT part.conversation_id, list({
                'message_id': m.message_id, 'sent_at': m.sent_at, 'is_own': m.is_own,
                'author_id': m.author_id, 'text': m.text
            } ORDER BY m.sent_at, m.message_id) AS messages
            FROM (SELECT conversation_id, unnest(message_ids) AS message_id FROM conversations) part
            JOIN messages m USING (message_id) GROUP BY ALL
        ) s USING (conversation_id)
        LEFT JOIN (
            SELECT conversation_id, list(DISTINCT tag ORDER BY tag) AS tags
            FROM detections WHERE decision = 'detected' GROUP BY ALL
        ) d USING (conversation_id)
        ORDER BY c.started_at, c.conversation_id
        """,
        {
            "messages": "The messages in order of `sent_at`, each with its columns of that table.",
            "tags": "Tags that were detected in any of the messages, in order of the alphabet.",
        },
    ),
}
"""Name to view."""


def create(database: DuckDBPyConnection) -> None:
    """Create the views in a database that already has the tables."""
    for name, view in VIEWS.items():
        database.execute(f"CREATE TEMP VIEW {name} AS {view.sql}")


def meaning(view: str, column: str) -> str:
    """What a column of a view means, in the words of its contract or of the view.

    Raises KeyError for a column that neither has.
    """
    about = VIEWS[view]
    if column in about.derived:
        return about.derived[column]
    held = [contract(table).full_schema for table in about.tables]
    field = next((schema.field(column) for schema in held if column in schema.names), None)
    if field is None:
        raise KeyError(f"{view}.{column}")
    return str(field.metadata[b"description"].decode())


def schemas() -> dict[str, pa.Schema]:
    """The columns and types of every view, as Arrow schemas."""
    import duckdb

    with duckdb.connect(":memory:") as database:
        for table in TABLES:
            database.register(table, contract(table).full_schema.empty_table())
        database.execute("SET TimeZone = 'UTC'")
        create(database)
        return {name: database.table(name).limit(0).to_arrow_table().schema for name in VIEWS}
