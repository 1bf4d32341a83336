"""Where cues stand: of overlapping matches of one cue the longest."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from pipeline.detectors._tokens import Integers

ROW, CUE, START, END, TOKENS = range(5)
"""Columns of matches: the text, which cue it is of, characters, and number of tokens."""


@dataclass(frozen=True)
class Cues:
    """Cues in a batch, by text, cue and place.

    `rows` has the position of the text, `which` that of the cue among the finder's names; `starts`
    and `ends` count characters.
    """

    rows: Integers
    which: Integers
    starts: Integers
    ends: Integers


def longest(matches: Integers) -> Cues:
    """Of overlapping matches of one cue the one with most tokens, then the first."""
    matches = matches[np.lexsort(matches[:, [END, START, CUE, ROW]].T)]
    is_new = np.any(np.diff(matches, axis=0, prepend=-1) != 0, axis=1)
    matches = matches[is_new]
    begins = np.flatnonzero(np.any(np.diff(matches[:, : CUE + 1], axis=0, prepend=-1) != 0, axis=1))
    ends = np.append(begins[1:], len(matches))
    is_kept = np.ones(len(matches), dtype=bool)
    several = np.flatnonzero(ends - begins > 1)
    for begin, end in zip(begins[several].tolist(), ends[several].tolist(), strict=True):
        is_kept[begin:end] = False
        is_kept[begin + np.array(_apart(matches[begin:end].tolist()))] = True
    kept = matches[is_kept]
    return Cues(kept[:, ROW], kept[:, CUE], kept[:, START], kept[:, END])


def _apart(matches: list[list[int]]) -> list[int]:
    """Positions of those that are kept of the matches of one cue in one text."""
    starts: list[int] = []
    kept: list[int] = []
    for which in sorted(range(len(matches)), key=lambda at: (-matches[at][TOKENS], at)):
        start, end = matches[which][START : END + 1]
        at = bisect_left(starts, start)
        is_free = at == 0 or matches[kept[at - 1]][END] <= start
        if is_free and (at == len(starts) or end <= starts[at]):
            starts.insert(at, start)
            kept.insert(at, which)
    return kept
