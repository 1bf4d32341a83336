"""Whether one text is a copy of another: the same words, but for a slip of the pen or a few more.

A copy has the same numbers and as many words that turn a sentence round ("not", "geen"). Beyond
that it may have other spellings of the same word, other small words, one word in eight more or
less, and a few words in front and at the end, unless these comment on what is copied ("Exactly!").
What was cut off ("…") is compared as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import OSA, Levenshtein
from rapidfuzz.process import cpdist

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
MOST_WORDS = 0x110000
"""Different words that can be written as one character each."""

Spoken = tuple[str, bool]
"""The words of a text, each written as one character, and whether it was cut off behind them."""


def traits_of(words: pl.Expr, is_cut: pl.Expr) -> dict[str, pl.Expr]:
    """What is compared first: `is_cut`, `size` and how many of the words are `turning`."""
    counted = pl.element().is_in(sorted(_words("turning"))).sum()
    return {
        "is_cut": is_cut,
        "size": words.list.len().cast(pl.Int32),
        "turning": words.list.eval(counted).list.first().cast(pl.Int32),
    }


def may_be_copies(some: pl.DataFrame, others: pl.DataFrame) -> pl.Series:
    """Whether pairs of texts are worth `are_copies`: those cut off, and of about one length.

    Not where two people each speak of themselves.
    """
    shorter = pl.min_horizontal("size", "other_size")
    apart = (pl.col("size") - pl.col("other_size")).abs()
    like = (apart <= 2 * EDGE + shorter // ONE_IN) & (pl.col("turning") == pl.col("other_turning"))
    both = pl.concat([some, others.select(pl.all().name.prefix("other_"))], how="horizontal")
    are_two = (pl.col("place") == pl.col("other_place")) & (
        pl.col("voice") != pl.col("other_voice")
    )
    may_be = (pl.col("is_cut") | pl.col("other_is_cut") | like) & are_two.fill_null(False).not_()
    return both.select(may_be).to_series()


def written(words: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64]) -> list[str]:
    """Write each text in one character a word, which is compared far faster than words are.

    Args:
        words: the words of all texts, text after text, each as its number below `MOST_WORDS`.
        sizes: how many words each text has.
    """
    # What is no character in a text may be one here.
    letters = words.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    ends = np.cumsum(sizes).tolist()
    return [letters[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def are_copies(
    pairs: Sequence[tuple[Spoken, Spoken]], vocabulary: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Whether texts are the same but for small edits; it does not matter which comes first.

    Args:
        pairs: texts as `written`.
        vocabulary: words in lower case by number.
    """
    firsts, seconds = zip(*(_evenly_cut(one, other) for one, other in pairs), strict=True)
    sizes = np.array(
        [(len(first), len(second)) for first, second in zip(firsts, seconds, strict=True)]
    )
    allowed = np.maximum(1, sizes.min(axis=1) // ONE_IN)
    most = 2 * EDGE + 2 * allowed
    distances = cpdist(
        firsts, seconds, scorer=Levenshtein.distance, score_cutoff=int(most.max()), dtype=np.int64
    )
    copies: npt.NDArray[np.bool_] = (sizes.min(axis=1) > 0) & (distances <= most)
    # In order of what they cost: few pairs pass the first two.
    for at in np.flatnonzero(copies).tolist():
        first, second = firsts[at], seconds[at]
        copies[at] = _edits(first, second, vocabulary) <= allowed[at] and _same(
            *([vocabulary[ord(word)] for word in text] for text in (first, second))
        )
    return copies


def _evenly_cut(one: Spoken, other: Spoken) -> tuple[str, str]:
    (words, is_cut), (longer, _) = (one, other) if len(one[0]) <= len(other[0]) else (other, one)
    if not is_cut:
        return words, longer
    # The last word may be half of one.
    kept = words[:-1]
    if len(kept) < FEWEST_KEPT * len(longer):
        return "", ""
    return kept, longer[: len(kept)]


def _edits(first: str, second: str, vocabulary: Sequence[str]) -> int:
    """Count the small edits between two texts; more than any text may have when one is not."""
    count, too_many = 0, len(first) + len(second)
    for edit in Levenshtein.opcodes(first, second):
        if edit.tag == "equal":
            continue
        here = [vocabulary[ord(word)] for word in first[edit.src_start : edit.src_end]]
        there = [vocabulary[ord(word)] for word in second[edit.dest_start : edit.dest_end]]
        if _is_slip("".join(here), "".join(there)):
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


def _same(one: list[str], other: list[str]) -> bool:
    """Whether two texts have the same numbers, and as many words that turn a sentence round."""
    return _turning(one) == _turning(other) and _numbers(one) == _numbers(other)


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
