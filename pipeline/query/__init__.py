"""Asks the tables in SQL: DuckDB views over the lake, partition columns typed.

The database lives in memory and sees the lake's tables and nothing else: no other file, no
network, no extension, no setting.
"""

from __future__ import annotations

import csv
import difflib
import itertools
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pyarrow as pa

from pipeline.console import add, clean, console, counted, is_too_wide, pairs, table
from pipeline.contracts import TABLES, contract
from pipeline.errors import SettingsError
from pipeline.query.views import VIEWS, create, meaning, schemas
from pipeline.storage import Lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

FORMATS = ("table", "csv", "json")
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
_LIMITS = {
    "TimeZone": "UTC",
    "python_enable_replacements": False,
    "enable_external_access": False,
    "lock_configuration": True,
}


def connect(lake: Lake) -> DuckDBPyConnection:
    """Open a database in memory: a view per table and the views of `pipeline.query.views`.

    Tables that are not written yet are empty.
    """
    database = duckdb.connect(":memory:")
    for name in TABLES:
        database.register(name, lake.dataset(name))
    for name, value in _LIMITS.items():
        database.execute(f"SET {name} = '{value}'")
    create(database)
    return database


def ask(lake: Lake, sql: str) -> pa.Table:
    """Answer a query; of columns of one name the later ones get `_1`, `_2` behind it.

    Raises SettingsError with DuckDB's message and the nearest name, or for what is no query.
    """
    with connect(lake) as database:
        try:
            statements = database.extract_statements(sql)
            for statement in statements:
                if statement.type not in _QUERIES:
                    what = f"{statement.type.name} is no query: the tables can only be read"
                    raise SettingsError(what, where="sql", mend=_EXAMPLE)
            if len(statements) > 1:
                what = f"there are {len(statements)} queries, and only the last would be answered"
                raise SettingsError(what, where="sql", mend="ask one at a time")
            answer = database.sql(sql)
            if answer is None:
                raise SettingsError("there is no query", where="sql", mend=_EXAMPLE)
            found = answer.to_arrow_table()
        except duckdb.Error as error:
            raise _explained(error) from error
    return found.rename_columns(_apart(found.column_names))


def _apart(names: list[str]) -> list[str]:
    """The names, no two of them the same."""
    given, taken, apart = set(names), set[str](), list[str]()
    for name in names:
        free = (f"{name}_{at}" for at in itertools.count(1))
        one = name if name not in taken else next(n for n in free if n not in given | taken)
        taken.add(one)
        apart.append(one)
    return apart


_QUERIES = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.MULTI,  # PIVOT
}
_EXAMPLE = 'ask for instance: `engage sql "SELECT * FROM leads ORDER BY priority DESC LIMIT 5"`'


def columns() -> pa.Table:
    """All tables, then all views, and their columns: table, column, type, description."""
    rows = [
        {
            "table": name,
            "column": field.name,
            "type": str(field.type),
            "description": (field.metadata or {}).get(b"description", b"").decode(),
        }
        for name in TABLES
        for field in contract(name).full_schema
    ]
    rows += [
        {
            "table": name,
            "column": field.name,
            "type": str(field.type),
            "description": meaning(name, field.name),
        }
        for name, schema in schemas().items()
        for field in schema
    ]
    names = ("table", "column", "type", "description")
    return pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in names]))


def show(answer: pa.Table, form: str) -> None:
    """Print an answer to stdout as `table`, `csv` or `json` (an array of objects).

    Raises SettingsError for another format.
    """
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
    return orjson.dumps(value, default=_plain, option=_OPTIONS).decode().strip('"')


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
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, pa.MonthDayNano):
        return f"P{value.months}M{value.days}DT{Decimal(value.nanoseconds) / 10**9:f}S"
    return str(value)


def _write(blocks: Iterator[str]) -> None:
    for block in blocks:
        sys.stdout.write(block)


def _explained(error: duckdb.Error) -> SettingsError:
    message = re.sub(r"^[\w ]+ Error: ", "", str(error)).strip()
    kept = [
        line
        for line in message.splitlines()
        if line.strip() and not line.startswith(("Candidate", "Did you mean"))
    ]
    named = re.search(r'(?:column(?: named)?|Table with name) "?([\w.]+)"?', message)
    listing = "`engage sql` alone lists tables, views and columns"
    mend = f"correct the query; {listing}"
    if named:
        name = named.group(1).split(".")[-1].lower()
        held = columns().select(["table", "column"]).to_pylist()
        of_tables = [one["table"] for one in held if one["column"] == name]
        is_table = "Table with name" in message
        known = {*TABLES, *VIEWS} if is_table else {one["column"] for one in held}
        near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
        if of_tables and not is_table:
            mend = f"'{name}' is a column of {', '.join(of_tables)}; {listing}"
        elif near:
            mend = f"did you mean '{near[0]}'? {listing}"
    return SettingsError("\n".join(kept) or type(error).__name__, where="sql", mend=mend)
