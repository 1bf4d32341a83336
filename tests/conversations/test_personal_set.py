"""What is found of personal data in a set of lines, and that the page says the same."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import personal
from pipeline.conversations.personal import TOKENS

STRUCTURED = sorted(set(TOKENS) - {"name"})


def test_set_is_large_and_half_of_it_is_clean() -> None:
    rows = personal.lines()
    clean = sum(not row["spans"] for row in rows)
    assert len(rows) >= 400
    assert 0.45 <= clean / len(rows) <= 0.55
    assert len({row["text"] for row in rows}) == len(rows)
    assert min(Counter(row["lang"] for row in rows).values()) >= 150
    assert {row["part"] for row in rows} == set(personal.PARTS)


def test_every_kind_is_in_both_halves() -> None:
    for part in personal.PARTS:
        there = Counter(span["kind"] for row in personal.lines(part) for span in row["spans"])
        assert set(there) == set(TOKENS)
        assert min(there.values()) >= 10


def test_spans_are_what_they_say() -> None:
    for row in personal.lines():
        for span in row["spans"]:
            marked = row["text"][span["start"] : span["end"]]
            assert marked == marked.strip() != "", row["id"]


def test_recall_and_false_positives_keep_to_their_bars() -> None:
    figures = personal.measured(personal.lines())
    assert figures.recall(*STRUCTURED) >= 0.95
    assert {kind: figures.recall(kind) for kind in STRUCTURED if figures.recall(kind) < 0.9} == {}
    assert figures.recall("name") >= 0.70
    assert figures.stained_count <= 0.01 * figures.clean_count


@pytest.mark.parametrize("part", personal.PARTS)
def test_each_half_keeps_to_the_bars_of_recall(part: str) -> None:
    figures = personal.measured(personal.lines(part))
    assert figures.recall(*STRUCTURED) >= 0.95
    assert figures.recall("name") >= 0.70


def test_page_shows_the_figures_of_now() -> None:
    page = personal.PAGE.read_text(encoding="utf-8")
    again = personal.with_figures(page)
    assert again == page, "run `python -m benchmarks.personal --write`"
    assert personal.table() in page
