"""Parquet: values of any type, those that are no text included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SettingsError
from pipeline.rows.files._row import COLUMNS, Row, Unreadable, missing_text, refuse_twice


def parquet(path: Path) -> Iterator[Row]:
    """Read a file. Raises SettingsError when it is damaged, lacks `text` or has a column twice."""
    path.stat()  # pyarrow's own message for a file that is not there is a page long
    try:
        with pq.ParquetFile(path) as file:
            header = file.schema_arrow.names
            names = [name for name in COLUMNS if name in header]
            if "text" not in names:
                raise missing_text(path, header)
            refuse_twice(path, header)
            total, read = file.metadata.num_rows or 1, 0
            for batch in file.iter_batches(8_192, columns=names, use_threads=False):
                read += batch.num_rows
                values = [
                    _values(batch[name]) if name in names else [None] * batch.num_rows
                    for name in COLUMNS
                ]
                for one, text, lang, html, channel, author in zip(*values, strict=True):
                    share = read / total
                    yield Row(one, text, lang, None, share, html, channel, author, "id" in names)
    except pa.ArrowInvalid as error:
        raise SettingsError(
            "not a Parquet file, or a damaged one", where=str(path), mend="write the file again"
        ) from error


def _values(column: pa.Array) -> list[Any]:
    """The Python values of a column; strings that are not UTF-8 with lone surrogates.

    What Python cannot hold is `Unreadable`.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            column = column.cast(pa.large_binary() if "large" in str(kind) else pa.binary())
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = [_value(one) for one in column]
    return [
        value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        for value in values
    ]


def _value(one: pa.Scalar) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return one.as_py()
    except (OverflowError, ValueError):
        return Unreadable()
