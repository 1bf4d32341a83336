"""Our own labelled text: invented, in both languages, every row labelled for every tag."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.conversations.personal import redact
from pipeline.records import CHANNELS
from pipeline.rows import LONGEST
from pipeline.settings import shipped_models
from pipeline.text import LANGUAGES

LABELS = ("lead", "complaint", "idea", "praise", "question")
FIELDS = {"id", "text", "lang", "channel", "trade", "kind", *LABELS}


@cache
def rows() -> list[tuple[Path, dict[str, Any]]]:
    # Labels of a tag of your own lie beside the languages (docs/add-a-tag.md).
    files = sorted((shipped_models() / "corpora").glob("??/*.jsonl"))
    return [
        (file, json.loads(line))
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def broken(rule: Any) -> list[str]:
    return [str(row["id"]) for file, row in rows() if not rule(file, row)]


def test_every_row_has_every_field_and_no_other() -> None:
    assert broken(lambda _, row: set(row) == FIELDS) == []


def test_every_label_is_yes_or_no() -> None:
    assert broken(lambda _, row: all(row[label] in (0, 1) for label in LABELS)) == []


def test_language_is_that_of_the_folder_and_channel_one_that_exists() -> None:
    assert broken(lambda file, row: row["lang"] == file.parent.name in LANGUAGES) == []
    assert broken(lambda _, row: row["channel"] in CHANNELS) == []


@pytest.mark.parametrize("field", ["id", "text"])
def test_nothing_is_there_twice(field: str) -> None:
    counts = Counter(row[field] for _, row in rows())
    assert [value for value, count in counts.items() if count > 1] == []


def test_text_is_a_message_that_engage_can_read() -> None:
    assert broken(lambda _, row: 0 < len(row["text"].strip()) <= LONGEST) == []


def test_addresses_are_invented_and_nobody_has_a_number() -> None:
    found = pl.DataFrame({"text": [row["text"] for _, row in rows()]}).with_columns(
        redacted=redact(pl.col("text"))
    )
    marked = found.filter(pl.col("redacted").str.contains(r"\[(?:mail|phone|iban|card)\]"))
    real = [
        text
        for text, redacted in marked.rows()
        if re.search(r"\[(?:phone|iban|card)\]", redacted)
        or not re.search(r"@[\w.-]+\.(?:example|test|invalid)\b", text)
    ]
    assert real == []


@pytest.mark.parametrize(("language", "least"), [("nl", 1_500), ("en", 1_000)])
def test_there_is_enough_of_each_language_trade_and_tag(language: str, least: int) -> None:
    mine = [row for _, row in rows() if row["lang"] == language]
    assert len(mine) >= least
    assert len({row["trade"] for row in mine}) >= 15
    assert len({row["channel"] for row in mine}) >= len(CHANNELS) - 1
    for tag in ("lead", "complaint", "idea"):
        assert 0.1 <= sum(row[tag] for row in mine) / len(mine) <= 0.4, tag
    assert sum(not any(row[tag] for tag in LABELS[:3]) for row in mine) / len(mine) >= 0.35
