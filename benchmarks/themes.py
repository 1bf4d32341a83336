"""How well ideas are put into themes, and how the cost grows: `python -m benchmarks.themes`.

Quality: pairwise precision, recall and F1 over labelled ideas, all ideas of a half together, in
orders of time drawn by lot. Cost: a thousand new ideas on top of more and more known ones.
Coverage: how many of the words that say something have a line in the lexicon.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.conversations.language import identify
from pipeline.learning.term_counts import CORPORA
from pipeline.opportunities.leaders import Leaders
from pipeline.opportunities.lookup import SPELT, terms_of
from pipeline.opportunities.wishes import wishes, words
from pipeline.text import LANGUAGES

FOLDER = Path(__file__).parent.parent / "tests" / "opportunities"
ORDERS = 5
STEP = 1000
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
Labelled = tuple[str, str, str]
"""Theme, idea and half of the set."""


@dataclass(frozen=True)
class Grouping:
    """How pairs of ideas were found together, 0 to 1."""

    precision: float
    recall: float
    f1: float


def labelled() -> list[Labelled]:
    """All labelled ideas; those without a half belong to development."""
    rows = []
    for name in ("themes.toml", "wishes.toml", "trades.toml"):
        read = tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))["theme"]
        for theme in read:
            half = theme.get("half", "development")
            rows += [(f"{name}: {theme['name']}", idea, half) for idea in theme["ideas"]]
    return rows


def measured(ideas: list[Labelled], orders: int = ORDERS) -> dict[str, Grouping]:
    """Group ideas in several orders, and compare with the labels: the mean over the orders.

    Of all pairs, and of those within Dutch, within English and across.
    """
    languages, _ = identify(pa.array([idea for _, idea, _ in ideas], pa.string()))
    dutch = [language == "nl" for language in languages.to_pylist()]
    lots = (random.Random(seed) for seed in range(orders))  # noqa: S311 - to draw, not to hide
    places = [lot.sample(range(len(ideas)), len(ideas)) for lot in lots]
    counts = [
        _grouped([ideas[at] for at in drawn], [dutch[at] for at in drawn]) for drawn in places
    ]
    return {name: _mean([count[name] for count in counts]) for name in counts[0]}


def _grouped(ideas: list[Labelled], dutch: list[bool]) -> dict[str, np.ndarray]:
    """Pairs that are together in both, in what was found, and by the labels."""
    found = wishes(pl.Series([idea for _, idea, _ in ideas]))
    rows = list(
        zip(Leaders().join(found, len(ideas)).tolist(), (one for one, *_ in ideas), strict=True)
    )
    within = {
        name: _counted([row for row, one in zip(rows, dutch, strict=True) if one is is_dutch])
        for name, is_dutch in (("Dutch", True), ("English", False))
    }
    whole = _counted(rows)
    return {"all": whole, **within, "across": whole - within["Dutch"] - within["English"]}


def _counted(rows: list[tuple[int, str]]) -> np.ndarray:
    return np.array([_pairs(rows), _pairs(one for one, _ in rows), _pairs(one for _, one in rows)])


def _mean(counts: list[np.ndarray]) -> Grouping:
    both, found, labelled = np.array(counts, dtype=float).T
    f1 = 2 * both / np.maximum(1, found + labelled)
    return Grouping(
        float(np.mean(both / np.maximum(1, found))),
        float(np.mean(both / np.maximum(1, labelled))),
        float(np.mean(f1)),
    )


def _pairs(values: Iterable[Any]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(values).values())


def quality() -> str:
    """The table of the figures, the weakest first."""
    rows = labelled()
    lines = ["| half | pairs | precision | recall | F1 |", "|---|---|---:|---:|---:|"]
    figures = []
    for half in ("report", "development"):
        of_half = [one for one in rows if one[2] == half]
        themes = len({theme for theme, _, _ in of_half})
        name = f"{half}: {len(of_half)} ideas in {themes} themes"
        figures += [
            (
                one.f1,
                f"| {name} | {pairs} | {one.precision:.2f} | {one.recall:.2f} | {one.f1:.2f} |",
            )
            for pairs, one in measured(of_half).items()
        ]
    return "\n".join(lines + [line for _, line in sorted(figures)])


def coverage() -> str:
    """The table of the words that have a line, of labelled ideas and of those in our corpora."""
    texts = {
        f"labelled ideas, {half} half": [one for _, one, of in labelled() if of == half]
        for half in ("report", "development")
    }
    for language in LANGUAGES:
        read = [
            json.loads(line)
            for file in sorted((CORPORA / language).glob("*.jsonl"))
            for line in file.open(encoding="utf-8")
        ]
        texts[f"ideas of our corpora, {language}"] = [one["text"] for one in read if one["idea"]]
    lines = ["| ideas | words that say something | with a line |", "|---|---:|---:|"]
    for name, some in texts.items():
        said = [
            found for word in words(pl.Series(some)).unique()["word"] if (found := terms_of(word))
        ]
        known = sum(any(not term.startswith(SPELT) for term, _ in found) for found in said)
        lines.append(f"| {name} | {len(said):,} | {known / len(said):.1%} |")
    return "\n".join(lines)


def cost() -> str:
    """The table of the cost of a thousand new ideas beside more and more known ones."""
    known, leaders = 0, Leaders()
    said = _invented(max(SIZES) + STEP)
    lines = ["| known ideas | themes | ideas/s of the next 1,000 | seconds in all | peak memory |"]
    lines.append("|---:|---:|---:|---:|---:|")
    themes: set[int] = set()
    spent = 0.0
    for size in SIZES:
        begun = time.perf_counter()
        themes |= set(_added(leaders, said[known:size]))
        known = size + STEP
        middle = time.perf_counter()
        themes |= set(_added(leaders, said[size:known]))
        ended = time.perf_counter()
        spent += ended - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        lines.append(
            f"| {size:,} | {len(themes):,} | {STEP / (ended - middle):,.0f} | {spent:.1f} "
            f"| {peak:,.0f} MiB |"
        )
    return "\n".join(lines)


def _added(leaders: Leaders, sentences: list[str]) -> list[int]:
    found: list[int] = leaders.join(wishes(pl.Series(sentences)), len(sentences)).tolist()
    return found


def _invented(count: int) -> list[str]:
    """Ideas of recombined halves of the labelled ones: many themes, no two sentences alike."""
    drawn = random.Random(7)  # noqa: S311 - to draw, not to hide
    said = [idea.split() for _, idea, _ in labelled()]
    made = []
    for _ in range(count):
        one, other, more = drawn.choice(said), drawn.choice(said), drawn.choice(said)
        made.append(
            " ".join([*one[len(one) // 2 :], *other[: len(other) // 2], drawn.choice(more)])
        )
    return made


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.themes", description=__doc__)
    parser.add_argument("--cost", action="store_true", help="also measure time and memory")
    parser.add_argument("--coverage", action="store_true", help="also count words without a line")
    asked = parser.parse_args()
    sys.stdout.write(quality() + "\n")
    if asked.coverage:
        sys.stdout.write("\n" + coverage() + "\n")
    if asked.cost:
        sys.stdout.write("\n" + cost() + "\n")


if __name__ == "__main__":
    main()
