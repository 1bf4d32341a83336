"""Rows that are in the lake twice, such as in a partition that was copied by hand."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.errors import FatalError
from pipeline.storage import FILE, Lake

SHOWN = 4
"""Files that an error names."""


def refuse_twice(lake: Lake, table: str, ids: pa.ChunkedArray) -> None:
    """Raise FatalError where an id is among `ids` twice, and name the files that hold it.

    `ids` are what was read of the first column of the table's key.
    """
    if pc.count_distinct(ids, mode="all").as_py() == len(ids):
        return
    counted = pc.value_counts(ids)
    twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
    known = contract(table)
    held = lake.read(table, list(known.partition_by), pc.field(known.key[0]).isin(twice))
    places = sorted(
        "/".join([table, *(f"{key}={value}" for key, value in row.items()), FILE])
        for row in held.group_by(list(known.partition_by)).aggregate([]).to_pylist()
    )
    raise FatalError(
        "the same rows are there twice",
        where=", ".join(places[:SHOWN]) + (", …" if len(places) > SHOWN else ""),
        mend="remove the file that was copied; where it is not known which, remove them all and "
        "run their days again",
    )
