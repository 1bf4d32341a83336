"""Clustering in order of time: each idea joins the theme it is nearest to, or leads one itself.

Nearest is by the mean over the ideas of a theme, so that a first idea that says little does not
decide; what has nothing in common with the first one stays out, so there are no chains. An index
from term to themes finds those that share anything, so an idea costs what its terms have in common
with themes, however many ideas there are.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl

from pipeline.opportunities.wishes import reached

NEAR = 0.28
"""Least mean likeness, 0 to 1, of an idea to the ideas of its theme."""
AKIN = 0.1
"""Least likeness of an idea to the leader of its theme, so that themes do not drift."""
_ROOM, _BATCH = 8, 4096
Vector = list[tuple[str, float]]


class Leaders:
    """The themes so far, each known by its leader, the first idea. Ideas come in order of time."""

    def __init__(self) -> None:
        """Begin without themes."""
        self._led_by: list[int] = []
        self._leaders: list[dict[str, float]] = []
        self._sizes = np.zeros(_ROOM)
        self._count = 0
        self._terms: dict[str, _Postings] = {}

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
            said, near = vectors(some, norms), vectors(reach, norms)
            leaders += [self._one(self._count + at, said[at], near[at]) for at in range(size)]
            self._count += size
        return np.array(leaders, dtype=np.int64)

    def _one(self, idea: int, said: Vector, reach: Vector) -> int:
        theme = self._nearest(reach)
        if theme is None:
            theme = len(self._led_by)
            self._led_by.append(idea)
            self._leaders.append(dict(said))
            self._sizes = _roomy(self._sizes, theme)
        self._sizes[theme] += 1
        for term, weight in said:
            if term not in self._terms:
                self._terms[term] = _Postings()
            self._terms[term].add(theme, weight)
        return self._led_by[theme]

    def _nearest(self, reach: Vector) -> int | None:
        met = [(weight, self._terms[term]) for term, weight in reach if term in self._terms]
        if not met:
            return None
        shares = np.repeat([weight for weight, _ in met], [len(one.themes) for _, one in met])
        shares *= np.concatenate([one.weights for _, one in met])
        themes = np.concatenate([one.themes for _, one in met])
        sums = np.bincount(themes, shares, minlength=len(self._led_by))
        likeness = sums / self._sizes[: len(sums)]
        near = np.flatnonzero(likeness >= NEAR)
        for theme in near[np.argsort(-likeness[near], kind="stable")].tolist():
            leader = self._leaders[theme]
            if sum(weight * leader[term] for term, weight in reach if term in leader) >= AKIN:
                return int(theme)
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
    """The `themes` that have a term, with the sum of its `weights` in each."""

    __slots__ = ("_places", "_room", "themes", "weights")

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._room = np.zeros(_ROOM, dtype=np.int64), np.zeros(_ROOM)

    def add(self, theme: int, weight: float) -> None:
        at = self._places.get(theme)
        if at is None:
            at = self._places[theme] = len(self._places)
            themes, weights = self._room = _roomy(self._room[0], at), _roomy(self._room[1], at)
            # They are read far more often than they grow.
            self.themes, self.weights = themes[: at + 1], weights[: at + 1]
            self.themes[at] = theme
        self.weights[at] += weight


def _roomy(values: np.ndarray, at: int) -> np.ndarray:
    """The values, with room for one at that place."""
    return values if at < len(values) else np.concatenate([values, np.zeros_like(values)])
