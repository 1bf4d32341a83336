"""Two sets of models on the same labelled rows: how they differ, and whether that is chance.

Pure functions. The comparison is paired: each draw of the bootstrap takes the same rows for both
sets, so what is hard for both cancels out. Tags, languages and sets make some sixteen comparisons,
and among so many one of equal models often looks worse by chance: `among` says how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from pipeline.detectors._tokens import Floats
from pipeline.learning.bootstrap import LEVEL, Measure, drawn, estimate
from pipeline.learning.estimates import Estimate
from pipeline.learning.evaluation import measure, score
from pipeline.tagger import Tagger
from pipeline.text import LANGUAGES

SCORED = ("probability", "detected")
FEWEST = 10
"""Rows with a yes below which a difference is shown and never called one: draws of so few rows are
too much alike to tell what chance does."""
HEADER = ("tag", "lang", "yes", "F1", "difference", "AP", "difference", "")


@dataclass(frozen=True)
class Difference:
    """Champion and challenger on the rows of one set, tag and language.

    `f1` and `average_precision` are challenger minus champion, with their 95 % intervals, each by
    itself. `chance` is how often F1 of equal models differs as much, the same way, in any of the
    comparisons.
    """

    set: str
    tag: str
    language: str
    positives: int
    champion_f1: float
    challenger_f1: float
    f1: Estimate
    champion_average_precision: float
    challenger_average_precision: float
    average_precision: Estimate
    chance: float

    @property
    def is_regression(self) -> bool:
        """Whether F1 fell by more than chance explains, among all comparisons."""
        return self.verdict == "worse"

    @property
    def verdict(self) -> str:
        """What the difference in F1 says; even: chance explains it, maybe: among so many it may."""
        if self.positives < FEWEST:
            return "too few"
        if self.f1.low <= 0 <= self.f1.high:
            return "even"
        way = "worse" if self.f1.value < 0 else "better"
        return way if self.chance <= 1 - LEVEL else f"maybe {way}"

    @property
    def cells(self) -> tuple[str, ...]:
        """The values under `HEADER`; no difference where there are too few rows to tell."""
        is_told = self.positives >= FEWEST
        return (
            self.tag,
            self.language,
            f"{self.positives}",
            _change(self.champion_f1, self.challenger_f1),
            shown(self.f1) if is_told else "–",
            _change(self.champion_average_precision, self.challenger_average_precision),
            shown(self.average_precision) if is_told else "–",
            self.verdict,
        )


@dataclass(frozen=True)
class Comparison:
    """Two sets of models by name, and how they differ.

    `is_new`: their bytes are not the same; `uncalibrated`: tags that were calibrated to a sample of
    somebody's own in the champion, and are not in the challenger; `unlearned`: sets of text that
    taught the champion alone; `uncompared`: tags of which no row has a yes; `further`: what the
    metadata say of the tags that people's answers to the champion taught.
    """

    champion: str
    challenger: str
    is_new: bool
    uncalibrated: tuple[str, ...]
    unlearned: tuple[str, ...]
    uncompared: tuple[str, ...]
    further: dict[str, dict[str, Any]]
    differences: tuple[Difference, ...]

    @property
    def regressions(self) -> tuple[Difference, ...]:
        """The sets, tags and languages in which the challenger is worse beyond noise."""
        return tuple(one for one in self.differences if one.is_regression)

    def markdown(self) -> str:
        """The comparison as a table for the person who decides."""
        header, rule = ("rows", *HEADER), ("---",) * (len(HEADER) + 1)
        lines = [header, rule, *((one.set, *one.cells) for one in self.differences)]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        noted = "".join(f"\n{note}\n" for note in self.notes)
        return f"Champion {self.champion} → challenger {self.challenger}\n\n{table}\n{noted}"

    @property
    def notes(self) -> list[str]:
        """What a person should know beside the figures."""
        notes = []
        if any(one.verdict.startswith("maybe") for one in self.differences):
            told = sum(one.positives >= FEWEST for one in self.differences)
            notes.append(
                f"maybe: beyond chance by itself, and no surprise among {told} comparisons of "
                "equally good models"
            )
        if self.uncalibrated:
            notes.append(
                "the champion is calibrated to a sample of your own "
                f"({', '.join(self.uncalibrated)}), the challenger is not: calibrate it again once "
                "it is in use"
            )
        if self.unlearned:
            notes.append(
                "the champion learned from these sets too, the challenger did not: "
                f"{'; '.join(self.unlearned)}. Figures on text of another kind may not show that: "
                "name their folder in detection.labelled and train again, or weigh it"
            )
        if self.uncompared:
            notes.append(
                f"nothing says whether {', '.join(self.uncompared)} got worse: no labelled row has "
                "a yes; give some with --on FILE"
            )
        for tag, one in self.further.items():
            was, now = (one["average_precision"][name] for name in ("before", "after"))
            notes.append(
                f"{tag}: average precision on {one['rows']} answers of people, each by a model "
                f"that was not taught it: {_change(was, now)}"
            )
        return notes


def differences(rows: pl.DataFrame, champion: Tagger, challenger: Tagger) -> list[Difference]:
    """How two sets of models differ on labelled rows.

    Args:
        rows: as `labelled.read` gives them, and `set`, the name of the rows that belong together.
        champion: one set.
        challenger: the other.

    Tags and languages without a positive are left out.
    """
    held, made = score(rows, champion), score(rows, challenger)
    found = []
    tags = [one for one in champion.tags if one in rows.columns]
    for name, tag in product(rows["set"].unique(maintain_order=True), tags):
        for language in LANGUAGES:
            mine = (held["language"] == language) & rows[tag].is_not_null() & (rows["set"] == name)
            labels = rows[tag].filter(mine).to_numpy().astype(np.int64)
            if not labels.any():
                continue
            both = [
                measure(labels, *(one[f"{tag}_{what}"].filter(mine).to_numpy() for what in SCORED))
                for one in (held, made)
            ]
            draws = drawn(paired(*both), len(labels))
            figures = {what: estimate(*one) for what, one in draws.items()}
            found.append(
                Difference(
                    set=name,
                    tag=tag,
                    language=language,
                    positives=int(labels.sum()),
                    champion_f1=figures["champion_f1"].value,
                    challenger_f1=figures["challenger_f1"].value,
                    f1=figures["f1"],
                    champion_average_precision=figures["champion_average_precision"].value,
                    challenger_average_precision=figures["challenger_average_precision"].value,
                    average_precision=figures["average_precision"],
                    chance=fall(*draws["f1"]),
                )
            )
    return among_all(found)


def fall(value: float, values: Floats) -> float:
    """How often a figure of equal models falls as much: 1 less that is how often it rises so.

    By the normal distribution: the tail that many comparisons need has too few of the draws, and
    draws of a few rows that differ are too sure there.

    Args:
        value: the difference.
        values: the same in each draw.
    """
    spread = float(values.std()) if len(values) else 0.0
    if not spread:
        return 0.5 if not value else float(value > 0)
    return NormalDist(sigma=spread).cdf(value)


def among(chances: Sequence[float]) -> list[float]:
    """The chances that any of so many comparisons looks so by chance (Holm, 1979)."""
    found, highest = [1.0] * len(chances), 0.0
    for rank, at in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[at]))
        found[at] = highest
    return found


def among_all(found: list[Difference]) -> list[Difference]:
    """The differences with their `chance` among those that have enough rows to be told."""
    told = [at for at, one in enumerate(found) if one.positives >= FEWEST]
    falls = among([found[at].chance for at in told])
    rises = among([1 - found[at].chance for at in told])
    for at, falling, rising in zip(told, falls, rises, strict=True):
        is_fall = found[at].f1.value < 0
        found[at] = replace(found[at], chance=falling if is_fall else rising)
    return found


def paired(champion: Measure, challenger: Measure) -> Measure:
    """Measure challenger minus champion on the same draws, and each of the two."""

    def measured(weights: Floats) -> dict[str, Floats]:
        old, new = champion(weights), challenger(weights)
        found = {}
        for name in ("f1", "average_precision"):
            found[name] = new[name] - old[name]
            found[f"champion_{name}"], found[f"challenger_{name}"] = old[name], new[name]
        return found

    return measured


def shown(one: Estimate) -> str:
    """`+.031 [-.004 +.070]`."""
    value, low, high = (_short(f"{number:+.3f}") for number in one)
    return f"{value} [{low} {high}]"


def _change(champion: float, challenger: float) -> str:
    return f"{_short(f'{champion:.2f}')}→{_short(f'{challenger:.2f}')}"


def _short(number: str) -> str:
    return number.replace("0.", ".", 1)
