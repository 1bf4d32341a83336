"""Rows to tag: each is judged alone, and keeps its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import rows
from pipeline.rows import LONGEST, judged, read
from pipeline.rows.files import Row, Unreadable


def judge(
    text: object = "hello", *, one: object = None, lang: object = None, at: int = 0
) -> tuple[str, str | None, str | None, str | None]:
    batch = judged(at, [Row(one, text, lang, None, 0.5)])
    columns = (batch.id, batch.text, batch.language, batch.error)
    return tuple(column.to_pylist()[0] for column in columns)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "text is null"),
        (12, "text is not a string but a number"),
        (1.5, "text is not a string but a number"),
        (True, "text is not a string but true or false"),
        (["a"], "text is not a string but a list"),
        ({"a": 1}, "text is not a string but an object"),
        ("", "text is blank"),
        (" \n\t\u00a0", "text is blank"),
        ("\u200b\u00ad", "text is blank"),
        ("caf\udce9", "text is not valid UTF-8"),
        ("x" * (LONGEST + 1), "text has 100,001 characters; 100,000 is the most"),
    ],
)
def test_text_that_cannot_be_read_says_why(text: object, error: str) -> None:
    assert judge(text, lang="nl") == ("0", None, None, error)


@pytest.mark.parametrize("text", ["x", "🙄", "\u200bx", "x" * LONGEST, "שלום", "0"])
def test_text_that_can_be_read_is_kept_as_it_is(text: str) -> None:
    assert judge(text) == ("0", text, None, None)


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ("nl", "nl"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("en_US", "en"),
        (" nl ", "nl"),
        ("eng", "en"),
        ("dut", "nl"),
        ("English", "en"),
        ("Nederlands", "nl"),
        ("English (UK)", "en"),
        ("nl_NL.UTF-8", "nl"),
        ("Français", "fr"),
        ("so", "so"),
        ("nds", "nds"),
        ("", None),
        (None, None),
        (float("nan"), None),
        ("und", None),
        ("xx", None),
        ("nlx", None),
        ("no idea", None),
        ("\udce9n", None),
    ],
)
def test_language_is_a_code_or_a_name_and_else_to_be_identified(
    given: object, language: str | None
) -> None:
    assert judge(lang=given)[2:] == (language, None)


def test_rows_whose_language_is_none_are_counted() -> None:
    given = ["nl", "xx", "Klingon", "", None, "und", "Dutch", " "]
    rows_of = [Row(None, "hallo", lang, None, 0.5) for lang in given]
    assert judged(0, rows_of).unknown_count == 2


@pytest.mark.parametrize("given", [12, True, ["nl"]])
def test_language_that_is_no_text_is_said(given: object) -> None:
    assert "lang is not a string but" in str(judge(lang=given)[3])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a", "a"),
        ("", ""),
        (7, "7"),
        (7.5, "7.5"),
        (None, "41"),
        (float("nan"), "41"),
        ("caf\udce9", "caf\\udce9"),
        (True, "true"),
        ([10**22], "[10000000000000000000000]"),
        ({"a": "\ud800"}, '{"a":"\\ud800"}'),
        ([b"\xe9t\xe9", Decimal("1.50")], '["\\\\xe9t\\\\xe9","1.50"]'),
        ({"on": datetime(2026, 11, 2, tzinfo=UTC)}, '{"on":"2026-11-02T00:00:00+00:00"}'),
        ([1, "a"], '[1,"a"]'),
        ({"k": None}, '{"k":null}'),
    ],
)
def test_id_is_text_and_for_want_of_one_the_row_number(given: object, kept: str) -> None:
    assert judge(one=given, at=41)[0] == kept


def test_row_without_an_id_has_none_that_another_row_could_have() -> None:
    rows_of = [Row(one, "hallo", None, None, 0.5, has_ids=True) for one in ("1", None, 0)]
    assert judged(0, rows_of).id.to_pylist() == ["1", "row:1", "0"]


def test_id_that_cannot_be_written_costs_its_own_row_only() -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    rows_of = [
        Row(one, "hallo", None, None, 0.5) for one in ("a", deep, Unreadable(), [Unreadable()])
    ]
    batch = judged(0, rows_of)
    assert batch.error.to_pylist() == [None, *["id cannot be written as text"] * 3]
    assert batch.text.to_pylist() == ["hallo", None, None, None]


def test_error_of_the_file_is_that_of_the_row() -> None:
    batch = judged(3, [Row(None, None, None, "the line is blank", 1.2)])
    assert (batch.id.to_pylist(), batch.error.to_pylist()) == (["3"], ["the line is blank"])
    assert batch.share == 1.0


@given(lengths=st.lists(st.integers(0, 12), max_size=40), characters=st.integers(1, 30))
def test_batches_hold_every_row_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], characters: int
) -> None:
    file: Path = tmp_path_factory.mktemp("rows") / "a.jsonl"
    file.write_text("".join(json.dumps({"text": "x" * one}) + "\n" for one in lengths))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "BATCH_ROWS", 5)
        patch.setattr(rows, "BATCH_CHARACTERS", characters)
        batches = list(read(file))
    assert all(0 < len(batch.id) <= 5 for batch in batches)
    ids = [one for batch in batches for one in batch.id.to_pylist()]
    assert ids == [str(at) for at in range(len(lengths))]
    found = [text or "" for batch in batches for text in batch.text.to_pylist()]
    assert [len(text) for text in found] == lengths
    for batch in batches:
        held = [len(text or "") for text in batch.text.to_pylist()]
        assert sum(held[:-1]) < characters
