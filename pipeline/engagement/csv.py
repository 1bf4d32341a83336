"""CSV: rows as a file for programs and import wizards.

UTF-8 with a byte-order mark (without it Excel shows `cafÃ©` for `café`; pandas, polars and DuckDB
skip it), comma, CRLF, every text quoted, an empty cell for null, times in UTC.

Customers write these texts, so a cell must never run: a formula sign gets an apostrophe before it.
The same rows always give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa

from pipeline.engagement._cells import Cell, values
from pipeline.engagement.base import IDS, Context, File, Payload, Target

# A spreadsheet set to another separator cuts a cell at ; tab or line end, so what stands behind
# those is a beginning too. Full-width signs count as signs in East Asian versions.
_BEGINS = re.compile(r"(^|[;\t\r\n])((?:[^\S\t\r\n]|[\"'])*)(?=[=+\-@\t\r＝＋－＠])")


def safe_text(text: str) -> str:
    """Put an apostrophe before every sign that a spreadsheet would take for a formula."""
    return _BEGINS.sub(r"\1'\2", text)


def to_csv(rows: pa.Table) -> bytes:
    """Write rows as CSV, columns in the order of the table and under their names."""
    columns = [[_cell(value) for value in values(column)] for column in rows.columns]
    lines = [",".join(map(_quoted, rows.column_names))]
    lines += [",".join(cells) for cells in zip(*columns, strict=True)]
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one file of all rows; programs read the columns by their names."""
    name = f"{context.delivery.table}.csv"
    yield Payload((), "", File(name, to_csv(rows), rows.num_rows))


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _quoted(safe_text(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


TARGET = Target(build, tables=tuple(IDS), is_file=True)
