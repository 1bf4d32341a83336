"""Whether one text is a copy of another: the same words, but for a slip of the pen or a few more.

A copy has the same numbers and as many words that turn a sentence round ("not", "geen"). Beyond
that it may have other spellings of the same word, other small words, one word in eight more or
less, and a few words in front and at the end, unless these comment on what is copied ("Exactly!").
What was cut off ("…") is compared as far as it goes.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl
from rapidfuzz.distance import OSA, Levenshtein

from pipeline.text import terms

EDGE = 4
"""Words that may be added in front, and as many at the end."""
ONE_IN = 8
"""Words of which one may be added, left out or be another small word."""
SHORTEST_WORD = 5
"""Letters of a word from which one other letter is a slip of the pen."""
FEWEST_KEPT = 0.6
"""Share of a text that must be left of it where it was cut off."""

_NUMBER = re.compile(r"\d+")

Spoken = tuple[list[str], bool]
"""Words in lower case, and whether the text was cut off behind them."""


def traits_of(words: pl.Expr, is_cut: pl.Expr) -> dict[str, pl.Expr]:
    """What is compared first: `is_cut`, `size` and how many of the words are `turning`."""
    counted = pl.element().is_in(sorted(_words("turning"))).sum()
    return {
        "is_cut": is_cut,
        "size": words.list.len().cast(pl.Int32),
        "turning": words.list.eval(counted).list.first().cast(pl.Int32),
    }


def may_be_copies(some: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Whether pairs of texts are worth `are_copies`: those cut off, and of about one length."""
    shorter = pl.min_horizontal("size", "other_size")
    apart = (pl.col("size") - pl.col("other_size")).abs()
    like = (apart <= 2 * EDGE + shorter // ONE_IN) & (pl.col("turning") == pl.col("other_turning"))
    both = pl.concat([some, others.select(pl.all().name.prefix("other_"))], how="horizontal")
    return both.select(pl.col("is_cut") | pl.col("other_is_cut") | like).to_series()


def are_copies(one: Spoken, other: Spoken) -> bool:
    """Whether two texts are the same but for small edits; it does not matter which comes first."""
    first, second = _evenly_cut(one, other)
    if not first or not second:
        return False
    allowed = max(1, min(len(first), len(second)) // ONE_IN)
    most = 2 * EDGE + 2 * allowed
    # In order of what they cost: nearly all pairs fail the first two.
    return (
        Levenshtein.distance(first, second, score_cutoff=most) <= most
        and _edits(first, second) <= allowed
        and _turning(first) == _turning(second)
        and _numbers(first) == _numbers(second)
    )


def _evenly_cut(one: Spoken, other: Spoken) -> tuple[list[str], list[str]]:
    shorter, longer = sorted((one, other), key=lambda spoken: len(spoken[0]))
    words, is_cut = shorter
    if not is_cut:
        return words, longer[0]
    # The last word may be half of one.
    kept = words[:-1]
    if len(kept) < FEWEST_KEPT * len(longer[0]):
        return [], []
    return kept, longer[0][: len(kept)]


def _edits(first: list[str], second: list[str]) -> int:
    """Count the small edits between two texts; more than any text may have when one is not."""
    count, too_many = 0, len(first) + len(second)
    for edit in Levenshtein.opcodes(first, second):
        here, there = (
            first[edit.src_start : edit.src_end],
            second[edit.dest_start : edit.dest_end],
        )
        if edit.tag == "equal" or _is_slip("".join(here), "".join(there)):
            continue
        if edit.tag == "replace":
            if not _words("small").issuperset(here + there):
                return too_many
            count += len(here)
        elif _is_edge(edit.src_start, edit.src_end, len(first)) and len(here + there) <= EDGE:
            if _words("comments").intersection(here + there):
                return too_many
        else:
            count += len(here + there)
    return count


def _is_edge(start: int, end: int, size: int) -> bool:
    return start == 0 or end == size


def _is_slip(one: str, other: str) -> bool:
    if min(len(one), len(other)) < SHORTEST_WORD or one[0] != other[0]:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1


def _turning(words: list[str]) -> int:
    return sum(word in _words("turning") for word in words)


def _numbers(words: list[str]) -> list[str]:
    return _NUMBER.findall(" ".join(words))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(terms("duplicates", name))
