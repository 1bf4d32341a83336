"""Batches of a size at which they are worth looking at."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

TOGETHER = 20_000
"""Rows that small files are put together to: looking at a batch takes as long as at many rows."""


def together(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `TOGETHER` or more, but for the last: a day may be a few rows."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        if count >= TOGETHER:
            yield pa.concat_batches(held)
            held, count = [], 0
    if held:
        yield pa.concat_batches(held)
