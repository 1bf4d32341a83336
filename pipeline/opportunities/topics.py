"""What a complaint is about: a topic of the vocabulary or of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import polars as pl

from pipeline.opportunities.mentions import count, phrases
from pipeline.text import groups, terms

DECIDING = "deciding "
"""Part of a message whose words count twice for the topic."""
_BETWEEN = 4
"""Words that may stand between praise and its "but"."""
_HINTS_A_PHRASE = 10
"""Hints that count for as much as one phrase."""


def complained(said: pl.Expr) -> pl.Expr:
    """What a sentence, as `words` makes it, complains about: what comes behind praise and a "but".

    "Prijzen zijn prima, maar ik hang al een uur in de wacht" is about waiting.
    """
    return said.str.replace(_praised(), " ")


@cache
def _praised() -> str:
    praise, but = (
        "|".join(re.escape(one.strip()) for one in phrases(terms("praised", name)))
        for name in ("praise", "but")
    )
    return rf"^.* (?:{praise})(?: [^ ]+){{0,{_BETWEEN}}} (?:{but}) "


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
