"""Reposts: which pairs of messages are taken for copies, and which truly are.

`duplicates.txt` holds a pair a line, under headings with its kind: `= kind` of copies, `! kind` of
traps. What differs stands as [one|other]; a line that begins with a blank line before it goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from pipeline.conversations import duplicates

FILE = Path(__file__).parent / "duplicates.txt"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_CHOICE = re.compile(r"\[([^\[\]|]*)\|([^\[\]]*(?:\[\w+\][^\[\]]*)*)\]", re.DOTALL)


@dataclass(frozen=True)
class Pair:
    """Two messages, and whether one is a copy of the other."""

    kind: str
    is_copy: bool
    one: str
    other: str
    is_report: bool


def pairs() -> list[Pair]:
    """All pairs in the order of the file; of four of a kind the last two are for the report."""
    found: list[Pair] = []
    for block in re.split(r"(?m)^(?=[=!] \w+$)", FILE.read_text(encoding="utf-8")):
        if not block:
            continue
        heading, body = block.split("\n", 1)
        for at, line in enumerate(re.findall(r"(?:(?!\n)(?:\[[^\]]*\]|.))+", body)):
            one, other = (_CHOICE.sub(rf"\{side}", line) for side in (1, 2))
            found.append(Pair(heading[2:], heading[0] == "=", one, other, at // 2 % 2 == 1))
    return found


def taken_for_copies(some: list[Pair]) -> list[bool]:
    """Whether the method marks the second of each pair as a repost of the first."""
    frame = pl.DataFrame(
        {
            "message_id": [f"{at:04}{side}" for at in range(len(some)) for side in "ab"],
            # Pairs stand far apart, so that only the two of a pair can meet.
            "sent_at": [
                NOON + timedelta(days=60 * at, hours=hour)
                for at in range(len(some))
                for hour in (0, 5)
            ],
            "text": [text for pair in some for text in (pair.one, pair.other)],
            "is_own": False,
            "source": [side for _ in some for side in "ab"],
            "author_id": None,
        }
    )
    return duplicates.find(frame)["original"].gather_every(2, 1).is_not_null().to_list()
