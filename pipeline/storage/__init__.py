"""The lake: every table is a folder of Hive partitions, every partition one Parquet file.

A partition is replaced in one step: written beside and renamed on a disk, one PUT on an object
store. A reader sees the old file or the new one, never half of either; a killed writer leaves at
most a hidden file that the next writer of that partition clears away.
"""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from pipeline.contracts import TABLES, contract
from pipeline.errors import BusyError, FatalError, SettingsError
from pipeline.storage._batches import together
from pipeline.storage._columns import filled, none_lacking, refuse_lacking
from pipeline.storage._files import (
    FILE,
    named,
    refuse_stray,
    release,
    replace_file,
    replace_local,
    write,
)
from pipeline.storage._frames import among, frames
from pipeline.storage._outputs import refuse_unusable
from pipeline.storage._spill import Spill
from pipeline.storage._stores import answered

__all__ = [
    "FILE",
    "Lake",
    "Spill",
    "among",
    "answered",
    "frames",
    "refuse_unusable",
    "replace_file",
]


class Lake:
    """The tables at one location: a folder, or an object-store URL such as `s3://bucket/lake`."""

    def __init__(self, location: str) -> None:
        """Open the lake; nothing is created before the first write."""
        self.location = location
        if "://" in location:
            try:
                self._fs, self._root = pafs.FileSystem.from_uri(location)
            except (pa.ArrowException, OSError, ValueError) as error:
                raise SettingsError(
                    f"the address '{location}' cannot be used ({type(error).__name__})",
                    where="lake",
                    mend="give a folder, or an address such as s3://bucket/lake",
                ) from error
        else:
            self._fs, self._root = pafs.LocalFileSystem(), str(Path(location).absolute())

    @property
    def is_local(self) -> bool:
        """Tell a folder from an object store."""
        return isinstance(self._fs, pafs.LocalFileSystem)

    def place(self, path: str) -> str:
        """The path of a file within the lake."""
        return path[len(self._root) + 1 :]

    def exists(self) -> bool:
        """Tell whether any table has been written."""
        return any(self._files(table) for table in TABLES)

    def try_out(self) -> None:
        """Read, write and remove something small. Raises what a run would; leaves nothing."""
        self.exists()
        path = f"{self._root}/.engage-check"
        with named(self.location):
            with self._fs.open_output_stream(path) as stream:
                stream.write(b"may this be written?")
            self._fs.delete_file(path)

    def partitions(self, table: str) -> list[dict[str, str]]:
        """List the partitions of a table, each as partition column to value, sorted by path."""
        return [
            dict(part.split("=", 1) for part in self.place(file).split("/")[1:-1])
            for file in self._files(table)
        ]

    def days(self, table: str, source: str | None = None) -> list[date]:
        """The days of which a table parted by days has rows, in order; of one source or of any."""
        by = contract(table).day_column
        found = (one for one in self.partitions(table) if source in (None, one.get("source")))
        return sorted({date.fromisoformat(one[by]) for one in found})

    def path(self, table: str, partition: Mapping[str, str]) -> str:
        """The file of a partition. Keys are put into the order of the contract."""
        keys = contract(table).partition_by
        if set(keys) != set(partition):
            raise FatalError(
                f"partition {dict(partition)} does not fit",
                where=table,
                mend=f"give exactly {', '.join(keys)}",
            )
        parts = "/".join(f"{key}={partition[key]}" for key in keys)
        return f"{self._root}/{table}/{parts}/{FILE}"

    def dataset(self, table: str) -> ds.Dataset:
        """The table as an Arrow dataset with the contract's types, partition columns included."""
        known = contract(table)
        keys = pa.schema([known.full_schema.field(key) for key in known.partition_by])
        return ds.dataset(
            self._files(table),
            schema=known.full_schema,
            format="parquet",
            filesystem=self._fs,
            partitioning=ds.partitioning(keys, flavor="hive"),
            partition_base_dir=f"{self._root}/{table}",
        )

    def read(
        self, table: str, columns: list[str] | None = None, where: pc.Expression | None = None
    ) -> pa.Table:
        """Read a table or the columns and rows asked for; empty with the right types if absent."""
        with named(table, to="read"):
            # Few batches at once: what the filter leaves out must not lie in memory before.
            rows = self._whole(table, where).to_table(
                columns=columns, filter=where, batch_readahead=2, fragment_readahead=1
            )
        release()
        return rows

    def scan(
        self, table: str, columns: list[str] | None = None, where: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read as `read` does, in bounded memory: batch by batch, small ones put together."""
        with named(table, to="read"):
            yield from together(
                self._whole(table, where).to_batches(
                    columns=columns, filter=where, batch_readahead=2, fragment_readahead=1
                )
            )
        release()

    def read_partition(
        self, table: str, partition: Mapping[str, str], columns: list[str] | None = None
    ) -> pa.Table:
        """Read one partition's file (without its partition columns); empty if absent."""
        path = self.path(table, partition)
        with named(f"{table} {dict(partition)}", to="read"):
            if self._fs.get_file_info(path).type != pafs.FileType.File:
                empty = contract(table).schema.empty_table()
                return empty if columns is None else empty.select(columns)
            with pq.ParquetFile(path, filesystem=self._fs) as file:
                refuse_lacking(file.schema_arrow, self.place(path), table)
                return filled(file.read(columns), table, columns)

    @contextmanager
    def lock(
        self, name: str = "", *, is_shared: bool = False, waits: bool = True
    ) -> Iterator[None]:
        """Hold the lake for a read and write that belong together; others of that name wait.

        Those who share it hold it side by side. Raises BusyError where somebody else holds it
        and this one does not wait. The system lets go when the process ends, also by a kill. An
        object store has no such lock: `docs/operate.md` says what follows.
        """
        if not self.is_local:
            yield
            return
        with named(self.location):
            Path(self._root).mkdir(parents=True, exist_ok=True)
            file = (Path(self._root) / f".{name}.lock".replace("..", ".")).open("ab")
        with file:
            how = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
            try:
                fcntl.flock(file, how if waits else how | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(
                    "another run is writing to this lake",
                    where=self.location,
                    mend="wait until that run has ended, then run the same window again",
                ) from None
            yield

    def digest(self, table: str, partition: Mapping[str, str]) -> str:
        """The sha256 of a partition's file; empty text when there is none."""
        path = self.path(table, partition)
        sha = hashlib.sha256()
        with named(f"{table} {dict(partition)}", to="read"):
            if self._fs.get_file_info(path).type != pafs.FileType.File:
                return ""
            with self._fs.open_input_stream(path) as stream:
                while block := stream.read(1 << 20):
                    sha.update(block)
        return sha.hexdigest()

    def write(self, table: str, partition: Mapping[str, str], data: pa.Table) -> bool:
        """Replace a partition by `data` (the contract's file schema); no rows: remove it.

        Returns whether anything changed: the same rows again leave the file untouched.
        Raises RetriableError on a full disk, SettingsError on a lake that may not be written; the
        old partition is in place then.
        """
        if data.num_rows == 0:
            return self.remove(table, partition)
        path = self.path(table, partition)
        schema = contract(table).schema
        with named(f"{table} {dict(partition)}"):
            if self.is_local:
                return replace_local(path, data.select(schema.names).cast(schema))
            sink = pa.BufferOutputStream()
            write(data.select(schema.names).cast(schema), sink)
            body = sink.getvalue()
            if self.digest(table, partition) == hashlib.sha256(body).hexdigest():
                return False
            with self._fs.open_output_stream(path) as stream:
                stream.write(body)
            return True

    def remove(self, table: str, partition: Mapping[str, str]) -> bool:
        """Remove a partition. Returns whether there was one."""
        path = self.path(table, partition)
        with named(f"{table} {dict(partition)}"):
            if self._fs.get_file_info(path).type != pafs.FileType.File:
                return False
            self._fs.delete_file(path)
            if self.is_local:
                with suppress(OSError):  # a folder that still holds something stays
                    Path(path).parent.rmdir()
        return True

    def _whole(self, table: str, where: pc.Expression | None) -> ds.Dataset:
        """The table, where no file that will be read lacks a column of its contract."""
        return none_lacking(self.dataset(table), where, self._root, table)

    def _files(self, table: str) -> list[str]:
        selector = pafs.FileSelector(f"{self._root}/{table}", recursive=True, allow_not_found=True)
        with named(self.location, to="read"):
            found = self._fs.get_file_info(selector)
        files = sorted(info.path for info in found if info.base_name == FILE)
        for file in files:
            refuse_stray(self.place(file), table, self.location)
        return files
