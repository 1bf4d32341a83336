"""Reposts: the same words under another id.

Two messages are the same when their letters and digits are, after a leading `RT @x:`, links and
handles are taken out. Short ones ("thanks!") are never reposts of each other.
"""

from __future__ import annotations

import polars as pl

SHORTEST = 30
"""Letters and digits below which the same words are a coincidence."""


def fingerprint(text: pl.Expr) -> pl.Expr:
    """What reposts have in common: a text of lower-case letters and digits; null when too short."""
    bare = (
        text.str.replace(r"(?i)^\s*rt\s+@\w+:?\s*", "")
        .str.replace_all(r"https?://\S+|@\w+|\[\w+\]", "")
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}]+", "")
    )
    return pl.when(bare.str.len_chars() >= SHORTEST).then(bare).otherwise(pl.lit(None, pl.String))


def duplicate_of(messages: pl.DataFrame) -> pl.Series:
    """The earliest message with the same words, or null for the first of its kind.

    Args:
        messages: `message_id`, `sent_at`, `text`, in any order.
    """
    marked = messages.with_columns(print=fingerprint(pl.col("text")).hash(), row=pl.int_range(pl.len()))
    first = (
        marked.with_columns(has=fingerprint(pl.col("text")).is_not_null())
        .sort("sent_at", "message_id")
        .with_columns(first=pl.col("message_id").first().over("print"))
        .sort("row")
    )
    return first.select(
        pl.when(pl.col("has") & (pl.col("first") != pl.col("message_id")))
        .then(pl.col("first"))
        .otherwise(pl.lit(None, pl.String))
        .alias("duplicate_of")
    ).to_series()
