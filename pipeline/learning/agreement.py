"""How far two readings of the same messages agree: Cohen's kappa per tag and language.

Pure functions. Kappa is the agreement beyond what two readers with the same shares of yes would
reach by chance: 1 is perfect, 0 is chance. Intervals are of the bootstrap over messages, from a
fixed seed. Drawing messages again is drawing the counts of the four pairs of answers again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline.detectors._tokens import Floats
from pipeline.learning.bootstrap import DRAWS, SEED, estimate
from pipeline.learning.estimates import Estimate
from pipeline.text import LANGUAGES

LABELS = ("lead", "complaint", "idea", "praise", "question")
"""What every message of our own text is labelled for."""


class Agreement(NamedTuple):
    """How far two readings agree on one tag in one language, in numbers of messages."""

    tag: str
    language: str
    both: int
    only_first: int
    only_second: int
    neither: int
    kappa: Estimate

    @property
    def rows(self) -> int:
        """Messages that both have read."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def share(self) -> float:
        """Share of messages with the same answer."""
        return (self.both + self.neither) / self.rows


def agreements(readings: pl.DataFrame, tags: Sequence[str] = LABELS) -> list[Agreement]:
    """Compare two readings, per tag and language.

    Args:
        readings: a row a message: `id`, which begins with the language and a dash; per tag 0 or 1
            in `<tag>` for the second reading and in `first_<tag>` for the first.
        tags: tags to compare.
    """
    frame = readings.with_columns(language=pl.col("id").str.split("-").list.first())
    found = []
    for tag in tags:
        for language in LANGUAGES:
            mine = frame.filter(pl.col("language") == language)
            first, second = mine[f"first_{tag}"] == 1, mine[tag] == 1
            both, neither = int((first & second).sum()), int((~first & ~second).sum())
            pairs = (both, int(first.sum()) - both, int(second.sum()) - both, neither)
            if sum(pairs):
                found.append(Agreement(tag, language, *pairs, _estimate(pairs)))
    return found


def kappa(pairs: Floats) -> Floats:
    """Cohen's kappa.

    Args:
        pairs: counts (…, 4): both yes, only the first, only the second, both no.

    Returns:
        (…), NaN where both readers give one and the same answer to all.
    """
    both, first, second, neither = np.moveaxis(np.asarray(pairs, float), -1, 0)
    rows = both + first + second + neither
    same = (both + neither) / rows
    yes = (both + first) / rows * (both + second) / rows
    no = (second + neither) / rows * (first + neither) / rows
    chance = yes + no
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(chance < 1, (same - chance) / (1 - chance), np.nan))


def _estimate(pairs: Sequence[int]) -> Estimate:
    counts = np.array(pairs, float)
    drawn = np.random.default_rng(SEED).multinomial(sum(pairs), counts / counts.sum(), DRAWS)
    values = kappa(drawn.astype(float))
    return estimate(float(kappa(counts)), values[~np.isnan(values)])


def as_markdown(found: Iterable[Agreement]) -> str:
    """A table of what `agreements` gives, a row per tag and language."""
    lines = [
        "| Tag | Language | Messages | Yes by both | By the first alone | By the second alone "
        "| Same answer | Kappa (95 % interval) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.tag} | {one.language} | {one.rows} | {one.both} | {one.only_first} "
        f"| {one.only_second} | {one.share:.1%} "
        f"| {one.kappa.value:.2f} ({one.kappa.low:.2f} to {one.kappa.high:.2f}) |"
        for one in found
    ]
    return "\n".join(lines)
