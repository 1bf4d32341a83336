"""What a source gives: piece by piece, the messages and the rejected records of a window."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson
import polars as pl
import pyarrow as pa

from pipeline.records import DAY, TIMESTAMP, UNDATED, Window
from pipeline.sources._days import shortened

FETCHED = pa.schema(
    [
        ("native_id", pa.string()),
        ("reply_to_native_id", pa.string()),
        ("thread_native_id", pa.string()),
        ("author", pa.string()),
        ("author_followers_count", pa.int64()),
        ("is_agent", pa.bool_()),
        ("sent_at", TIMESTAMP),
        ("edited_at", TIMESTAMP),
        ("closed_at", TIMESTAMP),
        ("text", pa.string()),
        ("subject", pa.string()),
        ("language", pa.string()),
        ("url", pa.string()),
        ("rating", pa.float32()),
        ("likes_count", pa.int64()),
        ("shares_count", pa.int64()),
        ("attributes", pa.string()),
        ("origin", pa.string()),
    ]
)
"""A readable message, typed. `native_id`, `sent_at`, `text` and `origin` are never null."""

REJECTED = pa.schema(
    [
        ("rule_id", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("origin", pa.string()),
        ("raw", pa.string()),
        ("seen_on", pa.date32()),
        ("author", pa.string()),
        ("native_id", pa.string()),
    ]
)
"""A record that broke a rule; `raw` is its own text, cut at 20,000 characters, without the author,
who is null where the record does not tell. Where a place forgets, one that breaks the rule
`withdrawn` takes the message of its `native_id` away.
"""


class Fetched(NamedTuple):
    """One piece of a window: records = messages + rejected + duplicates.

    Of a service, a message may come again: edited while the pages were turned.
    `records_count` is counted before they are told apart, so that a record that gets lost shows.
    """

    messages: pa.RecordBatch
    rejected: pa.RecordBatch
    duplicates_count: int
    records_count: int


def inside(frame: pl.DataFrame, window: Window) -> Iterator[Fetched]:
    """Yield what of judged records belongs to a window, as one piece; nothing where none does."""
    last = (window.end - DAY).date()
    seen_on = pl.col("seen_on")
    frame = frame.filter(seen_on.is_between(window.start.date(), last) | (seen_on == UNDATED))
    if frame.is_empty():
        return
    kept = frame.filter(pl.col("rule_id").is_null() & ~pl.col("is_duplicate"))
    broken = _unsigned(shortened(frame.filter(pl.col("rule_id").is_not_null())))
    yield Fetched(
        _batch(kept.select(FETCHED.names), FETCHED),
        _batch(broken.select(REJECTED.names), REJECTED),
        int(frame["is_duplicate"].sum()),
        len(frame),
    )


def _unsigned(broken: pl.DataFrame) -> pl.DataFrame:
    """Take the author, where it is known, out of what a broken record shows of itself."""
    shown = [
        raw and re.sub(rf"(?<!\w){re.escape(author)}(?!\w)", "@user", raw) if author else raw
        for author, raw in broken.select("author", "raw").iter_rows()
    ]
    return broken.with_columns(raw=pl.Series(shown, dtype=pl.String))


def with_raw(judged: pl.DataFrame, read: pl.DataFrame) -> pl.DataFrame:
    """Readers that keep no raw text: a broken record is shown as JSON of what was read."""
    bare = (judged["rule_id"].is_not_null() & judged["raw"].is_null()).arg_true()
    if bare.is_empty():
        return judged
    fields = shortened(read[bare]).select(name for name in FETCHED.names if name != "origin")
    shown = [
        orjson.dumps({key: value for key, value in row.items() if value is not None}).decode()
        for row in fields.iter_rows(named=True)
    ]
    return judged.with_columns(raw=judged["raw"].scatter(bare, shown))


def _batch(frame: pl.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).combine_chunks()
    batches = table.to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema)
