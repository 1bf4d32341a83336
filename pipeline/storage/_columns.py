"""Whether the files of a table have the columns of its contract: Arrow reads nulls for others."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.contracts import contract
from pipeline.errors import FatalError

_LOOKED_AT: set[tuple[str, int, int]] = set()
"""Files that lack nothing: path, time of change (ns) and size (bytes)."""


def none_lacking(
    dataset: ds.FileSystemDataset, where: pc.Expression | None, root: str, table: str
) -> ds.FileSystemDataset:
    """The dataset. Raises FatalError where a file that will be read lacks a column.

    None is looked at twice. `root` is the path of the lake. The files are not opened as parts of
    the dataset: it would keep where the columns stand in a file, which another run may replace
    before it is read.
    """
    paths = [fragment.path for fragment in dataset.get_fragments(where)]
    for info in dataset.filesystem.get_file_info(paths):
        file = (info.path, info.mtime_ns, info.size)
        if file not in _LOOKED_AT:
            found = dataset.format.inspect(info.path, dataset.filesystem)
            refuse_lacking(found, info.path[len(root) + 1 :], table)
            _LOOKED_AT.add(file)
    return dataset


def filled(rows: pa.Table, table: str, columns: list[str] | None) -> pa.Table:
    """The columns asked for, of the contract's types: null where a file was written before one."""
    schema = contract(table).schema
    wanted = pa.schema([schema.field(name) for name in columns or schema.names])
    for field in wanted:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(wanted.names).cast(wanted)


def refuse_lacking(found: pa.Schema, place: str, table: str) -> None:
    """Raise FatalError for a file that lacks a column of the contract that it was written under.

    In one of another version a column that came later is null.
    """
    known = contract(table)
    lacking = [name for name in known.schema.names if name not in found.names]
    if lacking and known.has_written(found):
        raise FatalError(
            f"the file lacks {', '.join(lacking)}",
            where=place,
            mend="put back the file that Engage wrote, or remove it and run its day again",
        )
