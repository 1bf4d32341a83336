"""What the makers of rows are given: messages with a tag, and what is known of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

EVIDENCE = pl.List(
    pl.Struct(
        {
            "start": pl.Int32,
            "end": pl.Int32,
            "text": pl.String,
            "weight": pl.Float64,
            "kind": pl.String,
        }
    )
)
MOMENT = pl.Datetime("us", "UTC")
SCHEMA: dict[str, Any] = {
    "message_id": pl.String,
    "conversation_id": pl.String,
    "score": pl.Float32,
    "threshold": pl.Float32,
    "sentence_start": pl.Int32,
    "sentence_end": pl.Int32,
    "evidence": EVIDENCE,
    "language": pl.String,
    "model_version": pl.String,
    "source": pl.String,
    "channel": pl.String,
    "author_id": pl.String,
    "author_followers_count": pl.Int64,
    "sent_at": MOMENT,
    "text": pl.String,
    "subject": pl.String,
    "url": pl.String,
    "rating": pl.Float64,
    "likes_count": pl.Int64,
    "shares_count": pl.Int64,
    "duplicate_of": pl.String,
    "attributes": pl.String,
    "conversation_state": pl.String,
    "answered_at": MOMENT,
    "closed_at": MOMENT,
    "written_again_at": MOMENT,
    "complaint_score": pl.Float32,
}
NONE = pl.DataFrame(schema=SCHEMA)
_PLAIN = {
    "score": 1.0,
    "threshold": 0.5,
    "source": "example",
    "channel": "microblog",
    "model_version": "none",
    "sent_at": datetime(2026, 11, 2, 9, tzinfo=UTC),
    "conversation_state": "unanswered",
    "evidence": [],
}


def plain(messages: pl.DataFrame) -> pl.DataFrame:
    """Messages that nobody sent, as if a tag were found in them: an author and a thread for each.

    Args:
        messages: `text` and any other columns of `SCHEMA`; the others are as plain as possible.

    Returns:
        All columns of `SCHEMA`; `message_id` counts from `example:0`.
    """
    at = pl.int_range(pl.len()).cast(pl.String)
    named = messages.with_columns(message_id=pl.concat_str(pl.lit("example:"), at))
    made = {
        "conversation_id": pl.col("message_id"),
        "author_id": pl.col("message_id"),
        "sentence_start": pl.lit(0),
        "sentence_end": pl.col("text").str.len_chars(),
        **{name: pl.lit(value, SCHEMA[name]) for name, value in _PLAIN.items()},
    }
    return named.select(
        (pl.col(name) if name in named.columns else made.get(name, pl.lit(None)))
        .cast(kind)
        .alias(name)
        for name, kind in SCHEMA.items()
    )
