"""CSV of any columns: what exports of help desks, forms and spreadsheets write.

Format:    UTF-8 with a header; comma, semicolon or tab, told by the header. Values in quotes may
           span lines; blank lines are skipped.
Mapping:   field to column, such as `author = "Customer"`; fields of the same name need none, and
           `id` is taken for `native_id`. `"attributes.plan" = "Plan"` keeps any other column.
           Columns that are not mapped are not kept.
Threading: `reply_to_native_id` and `thread_native_id`, where the export has them.
Times:     ISO 8601, or epoch seconds or milliseconds. Times without a zone need `time_zone`.
Nulls:     nothing, or `NULL`, `NaN` and the like, but not in text, subject and attributes.
Numbers:   ids written as `12.0` are the id `12`; all else is kept as written.
Personal:  whatever `author` and `text` hold.
Rejected:  rows with broken quoting or columns, one by one, with their line: an unclosed quote
           takes no good row with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.sources._delimited import read
from pipeline.sources._mapped import MappedSource
from pipeline.sources._mapping import finish, whole_ids, without_nulls
from pipeline.sources._rows import Columns
from pipeline.sources._typed import times


class Csv(MappedSource):
    """Rows of delimited text."""

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        name = self.origin(path)

        def is_time(value: str) -> bool:
            # The zone does not matter here: a naive time is a time all the same.
            return times(pl.Series([value]), "UTC").at.null_count() == 0

        for records in read(path, lambda header: self._mapping.choose(header, name), is_time):
            columns: dict[str, Any] = finish(
                whole_ids(without_nulls(records.values)), len(records.lines), records.rules
            )
            columns["origin"] = [f"{name}:{line}" for line in records.lines]
            columns["raw"] = records.raw
            yield Columns(columns, len(records.lines)).batch()


SOURCE = Csv
