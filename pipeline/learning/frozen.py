"""The shipped models on the frozen sets, beside what is asked of them, for the documentation."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.detectors.base import MAIN_TAGS
from pipeline.learning import labelled
from pipeline.learning.estimates import Estimate
from pipeline.learning.evaluation import Result, evaluate, score
from pipeline.tagger import Tagger

F1 = {"nl": 0.80, "en": 0.82}
PRECISION, ECE = 0.80, 0.05
HEADER = (
    "set",
    "tag",
    "language",
    "rows",
    "yes",
    "F1",
    "beside the bar",
    "precision",
    "recall",
    "AP",
    "ECE",
)


class Missed(NamedTuple):
    """A figure that misses its bar."""

    set: str
    tag: str
    language: str
    figure: str
    value: float
    bar: float


@cache
def markdown(models: Path) -> str:
    """What misses its bar, and a table of all figures, the weakest F1 first.

    Raises SettingsError where the frozen sets are not.
    """
    read = [labelled.read(file).with_columns(set=pl.lit(name)) for name, file in labelled.frozen()]
    results = evaluate(score(pl.concat(read), Tagger.load(models)), MAIN_TAGS)
    lines = [
        f"| {' | '.join(HEADER)} |",
        "|---|---|---|" + "---:|" * (len(HEADER) - 3),
        *(_line(one) for one in results),
    ]
    under = "; ".join(
        f"{one.set}: {one.tag} {one.language} {one.figure} {one.value:.2f} of {one.bar:.2f}"
        for one in missed(results)
    )
    said = f"Under the bar: {under}." if under else "Nothing is under its bar."
    return f"{said}\n\n" + "\n".join(lines)


def missed(results: list[Result]) -> list[Missed]:
    """The figures of some results that miss their bars, in the same order."""
    found = []
    for one in results:
        asked = (
            ("F1", one.f1.value, F1[one.language], 1),
            ("precision", one.precision.value, PRECISION, 1),
            ("ECE", one.ece, ECE, -1),
        )
        found += [
            Missed(one.set, one.tag, one.language, name, value, bar)
            for name, value, bar, sign in asked
            if math.isnan(value) or sign * value < sign * bar
        ]
    return found


def _line(one: Result) -> str:
    cells = (
        one.set,
        one.tag,
        one.language,
        f"{one.rows}",
        f"{one.positives}",
        f"**{one.f1.value:.2f}** ({one.f1.low:.2f} to {one.f1.high:.2f})",
        f"{one.f1.value - F1[one.language]:+.2f}",
        *map(_shown, (one.precision, one.recall, one.average_precision)),
        f"{one.ece:.3f}",
    )
    return f"| {' | '.join(cells)} |"


def _shown(one: Estimate) -> str:
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"
