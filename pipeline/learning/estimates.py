"""Precision and recall from reviewed rows, with 95 % intervals.

Rows are reviewed where the models doubt, so reviewed rows are not like all rows. Therefore rows are
put into strata by score; within one the reviewed count as drawn at random. The share of true rows
in a stratum has a Wilson interval, narrower the more of it is reviewed. Intervals of sums over
strata and of their ratio are put together from these (MOVER: Zou and Donner 2008, Donner and Zou
2012), so few answers give wide intervals, and none leaves 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

Z = 1.959964
"""Standard deviations of a normal distribution that hold 95 % of it."""


class Estimate(NamedTuple):
    """A figure with its 95 % interval; NaN where it is not defined."""

    value: float
    low: float
    high: float


class Stratum(NamedTuple):
    """Rows of like score: how many there are, how many are reviewed, how many of those are true."""

    rows: int
    reviewed: int
    true: int


def wilson(true: int, reviewed: int) -> Estimate | None:
    """The share of true ones among reviewed rows; None without any."""
    if not reviewed:
        return None
    share, weight = true / reviewed, Z * Z / reviewed
    middle = (share + weight / 2) / (1 + weight)
    half = Z * math.sqrt(share * (1 - share) / reviewed + weight / (4 * reviewed)) / (1 + weight)
    return Estimate(share, max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0))


def precision(detected: Sequence[Stratum]) -> Estimate | None:
    """The share of true ones among all detected rows, reviewed or not.

    A stratum without an answer counts as one with its neighbour. None without any answer.
    """
    rows, true = sum(one.rows for one in detected), _true(_merged(detected))
    if not rows or true is None:
        return None
    return Estimate(*(one / rows for one in true))


def recall(detected: Sequence[Stratum], missed: Sequence[Stratum]) -> Estimate | None:
    """The share of detected ones among all that are true.

    Args:
        detected: strata of the detected rows, as `precision` takes them.
        missed: strata of all other rows: those for review, and those below, of which a part of the
            audit sample is reviewed.

    None where a stratum of missed rows, or all of the detected, have no answer, or none is true.
    """
    found, lost = _true(_merged(detected)), _true(missed)
    if found is None or lost is None or found.value + lost.value == 0:
        return None
    low, high = _ratio(lost, found)
    return Estimate(found.value / (found.value + lost.value), 1 / (1 + high), 1 / (1 + low))


def _true(strata: Sequence[Stratum]) -> Estimate | None:
    """How many rows are true over all strata; None where one has rows and no answer."""
    value = below = above = 0.0
    for rows, reviewed, true in strata:
        if not rows:
            continue
        share = wilson(true, reviewed)
        if share is None:
            return None
        unseen = math.sqrt(max(rows - reviewed, 0) / max(rows - 1, 1))
        value += rows * share.value
        below += (rows * unseen * (share.value - share.low)) ** 2
        above += (rows * unseen * (share.high - share.value)) ** 2
    return Estimate(value, value - math.sqrt(below), value + math.sqrt(above))


def _merged(strata: Sequence[Stratum]) -> list[Stratum]:
    """Put each stratum without an answer together with its neighbour."""
    made: list[Stratum] = []
    for one in strata:
        if made and not (one.reviewed and made[-1].reviewed):
            made[-1] = Stratum(*(a + b for a, b in zip(made[-1], one, strict=True)))
        else:
            made.append(one)
    return made


def _ratio(top: Estimate, bottom: Estimate) -> tuple[float, float]:
    """The ends of the interval of a ratio of independent estimates; the upper may be infinite."""
    product = top.value * bottom.value
    top_low, top_high = (one * (2 * top.value - one) for one in (top.low, top.high))
    bottom_low, bottom_high = (one * (2 * bottom.value - one) for one in (bottom.low, bottom.high))
    # The usual form of the lower end divides by a difference that may be zero; this is the same.
    over = product + math.sqrt(max(product**2 - top_low * bottom_high, 0.0))
    root = math.sqrt(max(product**2 - top_high * bottom_low, 0.0))
    low = top_low / over if over else 0.0 if bottom.high else math.inf
    high = (product + root) / bottom_low if bottom_low > 0 else math.inf
    return low, high
