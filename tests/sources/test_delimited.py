"""Delimited text: what Arrow reads at once and what is read line by line must not differ."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sources._by_line import Layout, by_line
from pipeline.sources._delimited import read

FIELDS = {"native_id": "id", "sent_at": "at", "text": "text"}
AT = "2026-11-03T09:30:00Z"
CELLS = st.text(st.sampled_from('ab ,;"\n\r\té🚲'), max_size=12)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=12)


def is_time(value: str) -> bool:
    return value == AT


def export(
    rows: list[tuple[str, str]], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL
) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    writer.writerow(["id", "text", "at", "rest"])
    for number, (text, rest) in enumerate(rows):
        writer.writerow([number, text, AT, rest])
    return file.getvalue().encode()


def records(
    path: Path, data: bytes, block_bytes: int = 8 << 20
) -> list[tuple[int, str, str | None, str]]:
    """Line, text, rule and raw text of each record."""
    path.write_bytes(data)
    found = []
    for some in read(path, lambda _: FIELDS, is_time, block_bytes=block_bytes):
        texts, raw = some.values["text"].to_pylist(), some.raw.to_pylist()
        found += zip(some.lines, texts, some.rules, raw, strict=True)
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("delimited") / "export.csv"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(",;\t"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_whatever_was_written_comes_back(
    path: Path, rows: list[tuple[str, str]], delimiter: str, quoting: int
) -> None:
    found = records(path, export(rows, delimiter, quoting))
    assert [(text, rule) for _, text, rule, _ in found] == [(text, None) for text, _ in rows]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(1, 60))
def test_the_size_of_a_block_changes_nothing(
    path: Path, rows: list[tuple[str, str]], block_bytes: int
) -> None:
    data = export(rows)
    assert records(path, data, block_bytes) == records(path, data)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80) | ROWS.map(export), st.integers(1, 60))
def test_any_bytes_give_the_same_records_in_any_block(
    path: Path, tail: bytes, block_bytes: int
) -> None:
    data = export([("a", "b")]) + tail
    assert records(path, data, block_bytes) == records(path, data)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_line_by_line_reads_what_arrow_reads(path: Path, rows: list[tuple[str, str]]) -> None:
    data = export(rows)
    body = data.partition(b"\n")[2]
    layout = Layout(",", 4, {"native_id": 0, "text": 1, "sent_at": 2}, is_time)
    slow, used = by_line(body, layout, 2, is_last=True)
    assert used == len(body)
    assert [(one.line, one.values[1], one.rule, one.raw.decode()) for one in slow] == records(
        path, data
    )


GOOD = [("een", "x"), ("twee,\ntwee", 'y"y'), ("drie", ""), ("vier\n\nvier", "z"), ("vijf", "")]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(GOOD)),
    st.sampled_from(
        [
            f'9,"open,{AT},x',
            f'9,"open,{AT},"x',
            f'9,"open\nmeer tekst\nnog meer,{AT},x',
            f'9,"open\nmeer "tekst\nnog meer\nen nog meer,{AT},x',
            f'9,"twee"keer,{AT},x',
            "9,te kort",
            f"9,te lang,{AT},x,y,z",
        ]
    ),
    st.integers(1, 200),
)
def test_a_broken_record_costs_no_good_one(
    path: Path, at: int, broken: str, block_bytes: int
) -> None:
    whole = list(csv.reader(io.StringIO(export(GOOD).decode())))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    for number, row in enumerate(whole):
        if number == at + 1:
            file.write(broken + "\n")
        writer.writerow(row)
    if at == len(GOOD):
        file.write(broken + "\n")
    found = records(path, file.getvalue().encode(), block_bytes)
    assert [text for _, text, rule, _ in found if rule is None] == [text for text, _ in GOOD]
    rejected = [(rule, raw) for _, _, rule, raw in found if rule]
    assert len(rejected) == 1
    assert rejected[0][1].strip("\n") == broken


def test_a_broken_record_is_named_by_its_first_line(path: Path) -> None:
    data = export(GOOD[:2]) + f'9,"open,{AT},x\n'.encode() + export(GOOD[2:]).partition(b"\n")[2]
    lines = [line for line, _, rule, _ in records(path, data) if rule == "csv_quoting"]
    assert lines == [5]


def test_two_broken_records_in_a_row_are_two(path: Path) -> None:
    data = export(GOOD[:1]) + f'8,"open,{AT},x\n9,"ook open,{AT},x\n'.encode()
    data += export(GOOD[2:]).partition(b"\n")[2]
    assert [rule for _, _, rule, _ in records(path, data) if rule] == ["csv_quoting"] * 2


def test_a_short_record_after_a_stray_quote_is_a_record_of_its_own(path: Path) -> None:
    data = export([]) + f'1,"twee"keer,{AT},x\n2,te kort\n'.encode()
    assert [rule for _, _, rule, _ in records(path, data)] == ["csv_quoting", "csv_columns"]


def test_a_record_between_two_stray_quotes_arrives(path: Path) -> None:
    data = export([]) + f'1,"open,{AT},x\n2,goed,{AT},y\n3,",{AT},z\n'.encode()
    assert [(text, rule) for _, text, rule, _ in records(path, data)] == [
        ("", "csv_quoting"),
        ("goed", None),
        ("", "csv_quoting"),
    ]


def test_an_inch_mark_outside_quotes_is_a_character(path: Path) -> None:
    data = export([]) + f'1,een buis van 5",{AT},x\n2,"dicht",{AT},y\n'.encode()
    assert [(text, rule) for _, text, rule, _ in records(path, data)] == [
        ('een buis van 5"', None),
        ("dicht", None),
    ]


def test_a_quote_that_is_never_closed_fills_no_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.sources._by_line.LONGEST_OPEN", 1_000)
    monkeypatch.setattr("pipeline.sources._delimited.LONGEST_OPEN", 1_000)
    data = export([]) + b'1,"open\n' + b"tekst\n" * 1_000 + f"2,dicht,{AT},x\n".encode()
    found = records(path, data, 500)
    assert [text for _, text, rule, _ in found if rule is None] == ["dicht"]
    assert found[0][0] == 2
    assert max(len(raw) for *_, raw in found) < 2_000
    assert "".join(raw for *_, raw in found) == data.decode().partition("\n")[2]


def test_blank_lines_are_no_records_but_count_as_lines(path: Path) -> None:
    data = export([]) + f"\n1,een,{AT},x\n\r\n\n2,twee,{AT},x\n".encode()
    assert [(line, text) for line, text, _, _ in records(path, data)] == [(3, "een"), (6, "twee")]


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_file_that_is_cut_off_loses_its_last_record_only(path: Path, cut: int) -> None:
    data = export(GOOD, quoting=csv.QUOTE_ALL)[:-cut]
    *others, (_, text, rule, _) = records(path, data)
    assert [text for _, text, _, _ in others] == [text for text, _ in GOOD[:-1]]
    # Cut between two values, the record is whole but for the last of them.
    assert rule == "truncated" or text == "vijf"
