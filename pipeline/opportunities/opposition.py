"""Who asks not to do what others wish for: their wish is another one, and no vote for it."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from pipeline.opportunities.mentions import phrases, words
from pipeline.text import terms

APART = "not "
"""Before each term of a sentence that is against: it then has none in common with those for it."""
_FEW = r"(?:\S+ ){0,8}?"


def opposes(sentences: pl.Series) -> pl.Series:
    """Whether each sentence asks not to add something; asking why it is not there is a wish."""
    said = pl.col("said")
    read = pl.DataFrame({"said": sentences.cast(pl.String)}).with_columns(said=words(said))
    # The slow search is spared all that has no negation.
    negated = pl.when(said.str.contains_any(phrases(terms("opposition", "negation")))).then(said)
    is_against = said.str.contains_any(phrases(terms("opposition", "against")))
    is_against |= negated.str.contains(_parted()).fill_null(value=False)
    is_wish = said.str.contains_any(phrases(terms("opposition", "wonders")))
    return read.select(is_against=is_against & ~is_wish)["is_against"]


def apart(found: pl.DataFrame, sentences: pl.Series) -> pl.DataFrame:
    """Give the terms of sentences that are against names of their own.

    Args:
        found: terms of the sentences, as `wishes.wishes` gives them.
        sentences: the sentences.
    """
    is_against = opposes(sentences).gather(found["at"])
    if not is_against.any():
        return found
    term = pl.when(is_against).then(pl.lit(APART) + pl.col("term")).otherwise("term")
    return found.with_columns(term=term).sort("at", "term")


@cache
def _parted() -> str:
    """A pattern for verbs in two parts with a negation between: `voeg die knop niet toe`."""
    verbs = [one.split() for one in terms("opposition", "parted")]
    negation = "|".join(map(re.escape, terms("opposition", "negation")))
    listed = [
        rf" {re.escape(first)} {_FEW}(?:{negation}) {_FEW}{re.escape(last)} "
        for first, last in verbs
    ]
    return "|".join(listed)
