"""Rows put aside on the local disk."""

from __future__ import annotations

import mmap
import os
import tempfile
from pathlib import Path

import pyarrow as pa

from pipeline.storage._files import named

SPILL_BYTES = 64 << 20
"""Bytes of rows put aside that are held in memory."""
_WHERE = "temporary folder"


class Spill:
    """Rows put aside per key on the local disk, so that a whole source never lies in memory."""

    def __init__(self, schema: pa.Schema) -> None:
        """Open an empty spill in the system's temporary folder."""
        self._schema = schema
        with named(_WHERE):
            self._file, path = tempfile.mkstemp(prefix="engage-")
            self._sink = pa.OSFile(path, "wb")
            # The file lives on without a name, and goes with the process, however that ends.
            Path(path).unlink()
        self._held: dict[str, list[pa.Table]] = {}
        self._bytes = 0
        self._rows: dict[str, int] = {}
        self._places: dict[str, list[tuple[int, int]]] = {}

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.close()
        os.close(self._file)

    def add(self, key: str, rows: pa.Table) -> None:
        """Put rows aside under a key."""
        self._held.setdefault(key, []).append(rows)
        self._rows[key] = self._rows.get(key, 0) + rows.num_rows
        self._bytes += rows.nbytes
        if self._bytes > SPILL_BYTES:
            self._flush()

    def keys(self) -> list[str]:
        """The keys that have rows, sorted."""
        return sorted({*self._held, *self._places})

    def count(self, key: str) -> int:
        """How many rows a key has."""
        return self._rows.get(key, 0)

    def take(self, key: str) -> pa.Table:
        """All rows of a key, in the order they were added."""
        parts = [*self._written(self._places.get(key, [])), *self._held.get(key, [])]
        return pa.concat_tables(parts or [self._schema.empty_table()])

    def _written(self, places: list[tuple[int, int]]) -> list[pa.Table]:
        """The rows at some places of the file, mapped and not copied."""
        if not places:
            return []
        with named(_WHERE, "read"):
            file = pa.py_buffer(mmap.mmap(self._file, 0, access=mmap.ACCESS_READ))
        return [pa.ipc.open_stream(file[begin:end]).read_all() for begin, end in places]

    def _flush(self) -> None:
        with named(_WHERE):
            for key, tables in self._held.items():
                begin = self._sink.tell()
                with pa.ipc.new_stream(self._sink, self._schema) as writer:
                    for table in tables:
                        writer.write_table(table)
                self._places.setdefault(key, []).append((begin, self._sink.tell()))
        self._held, self._bytes = {}, 0
