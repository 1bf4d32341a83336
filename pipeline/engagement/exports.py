"""CSV and XLSX: the opportunity tables as files that people open.

CSV is for programs and import wizards: UTF-8 with a byte-order mark (without it Excel shows `cafÃ©`
for `café`; pandas, polars and DuckDB skip it), comma, CRLF, every text quoted, an empty cell for
null, times in UTC. XLSX is for people: times in the company's zone, frozen header, wrapped text, a
sheet that says what the columns mean.

Customers write these texts, so a cell must never run: in CSV a formula sign gets an apostrophe
before it, in XLSX text is stored as text. The same rows always give the same bytes.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cell = str | bool | int | float | datetime | date | None

FORMAT = "1"
"""Changes when the same rows give other files: the ledger then exports everything again."""

READING_ORDER: Mapping[str, Sequence[tuple[str, str]]] = {
    "leads": (("priority", "descending"), ("lead_id", "ascending")),
    "complaints": (("respond_by", "ascending"), ("complaint_id", "ascending")),
    "ideas": (("theme_id", "ascending"), ("idea_id", "ascending")),
    "idea_themes": (("votes_count", "descending"), ("theme_id", "ascending")),
}
"""What each table's readers want on top. Rows without a `respond_by` come last."""

# A spreadsheet set to another separator cuts a cell at ; tab or line end, so what stands behind
# those is a beginning too. Full-width signs count as signs in East Asian versions.
_BEGINS = re.compile(r"(^|[;\t\r\n])((?:[^\S\t\r\n]|[\"'])*)(?=[=+\-@\t\r＝＋－＠])")
_SHEET_ROWS = 1_048_575
_CELL_UNITS = 32_767
_WIDE = {"snippet": 60, "sentence": 60, "examples": 60, "title": 48, "evidence": 40, "terms": 32}
_WRAPPED = {*_WIDE, "description", "action_reason", "state_reason"}


def in_reading_order(rows: pa.Table, table: str) -> pa.Table:
    """Sort the rows of a table as its readers want them."""
    return rows.sort_by(list(READING_ORDER[table]))


def safe_text(text: str) -> str:
    """Put an apostrophe before every sign that a spreadsheet would take for a formula."""
    return _BEGINS.sub(r"\1'\2", text)


def to_csv(rows: pa.Table) -> bytes:
    """Write rows as CSV, columns in the order of the table."""
    columns = [[_csv_cell(value) for value in _values(column)] for column in rows.columns]
    lines = [",".join(_quoted(name) for name in rows.column_names)]
    lines += [",".join(cells) for cells in zip(*columns, strict=True)]
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()


def to_xlsx(rows: pa.Table, *, title: str, zone: tzinfo = UTC) -> bytes:
    """Write rows as a workbook: the rows, and a sheet with the meaning of every column.

    Descriptions come from the schema's field metadata. Times are shown in `zone`. Rows beyond what
    a sheet holds go on in a further sheet.
    """
    import xlsxwriter

    sink = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(sink, options) as book:
        book.set_properties({"title": title, "created": datetime(2000, 1, 1, tzinfo=UTC)})
        styles = _styles(book)
        for at in range(0, max(rows.num_rows, 1), _SHEET_ROWS):
            name = title if at == 0 else f"{title} {at // _SHEET_ROWS + 1}"
            _rows_sheet(book.add_worksheet(name), rows.slice(at, _SHEET_ROWS), zone, styles)
        _columns_sheet(book.add_worksheet("Columns"), rows.schema, zone, styles)
    return sink.getvalue()


def _styles(book: Workbook) -> dict[str, Format]:
    """Formats by kind of cell; `@` keeps text as text even when somebody edits the cell."""
    top: dict[str, Any] = {"valign": "top"}
    return {
        "header": book.add_format({"bold": True, "bottom": 1, "num_format": "@"}),
        "text": book.add_format({"num_format": "@", **top}),
        "wrapped": book.add_format({"num_format": "@", "text_wrap": True, **top}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm", **top}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", **top}),
        "number": book.add_format({"num_format": "0.00", **top}),
        "plain": book.add_format(top),
    }


