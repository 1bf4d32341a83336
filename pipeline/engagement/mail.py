"""Mail: a digest as a letter of plain text over SMTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from pipeline.engagement._digest import Entry, messages, title
from pipeline.engagement.base import IDS, Context, Letter, Payload, Target


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one letter for every twenty rows. No customer's word stands in a header."""
    for entries in messages(rows, context):
        subject = title(len(entries), context)
        text = "\n\n".join([subject, *_paragraphs(entries)]) + "\n"
        yield context.payload([one.row_id for one in entries], Letter(subject, text))


def _paragraphs(entries: Sequence[Entry]) -> Iterator[str]:
    for one in entries:
        parts = (one.head, one.quote, one.why, one.url)
        yield "\n".join(part for part in parts if part)


TARGET = Target(
    build,
    tables=tuple(IDS),
    needs=("address", "sender", "recipients"),
    takes=("user", "token_env"),
)
