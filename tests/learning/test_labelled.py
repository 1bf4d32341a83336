"""Labelled files: every spelling of yes, no and nothing; what is wrong is named by line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import SettingsError
from pipeline.learning import labelled

PRIVATE = "De ketting van mevrouw Oosterveen rammelt"
ROWS: list[dict[str, Any]] = [
    {"text": "Kan ik een offerte krijgen?", "lead": 1, "complaint": 0, "idea": None},
    {"text": "Alweer te laat.", "lead": 0, "complaint": 1, "idea": 0, "lang": "nl-BE"},
    {"text": "Maak er een stille bel op", "lead": None, "complaint": 0, "idea": 1, "lang": ""},
]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, body: str | bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(body.encode() if isinstance(body, str) else body)
        return file

    return written


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def refused(file: Path, **more: Any) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        labelled.read(file, **more)
    assert caught.value.mend
    assert PRIVATE not in f"{caught.value} {caught.value.mend}"
    return caught.value


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_every_format_gives_the_same_rows(write: Write, kind: str) -> None:
    frame = pl.DataFrame(ROWS)
    file = write(f"rows.{kind}", "")
    if kind == "jsonl":
        file.write_text(lines(*ROWS))
    else:
        (frame.write_csv if kind == "csv" else frame.write_parquet)(file)
    found = labelled.read(file)
    assert found["text"].to_list() == [row["text"] for row in ROWS]
    assert found["lang"].to_list() == [None, "nl", None]
    assert found["kind"].to_list() == [None, None, None]
    assert found.select("lead", "complaint", "idea").rows() == [
        (1, 0, None),
        (0, 1, 0),
        (None, 0, 1),
    ]


def test_labels_of_pandas_and_of_excel_are_read(write: Write) -> None:
    body = 'text;lead;complaint;idea\n"een; twee";1.0;TRUE;yes\ndrie;0.0;onwaar;\n'
    assert refused(write("a.csv", body)).where.endswith("a.csv:3")
    mended = body.replace("onwaar", "False").encode("utf-8-sig")
    found = labelled.read(write("b.csv", mended))
    assert found.select("lead", "complaint", "idea").rows() == [(1, 1, 1), (0, 0, None)]
    assert found["text"][0] == "een; twee"


def test_line_is_where_a_row_begins_also_after_a_text_of_several_lines(write: Write) -> None:
    body = 'text,lead,complaint,idea\n"een\ntwee\ndrie",0,0,0\nvier,0,0,0\n'
    assert labelled.read(write("a.csv", body))["line"].to_list() == [2, 5]


def test_label_that_is_none_is_named_by_line_and_column_and_not_by_value(write: Write) -> None:
    wrong = {**ROWS[0], "complaint": PRIVATE}
    error = refused(write("a.jsonl", "\n" + lines(ROWS[1], wrong, ROWS[2], wrong)))
    assert error.where.endswith("a.jsonl:3")
    assert "column complaint" in error.what
    assert "line 5" in error.what


def test_row_without_text_is_named(write: Write) -> None:
    for text in (None, " ", 7):
        error = refused(write("a.jsonl", lines(ROWS[0], {**ROWS[1], "text": text})))
        assert error.where.endswith("a.jsonl:2")


@pytest.mark.parametrize("name", ["text", "idea"])
def test_missing_column_is_named_with_the_nearest_there_is(write: Write, name: str) -> None:
    rows = [{f"{key}s" if key == name else key: value for key, value in r.items()} for r in ROWS]
    error = refused(write("a.jsonl", lines(*rows)))
    assert f"'{name}'" in error.what
    assert f"did you mean '{name}s'" in error.mend


def test_only_the_tags_asked_for_must_be_there(write: Write) -> None:
    file = write("a.csv", "text,complaint\nNog steeds niets gehoord,1\n")
    assert labelled.read(file, ("complaint",))["complaint"].to_list() == [1]
    assert "--tag" in refused(file).mend


def test_text_labelled_both_ways_does_not_count_and_its_lines_are_named(write: Write) -> None:
    row = {"text": PRIVATE, "lead": 0, "complaint": 1, "idea": 0}
    rows = [row, ROWS[0], {**row, "text": f" {PRIVATE} ", "complaint": 0}, {**row, "idea": None}]
    said: list[str] = []
    found = labelled.read(write("a.jsonl", lines(*rows)), say=said.append)
    (line,) = said
    assert line.endswith("labelled complaint both ways, so not counted: lines 1, 3, 4")
    assert PRIVATE not in line
    assert found["complaint"].to_list() == [None, 0, None, None]
    assert found["lead"].to_list() == [0, 1, 0, 0]
    assert found["idea"].to_list() == [0, None, 0, None]


@pytest.mark.parametrize(
    ("lang", "code"),
    [
        ("nl-BE", "nl"), ("EN_us", "en"), ("English", "en"), ("Nederlands", "nl"), ("dut", "nl"),
        ("Frans", "fr"), ("und", None), ("?", None), ("Klingon", None),
    ],
)  # fmt: skip
def test_language_is_read_as_engage_tag_reads_it(write: Write, lang: str, code: str | None) -> None:
    file = write("a.jsonl", lines({**ROWS[0], "lang": lang}))
    assert labelled.read(file)["lang"].to_list() == [code]


def test_answers_may_be_words_of_both_languages(write: Write) -> None:
    said = ("1", "yes", "Ja", "j", "TRUE", "0", "no", "nee", "N", "false", "")
    file = write("a.csv", "text,lead\n" + "".join(f"tekst,{one}\n" for one in said[:5]))
    assert labelled.read(file, ("lead",))["lead"].to_list() == [1] * 5
    file = write("a.csv", "text,lead\n" + "".join(f"tekst,{one}\n" for one in said[5:]))
    assert labelled.read(file, ("lead",))["lead"].to_list() == [0] * 5 + [None]


def test_text_that_stands_twice_with_one_label_or_with_none_is_no_contradiction(
    write: Write,
) -> None:
    row = ROWS[1]
    file = write("a.jsonl", lines(row, row, {**row, "complaint": None}))
    said: list[str] = []
    assert labelled.read(file, say=said.append)["complaint"].to_list() == [1, 1, None]
    assert said == []


@pytest.mark.parametrize(
    ("name", "body", "where", "what"),
    [
        ("a.jsonl", '{"text": "a"}\n{"text"\n', ":2", "not valid JSON"),
        ("a.jsonl", "[1]\n", ":1", "not a JSON object"),
        ("a.jsonl", "", "a.jsonl", "no row"),
        ("a.csv", "text,lead\n\n", "a.csv", "no row"),
        ("a.csv", "text,lead\neen,1\ntwee,1,1\n", ":3", "3 columns where the header has 2"),
        ("a.csv", 'text,lead\neen,1\n"twee" drie,1\n', ":3", "a quote"),
        ("a.csv", b"text,lead\ncaf\xe9,1\n", "a.csv", "not UTF-8"),
        ("a.parquet", "no parquet", "a.parquet", "not a Parquet file"),
        ("a.xlsx", "", "a.xlsx", "ending"),
    ],
)
def test_file_that_is_wrong_is_refused_with_the_place(
    write: Write, name: str, body: str | bytes, where: str, what: str
) -> None:
    error = refused(write(name, body), tags=("lead",))
    assert error.where.endswith(where)
    assert what in error.what


@pytest.mark.parametrize("name", ["none.jsonl", "none.csv", "none.parquet"])
def test_file_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    assert "No such file" in refused(tmp_path / name).what


def test_frozen_sets_can_be_read_as_any_other_file() -> None:
    files = [file for _, file in labelled.frozen()]
    assert {file.stem for file in files} == {"nl", "en"}
    for file in files:
        assert set(labelled.read(file)["lang"]) == {file.stem}


@pytest.mark.parametrize("twice", ["lead", "text"])
def test_two_columns_of_one_name_are_refused_and_none_is_chosen(write: Write, twice: str) -> None:
    file = write("twice.csv", f"text,lead,complaint,idea,{twice}\nIk zoek een fiets,1,0,0,0\n")
    error = refused(file)
    assert error.what == f"there are two columns '{twice}'"
    assert error.where == f"{file}:1"
    unnamed = write("unnamed.csv", "text,lead,complaint,idea,,\nIk zoek een fiets,1,0,0,,\n")
    assert labelled.read(unnamed)["lead"].to_list() == [1]
