"""Files that are replaced in one step, and the system's errors in our words."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from glob import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.contracts import contract
from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from pipeline.storage._stores import answered

FILE = "part-0.parquet"
ROW_GROUP = 131_072
_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EROFS, errno.EACCES, errno.EPERM}


def replace_file(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file beside and rename it into place: never half a file, also after a kill.

    What a killed writer left beside is cleared away by the next one. Raises SettingsError where
    there is a folder.
    """
    if path.is_dir():
        raise SettingsError("is a folder", where=str(path), mend="give the name of a file")
    with named(str(path)), _beside(path) as beside:
        with beside.open("wb") as stream:
            # Some shared disks know no locks; there nothing is cleared away.
            with suppress(OSError):
                fcntl.flock(stream, fcntl.LOCK_EX)
            stream.writelines(blocks)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Where to write what takes a file's place; what is not in place at the end is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Remove what was written beside a file by processes that have ended."""
    for left in path.parent.glob(f".{escape(path.name)}.[0-9]*.tmp"):
        # Another process is writing it, or it is another user's.
        with suppress(OSError), left.open("r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def replace_local(path: str, data: pa.Table) -> bool:
    """Replace a partition, unless it holds the same bytes already. Returns whether it changed."""
    target = Path(path)
    with _beside(target) as beside:
        write(data, str(beside))
        if target.exists() and sha256_of(target) == sha256_of(beside):
            return False
        with beside.open("rb") as stream:
            os.fsync(stream.fileno())
        beside.replace(target)
        return True


def write(data: pa.Table, sink: str | pa.NativeFile) -> None:
    pq.write_table(data, sink, compression="zstd", row_group_size=ROW_GROUP)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def release() -> None:
    """Give back what reading took: Arrow keeps it otherwise, a hundred megabytes and more."""
    pa.default_memory_pool().release_unused()


def refuse_stray(place: str, table: str, lake: str) -> None:
    """Raise FatalError for a file that is in no partition of its table, such as in a copied folder.

    `place` is its path in the lake.
    """
    found = _partition_of(table).fullmatch(place)
    if not found or not all(map(_is_day, found.groups())):
        raise FatalError(
            "this file is in no partition of its table",
            where=place,
            mend=f"move it out of {lake}; Engage did not write it",
        )


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return bool(date.fromisoformat(text))
    return False


@cache
def _partition_of(table: str) -> re.Pattern[str]:
    """What the path of a file of a table looks like; the groups are days."""
    parts = (
        f"/{one.name}=" + (r"(\d{4}-\d\d-\d\d)" if one.type == pa.date32() else "[^/]+")
        for one in contract(table).columns
        if one.is_partition
    )
    return re.compile(f"{table}{''.join(parts)}/{FILE}")


@contextmanager
def named(where: str, to: str = "write") -> Iterator[None]:
    """Turn the system's errors into ours, with the place and the mend; `to` is read or write."""
    try:
        yield
    except EngageError:
        raise
    except (OSError, pa.ArrowException) as error:
        code = getattr(error, "errno", None)
        if refused := answered(error, where, to):
            raise refused from error
        if code in _FULL or "No space left" in str(error):
            raise RetriableError(
                "the disk is full; what was there before is still in place",
                where=where,
                mend="free some space, then run it again",
            ) from error
        if code in _DENIED or "Permission denied" in str(error) or "Read-only" in str(error):
            raise denied(where, to) from error
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


def denied(where: str, to: str) -> SettingsError:
    """Make the error for a place that this user has no right to read or to write."""
    return SettingsError(
        f"this place may not be {'read' if to == 'read' else 'written'}",
        where=where,
        mend=f"give this user the right to {to} there, or choose another place",
    )
