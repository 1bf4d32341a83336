"""What a complaint is about: a topic of the vocabulary or of the settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import polars as pl

from pipeline.opportunities.mentions import count, mentions, phrases
from pipeline.text import groups, terms

DECIDING = "deciding "
"""Part of a message whose words count twice for the topic."""
_BETWEEN = 4
"""Words that may stand between praise and its "but"."""
_HINTS_A_PHRASE = 10
"""Hints that count for as much as one phrase."""
_SURE = 1000
"""More than the phrases of any other topic count."""


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
    decide where no phrase does, and between equals. A leak is what a message is about, in whatever
    it shows.

    Args:
        rows: the mentions of `topic`, `topic_hint` and `topic_sure`, and those of `topic` in
            `DECIDING`.
        own: names of topics of the settings; they come first.
    """
    names = list(dict.fromkeys([*own, *groups("topic")]))
    hinted, sure = groups("topic_hint"), groups("topic_sure")
    best, most = pl.lit("other"), pl.lit(0)
    for name in names:
        phrases = count("topic", name).cast(pl.Int32) + count("topic", name, DECIDING)
        score = _HINTS_A_PHRASE * phrases
        if name in hinted:
            score += count("topic_hint", name).cast(pl.Int32)
        if name in sure:
            score += pl.when(mentions("topic_sure", name)).then(_SURE).otherwise(0)
        best = pl.when(score > most).then(pl.lit(name)).otherwise(best)
        most = pl.max_horizontal(score, most)
    told = [count("topic", name) for name in names] + [count("topic_sure", one) for one in sure]
    is_told = pl.any_horizontal(one > 0 for one in told)
    return rows.with_columns(topic=best, is_topic_told=is_told)
