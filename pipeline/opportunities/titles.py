"""Which idea names a theme, and how its sentence is written above it."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.text import any_of, terms

_NEARLY = 0.7
"""Share of the centrality of the most central sentence that a request needs to be the title."""
_ADDRESSED = r"^(?:\s*@\w+[,:]?)+\s+(?:[-–—]\s+)?"
"""Handles that a sentence begins with: a title is spoken to nobody."""
_WORD = r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*"
_LEAST_WORDS = 3
"""Words below which a sentence hardly says a wish."""
_TAKEN_OUT = r"\[[a-z_]+\]"


def unaddressed(sentence: pl.Expr) -> pl.Expr:
    """A sentence without those whom it is said to."""
    return sentence.str.replace(_ADDRESSED, "")


def title() -> pl.Expr:
    """The title among the ideas of a theme, the most central first.

    A wish that is put as one names a theme, if it is nearly as central as what is not; what is
    asked of others ("who has gloves that …?") does so only where nothing else does, and so does
    what says no wish by itself ("Graag. [mail]"). Needs `sentence`, `is_request` and `central`.
    """
    said, is_wish, is_whole = pl.col("sentence"), pl.col("is_request"), _is_whole()
    asks_others = said.str.ends_with("?") & ~is_wish
    is_near = pl.col("central") >= _NEARLY * pl.col("central").first()
    better = (is_wish & is_near, ~asks_others, is_wish)
    chosen = [said.filter(one & is_whole).first() for one in better]
    chosen += [said.filter(one).first() for one in better]
    return _with_capital(pl.coalesce(*chosen, said.first()))


def _is_whole() -> pl.Expr:
    """Whether a sentence says a wish without what stood before it, or was taken out of it."""
    said = pl.col("sentence")
    is_short = said.str.count_matches(_WORD) < _LEAST_WORDS
    return ~(is_short | said.str.contains(_answer()) | said.str.contains(_TAKEN_OUT))


@cache
def _answer() -> str:
    return rf"^\W*(?:{any_of(terms('wish', 'answers'))})"


def _with_capital(said: pl.Expr) -> pl.Expr:
    """A sentence with a capital, but for names such as "iPhone" that begin without one."""
    raised = said.str.slice(0, 1).str.to_uppercase() + said.str.slice(1)
    return pl.when(said.str.contains(r"^\p{Ll}\p{Lu}")).then(said).otherwise(raised)
