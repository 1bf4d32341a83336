"""Whether the files of a table have the columns of its contract: Arrow reads nulls for others."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs

from pipeline.contracts import contract
from pipeline.errors import FatalError

_LOOKED_AT: set[tuple[str, int, int]] = set()
"""Files that lack nothing: path, time of change (ns) and size (bytes)."""


def refuse_any_lacking(
    paths: Iterable[str], filesystem: pafs.FileSystem, root: str, table: str
) -> None:
    """Raise FatalError where one of the files lacks a column; none is looked at twice.

    `root` is the path of the lake. The files are not opened as parts of a dataset: that would keep
    where the columns stand in a file, which another run may replace before it is read.
    """
    for info in filesystem.get_file_info(list(paths)):
        file = (info.path, info.mtime_ns, info.size)
        if file not in _LOOKED_AT:
            found = ds.ParquetFileFormat().inspect(info.path, filesystem)
            refuse_lacking(found, info.path[len(root) + 1 :], table)
            _LOOKED_AT.add(file)


def refuse_lacking(found: pa.Schema, place: str, table: str) -> None:
    """Raise FatalError for a file that lacks a column of the contract that it was written under.

    One of another version says so itself: a column that came later is null there.
    """
    known = contract(table)
    lacking = [name for name in known.schema.names if name not in found.names]
    version = (found.metadata or {}).get(b"engage.contract_version", known.version.encode())
    if lacking and version.decode() == known.version:
        raise FatalError(
            f"the file lacks {', '.join(lacking)}",
            where=place,
            mend="put back the file that Engage wrote, or remove it and run its day again",
        )
