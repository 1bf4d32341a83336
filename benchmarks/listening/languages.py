"""Languages: which language each message is taken for, and which it truly is in.

`languages.txt` holds a message a line under `# kind`; lines under `# mixed` begin with the
languages of their sentences.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pipeline.conversations.language import by_sentence, identify

FILE = Path(__file__).parent / "languages.txt"


@dataclass(frozen=True)
class Spoken:
    """A message, its kind, and the languages of its sentences: one language but for mixed ones."""

    kind: str
    languages: tuple[str, ...]
    text: str
    is_report: bool

    @property
    def size(self) -> int:
        """How many words it has."""
        return len(self.text.split())


def messages() -> list[Spoken]:
    """All messages in the order of the file; of four of a kind the last two are for the report."""
    found: list[Spoken] = []
    kind, counts = "", Counter[str]()
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            kind = line[2:]
            continue
        said, text = line.split(" ", 1) if kind == "mixed" else (kind[:2], line)
        found.append(Spoken(kind, tuple(said.split("+")), text, counts[kind] // 2 % 2 == 1))
        counts[kind] += 1
    return found


def taken_for(some: list[Spoken]) -> list[str]:
    """The language that each message is taken for."""
    languages: list[str] = identify(pa.array([one.text for one in some]))[0].to_pylist()
    return languages


def sentences_taken_for(some: list[Spoken]) -> list[tuple[str, ...]]:
    """The languages that the sentences of each message are taken for."""
    found = by_sentence(pa.array([one.text for one in some]))
    of_row = dict(found.group_by("row").agg("language").iter_rows())
    return [tuple(of_row[row]) for row in range(len(some))]
