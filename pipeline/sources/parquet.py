"""Parquet of any columns: what warehouses and notebooks write.

Format:    one or more Parquet files. Only the columns that are needed are read.
Mapping:   field to column, or to a field within a struct column by a dotted path, such as
           `author = "user.name"`; fields of the same name need none, and `id` is taken for
           `native_id`. `"attributes.plan" = "plan"` keeps any other column.
Threading: `reply_to_native_id` and `thread_native_id`, where the export has them.
Times:     timestamp columns, or text and numbers as in JSON lines. A timestamp without a zone
           needs `time_zone`.
Numbers:   whole numbers in a float column are read as whole: `12.0` is the id `12`.
Personal:  whatever `author` and `text` hold.
Rejected:  rows, by their number in the file; of a part that cannot be decoded one record says
           which rows are lost, and of a file that is no Parquet one record stands for all.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import FatalError
from pipeline.sources._mapped import MappedSource
from pipeline.sources._mapping import finish
from pipeline.sources._rows import MOST_ROWS, Columns

LARGEST_EXACT = 2**53


class Parquet(MappedSource):
    """Rows of Parquet files."""

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        name = self.origin(path)
        with path.open("rb") as stream:
            if not stream.seek(0, io.SEEK_END):
                return
            try:
                file = pq.ParquetFile(stream)
            except (pa.ArrowException, OSError) as error:
                yield _unreadable(f"{name}:1", str(error))
                return
            chosen = self._mapping.choose(_paths(file.schema_arrow), name)
            _once(file.schema_arrow.names, chosen, name)
            first = 1
            for group in range(file.num_row_groups):
                yield from self._group(file, group, chosen, first, name)
                first += file.metadata.row_group(group).num_rows

    def _group(
        self, file: pq.ParquetFile, group: int, chosen: dict[str, str], first: int, name: str
    ) -> Iterator[pa.RecordBatch]:
        last = first + file.metadata.row_group(group).num_rows - 1
        wanted = sorted(set(chosen.values()))
        batches = file.iter_batches(MOST_ROWS, row_groups=[group], columns=wanted)
        while first <= last:
            try:
                batch = next(batches)
            except (pa.ArrowException, OSError) as error:
                yield _unreadable(f"{name}:{first}", f"rows {first} to {last}: {error}")
                return
            yield _records(batch, chosen, first, name)
            first += batch.num_rows


def _paths(schema: pa.Schema) -> list[str]:
    """Names of the columns, and dotted paths into the structs among them."""
    paths: list[str] = []
    open_fields = [(field.name, field.type) for field in schema]
    for path, kind in open_fields:
        paths.append(path)
        if pa.types.is_struct(kind):
            open_fields += [(f"{path}.{one.name}", one.type) for one in kind]
    return paths


def _once(names: list[str], chosen: dict[str, str], where: str) -> None:
    """Raise FatalError when a chosen column is there twice."""
    tops = {path if path in names else path.split(".")[0] for path in chosen.values()}
    twice = sorted(name for name in tops if names.count(name) > 1)
    if twice:
        raise FatalError(
            f"the file has the column '{twice[0]}' twice",
            where=where,
            mend="rename one of the two, or export the file again",
        )


def _records(
    batch: pa.RecordBatch, chosen: dict[str, str], first: int, name: str
) -> pa.RecordBatch:
    rules: list[str | None] = [None] * batch.num_rows
    texts: dict[str, pa.Array] = {}
    nested: dict[str, list[int]] = {}
    for field, path in chosen.items():
        values = _column(batch, path)
        texts[field], broken = _texts(values)
        if pa.types.is_nested(values.type):
            nested[field] = pc.indices_nonzero(values.is_valid()).to_pylist()
        for row in broken:
            rules[row] = "invalid_utf8"
    columns: dict[str, Any] = finish(texts, batch.num_rows, rules, nested)
    columns["origin"] = [f"{name}:{row}" for row in range(first, first + batch.num_rows)]
    return Columns(columns, batch.num_rows).batch()


def _column(batch: pa.RecordBatch, path: str) -> pa.Array:
    if path in batch.schema.names:
        return batch[path]
    column, *steps = path.split(".")
    return pc.struct_field(batch[column], steps)


def _texts(values: pa.Array) -> tuple[pa.Array, list[int]]:
    """Values as text, and the rows whose bytes are not UTF-8."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if pa.types.is_nested(kind):
        rows = (
            None if one is None else orjson.dumps(one, default=str) for one in values.to_pylist()
        )
        return pa.array([row and row.decode() for row in rows], pa.string()), []
    if isinstance(kind, pa.UuidType):
        return pa.array([one and str(one) for one in values.to_pylist()], pa.string()), []
    if pa.types.is_floating(kind):
        return _digits(values.cast(pa.float64())), []
    try:
        texts = values.cast(pa.string())
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return _decoded(values.cast(pa.binary()).to_pylist())
    return texts, []


def _digits(values: pa.Array) -> pa.Array:
    """Floats as text; whole ones without a fraction, not-a-numbers as null."""
    values = pc.if_else(pc.is_nan(values), None, values)
    is_whole = pc.and_(
        pc.equal(pc.floor(values), values), pc.less(pc.abs(values), float(LARGEST_EXACT))
    )
    whole = pc.if_else(is_whole, values, None).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(whole, values.cast(pa.string()))


def _decoded(values: list[bytes | None]) -> tuple[pa.Array, list[int]]:
    texts: list[str | None] = []
    broken: list[int] = []
    for row, value in enumerate(values):
        try:
            texts.append(None if value is None else value.decode())
        except UnicodeDecodeError:
            texts.append(value.decode(errors="replace") if value else None)
            broken.append(row)
    return pa.array(texts, pa.string()), broken


def _unreadable(origin: str, reason: str) -> pa.RecordBatch:
    return Columns.of_rows(
        [{"origin": origin, "rule_id": "invalid_parquet", "value": reason}]
    ).batch()


SOURCE = Parquet
