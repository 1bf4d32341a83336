"""Who asks for it gets all that is theirs, and nothing of others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.contracts import contract
from tests.commands import engage
from tests.conftest import Company
from tests.retention.roos import NAME, WORDS, pseudonym


def deliver(company: Company) -> None:
    """Her lead and somebody's complaint were sent to others."""
    at = datetime(2026, 11, 5, tzinfo=UTC)
    rows = [
        {"idempotency_key": key, "sent_table": "leads", "sent_id": key, "intended_at": at,
         "attempts_count": 1, "state": "sent"}
        for key in ("lead:shop:1", "lead:shop:4")
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, contract("deliveries").schema)
    company.lake.write("deliveries", {"delivery": "crm", "intended_on": "2026-11-05"}, table)


def rows_of(file: Path) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for line in file.read_text().splitlines():
        row = json.loads(line)
        found.setdefault(row.pop("table"), []).append(row)
    return found


@pytest.mark.parametrize("is_pseudonym", [False, True])
def test_a_person_gets_all_rows_of_theirs(heard: Company, *, is_pseudonym: bool) -> None:
    deliver(heard)
    file, before = heard.folder / "roos.jsonl", heard.checksums()
    name = pseudonym(heard) if is_pseudonym else NAME
    result = engage("disclose", "--source", "shop", "--author", name, "-o", file)
    assert result.exit_code == 0, result.output
    found = rows_of(file)
    hers = {"shop:1", "shop:2", "shop:3", "shop:8"}
    detections = [row for row in heard.rows("detections") if row["message_id"] in hers]
    assert {table: len(rows) for table, rows in found.items()} == {
        "messages": 4, "detections": len(detections), "labels": 1, "outcomes": 1, "leads": 1,
        "complaints": 1, "ideas": 1, "authors": 1, "deliveries": 1,
    }  # fmt: skip
    assert {row["message_id"] for row in found["messages"]} == hers
    assert {row["author_id"] for row in found["messages"]} == {pseudonym(heard)}
    for word in WORDS[:-1]:  # the last one stands in what could not be read
        assert word in file.read_text().lower()
    assert "messages  4\n" in result.output
    assert heard.checksums() == before


def test_nothing_of_others_is_among_it(heard: Company) -> None:
    """Nor who of the company decided; a repost is what somebody else did."""
    file = heard.folder / "roos.jsonl"
    engage("disclose", "--source", "shop", "--author", NAME, "-o", file)
    text = file.read_text()
    for foreign in (
        "oud en hard",
        "speltbrood",
        "welke dag",
        "shop:6",
        "Waar koop ik",
        "labelled_by",
    ):
        assert foreign not in text, foreign


def test_who_was_forgotten_learns_that_and_no_more(heard: Company) -> None:
    engage("forget", "--source", "shop", "--author", NAME)
    file = heard.folder / "roos.jsonl"
    assert engage("disclose", "--source", "shop", "--author", NAME, "-o", file).exit_code == 0
    assert set(rows_of(file)) == {"forgotten"}


@pytest.mark.parametrize(
    ("author", "output", "said"),
    [
        ("Niemand", "roos.jsonl", "holds nothing of this person"),
        (NAME, "nergens/roos.jsonl", "make the folder"),
        (NAME, "roos.xlsx", "let the name end in .jsonl"),
    ],
)
def test_what_cannot_be_disclosed_is_said_and_nothing_written(
    heard: Company, author: str, output: str, said: str
) -> None:
    file = heard.folder / output
    result = engage("disclose", "--source", "shop", "--author", author, "-o", file)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not file.exists()
