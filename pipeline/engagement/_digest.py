"""Rows as entries of a message that people read: what to do, the customer's words, and why.

Entries hold plain text; each target escapes it for its own system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipeline.engagement._escape import line, url
from pipeline.engagement._reasons import reason
from pipeline.engagement.base import Context, records
from pipeline.text import vocabulary

AT_ONCE = 20
"""Rows in one message; Slack takes fifty blocks, and nobody reads more."""


@dataclass(frozen=True)
class Entry:
    """One row: what to do, the words, the reason, and where it was said."""

    row_id: str
    head: str
    words: str
    why: str
    url: str | None

    @property
    def quote(self) -> str:
        """The words between quotes; nothing where there are none, as in a missed promise."""
        return f"“{self.words}”" if self.words else ""


def told(context: Context) -> Mapping[str, Any]:
    """What deliveries say, in the reader's language."""
    return vocabulary(f"deliveries.{context.delivery.language}.toml")


def title(count: int, context: Context) -> str:
    """The heading of a message about so many rows."""
    one, many = told(context)["titles"][context.delivery.table]
    return line((one if count == 1 else many).format(count=count, company=context.company))


def messages(rows: pa.Table, context: Context) -> Iterator[Sequence[Entry]]:
    """The entries of each message, in reading order, at most `AT_ONCE` in one."""
    for at in range(0, rows.num_rows, AT_ONCE):
        yield [entry(row, context) for row in records(rows.slice(at, AT_ONCE))]


def entry(row: Mapping[str, Any], context: Context) -> Entry:
    """One row as an entry."""
    table, row_id = context.delivery.table, row[context.id_column]
    said = ", ".join(row[_WORDS[table]]) if table == "alerts" else row[_WORDS[table]]
    place = row.get("url")
    if (quoted := context.quoted.get(row_id)) is not None:
        said, place = quoted.words, quoted.url
    return Entry(
        row_id=row_id,
        head=line(" · ".join(part for part in _HEADS[table](row, context) if part)),
        words=line(said),
        why=line(why(row.get("action_reason") or "", context)),
        url=url(place),
    )


def why(text: str, context: Context) -> str:
    """An `action_reason` in the reader's language."""
    return reason(text, context.delivery.language, told(context)["names"])


def when(at: datetime, context: Context) -> str:
    """A time as people say it, in the company's zone: `Mon 16 Nov 12:00`."""
    words, local = told(context), at.astimezone(context.zone)
    day, month = words["weekdays"][local.weekday()], words["months"][local.month - 1]
    return f"{day} {local.day} {month} {local:%H:%M}"


def _task(row: Mapping[str, Any], context: Context) -> Iterator[str]:
    words = told(context)
    yield f"{row['priority']:.0f}"
    if "severity" in row:
        yield words["severity"].format(count=row["severity"])
        yield words["names"].get(row["topic"], row["topic"])
    yield words["actions"].get(row["recommended_action"], row["recommended_action"])
    owner = row["owner"] or row["department"] or ""
    yield words["names"].get(owner, owner)
    # Without a link, the id of the message finds it.
    yield row["source"] if url(row["url"]) else row["message_id"]
    if row["respond_by"] is not None:
        word = "late" if row["deadline_state"] == "red" else "by"
        yield words[word].format(time=when(row["respond_by"], context))


def _idea(row: Mapping[str, Any], context: Context) -> Iterator[str]:
    yield told(context)["wish"]
    yield from (row["source"], row["language"])


def _theme(row: Mapping[str, Any], context: Context) -> Iterator[str]:
    words, count = told(context), row["votes_count"]
    yield words["vote"] if count == 1 else words["votes"].format(count=count)
    yield ", ".join(row["languages"])


def _alert(row: Mapping[str, Any], context: Context) -> Iterator[str]:
    words = told(context)
    yield words["alerts"].get(row["kind"], row["kind"])
    yield words["names"].get(row["subject"], row["subject"])
    if row["expected"] is not None:
        usual = f"{row['expected']:.1f}"
        form = words["rare"] if usual == "0.0" else words["unusual"]
        yield form.format(count=row["observed"], usual=usual.replace(".", words["point"]))
    else:
        one, many = words["counted"].get(row["kind"], words["counted"]["message"])
        yield (one if row["observed"] == 1 else many).format(count=row["observed"])
    # A grave message has no words that set it apart: its id finds it.
    ids = row["message_ids"] if row["kind"] == "severe_message" else ()
    yield ids[0] if ids else ", ".join(row["sources"])
    yield when(row["opened_at"], context)


_HEADS = {
    "leads": _task,
    "complaints": _task,
    "ideas": _idea,
    "idea_themes": _theme,
    "alerts": _alert,
}
_WORDS = {
    "leads": "snippet",
    "complaints": "snippet",
    "ideas": "sentence",
    "idea_themes": "title",
    "alerts": "words",
}
"""The column that holds customers' own words."""
