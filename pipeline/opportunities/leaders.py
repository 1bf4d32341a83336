"""Leader clustering: each idea joins the leader it is nearest to, or leads a theme itself.

An index from term to leaders finds those that share anything, so an idea costs what its terms
have in common with leaders, however many ideas there are.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.opportunities.wishes import lengths

NEAR = 0.42
"""Least cosine, 0 to 1, of an idea to the leader of its theme."""
_ROOM = 8


class Leaders:
    """The leaders so far. Ideas must come in order of time."""

    def __init__(self) -> None:
        """Begin without leaders."""
        self._led_by: list[int] = []
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
        norms = lengths(found, count)
        at = found["at"].to_numpy()
        unit = found["weight"].to_numpy() / norms[at]
        terms, weights = found["term"].to_list(), unit.tolist()
        ends = np.searchsorted(at, np.arange(count + 1)).tolist()
        begun = self._count
        leaders = [
            self._one(
                begun + one, terms[ends[one] : ends[one + 1]], weights[ends[one] : ends[one + 1]]
            )
            for one in range(count)
        ]
        self._count += count
        return np.array(leaders, dtype=np.int64)

    def _one(self, idea: int, terms: list[str], weights: list[float]) -> int:
        likeness = np.zeros(len(self._led_by))
        for term, weight in zip(terms, weights, strict=True):
            if (known := self._terms.get(term)) is not None:
                likeness[known.leaders] += weight * known.weights
        if len(likeness):
            nearest = int(likeness.argmax())
            if likeness[nearest] >= NEAR:
                return self._led_by[nearest]
        for term, weight in zip(terms, weights, strict=True):
            self._terms.setdefault(term, _Postings()).add(len(self._led_by), weight)
        self._led_by.append(idea)
        return idea


class _Postings:
    """The leaders that have a term, with its weight in each; grows by doubling."""

    __slots__ = ("_leaders", "_size", "_weights")

    def __init__(self) -> None:
        self._leaders = np.zeros(_ROOM, dtype=np.int32)
        self._weights = np.zeros(_ROOM)
        self._size = 0

    @property
    def leaders(self) -> np.ndarray:
        return self._leaders[: self._size]

    @property
    def weights(self) -> np.ndarray:
        return self._weights[: self._size]

    def add(self, leader: int, weight: float) -> None:
        if self._size == len(self._leaders):
            self._leaders = np.concatenate([self._leaders, np.zeros_like(self._leaders)])
            self._weights = np.concatenate([self._weights, np.zeros_like(self._weights)])
        self._leaders[self._size], self._weights[self._size] = leader, weight
        self._size += 1
