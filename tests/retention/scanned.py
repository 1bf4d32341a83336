"""All text that a lake holds, wherever it stands: what must not be there is looked for in it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import Company


def _texts(column: pa.ChunkedArray | pa.Array) -> list[str]:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_list(column.type):
        return _texts(column.flatten())
    if pa.types.is_struct(column.type):
        return [one for field in column.flatten() for one in _texts(field)]
    return column.drop_null().to_pylist() if pa.types.is_string(column.type) else []


def texts_of(company: Company) -> dict[str, list[str]]:
    """Every text in every Parquet file under a company's lake, by table."""
    home, found = Path(company.lake.location), dict[str, list[str]]()
    for file in sorted(home.rglob("*.parquet")):
        rows = pq.read_table(file, partitioning=None)
        held = [text for name in rows.column_names for text in _texts(rows[name])]
        found.setdefault(file.relative_to(home).parts[0], []).extend(held)
    return found


def places_of(company: Company, *wanted: str) -> set[tuple[str, str]]:
    """The tables in which any of these texts stands, and which it is."""
    return {
        (table, one)
        for table, texts in texts_of(company).items()
        for text in texts
        for one in wanted
        if one.lower() in text.lower()
    }
