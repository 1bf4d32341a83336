"""Tables as frames of Polars, and what frames hold as a filter of tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract

if TYPE_CHECKING:
    from pipeline.storage import Lake


def frames(
    lake: Lake, table: str, columns: list[str], where: pc.Expression | None = None
) -> Iterator[pl.DataFrame]:
    """Scan a table; the first frame is empty, so that there is always one that has the columns."""
    yield pl.DataFrame(contract(table).full_schema.empty_table().select(columns))
    yield from map(pl.DataFrame, lake.scan(table, columns, where))


def among(column: str, values: pl.Series | Iterable[str]) -> pc.Expression:
    """The rows whose text in a column is one of these values."""
    held = values.to_arrow() if isinstance(values, pl.Series) else list(values)
    # An empty list has no type of its own, and Arrow refuses to guess.
    return pc.field(column).isin(pa.array(held, pa.string()))
