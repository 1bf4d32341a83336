"""XLSX: rows as a workbook for people.

Times in the company's zone, frozen header, filters, wrapped text, a sheet that says what the
columns mean. Customers write these texts, so text is stored as text and never as a formula. The
same rows always give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.engagement._cells import Cell, heading, meaning, spoken, values
from pipeline.engagement.base import IDS, Context, File, Payload, Target, in_reading_columns

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_SHEET_ROWS = 1_048_575
_CELL_UNITS = 32_767
_WIDE = {"snippet": 60, "sentence": 60, "examples": 60, "title": 48, "evidence": 40, "terms": 32}
_WRAPPED = {*_WIDE, "description", "action_reason", "state_reason"}


def to_xlsx(
    rows: pa.Table, *, title: str, zone: tzinfo = UTC, language: str | None = None
) -> bytes:
    """Write rows as a workbook: the rows, and a sheet with the meaning of every column.

    Descriptions come from the schema's field metadata. Times are shown in `zone`. Rows beyond what
    a sheet holds go on in a further sheet. The headings are the columns' names, or words of a
    language: codes and reasons are then in its words too, and the second sheet has both headings.
    """
    import xlsxwriter

    sink = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(sink, options) as book:
        book.set_properties({"title": title, "created": datetime(2000, 1, 1, tzinfo=UTC)})
        styles = _styles(book)
        for at in range(0, max(rows.num_rows, 1), _SHEET_ROWS):
            name = title if at == 0 else f"{title} {at // _SHEET_ROWS + 1}"
            part = rows.slice(at, _SHEET_ROWS)
            _rows_sheet(book.add_worksheet(name), part, zone, styles, language)
        about = heading("columns", language) if language else "Columns"
        _columns_sheet(book.add_worksheet(about), rows.schema, zone, styles, language)
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


def _rows_sheet(
    sheet: Worksheet,
    rows: pa.Table,
    zone: tzinfo,
    styles: dict[str, Format],
    language: str | None,
) -> None:
    for at, (name, column) in enumerate(zip(rows.column_names, rows.columns, strict=True)):
        sheet.write_string(0, at, heading(name, language), styles["header"])
        sheet.set_column(at, at, _width(name, column.type))
        held = values(column)
        for row, value in enumerate(spoken(name, held, language) if language else held, start=1):
            _write_cell(sheet, row, at, value, zone, styles, wrap=name in _WRAPPED)
    sheet.freeze_panes(1, 0)
    if rows.num_columns:
        sheet.autofilter(0, 0, rows.num_rows, rows.num_columns - 1)


def _columns_sheet(
    sheet: Worksheet,
    schema: pa.Schema,
    zone: tzinfo,
    styles: dict[str, Format],
    language: str | None,
) -> None:
    for at, (name, width) in enumerate({"column": 40, "type": 22, "description": 100}.items()):
        sheet.write_string(0, at, heading(name, language), styles["header"])
        sheet.set_column(at, at, width)
    for row, field in enumerate(schema, start=1):
        name = heading(field.name, language)
        named = name if language is None else f"{name} ({field.name})"
        for at, text in enumerate((named, *meaning(field, zone, language))):
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


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one workbook of all rows, with headings in the delivery's language."""
    table, language = context.delivery.table, context.delivery.language
    read = in_reading_columns(rows, table)
    body = to_xlsx(read, title=table, zone=context.zone, language=language)
    yield Payload((), "", File(f"{table}.xlsx", body, rows.num_rows))


TARGET = Target(build, tables=tuple(IDS), is_file=True)
