"""Lists that lie end to end."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detectors._ragged import ragged


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5))))
def test_entries_come_list_by_list(lists: list[tuple[int, int]]) -> None:
    starts, sizes = np.array(lists, dtype=np.int64).reshape(-1, 2).T
    at, places = ragged(starts, sizes)
    entries = [
        (one, begin + step) for one, (begin, size) in enumerate(lists) for step in range(size)
    ]
    assert list(zip(at.tolist(), places.tolist(), strict=True)) == entries
