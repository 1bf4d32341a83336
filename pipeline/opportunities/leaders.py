"""Clustering in order of time: each idea joins the theme it is nearest to, or leads one itself.

Nearest is by the mean over the ideas of a theme, so that a first idea that says little does not
decide; what has nothing in common with the first one stays out, so there are no chains. An index
from term to themes finds those that share anything, so an idea costs what its terms have in common
with themes, however many ideas there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from pipeline.opportunities.wishes import reached

NEAR = 0.28
"""Least mean likeness, 0 to 1, of an idea to the ideas of its theme."""
AKIN = 0.1
"""Least likeness of an idea to the leader of its theme, so that themes do not drift."""
_ROOM, _BATCH = 8, 4096
Vector = list[tuple[str, float]]
Terms = np.ndarray[Any, np.dtype[np.int64]]
Weights = np.ndarray[Any, np.dtype[np.float64]]


class Leaders:
    """The themes so far, each known by its leader, the first idea. Ideas come in order of time."""

    def __init__(self) -> None:
        """Begin without themes."""
        self._led_by: list[int] = []
        self._leaders: list[dict[int, float]] = []
        self._sizes = np.zeros(_ROOM)
        self._count = 0
        self._numbers: dict[str, int] = {}
        self._postings = _Postings()

    def join(self, found: pl.DataFrame, count: int) -> np.ndarray:
        """Let ideas join, one after the other.

        Args:
            found: the terms of the ideas, as `wishes` gives them.
            count: the number of ideas; one without terms stands alone.

        Returns:
            For each idea the position of its leader among all ideas that ever joined; its own
            when it leads.
        """
        leaders = []
        ends = np.searchsorted(found["at"].to_numpy(), np.arange(0, count + _BATCH, _BATCH))
        for batch, (begin, end) in enumerate(pairwise(ends.tolist())):
            size = min(_BATCH, count - batch * _BATCH)
            some = found[begin:end].with_columns(pl.col("at") - batch * _BATCH)
            reach, norms = reached(some, size)
            each = zip(self._numbered(some, norms), self._numbered(reach, norms), strict=True)
            leaders += [self._one(self._count + at, *both) for at, both in enumerate(each)]
            self._count += size
        return np.array(leaders, dtype=np.int64)

    def _numbered(self, terms: pl.DataFrame, norms: Weights) -> Iterator[tuple[Terms, Weights]]:
        """The terms of each sentence as numbers, with weights by the length of the sentence."""
        at, names = terms["at"].to_numpy(), terms["term"].unique()
        numbers = [self._numbers.setdefault(one, len(self._numbers)) for one in names]
        self._postings.reserve(len(self._numbers))
        places = terms["term"].cast(pl.Enum(names)).to_physical().to_numpy()
        said = np.array(numbers, dtype=np.int64)[places]
        weights = terms["weight"].to_numpy() / norms[at]
        ends = np.searchsorted(at, np.arange(len(norms) + 1)).tolist()
        return ((said[begin:end], weights[begin:end]) for begin, end in pairwise(ends))

    def _one(self, idea: int, said: tuple[Terms, Weights], reach: tuple[Terms, Weights]) -> int:
        theme = self._nearest(*reach)
        terms, weights = (part.tolist() for part in said)
        if theme is None:
            theme = len(self._led_by)
            self._led_by.append(idea)
            self._leaders.append(dict(zip(terms, weights, strict=True)))
            self._sizes = _roomy(self._sizes, theme + 1)
        self._sizes[theme] += 1
        for term, weight in zip(terms, weights, strict=True):
            self._postings.add(term, theme, weight)
        return self._led_by[theme]

    def _nearest(self, terms: Terms, weights: Weights) -> int | None:
        themes, shares = self._postings.of(terms, weights)
        if not len(themes):
            return None
        sums = np.bincount(themes, shares, minlength=len(self._led_by))
        likeness = sums / self._sizes[: len(sums)]
        reach = dict(zip(terms.tolist(), weights.tolist(), strict=True))
        while likeness[theme := int(likeness.argmax())] >= NEAR:
            leader = self._leaders[theme].items()
            if sum(reach[term] * weight for term, weight in leader if term in reach) >= AKIN:
                return theme
            likeness[theme] = 0
        return None


def vectors(terms: pl.DataFrame, norms: np.ndarray) -> list[Vector]:
    """The terms of each sentence, with weights by the length of the sentence.

    Args:
        terms: `at`, `term` and `weight`, sorted by the first.
        norms: the length of each sentence.
    """
    at = terms["at"].to_numpy()
    pairs = list(zip(terms["term"].to_list(), (terms["weight"] / norms[at]).to_list(), strict=True))
    ends = np.searchsorted(at, np.arange(len(norms) + 1)).tolist()
    return [pairs[begin:end] for begin, end in pairwise(ends)]


class _Postings:
    """The themes that have a term, with the sum of its weights in each.

    Those of one term lie side by side, those of all terms in one place: what an idea reaches is
    looked up at once, which takes a fifth of the time of looking term by term.
    """

    def __init__(self) -> None:
        self._places: dict[tuple[int, int], int] = {}
        self._first, self._held, self._room = (np.zeros(_ROOM, dtype=np.int64) for _ in range(3))
        self._themes, self._weights, self._end = np.zeros(_ROOM, dtype=np.int64), np.zeros(_ROOM), 0

    def reserve(self, terms: int) -> None:
        """Make room for so many terms."""
        self._first, self._held, self._room = (
            _roomy(values, terms) for values in (self._first, self._held, self._room)
        )

    def of(self, terms: Terms, weights: Weights) -> tuple[Terms, Weights]:
        """The themes that have some terms, term by term, and what each share of them weighs."""
        held = self._held[terms]
        before = held.cumsum() - held
        at = (self._first[terms] - before).repeat(held)
        at += np.arange(len(at))
        return self._themes[at], weights.repeat(held) * self._weights[at]

    def add(self, term: int, theme: int, weight: float) -> None:
        """Let a theme have a term, with so much more weight."""
        at = self._places.get((term, theme))
        if at is None:
            at = self._places[term, theme] = int(self._held[term])
            if at == self._room[term]:
                self._move(term)
            self._themes[self._first[term] + at] = theme
            self._held[term] += 1
        self._weights[self._first[term] + at] += weight

    def _move(self, term: int) -> None:
        """Give a term twice the room, at the end."""
        begin, held, end = self._first[term], self._held[term], self._end
        room = max(_ROOM, 2 * held)
        self._themes, self._weights = (
            _roomy(values, end + room) for values in (self._themes, self._weights)
        )
        for values in (self._themes, self._weights):
            values[end : end + held] = values[begin : begin + held]
        self._first[term], self._room[term], self._end = end, room, end + room


def _roomy(values: np.ndarray, size: int) -> np.ndarray:
    """The values, with room for so many."""
    if size <= len(values):
        return values
    return np.concatenate(
        [values, np.zeros(max(size, 2 * len(values)) - len(values), values.dtype)]
    )
