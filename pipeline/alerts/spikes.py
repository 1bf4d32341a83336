"""Spikes: more people at once than is usual for the hour, or than the hours before led to expect.

Every hour is asked two things, over the last `WINDOWS` hours: are these more than usual, and are
they more than the day before makes one expect (velocity; it needs no history, so that a company on
its first day hears of a crisis too). The bar is set by how many false alarms are bearable in thirty
quiet days, shared out over everything that is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from pipeline.alerts import baseline
from pipeline.alerts.baseline import BEFORE, LEVEL_COUNTS, REACH, WINDOWS, Day, Floats, Hours, Ints

FACTOR = 2.0
"""How many times the expected there must be: large companies have tiny chances every day."""
USUAL_FACTOR = 1.5
"""What grows fast must also be this many times the usual: after a quiet night all grows fast."""
_DAYS = 30
_ASKED = 20 * len(WINDOWS) * 2
"""Series, windows and questions that share the false alarms: few series are busy enough to err."""
_LEAST_EXPOSURE = 2.0
"""Average hours before a window, below which nothing is said of its growth."""


_EXPLAINED = 0.5
"""Share of what is too many in all from which a subject is what the alert is about."""
_REST_COUNTS = 5.0
"""What the rest of the company is drawn to being as usual by."""


@dataclass(frozen=True)
class Spike:
    """An hour at whose end a series stood out. `hours` is the window; `hour` is the last one."""

    hour: int
    series: int
    hours: int
    observed: int
    expected: float
    chance: float
    surprise: float
    is_velocity: bool

    @property
    def excess(self) -> float:
        """How many more than expected."""
        return self.observed - self.expected


def spikes(hours: Hours, zone: ZoneInfo, *, least: int, false_alarms: float) -> Iterator[Spike]:
    """Find the hours at which a series stands out, the most surprising of an hour first.

    Args:
        hours: the first series is the sum of the others, whose rhythm is everyone's.
        zone: of the company.
        least: people below which nothing is a spike.
        false_alarms: how many are bearable in thirty quiet days.
    """
    padded = np.concatenate([np.zeros((REACH, hours.counts.shape[1]), np.int64), hours.counts])
    for day in baseline.days(hours, zone, one_rhythm=True):
        counts = padded[day.at : day.at + REACH + 24]
        if counts.any():
            yield from _of_day(day, counts, least, false_alarms)


def _of_day(day: Day, counts: Ints, least: int, false_alarms: float) -> Iterator[Spike]:
    found: list[Spike] = []
    for at, hours in enumerate(WINDOWS):
        observed = baseline.sums(counts, hours).astype(np.int64)
        if observed.max() < least:
            continue
        bar = false_alarms / (_ASKED * _DAYS * 24 / hours)
        usual, usual_chance = _against_usual(day, observed, at)
        before, before_chance = _against_before(day, counts, observed, at)
        is_more = (usual_chance <= bar) & (observed >= FACTOR * usual)
        grows = (before_chance <= bar) & (observed >= FACTOR * before)
        grows &= (observed >= USUAL_FACTOR * usual) | (day.history_hours < 24)
        for hour, series in np.argwhere((observed >= least) & (is_more | grows)):
            by_usual = bool(is_more[hour, series])
            mean, chance = (usual, usual_chance) if by_usual else (before, before_chance)
            found.append(
                Spike(
                    hour=day.at + int(hour),
                    series=int(series),
                    hours=hours,
                    observed=int(observed[hour, series]),
                    expected=float(mean[hour, series]),
                    chance=float(chance[hour, series]),
                    surprise=float(np.log(bar) - np.log(max(chance[hour, series], 1e-300))),
                    is_velocity=bool(grows[hour, series]),
                )
            )
    for hour in sorted({one.hour for one in found}):
        yield from _ordered([one for one in found if one.hour == hour])


def _ordered(found: list[Spike]) -> list[Spike]:
    """Spikes of one hour: a subject before the whole that it is most of, the surprising first."""
    most = max((one.excess for one in found if one.series != 0), default=0.0)

    def rank(one: Spike) -> tuple[bool, float, int, int]:
        is_explained = one.series == 0 and most >= _EXPLAINED * one.excess
        return is_explained, -one.surprise, one.series, one.hours

    return sorted(found, key=rank)


def _against_usual(day: Day, observed: Ints, window: int) -> tuple[Floats, Floats]:
    """Expected count and chance of the observed one, by what is usual and how the rest is doing."""
    share, doubt = baseline.window_mean(day, WINDOWS[window])
    mean = share * day.level * _rest(observed, share * day.level)
    doubt = doubt + 1 / (day.level_counts + LEVEL_COUNTS) + day.dispersion[window]
    chance = baseline.tail(observed, np.maximum(mean, 1e-9), doubt)
    return mean, np.where(day.history_hours >= 24, chance, 1.0)


def _rest(observed: Ints, mean: Floats) -> Floats:
    """How many times the usual the rest of the company has, at least 1: a bad day is no topic's."""
    rest = observed[:, :1] - observed + _REST_COUNTS
    usual = mean[:, :1] - mean + _REST_COUNTS
    raised: Floats = np.maximum(rest / np.maximum(usual, _REST_COUNTS), 1)
    return raised


def _against_before(day: Day, counts: Ints, observed: Ints, window: int) -> tuple[Floats, Floats]:
    """Expected count and chance of the observed one, by the hours before the window."""
    hours = WINDOWS[window]
    if hours + BEFORE > REACH:
        return np.zeros(observed.shape), np.ones(observed.shape)
    share, doubt = baseline.window_mean(day, hours)
    held = baseline.sums(counts, BEFORE, skip=hours) + LEVEL_COUNTS
    exposure = baseline.sums(day.rhythm, BEFORE, skip=hours)
    mean = held / np.maximum(exposure, 1e-9) * share
    doubt = doubt + 1 / held + day.dispersion[window]
    chance = baseline.tail(observed, np.maximum(mean, 1e-9), doubt)
    return mean, np.where(exposure >= _LEAST_EXPOSURE, chance, 1.0)
