"""What is meant as a jest, and so neither as a complaint nor as a need."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.opportunities.mentions import mentions
from pipeline.text import any_of, terms

_END = 40
"""Characters at the end of a text among which a mark of satire stands."""


def is_satire() -> pl.Expr:
    """Whether a text says that it is not in earnest, or ends with a mark of that.

    A mark is all of the last sentence ("Grapje!"), or a tag such as "/s". Needs `text` and the
    mentions of `silence`.
    """
    return mentions("silence", "satire") | pl.col("text").str.tail(_END).str.contains(_mark())


@cache
def _mark() -> str:
    said = any_of(terms("silence", "jest")).removeprefix("(?i)")
    tags = any_of(terms("silence", "tag")).removeprefix("(?i)")
    return rf"(?i)(?:(?:^|[.!?…)\n])\s*(?:{said})|(?:^|\s)(?:{tags}))\W*$"
