"""Answers as people and programs read them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.query import ask
from pipeline.query.answers import FORMATS, show
from pipeline.storage import Lake

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ANSWER = pa.table(
    {
        "name": ["Ann\x1b[31m \u202edne", None, 'a,"b"\nc'],
        "n": [1234567, None, -1],
        "share": pa.array([0.1, None, 1e-9], pa.float64()),
        "at": pa.array([NOON, None, NOON], pa.timestamp("us", "UTC")),
        "on": pa.array([date(2026, 11, 2), None, date(2026, 11, 3)]),
        "tags": [["a", "b"], None, []],
        "part": [{"x": 1}, None, {"x": None}],
        "good": [True, None, False],
    }
)


def printed(capsys: pytest.CaptureFixture[str], answer: pa.Table, form: str) -> str:
    show(answer, form)
    return capsys.readouterr().out


@pytest.mark.parametrize("form", FORMATS)
def test_durations_and_bytes_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    sql = "SELECT INTERVAL '1 month 2 days 3.5 seconds' AS i, 'a\\xFF'::BLOB AS b"
    body = printed(capsys, ask(Lake(str(tmp_path)), sql), form)
    assert "P1M2DT3.5S" in body
    assert "xff" in body
    assert "b'a" not in body


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("endless", ["TIMESTAMP 'infinity'", "DATE '-infinity'"])
def test_time_without_an_end_is_told_before_anything_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, endless: str
) -> None:
    answer = ask(Lake(str(tmp_path)), f"SELECT TIMESTAMP '2026-11-02' AS at, {endless} AS until")
    with pytest.raises(SettingsError, match="column 'until'"):
        show(answer, form)
    assert capsys.readouterr().out == ""


def test_csv_has_times_as_iso_and_lists_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    body = printed(capsys, ANSWER, "csv")
    header, first, second, third = csv.reader(io.StringIO(body))
    assert header == ANSWER.column_names
    assert first[:3] == ["Ann\x1b[31m \u202edne", "1234567", "0.1"]
    assert first[3:] == ["2026-11-02T12:00:00Z", "2026-11-02", '["a","b"]', '{"x":1}', "true"]
    assert second == [""] * 8
    assert third[:3] == ['a,"b"\nc', "-1", "1e-9"]
    assert third[3:] == ["2026-11-02T12:00:00Z", "2026-11-03", "[]", '{"x":null}', "false"]


def test_json_is_a_list_of_objects(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = json.loads(printed(capsys, ANSWER, "json"))
    assert first == {
        "name": "Ann\x1b[31m \u202edne",
        "n": 1234567,
        "share": 0.1,
        "at": "2026-11-02T12:00:00Z",
        "on": "2026-11-02",
        "tags": ["a", "b"],
        "part": {"x": 1},
        "good": True,
    }
    assert set(second.values()) == {None}
    assert third["name"] == 'a,"b"\nc'


def test_table_cannot_repaint_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    body = printed(capsys, ANSWER, "table")
    assert not set(body) & set("\x1b\u202e\x07\x00")
    assert "Ann[31m dne" in body
    assert "1,234,567" in body
    assert "2026-11-02 12:00:00" in body
    assert "3 rows" in body


@pytest.mark.parametrize("form", FORMATS)
def test_answer_without_rows_prints_its_columns_or_an_empty_list(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    body = printed(capsys, ANSWER.slice(0, 0), form)
    assert json.loads(body) == [] if form == "json" else "name" in body


def test_columns_without_rows_are_named_in_a_line_where_the_screen_is_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    body = printed(capsys, ask(Lake(str(tmp_path)), "FROM leads"), "table")
    assert "lead_id" in body
    assert "opened_on, " in " ".join(body.split())
    assert body.endswith("no rows\n")


def test_numbers_of_any_kind_can_be_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT sum(1) AS big, 1.50::DECIMAL(9,2) AS money, INTERVAL 1 DAY AS span, uuid() AS u, \
           'NaN'::FLOAT AS nan, 'x'::BLOB AS blob, TIME '10:00' AS clock, MAP {'a': 1} AS m"
    answer = ask(Lake(str(tmp_path)), sql)
    for form in FORMATS:
        assert printed(capsys, answer, form)
    (row,) = json.loads(printed(capsys, answer, "json"))
    assert (row["big"], row["money"], row["nan"]) == (1, 1.5, None)


def test_numbers_beyond_64_bits_and_marks_in_bytes_are_told_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = """SELECT 170141183460469231731687303715884105727::HUGEINT AS h, 'say "no"'::BLOB AS b"""
    answer = ask(Lake(str(tmp_path)), sql)
    told = {"h": "170141183460469231731687303715884105727", "b": 'say "no"'}
    assert json.loads(printed(capsys, answer, "json")) == [told]
    lines = csv.DictReader(io.StringIO(printed(capsys, answer, "csv")))
    assert list(lines) == [told]


def test_unknown_format_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="no format 'xml'") as caught:
        show(ANSWER, "xml")
    assert caught.value.mend == "use table, csv, json"


cell = st.none() | st.text(st.characters(codec="utf-8"), max_size=10)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(cell, cell), max_size=5))
def test_csv_and_json_lose_no_text(
    capsys: pytest.CaptureFixture[str], rows: list[tuple[str | None, str | None]]
) -> None:
    answer = pa.table(
        {"a": pa.array([a for a, _ in rows], pa.string()), "b": [b or "" for _, b in rows]}
    )
    if not rows:
        return
    assert [tuple(row.values()) for row in json.loads(printed(capsys, answer, "json"))] == [
        (a, b or "") for a, b in rows
    ]
    body = printed(capsys, answer, "csv")
    assert list(csv.reader(io.StringIO(body, newline="")))[1:] == [
        [a or "", b or ""] for a, b in rows
    ]


def test_answer_too_wide_for_the_screen_is_shown_row_by_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    body = printed(capsys, ANSWER, "table")
    assert [line.rstrip() for line in body.splitlines()[:4]] == [
        "row 1",
        "name   Ann[31m dne",
        "n      1,234,567",
        "share  0.1",
    ]
    assert "row 3" in body
    assert body.endswith("3 rows\n")
