"""Clustering in order of time: each idea joins the theme it is nearest to, or leads one itself.

Nearest is by the mean over the ideas of a theme, so that a first idea that says little does not
decide; what has nothing in common with the first one stays out, so there are no chains. An index
from term to themes finds those that share anything, so an idea costs what its terms have in common
with themes, however many ideas there are.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.opportunities.wishes import lengths

NEAR = 0.28
"""Least mean cosine, 0 to 1, of an idea to the ideas of its theme."""
AKIN = 0.1
"""Least cosine of an idea to the leader of its theme, so that themes do not drift."""
_ROOM = 8


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
        theme = self._nearest(terms, weights)
        if theme is None:
            theme = len(self._led_by)
            self._led_by.append(idea)
            self._leaders.append(dict(zip(terms, weights, strict=True)))
            self._sizes = _roomy(self._sizes, theme)
        self._sizes[theme] += 1
        for term, weight in zip(terms, weights, strict=True):
            self._terms.setdefault(term, _Postings()).add(theme, weight)
        return self._led_by[theme]

    def _nearest(self, terms: list[str], weights: list[float]) -> int | None:
        likeness = np.zeros(len(self._led_by))
        for term, weight in zip(terms, weights, strict=True):
            if (known := self._terms.get(term)) is not None:
                likeness[known.themes] += weight * known.weights
        likeness /= self._sizes[: len(likeness)]
        near = np.flatnonzero(likeness >= NEAR)
        for theme in near[np.argsort(-likeness[near], kind="stable")].tolist():
            leader = self._leaders[theme]
            akin = zip(terms, weights, strict=True)
            if sum(weight * leader.get(term, 0.0) for term, weight in akin) >= AKIN:
                return int(theme)
        return None


class _Postings:
    """The themes that have a term, with the sum of its weights in each; grows by doubling."""

    __slots__ = ("_places", "_themes", "_weights")

    def __init__(self) -> None:
        self._places: dict[int, int] = {}
        self._themes = np.zeros(_ROOM, dtype=np.int32)
        self._weights = np.zeros(_ROOM)

    @property
    def themes(self) -> np.ndarray:
        return self._themes[: len(self._places)]

    @property
    def weights(self) -> np.ndarray:
        return self._weights[: len(self._places)]

    def add(self, theme: int, weight: float) -> None:
        at = self._places.setdefault(theme, len(self._places))
        self._themes, self._weights = _roomy(self._themes, at), _roomy(self._weights, at)
        self._themes[at] = theme
        self._weights[at] += weight


def _roomy(values: np.ndarray, at: int) -> np.ndarray:
    """The values, with room for one at that place."""
    return values if at < len(values) else np.concatenate([values, np.zeros_like(values)])
