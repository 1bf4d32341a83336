"""Rows put aside: all of them come back, and none outlives its process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.storage import Spill, _spill


@given(
    added=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=20),
    limit=st.sampled_from([1, 40, 1 << 20]),
)
def test_spilled_rows_come_back_per_key_in_order(added: list[tuple[str, int]], limit: int) -> None:
    schema = pa.schema([("n", pa.int64())])
    expected: dict[str, list[int]] = {}
    with pytest.MonkeyPatch.context() as patch, Spill(schema) as spill:
        patch.setattr(_spill, "SPILL_BYTES", limit)
        for at, (key, count) in enumerate(added):
            numbers = list(range(at, at + count))
            spill.add(key, pa.table({"n": numbers}, schema=schema))
            expected.setdefault(key, []).extend(numbers)
        assert spill.keys() == sorted(expected)
        for key, numbers in expected.items():
            assert spill.take(key)["n"].to_pylist() == numbers
            assert spill.count(key) == len(numbers)
        assert spill.take("never").schema.equals(schema)


def test_spill_holds_no_more_than_its_share_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_spill, "SPILL_BYTES", 1 << 20)
    schema = pa.schema([("text", pa.string())])
    rows = pa.table({"text": ["x" * 1000] * 100}, schema=schema)
    with Spill(schema) as spill:
        for _ in range(50):
            spill.add("2026-11-02", rows)
            assert spill._bytes <= 1 << 20
        assert os.fstat(spill._file).st_size > 3 << 20
        assert spill.take("2026-11-02").num_rows == 5_000


def test_a_killed_process_leaves_no_rows_in_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_spill, "SPILL_BYTES", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    schema = pa.schema([("n", pa.int64())])
    with Spill(schema) as spill:
        spill.add("2026-11-02", pa.table({"n": [1, 2]}, schema=schema))
        assert os.fstat(spill._file).st_size  # they are on the disk
        assert list(tmp_path.iterdir()) == []  # where a kill at this moment would leave them
