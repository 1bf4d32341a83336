"""Clustering in order of time: each idea joins the theme it is nearest to, or leads one itself.

Nearest is by the mean over the ideas of a theme, so that a first idea that says little does not
decide; what has nothing in common with the first one stays out, so there are no chains. What
ideas and themes have in common is found for many ideas at once, as products of sparse matrices;
then they join in turn, so an idea costs what its terms have in common with themes, however many
ideas there are.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from pipeline.opportunities.wishes import reached

NEAR = 0.28
"""Least mean likeness, 0 to 1, of an idea to the ideas of its theme."""
AKIN = 0.1
"""Least likeness of an idea to the leader of its theme, so that themes do not drift."""
_READ = 4096
"""Ideas that are read at once."""
_LEAST, _MOST, _ROOM = 16, 512, 2**20
"""Ideas that join at once: at most so many, and pairs of an idea and a theme, eight bytes each."""
Vector = list[tuple[str, float]]
Places = np.ndarray[Any, np.dtype[np.int64]]
Weights = np.ndarray[Any, np.dtype[np.float64]]


class Leaders:
    """The themes so far, each known by its leader, the first idea. Ideas come in order of time."""

    def __init__(self) -> None:
        """Begin without themes."""
        self._led_by: list[int] = []
        self._sizes = np.zeros(0)
        self._count = 0
        self._numbers: dict[str, int] = {}
        # What themes say, terms by themes: the sum over their ideas, and their leaders alone.
        self._said, self._first = csr_array((0, 0)), csr_array((0, 0))

    def join(self, found: pl.DataFrame, count: int) -> np.ndarray:
        """Let ideas join, one after the other.

        Args:
            found: the terms of the ideas, as `wishes` gives them.
            count: the number of ideas; one without terms stands alone.

        Returns:
            For each idea the position of its leader among all ideas that ever joined; its own
            when it leads.
        """
        themes = [np.zeros(0, np.int64)]
        ends = np.searchsorted(found["at"].to_numpy(), np.arange(0, count + _READ, _READ))
        for batch, (begin, end) in enumerate(pairwise(ends.tolist())):
            size = min(_READ, count - batch * _READ)
            some = found[begin:end].with_columns(pl.col("at") - batch * _READ)
            reach, norms = reached(some, size)
            self._number(reach["term"].unique(maintain_order=True))
            said, near = self._matrix(some, norms), self._matrix(reach, norms)
            done = 0
            while done < size:
                until = done + max(_LEAST, min(_MOST, _ROOM // (len(self._led_by) + 1)))
                themes.append(self._together(said[done:until], near[done:until]))
                done = until
        return np.array(self._led_by, np.int64)[np.concatenate(themes)]

    def _number(self, terms: pl.Series) -> None:
        for one in terms:
            self._numbers.setdefault(one, len(self._numbers))

    def _matrix(self, terms: pl.DataFrame, norms: Weights) -> csr_array:
        """Ideas by terms: weights by the length of the idea."""
        at, names = terms["at"].to_numpy(), terms["term"].unique()
        numbers = np.array([self._numbers[one] for one in names], dtype=np.int64)
        places = terms["term"].cast(pl.Enum(names)).to_physical().to_numpy()
        ends = np.searchsorted(at, np.arange(len(norms) + 1))
        weights = terms["weight"].to_numpy() / norms[at]
        return csr_array((weights, numbers[places], ends), (len(norms), len(self._numbers)))

    def _together(self, said: csr_array, near: csr_array) -> Places:
        """Let some ideas join: what they have in common is found at once, whom they join in turn.

        Args:
            said: what the ideas say, ideas by terms.
            near: what they say or nearly say.

        Returns:
            The theme of each idea.
        """
        size, known = said.shape[0], len(self._led_by)
        for sums in (self._said, self._first):
            sums.resize(said.shape[1], known + size)  # with room for as many new themes
        with_themes, with_leaders = ((near @ sums).toarray() for sums in (self._said, self._first))
        mutual = (near @ said.T).toarray()
        self._sizes = np.concatenate((self._sizes[:known], np.zeros(size)))
        themes = np.zeros(size, dtype=np.int64)
        for at in range(size):
            count = len(self._led_by)
            since = np.bincount(themes[:at], mutual[at, :at], minlength=count)
            likeness = (with_themes[at, :count] + since) / self._sizes[:count]
            theme = _nearest(likeness, with_leaders[at])
            if theme is None:
                theme = count
                self._led_by.append(self._count + at)
                with_leaders[:, theme] = mutual[:, at]
            self._sizes[theme] += 1
            themes[at] = theme
        self._count += size
        # The first of the ideas that joined a new theme is its leader.
        of_new, leading = np.unique(themes, return_index=True)
        leading = leading[of_new >= known]
        self._said = self._with(self._said, said, themes)
        self._first = self._with(self._first, said[leading], themes[leading])
        return themes

    def _with(self, sums: csr_array, said: csr_array, themes: Places) -> csr_array:
        """What themes say, with that of ideas that joined them."""
        sums.resize(said.shape[1], len(self._led_by))
        ones, ideas = np.ones(len(themes)), np.arange(len(themes) + 1)
        joined = csr_array((ones, themes, ideas), (len(themes), len(self._led_by)))
        return sums + said.T.tocsr() @ joined


def _nearest(likeness: Weights, with_leaders: Weights) -> int | None:
    """The nearest theme that is near enough, its leader too; `likeness` is used up."""
    while len(likeness) and likeness[theme := int(likeness.argmax())] >= NEAR:
        if with_leaders[theme] >= AKIN:
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
