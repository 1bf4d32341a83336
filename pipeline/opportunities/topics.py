"""What a complaint is about: a topic of the vocabulary or of the settings."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.opportunities.mentions import count
from pipeline.text import groups

DECIDING = "deciding "
"""Part of a message whose words count twice for the topic."""
_HINTS_A_PHRASE = 10
"""Hints that count for as much as one phrase."""


def with_topic(rows: pl.DataFrame, own: Iterable[str]) -> pl.DataFrame:
    """Add `topic`, and `is_topic_told`: whether in so many words, or only guessed from hints.

    The topic with most phrases, those of the deciding sentence twice; the first of equals. Hints
    decide where no phrase does, and between equals.

    Args:
        rows: the mentions of `topic` and `topic_hint`, and those of `topic` in `DECIDING`.
        own: names of topics of the settings; they come first.
    """
    names = list(dict.fromkeys([*own, *groups("topic")]))
    hinted = groups("topic_hint")
    best, most = pl.lit("other"), pl.lit(0)
    for name in names:
        phrases = count("topic", name).cast(pl.Int32) + count("topic", name, DECIDING)
        score = _HINTS_A_PHRASE * phrases
        if name in hinted:
            score += count("topic_hint", name).cast(pl.Int32)
        best = pl.when(score > most).then(pl.lit(name)).otherwise(best)
        most = pl.max_horizontal(score, most)
    is_told = pl.any_horizontal(count("topic", name) > 0 for name in names)
    return rows.with_columns(topic=best, is_topic_told=is_told)
