"""Where cues stand: of overlapping matches of one cue the longest."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.detectors._tokens import Integers


class Span(NamedTuple):
    """A match: which cue it is of, characters and number of tokens."""

    cue: int
    start: int
    end: int
    tokens: int


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


def longest(spans: Iterable[tuple[int, Span]]) -> Cues:
    """Of overlapping spans of one cue the one with most tokens, then the first."""
    held: dict[tuple[int, int], set[Span]] = defaultdict(set)
    for row, span in spans:
        held[row, span.cue].add(span)
    kept = [
        (row, cue, one.start, one.end)
        for row, cue in sorted(held)
        for one in (_apart(held[row, cue]) if len(held[row, cue]) > 1 else held[row, cue])
    ]
    return Cues(*np.array(kept, dtype=np.int64).reshape(-1, 4).T)


def _apart(spans: set[Span]) -> list[Span]:
    kept: list[Span] = []
    for one in sorted(spans, key=lambda at: (-at.tokens, at.start)):
        at = bisect_left(kept, one.start, key=_start)
        is_free = at == 0 or kept[at - 1].end <= one.start
        if is_free and (at == len(kept) or one.end <= kept[at].start):
            kept.insert(at, one)
    return kept


def _start(span: Span) -> int:
    return span.start
