"""Asks the tables in SQL: DuckDB views over the lake, partition columns typed.

The database lives in memory and sees the lake's tables and nothing else: no other file, no
network, no extension, no setting.
"""

from __future__ import annotations

import difflib
import itertools
import re
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from pipeline.contracts import TABLES, contract
from pipeline.errors import SettingsError
from pipeline.query.views import TODAY, VIEWS, create, meaning, schemas
from pipeline.storage import Lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

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


def span(database: DuckDBPyConnection, lake: Lake) -> tuple[date, date]:
    """The first day with a message, and today. Raises SettingsError when there is no message."""
    answer = database.sql(f"SELECT min(sent_on), {TODAY} FROM messages")  # noqa: S608 - both ours
    first, last = answer.fetchall()[0]
    if first is None:
        raise no_messages(lake)
    return first, last


def no_messages(lake: Lake) -> SettingsError:
    """Make the error for a lake that nothing came into."""
    return SettingsError(
        "there are no messages yet",
        where=lake.location,
        mend="run `engage run --from DAY --to DAY` first",
    )


def ask(lake: Lake, sql: str) -> pa.Table:
    """Answer a query; of columns of one name the later ones get `_1`, `_2` behind it.

    Raises SettingsError with DuckDB's message and the nearest name, or for what is no query.
    """
    if any("\ud800" <= sign <= "\udfff" for sign in sql):
        raise SettingsError("the query holds bytes that are no UTF-8", where="sql", mend=_EXAMPLE)
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