def _rows_sheet(sheet: Worksheet, rows: pa.Table, zone: tzinfo, styles: dict[str, Format]) -> None:
    for at, (name, column) in enumerate(zip(rows.column_names, rows.columns, strict=True)):
        sheet.write_string(0, at, name, styles["header"])
        sheet.set_column(at, at, _width(name, column.type))
        for row, value in enumerate(_values(column), start=1):
            _write_cell(sheet, row, at, value, zone, styles, wrap=name in _WRAPPED)
    sheet.freeze_panes(1, 0)
    if rows.num_columns:
        sheet.autofilter(0, 0, rows.num_rows, rows.num_columns - 1)


def _columns_sheet(
    sheet: Worksheet, schema: pa.Schema, zone: tzinfo, styles: dict[str, Format]
) -> None:
    for at, (name, width) in enumerate({"column": 26, "type": 22, "description": 100}.items()):
        sheet.write_string(0, at, name, styles["header"])
        sheet.set_column(at, at, width)
    for row, field in enumerate(schema, start=1):
        kind = f"time, {zone}" if pa.types.is_timestamp(field.type) else str(field.type)
        meaning = (field.metadata or {}).get(b"description", b"").decode()
        for at, text in enumerate((field.name, kind, meaning)):
            sheet.write_string(row, at, text, styles["wrapped" if at == 2 else "text"])
    sheet.freeze_panes(1, 0)


def _write_cell(
    sheet: Worksheet,
    row: int,
    at: int,
    value: Cell,
    zone: tzinfo,
    styles: dict[str, Format],
    *,
    wrap: bool,
) -> None:
    """Write one value by its type, never by what its text looks like; null leaves no cell."""
    if isinstance(value, str):
        sheet.write_string(row, at, _cut(value), styles["wrapped" if wrap else "text"])
    elif isinstance(value, bool):
        sheet.write_boolean(row, at, value, styles["plain"])
    elif isinstance(value, int | float):
        sheet.write_number(
            row, at, value, styles["number" if isinstance(value, float) else "plain"]
        )
    elif isinstance(value, datetime):
        local = value.astimezone(zone).replace(tzinfo=None)
        sheet.write_datetime(row, at, local, styles["time"])
    elif isinstance(value, date):
        sheet.write_datetime(row, at, value, styles["date"])


def _cut(text: str) -> str:
    """Cut text that is longer than a cell may be, and show that it was; Excel counts UTF-16."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _CELL_UNITS:
        return text
    return units[: 2 * (_CELL_UNITS - 1)].decode("utf-16-le", errors="ignore") + "…"


def _width(name: str, kind: pa.DataType) -> int:
    if name in _WIDE:
        return _WIDE[name]
    if pa.types.is_string(kind) or pa.types.is_timestamp(kind):
        return max(18, len(name) + 3)
    return max(10, len(name) + 3)


def _values(column: pa.ChunkedArray) -> list[Cell]:
    """Read a column as values that a cell can hold: lists are joined, numbers keep their digits."""
    values: list[Any] = column.to_pylist()
    if pa.types.is_float32(column.type):
        # The shortest number that is this float32, so that 0.87 does not become 0.8700000047.
        values = [None if value is None else float(str(np.float32(value))) for value in values]
    if pa.types.is_floating(column.type):
        return [value if value is not None and math.isfinite(value) else None for value in values]
    if pa.types.is_list(column.type):
        return [None if value is None else " | ".join(map(_listed, value)) for value in values]
    if pa.types.is_nested(column.type):
        return [None if value is None else _listed(value) for value in values]
    return values


def _listed(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _csv_cell(value: Cell) -> str:
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
