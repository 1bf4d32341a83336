"""Rows put aside on the local disk."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa

from pipeline.storage._files import named

SPILL_BYTES = 64 << 20
"""Bytes of rows put aside that are held in memory."""


class Spill:
    """Rows put aside per key on the local disk, so that a whole source never lies in memory."""

    def __init__(self, schema: pa.Schema) -> None:
        """Open an empty spill in the system's temporary folder."""
        self._schema = schema
        self._folder = tempfile.TemporaryDirectory(prefix="engage-")
        self._held: dict[str, list[pa.Table]] = {}
        self._bytes = 0
        self._rows: dict[str, int] = {}
        self._files: dict[str, int] = {}

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def add(self, key: str, rows: pa.Table) -> None:
        """Put rows aside under a key."""
        self._held.setdefault(key, []).append(rows)
        self._rows[key] = self._rows.get(key, 0) + rows.num_rows
        self._bytes += rows.nbytes
        if self._bytes > SPILL_BYTES:
            self._flush()

    def keys(self) -> list[str]:
        """The keys that have rows, sorted."""
        return sorted({*self._held, *self._files})

    def count(self, key: str) -> int:
        """How many rows a key has."""
        return self._rows.get(key, 0)

    def take(self, key: str) -> pa.Table:
        """All rows of a key, in the order they were added."""
        parts = []
        for at in range(self._files.get(key, 0)):
            with pa.memory_map(str(self._path(key, at))) as source:
                parts.append(pa.ipc.open_file(source).read_all())
        return pa.concat_tables([*parts, *self._held.get(key, [])] or [self._schema.empty_table()])

    def _flush(self) -> None:
        for key, tables in self._held.items():
            at = self._files.get(key, 0)
            with (
                named("temporary folder"),
                pa.OSFile(str(self._path(key, at)), "wb") as sink,
                pa.ipc.new_file(sink, self._schema) as writer,
            ):
                for table in tables:
                    writer.write_table(table)
            self._files[key] = at + 1
        self._held, self._bytes = {}, 0

    def _path(self, key: str, at: int) -> Path:
        return Path(self._folder.name) / f"{key}.{at}.arrow"
