"""Questions in SQL: the tables with their types, and nothing else of the machine."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.contracts import TABLES, contract
from pipeline.errors import SettingsError
from pipeline.query import ask, columns
from pipeline.storage import Lake

TYPES = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
}


def detections(**columns: list[Any]) -> pa.Table:
    schema = contract("detections").schema
    count = len(next(iter(columns.values())))
    values = [pa.array(columns.get(f.name, [None] * count), f.type) for f in schema]
    return pa.Table.from_arrays(values, schema=schema)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path / "lake"))
    rows = detections(message_id=["shop:1", "shop:2"], tag=["lead", "idea"], score=[0.5, 0.25])
    made.write("detections", {"sent_on": "2026-11-02"}, rows)
    return made


@pytest.mark.parametrize("table", TABLES)
def test_table_that_is_not_written_yet_is_empty_with_its_types(tmp_path: Path, table: str) -> None:
    described = ask(Lake(str(tmp_path / "none")), f"DESCRIBE {table}").to_pylist()
    kinds = {row["column_name"]: row["column_type"] for row in described}
    fields = contract(table).full_schema
    assert list(kinds) == fields.names
    for field in fields:
        if field.type in TYPES:
            assert kinds[field.name] == TYPES[field.type], field.name
        else:
            assert kinds[field.name].endswith("[]"), field.name
    assert ask(Lake(str(tmp_path / "none")), f"FROM {table}").num_rows == 0


def test_rows_and_partition_columns_are_there(lake: Lake) -> None:
    sql = "SELECT message_id, sent_on, score FROM detections ORDER BY score"
    assert ask(lake, sql).to_pylist() == [
        {"message_id": "shop:2", "sent_on": date(2026, 11, 2), "score": 0.25},
        {"message_id": "shop:1", "sent_on": date(2026, 11, 2), "score": 0.5},
    ]


def test_tables_can_be_joined_and_counted(lake: Lake) -> None:
    sql = """
        SELECT tag, count(*) AS n FROM detections d LEFT JOIN messages m USING (message_id)
        WHERE d.sent_on = DATE '2026-11-02' GROUP BY ALL ORDER BY tag
    """
    assert ask(lake, sql).to_pylist() == [{"tag": "idea", "n": 1}, {"tag": "lead", "n": 1}]


@pytest.mark.parametrize(
    ("sql", "near"),
    [
        ("SELECT * FROM detection", "detections"),
        ("SELECT * FROM lead", "leads"),
        ("SELECT scoer FROM detections", "score"),
        ("SELECT d.messag_id FROM detections d", "message_id"),
    ],
)
def test_name_that_is_not_there_is_answered_with_the_nearest(
    lake: Lake, sql: str, near: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        ask(lake, sql)
    assert f"did you mean '{near}'?" in caught.value.mend
    assert "engage sql" in caught.value.mend


def test_column_of_another_table_is_answered_with_the_tables_that_have_it(lake: Lake) -> None:
    with pytest.raises(SettingsError) as caught:
        ask(lake, "SELECT votes_count FROM detections")
    assert "'votes_count' is a column of idea_themes, ideas_by_theme;" in caught.value.mend
    assert "did you mean" not in caught.value.mend


@pytest.mark.parametrize("sql", ["SELEC 1", "SELECT 1 +", "", ";", "-- nothing", "SELECT 'a' + 1"])
def test_query_that_is_none_is_a_matter_of_the_query(lake: Lake, sql: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ask(lake, sql)
    assert caught.value.where == "sql"
    assert caught.value.mend


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/new.db' AS new",
        "EXPORT DATABASE '{folder}/all'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM 'https://example.org/a.csv'",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "SET lock_configuration = false",
        "SELECT getenv('HOME')",
        "SELECT * FROM rows",
    ],
)
def test_nothing_but_the_tables_can_be_read_or_written(
    lake: Lake, tmp_path: Path, sql: str
) -> None:
    rows = pa.table({"secret": [1]})  # noqa: F841 - a variable that SQL must not see
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SettingsError):
        ask(lake, sql.format(file=tmp_path / "secret.csv", folder=tmp_path))
    assert sorted(tmp_path.rglob("*")) == before
    assert os.environ


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM detections",
        "INSERT INTO leads SELECT * FROM leads",
        "DROP VIEW leads",
        "CREATE TABLE mine AS SELECT 1",
        "SELECT 1; DROP VIEW leads",
        "SET threads = 1",
    ],
)
def test_what_is_no_query_is_refused(lake: Lake, sql: str) -> None:
    digest = lake.digest("detections", {"sent_on": "2026-11-02"})
    with pytest.raises(SettingsError, match="is no query: the tables can only be read"):
        ask(lake, sql)
    assert lake.digest("detections", {"sent_on": "2026-11-02"}) == digest
    assert ask(lake, "FROM leads").num_rows == 0


def test_query_that_is_no_text_is_refused(lake: Lake) -> None:
    with pytest.raises(SettingsError, match="no UTF-8"):
        ask(lake, b"SELECT 'caf\xe9'".decode("utf-8", "surrogateescape"))


def test_two_queries_at_once_are_refused(lake: Lake) -> None:
    with pytest.raises(SettingsError, match="there are 2 queries, and only the last"):
        ask(lake, "SELECT 1; SELECT 2")
    assert ask(lake, "SELECT 2;").to_pylist() == [{"2": 2}]


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE leads",
        "SHOW TABLES",
        "SUMMARIZE leads",
        "EXPLAIN FROM leads",
        "VALUES (1)",
        "PIVOT detections ON tag USING count(*)",
        "WITH a AS (FROM leads) FROM a",
    ],
)
def test_every_kind_of_question_is_answered(lake: Lake, sql: str) -> None:
    assert ask(lake, sql).column_names


def test_columns_of_one_name_are_told_apart(lake: Lake) -> None:
    found = ask(lake, "SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a")
    assert found.to_pylist() == [{"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}]


def test_list_of_columns_has_every_column_with_its_meaning() -> None:
    found = columns().to_pylist()
    tables = [row for row in found if row["table"] in TABLES]
    assert [(row["table"], row["column"]) for row in tables] == [
        (table, column.name) for table in TABLES for column in contract(table).columns
    ]
    assert all(row["description"] for row in found)
