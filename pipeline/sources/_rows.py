"""Records on their way into batches of `records.RECORD`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self

import pyarrow as pa

from pipeline.records import RECORD

MOST_ROWS = 5_000
MOST_CHARACTERS = 8_000_000


class Columns(NamedTuple):
    """Columns of `records.RECORD`, as lists or Arrow arrays of equal length."""

    values: Mapping[str, Any]
    rows_count: int

    @classmethod
    def of_rows(cls, rows: list[Mapping[str, Any]]) -> Self:
        """Turn rows into columns."""
        names = {name for row in rows for name in row}
        return cls({name: [row.get(name) for row in rows] for name in names}, len(rows))

    def batch(self) -> pa.RecordBatch:
        """Make the batch; a column that is not given is null."""
        arrays = [
            _array(self.values[field.name], field.type)
            if field.name in self.values
            else pa.nulls(self.rows_count, field.type)
            for field in RECORD
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=RECORD)


def _array(values: Any, kind: pa.DataType) -> pa.Array:  # noqa: ANN401 - lists and Arrow arrays
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)


def in_batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    """Gather rows (field name to value, `records.RECORD`) into batches of bounded size."""
    held: list[Mapping[str, Any]] = []
    characters = 0
    for row in rows:
        held.append(row)
        characters += len(row.get("text") or "") + len(row.get("raw") or "")
        if len(held) == MOST_ROWS or characters >= MOST_CHARACTERS:
            yield Columns.of_rows(held).batch()
            held, characters = [], 0
    if held:
        yield Columns.of_rows(held).batch()
