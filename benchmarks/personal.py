"""Measures what is found of personal data, kind by kind: `python -m benchmarks.personal`.

The set, `tests/conversations/personal.jsonl`, holds invented Dutch and English lines with the place
of everything personal in them, and as many clean ones full of traps. Patterns were made looking at
the half `development`; the half `report` was only counted. A place counts as found when one found
place of its kind covers all of it. `--write` puts the figures into docs/personal-data.md, `--speed`
measures rows a second on generated messages.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LINES = ROOT / "tests" / "conversations" / "personal.jsonl"
PAGE = ROOT / "docs" / "personal-data.md"
MARKS = r"(<!-- figures: .*? -->\n).*?(<!-- to here -->\n)"
PARTS = ("report", "development")


@dataclass
class Figures:
    """What was found in some lines, by kind; `wrong` are places where nothing of the kind is."""

    there: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    clean_count: int = 0
    stained_count: int = 0

    def recall(self, *kinds: str) -> float:
        """The share that was found of some kinds together."""
        return sum(self.found[kind] for kind in kinds) / sum(self.there[kind] for kind in kinds)


def lines(part: str | None = None) -> list[dict[str, Any]]:
    """The lines of the set, or of one half."""
    read = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]
    return [line for line in read if part in (None, line["part"])]


def measured(rows: list[dict[str, Any]]) -> Figures:
    """Look for personal data in lines, and compare."""
    import polars as pl

    from pipeline.conversations.personal import find

    places: dict[int, list[tuple[str, int, int]]] = {}
    for row, kind, start, end in find(pl.Series([row["text"] for row in rows])).rows():
        places.setdefault(row, []).append((kind, start, end))
    figures = Figures()
    for at, row in enumerate(rows):
        found = places.get(at, [])
        for span in row["spans"]:
            kind, start, end = span["kind"], span["start"], span["end"]
            figures.there[kind] += 1
            figures.found[kind] += any(
                name == kind and first <= start and end <= last for name, first, last in found
            )
        for kind, start, end in found:
            figures.wrong[kind] += not any(
                span["kind"] == kind and span["start"] < end and start < span["end"]
                for span in row["spans"]
            )
        if not row["spans"]:
            figures.clean_count += 1
            figures.stained_count += bool(found)
    return figures


def table() -> str:
    """The figures as Markdown, the weakest first."""
    report, development = (measured(lines(part)) for part in PARTS)
    kinds = sorted(report.there, key=lambda kind: (report.recall(kind), kind))
    shown = [
        f"| {kind.replace('_', ' ')} | {report.found[kind]} of {report.there[kind]} "
        f"({report.recall(kind):.0%}) | {report.wrong[kind]} "
        f"| {development.found[kind]} of {development.there[kind]} |"
        for kind in kinds
    ]
    return "\n".join(
        [
            f"Something was found in {report.stained_count} of {report.clean_count} clean lines of "
            f"the half that was only counted, and in {development.stained_count} of "
            f"{development.clean_count} of the other.",
            "",
            "| kind | found where it was only counted | wrong there | found while making it |",
            "|---|---:|---:|---:|",
            *shown,
        ]
    )


def with_figures(page: str) -> str:
    """The page with its figures written anew."""
    return re.sub(
        MARKS, lambda marks: f"{marks[1]}\n{table()}\n\n{marks[2]}", page, flags=re.DOTALL
    )


ROWS = 60_000
"""Generated messages whose time is taken."""


def speed() -> str:
    """Rows a second of the processor's time, on one thread, and what each kind costs."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    from benchmarks import generated
    from pipeline.conversations.personal import find, replaced

    texts = pl.Series([message["text"] for message in generated.messages(ROWS)])
    replaced(texts[:100], find(texts[:100]))
    begun = time.process_time()
    found = find(texts)
    replaced(texts, found)
    seconds = time.process_time() - begun
    return f"{ROWS / seconds:,.0f} rows/s, {found['row'].n_unique() / ROWS:.0%} of them changed"


def main() -> None:
    """Print the figures; with options write them, or measure speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/personal-data.md")
    parser.add_argument("--speed", action="store_true", help="measure rows a second instead")
    asked = parser.parse_args()
    sys.stdout.write(f"{speed() if asked.speed else table()}\n")
    if asked.write:
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
