"""Writes rows as .parquet or .jsonl: the file is replaced in one step when all rows are there."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SettingsError
from pipeline.storage import refuse_unusable, replace_file

OUTPUT_KINDS = (".parquet", ".jsonl")


def refuse(source: Path, target: Path) -> None:
    """Raise SettingsError when the output cannot be written, or is the input itself."""
    refuse_unusable(target, OUTPUT_KINDS)
    if target.exists() and source.exists() and target.samefile(source):
        raise SettingsError(
            "the output is the input itself", where=str(target), mend="give another output"
        )


def write_rows(target: Path, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
    """Write batches of one schema; the ending of the name says how. A link stays a link."""
    is_parquet = target.suffix.lower() == ".parquet"
    place = Path(os.path.realpath(target))
    replace_file(place, _parquet(batches, schema) if is_parquet else _json_lines(batches))


def _parquet(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[bytes]:
    sink = _Blocks()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield from sink.take()
    yield from sink.take()


def _json_lines(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    import polars as pl

    for batch in batches:
        block = io.BytesIO()
        pl.DataFrame(pa.Table.from_batches([batch])).write_ndjson(block)
        yield block.getvalue()


class _Blocks(io.RawIOBase):
    """A file that hands on what was written to it, so that nothing piles up in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, block: object) -> int:
        body = bytes(memoryview(block))  # type: ignore[arg-type]
        self._written.append(body)
        self._at += len(body)
        return len(body)

    def take(self) -> list[bytes]:
        blocks, self._written = self._written, []
        return blocks
