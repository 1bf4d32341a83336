"""Prints an answer to stdout: a table that fits the screen, CSV, or JSON."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.console import add, clean, console, counted, is_too_wide, pairs, table
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("table", "csv", "json")
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


def show(answer: pa.Table, form: str) -> None:
    """Print an answer to stdout as `table`, `csv` or `json` (an array of objects).

    Raises SettingsError for another format, and for a time that no calendar has.
    """
    _refuse_endless(answer)
    if form == "table":
        _show_table(answer)
    elif form == "csv":
        _write(_csv(answer))
    elif form == "json":
        _write(_json(answer))
    else:
        raise SettingsError(
            f"there is no format '{form}'", where="--format", mend=f"use {', '.join(FORMATS)}"
        )


def _refuse_endless(answer: pa.Table) -> None:
    """Raise SettingsError for a time such as `infinity`, before anything is printed."""
    for name, column in zip(answer.column_names, answer.columns, strict=True):
        if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
            continue
        try:
            pc.min_max(column).as_py()  # what lies between two that can be read can be, too
        except (OverflowError, ValueError):
            raise SettingsError(
                f"a time in the column '{clean(name)}' is before the year 1 or after 9999",
                where="sql",
                mend="leave it out, or cast the column to VARCHAR",
            ) from None


def _show_table(answer: pa.Table) -> None:
    numeric = [
        field.name
        for field in answer.schema
        if pa.types.is_integer(field.type)
        or pa.types.is_floating(field.type)
        or pa.types.is_decimal(field.type)
    ]
    made = table(answer.column_names, right=numeric)
    for row in _rows(answer):
        add(made, (_shown(value) for value in row))
    screen = console()
    if is_too_wide(made, screen):
        _show_records(answer, screen)
    else:
        screen.print(made)
    screen.print(counted(answer.num_rows, "row"))


def _show_records(answer: pa.Table, screen: Console) -> None:
    """Row by row, a column a line: for answers with more columns than the screen has room for."""
    if not answer.num_rows:
        screen.print(clean(", ".join(answer.column_names)), highlight=False)
    for at, row in enumerate(_rows(answer), 1):
        made = pairs()
        for name, value in zip(answer.column_names, row, strict=True):
            add(made, (name, _shown(value)))
        screen.print(f"row {at:,}")
        screen.print(made)
        screen.print()


def _rows(answer: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in answer.to_batches():
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC) if value.tzinfo else value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:.6g}"
    return _text(value) if isinstance(value, list | dict | bytes | pa.MonthDayNano) else value


def _text(value: object) -> str:
    """One cell of CSV: times as ISO 8601, lists and structs as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    made = orjson.dumps(value, default=_plain, option=_OPTIONS).decode()
    return str(orjson.loads(made)) if made.startswith('"') else made


class _Lines(list[str]):
    """Lines of CSV that end in a line feed, as pipes expect."""

    def write(self, line: str) -> None:
        # Python quotes a carriage return only where its own line ending has one.
        self.append(line.removesuffix("\r\n") + "\n")


def _csv(answer: pa.Table) -> Iterator[str]:
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(answer.column_names)
    for at, row in enumerate(_rows(answer)):
        writer.writerow([_text(value) for value in row])
        if at % 1000 == 0:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _json(answer: pa.Table) -> Iterator[str]:
    yield "["
    for at, row in enumerate(_rows(answer)):
        named = dict(zip(answer.column_names, row, strict=True))
        yield ("," if at else "") + "\n  "
        yield orjson.dumps(named, default=_plain, option=_OPTIONS).decode()
    yield "\n]\n"


def _plain(value: object) -> int | float | str:
    if isinstance(value, Decimal):
        if value != value.to_integral_value():
            return float(value)
        # JSON has numbers of 64 bits here: what is larger is told exactly, as text.
        return int(value) if -(2**63) <= value < 2**64 else f"{value:f}"
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, pa.MonthDayNano):
        return f"P{value.months}M{value.days}DT{Decimal(value.nanoseconds) / 10**9:f}S"
    return str(value)


def _write(blocks: Iterator[str]) -> None:
    for block in blocks:
        sys.stdout.write(block)
