"""The frozen sets: large enough to say something, and written apart from the training text."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FROZEN = {
    f"{file.parent.name} {file.stem}": file
    for name in ("frozen", "plain")
    for file in (ROOT / "tests/model" / name).glob("*.jsonl")
}
LARGEST_SHARE = 0.5
"""Share of its runs of five words that a message may have in common with one training text.

Messages of eight words share a stock phrase by chance, which is half of what they have.
"""

Grams = set[tuple[str, ...]]


def read(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def grams(text: object) -> Grams:
    words = re.findall(r"\w+", str(text).lower())
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


@cache
def trained_on() -> dict[tuple[str, ...], list[str]]:
    """Each run of five words of the corpora, to the ids of the rows that hold it."""
    found = defaultdict(list)
    for file in sorted((ROOT / "models/corpora").glob("*/*.jsonl")):
        for row in read(file):
            for gram in grams(row["text"]):
                found[gram].append(str(row["id"]))
    return found


def largest_share(mine: Grams) -> float:
    """The largest part of a text that stands in one row of the corpora."""
    met: Iterable[str] = (row for gram in mine for row in trained_on().get(gram, ()))
    counts = Counter(met).values()
    return max(counts, default=0) / max(len(mine), 1)


def test_there_is_a_hard_and_a_plain_set_for_each_language() -> None:
    assert set(FROZEN) == {"frozen nl", "frozen en", "plain nl", "plain en"}


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_frozen_set_is_large_enough(name: str) -> None:
    rows = read(FROZEN[name])
    for tag in ("lead", "complaint", "idea"):
        assert sum(row[tag] == 1 for row in rows) >= 120, tag
    assert sum(not (row["lead"] or row["complaint"] or row["idea"]) for row in rows) >= 300


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_no_frozen_message_is_nearly_one_that_was_trained_on(name: str) -> None:
    near = [
        row["id"] for row in read(FROZEN[name]) if largest_share(grams(row["text"])) > LARGEST_SHARE
    ]
    assert near == []


def test_a_training_text_with_a_word_changed_would_be_found() -> None:
    for file in sorted((ROOT / "models/corpora").glob("*/*.jsonl"))[:3]:
        for row in read(file):
            words = re.findall(r"\w+", str(row["text"]))
            if len(words) >= 20:
                changed = " ".join(["anders", *words[1:]])
                assert largest_share(grams(changed)) > LARGEST_SHARE
