"""Reposts: the same words under another id.

Two messages are the same when their letters and digits are, after a leading `RT @x:`, links and
handles are taken out. Short ones ("thanks!") are never reposts of each other.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

SHORTEST = 30
"""Letters and digits below which the same words are a coincidence."""

WITHIN = timedelta(days=30)
"""How long after a message the same words are a repost of it."""


def fingerprint(text: pl.Expr) -> pl.Expr:
    """What reposts have in common: a text of lower-case letters and digits; null when too short."""
    bare = (
        text.str.replace(r"(?i)^\s*rt\s+@\w+:?\s*", "")
        .str.replace_all(r"https?://\S+|@\w+|\[\w+\]", "")
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}]+", "")
    )
    return pl.when(bare.str.len_chars() >= SHORTEST).then(bare).otherwise(pl.lit(None, pl.String))


def mark(messages: pl.DataFrame) -> pl.DataFrame:
    """Find the original of each repost: the earliest message with the same words within `WITHIN`.

    What the company sent itself is never a repost, but may be the original of one.

    Args:
        messages: `print` (hash of the fingerprint), `sent_at`, `message_id`, `is_own`, in any
            order; other columns are kept.

    Returns:
        The rows sorted by print, time and id, with `original`: a message_id, or null.
    """
    ordered = messages.sort("print", "sent_at", "message_id")
    group = ordered["print"].rank("dense").to_numpy().astype(np.int64)
    seconds = ordered["sent_at"].dt.epoch("s").to_numpy()
    within = int(WITHIN.total_seconds())
    seconds = seconds - seconds.min(initial=0)
    # Groups far enough apart on one line, so that a single search serves all of them.
    place = group * (int(seconds.max(initial=0)) + within + 1) + seconds
    first = np.searchsorted(place, place - within)
    is_repost = pl.Series(first < np.arange(len(ordered))) & ~ordered["is_own"]
    originals = ordered["message_id"].gather(first)
    return ordered.with_columns(
        original=pl.when(is_repost).then(originals).otherwise(pl.lit(None, pl.String))
    )
