"""Finds sequences of words in a batch, all of them in one pass over arrays.

The sequences are a tree, with a node for each way that one of them begins. Every place of the batch
starts at the root, and goes on as long as its next word leads to a node; most stop at once.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.detectors._tokens import Integers

_BITS = 20
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio as a multiplier: neighbours come to lie far apart."""
NOWHERE = -1


class Sequences:
    """Sequences of words, each word a number from 0 to `words - 1`.

    `nodes` has the node, from 0 to `count - 1`, that each of them ends in.
    """

    def __init__(self, listed: Iterable[tuple[int, ...]], words: int) -> None:
        """Make the tree; equal sequences end in one node."""
        node_of: dict[int, int] = {}  # by the node before it, times the width, and its word
        self.nodes: list[int] = []
        self._width = words + 1
        for sequence in listed:
            node = NOWHERE
            for word in sequence:
                node = node_of.setdefault(node * self._width + word, len(node_of))
            self.nodes.append(node)
        keys = np.fromiter(node_of, np.int64, len(node_of))
        order = np.argsort(keys)
        is_first = keys[order] < 0
        self._first: Integers = np.full(self._width, NOWHERE)
        self._first[keys[order[is_first]] + self._width] = order[is_first]
        self._keys, self._next = keys[order[~is_first]], order[~is_first]
        self._may_lead = np.zeros(1 << _BITS, dtype=bool)
        self._may_lead[_slots(self._keys)] = True
        self.count = len(node_of)
        self._is_end = np.zeros(self.count, dtype=bool)
        self._is_end[self.nodes] = True

    def find(self, words: Integers, rows: Integers) -> tuple[Integers, Integers, Integers]:
        """Find all sequences.

        Args:
            words: the words of a batch, in order; -1 is any other word.
            rows: the text that each is from, ascending.

        Returns:
            Positions of the first and of the last word, and node, of each sequence found.
        """
        nodes = self._first[words]
        at = np.flatnonzero(nodes >= 0)
        nodes = nodes[at]
        found, size = [], 0
        while len(at):
            ends = self._is_end[nodes]
            found.append((at[ends], at[ends] + size, nodes[ends]))
            size += 1
            at, nodes = self._lead_on(at, nodes, size, words, rows)
        none = np.zeros(0, dtype=np.int64)
        starts, lasts, reached = zip((none, none, none), *found, strict=True)
        return np.concatenate(starts), np.concatenate(lasts), np.concatenate(reached)

    def _lead_on(
        self, at: Integers, nodes: Integers, size: int, words: Integers, rows: Integers
    ) -> tuple[Integers, Integers]:
        """The places whose next word leads to a node, and that node."""
        inside = at + size < len(words)
        at, nodes = at[inside], nodes[inside]
        keys = nodes * self._width + words[at + size]
        may = self._may_lead[_slots(keys)] & (rows[at + size] == rows[at]) & (words[at + size] >= 0)
        at, keys = at[may], keys[may]
        places = np.searchsorted(self._keys, keys)
        places[places == len(self._keys)] = 0
        is_there = self._keys[places] == keys if len(self._keys) else np.zeros(len(at), dtype=bool)
        return at[is_there], self._next[places[is_there]]


def _slots(keys: Integers) -> NDArray[np.uint64]:
    slots: NDArray[np.uint64] = keys.astype(np.uint64) * _SPREAD >> np.uint64(64 - _BITS)
    return slots
