"""Sequences of words: all that stand in a batch, and none that runs into another text."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detectors._sequences import Sequences

WORDS = 4
SEQUENCE = st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=4).map(tuple)
TEXT = st.lists(st.integers(-1, WORDS - 1), max_size=12)


@given(st.lists(SEQUENCE, max_size=8), st.lists(TEXT, max_size=4))
def test_each_sequence_is_found_wherever_it_stands(
    listed: list[tuple[int, ...]], texts: list[list[int]]
) -> None:
    sequences = Sequences(listed, words=WORDS)
    words = np.array([word for text in texts for word in text], dtype=np.int64)
    rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    first, last, nodes = sequences.find(words, rows)
    found = set(zip(first.tolist(), last.tolist(), nodes.tolist(), strict=True))
    assert len(found) == len(first)
    assert found == {
        (at, at + len(one) - 1, node)
        for one, node in zip(listed, sequences.nodes, strict=True)
        for at in range(len(words) - len(one) + 1)
        if tuple(words[at : at + len(one)].tolist()) == one
        and len({*rows[at : at + len(one)]}) == 1
    }


def test_equal_sequences_end_in_one_node() -> None:
    sequences = Sequences([(0, 1), (0,), (0, 1)], words=2)
    one, shorter, other = sequences.nodes
    assert one == other != shorter
