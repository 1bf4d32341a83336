"""The lake: every table is a folder of Hive partitions, every partition one Parquet file.

A partition is replaced in one step: written beside and renamed on a disk, one PUT on an object
store. A reader sees the old file or the new one, never half of either; a killed writer leaves at
most a hidden file that the next writer of that partition clears away.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from pipeline.contracts import TABLES, contract
from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError

FILE = "part-0.parquet"
ROW_GROUP = 131_072
SPILL_BYTES = 64 << 20
"""Bytes of rows put aside that are held in memory."""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EROFS, errno.EACCES, errno.EPERM}


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

    def exists(self) -> bool:
        """Tell whether any table has been written."""
        return any(self._files(table) for table in TABLES)

    def partitions(self, table: str) -> list[dict[str, str]]:
        """List the partitions of a table, each as partition column to value, sorted by path."""
        return [
            dict(part.split("=", 1) for part in file[len(self._root) :].split("/")[2:-1])
            for file in self._files(table)
        ]

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
        with _named(table):
            # Few batches at once: what the filter leaves out must not lie in memory before.
            rows = self.dataset(table).to_table(
                columns=columns, filter=where, batch_readahead=2, fragment_readahead=1
            )
        _release()
        return rows

    def scan(
        self, table: str, columns: list[str] | None = None, where: pc.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read as `read` does, batch by batch, in bounded memory."""
        with _named(table):
            yield from self.dataset(table).to_batches(
                columns=columns, filter=where, batch_readahead=2, fragment_readahead=1
            )
        _release()

    def read_partition(
        self, table: str, partition: Mapping[str, str], columns: list[str] | None = None
    ) -> pa.Table:
        """Read one partition's file (without its partition columns); empty if absent."""
        path = self.path(table, partition)
        if self._fs.get_file_info(path).type != pafs.FileType.File:
            empty = contract(table).schema.empty_table()
            return empty if columns is None else empty.select(columns)
        with _named(f"{table} {dict(partition)}"):
            return pq.read_table(path, columns=columns, filesystem=self._fs, partitioning=None)

    @contextmanager
    def lock(
        self, name: str = "", *, is_shared: bool = False, waits: bool = True
    ) -> Iterator[None]:
        """Hold the lake for a read and write that belong together; others of that name wait.

        Those who share it hold it side by side. Raises RetriableError where somebody else holds it
        and this one does not wait.

        The system lets go when the process ends, also by a kill. An object store has no such
        lock: there one run at a time may write, as `docs/operate.md` says.
        """
        if not self.is_local:
            yield
            return
        with _named("lake"):
            Path(self._root).mkdir(parents=True, exist_ok=True)
            file = (Path(self._root) / f".{name}.lock".replace("..", ".")).open("ab")
        with file:
            how = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
            try:
                fcntl.flock(file, how if waits else how | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RetriableError(
                    "another run is writing to this lake",
                    where=self.location,
                    mend="wait until that run has ended, then run the same window again",
                ) from None
            yield

    def digest(self, table: str, partition: Mapping[str, str]) -> str:
        """The sha256 of a partition's file; empty text when there is none."""
        path = self.path(table, partition)
        if self._fs.get_file_info(path).type != pafs.FileType.File:
            return ""
        sha = hashlib.sha256()
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
        with _named(f"{table} {dict(partition)}"):
            if self.is_local:
                return _replace_local(path, data.select(schema.names).cast(schema))
            sink = pa.BufferOutputStream()
            _write(data.select(schema.names).cast(schema), sink)
            body = sink.getvalue()
            if self.digest(table, partition) == hashlib.sha256(body).hexdigest():
                return False
            with self._fs.open_output_stream(path) as stream:
                stream.write(body)
            return True

    def remove(self, table: str, partition: Mapping[str, str]) -> bool:
        """Remove a partition. Returns whether there was one."""
        path = self.path(table, partition)
        if self._fs.get_file_info(path).type != pafs.FileType.File:
            return False
        with _named(f"{table} {dict(partition)}"):
            self._fs.delete_file(path)
            if self.is_local:
                with suppress(OSError):  # a folder that still holds something stays
                    Path(path).parent.rmdir()
        return True

    def _files(self, table: str) -> list[str]:
        selector = pafs.FileSelector(f"{self._root}/{table}", recursive=True, allow_not_found=True)
        return sorted(
            info.path for info in self._fs.get_file_info(selector) if info.base_name == FILE
        )


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
                _named("temporary folder"),
                pa.OSFile(str(self._path(key, at)), "wb") as sink,
                pa.ipc.new_file(sink, self._schema) as writer,
            ):
                for table in tables:
                    writer.write_table(table)
            self._files[key] = at + 1
        self._held, self._bytes = {}, 0

    def _path(self, key: str, at: int) -> Path:
        return Path(self._folder.name) / f"{key}.{at}.arrow"


def replace_file(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file beside and rename it into place: never half a file, also after a kill."""
    with _named(path.name):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with beside.open("wb") as stream:
                stream.writelines(blocks)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _replace_local(path: str, data: pa.Table) -> bool:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    for stale in target.parent.glob(f".{FILE}.*.tmp"):
        stale.unlink(missing_ok=True)
    beside = target.with_name(f".{FILE}.{os.getpid()}.tmp")
    try:
        _write(data, str(beside))
        if target.exists() and _sha256(target) == _sha256(beside):
            return False
        with beside.open("rb") as stream:
            os.fsync(stream.fileno())
        beside.replace(target)
        return True
    finally:
        beside.unlink(missing_ok=True)


def _write(data: pa.Table, sink: str | pa.NativeFile) -> None:
    pq.write_table(data, sink, compression="zstd", row_group_size=ROW_GROUP)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _release() -> None:
    """Give back what reading took: Arrow keeps it otherwise, a hundred megabytes and more."""
    pa.default_memory_pool().release_unused()


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Turn the system's errors into ours, with the place and the mend."""
    try:
        yield
    except EngageError:
        raise
    except (OSError, pa.ArrowException) as error:
        code = getattr(error, "errno", None)
        if code in _FULL or "No space left" in str(error):
            raise RetriableError(
                "the disk is full; what was there before is still in place",
                where=where,
                mend="free some space, then run the same window again",
            ) from error
        if code in _DENIED or "Permission denied" in str(error) or "Read-only" in str(error):
            raise SettingsError(
                "this place may not be written",
                where=where,
                mend="give this user the right to write there, or choose another place",
            ) from error
        if isinstance(error, FileNotFoundError):
            raise RetriableError(
                "a file went away while it was read",
                where=where,
                mend="run again; another run was replacing the table",
            ) from error
        raise FatalError(
            f"cannot read or write ({type(error).__name__})",
            where=where,
            mend="run `engage check`; remove a damaged partition and run its window again",
        ) from error
