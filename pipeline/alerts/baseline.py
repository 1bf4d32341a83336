"""What is usual: how many to expect in an hour of the week, and how sure of it one can be.

A count is taken for a draw from a negative binomial distribution: a Poisson count whose rate is
known only so well. Three doubts widen it, each a relative variance: the level (few counts say
little), the rhythm (an hour of the day that was seen twice), and that people do not complain
independently of each other (dispersion, measured on the days before, and drawn to a default while
those are few). So a company of two days old gets wide bounds, and no alarm for nothing.

What is usual on a day is learned from the days before it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HISTORY_DAYS = 28
WINDOWS = (1, 4, 24)
"""Hours that are looked at together: a blow, a wave, a slow burn."""
BEFORE = 24
"""Hours before a window that tell how fast it grows."""
REACH = max(WINDOWS[1] + BEFORE, WINDOWS[2])
"""Hours before a day that windows of that day reach back to."""
LEVEL_COUNTS = 0.5
"""What a level is drawn to: half a count, so that a first complaint is no miracle."""
_WEEK = 168
_DAY = (0.25, 0.15, 0.1, 0.1, 0.1, 0.25, 0.5, 0.9, 1.3, 1.5, 1.5, 1.5,
        1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.5, 1.5, 1.3, 0.9, 0.5)  # fmt: skip
"""The rhythm of a day, by local hour, that is believed until a company's own is known."""
_RHYTHM_COUNTS = 4.0
"""Counts in an hour that the believed rhythm weighs as much as."""
_DISPERSION, _DISPERSION_BLOCKS, _LEAST_DISPERSION = 0.15, 10, 0.02
"""Relative variance beyond chance that is believed, and how many windows that belief weighs."""
_USUAL_DEVIATIONS = 2
"""An hour further off was no usual one: what goes beyond does not raise the usual."""


@dataclass(frozen=True)
class Hours:
    """Counts per hour and series, from a midnight UTC to a midnight UTC.

    `counts` and `is_heard` are (hours, series). An hour that was not listened to says nothing.
    """

    first: datetime
    counts: Ints
    is_heard: Flags

    def of_week(self, zone: ZoneInfo) -> Ints:
        """The local hour of the week of each hour, 0 for the first of Monday."""
        end = self.first + timedelta(hours=len(self.counts))
        hours = pl.datetime_range(self.first, end, "1h", closed="left", eager=True)
        local = hours.dt.convert_time_zone(zone.key).dt
        return ((local.weekday().cast(pl.Int64) - 1) * 24 + local.hour()).to_numpy()


@dataclass(frozen=True)
class Day:
    """What is usual on a day.

    `at` is its first hour; `rhythm` and `rhythm_doubt` are (`REACH` + 24, series) and begin
    `REACH` hours before: the hour as a share of an average one (0 where not listened to), and the
    relative variance of that. `level` is the count of an average hour, `level_counts` how many
    counts it is made of, `history_hours` over how many hours: (series). `dispersion` is the
    relative variance beyond chance: (`WINDOWS`, series).
    """

    at: int
    level: Floats
    level_counts: Floats
    history_hours: Ints
    rhythm: Floats
    rhythm_doubt: Floats
    dispersion: Floats


def days(hours: Hours, zone: ZoneInfo, *, one_rhythm: bool) -> Iterator[Day]:
    """Learn what is usual, day after day, from the first day that was listened to.

    Args:
        hours: the counts.
        zone: people sleep and work by this clock.
        one_rhythm: whether all series have the rhythm of the first one, the sum of them; else each
            its own.
    """
    of_week, heard = hours.of_week(zone), hours.is_heard
    usual = np.where(heard, hours.counts, 0).astype(np.float64)
    total, series = usual.shape
    evidence = np.zeros((total // 24, 2, len(WINDOWS), series))
    begins = int(heard.any(axis=1).argmax()) // 24 * 24 if heard.any() else total
    for at in range(begins, total, 24):
        past = slice(max(0, at - HISTORY_DAYS * 24), at)
        day = _day(at, usual[past], heard[past], of_week, heard, evidence, one_rhythm)
        yield day
        if day.history_hours.any():
            usual[at : at + 24] = np.minimum(usual[at : at + 24], _most_usual(day))
        evidence[at // 24] = _evidence(day, usual[at : at + 24])


def tail(observed: Ints, mean: Floats, doubt: Floats) -> Floats:
    """The chance of so many or more, when `mean` is known with the relative variance `doubt`."""
    size = 1 / doubt
    found: Floats = special.betainc(np.maximum(observed, 1), size, mean / (mean + size))
    found[observed < 1] = 1
    return found


def lower_tail(observed: Ints, mean: Floats, doubt: Floats) -> Floats:
    """The chance of so few or fewer."""
    return np.subtract(1, tail(observed + 1, mean, doubt), dtype=np.float64)


def sums(values: Floats | Ints, hours: int, skip: int = 0) -> Floats:
    """Sums of so many hours that end with each of the last 24, or `skip` hours before it."""
    start = np.zeros((1, values.shape[1]))
    whole = np.concatenate([start, np.cumsum(values, axis=0)], dtype=np.float64)
    ends = np.arange(len(values) - 24, len(values)) + 1 - skip
    found: Floats = whole[ends] - whole[ends - hours]
    return found


def window_mean(day: Day, hours: int) -> tuple[Floats, Floats]:
    """Sum and relative variance of the rhythm of windows of so many hours, each (24, series)."""
    spread = day.rhythm * np.sqrt(day.rhythm_doubt)
    share = sums(day.rhythm, hours)
    return share, np.square(sums(spread, hours) / np.maximum(share, 1e-9))


def _day(
    at: int,
    past: Floats,
    past_heard: Flags,
    of_week: Ints,
    heard: Flags,
    evidence: Floats,
    one_rhythm: bool,
) -> Day:
    first = at - len(past)
    rhythm, doubt = _rhythm(past, past_heard, of_week[first:at], one_rhythm)
    around = np.arange(at - REACH, at + 24)
    # Before the first hour nothing was heard; which hour of the week it was does not matter.
    listened = np.where((around >= 0)[:, None], heard[np.maximum(around, 0)], False)
    week = of_week[np.maximum(around, 0)]
    level_counts = past.sum(axis=0)
    exposure = (rhythm[of_week[first:at]] * past_heard).sum(axis=0)
    return Day(
        at=at,
        level=(level_counts + LEVEL_COUNTS) / np.maximum(exposure, 1),
        level_counts=level_counts,
        history_hours=past_heard.sum(axis=0),
        rhythm=rhythm[week] * listened,
        rhythm_doubt=doubt[week],
        dispersion=_dispersion(evidence[first // 24 : at // 24]),
    )


def _rhythm(past: Floats, heard: Flags, of_week: Ints, one_rhythm: bool) -> tuple[Floats, Floats]:
    """The rhythm of the week and its doubt, (168, series): all days alike at first."""
    series = past.shape[1]
    if one_rhythm:
        past, heard = past[:, :1], np.logical_or.reduce(heard, axis=1, keepdims=True)
    hour_is = (of_week[:, None] == np.arange(_WEEK)).astype(np.float64).T
    counts, seen = hour_is @ past, hour_is @ heard.astype(np.float64)
    of_day = [each.reshape(7, 24, -1).sum(axis=0) for each in (counts, seen)]
    believed = np.array(_DAY)[:, None] / np.mean(_DAY)
    level = (counts.sum(axis=0) + LEVEL_COUNTS) / np.maximum(seen.sum(axis=0), 1)
    daily = (_RHYTHM_COUNTS + of_day[0]) / (_RHYTHM_COUNTS / believed + of_day[1] * level)
    tiled = np.tile(daily, (7, 1))
    weekly = (_RHYTHM_COUNTS + counts) / (_RHYTHM_COUNTS / tiled + seen * level)
    doubt = np.tile(1 / (_RHYTHM_COUNTS + of_day[0]), (7, 1))
    shape = (_WEEK, series)
    return np.broadcast_to(weekly / weekly.mean(axis=0), shape), np.broadcast_to(doubt, shape)


def _most_usual(day: Day) -> Floats:
    """The most that an hour of the day counts for in what will be usual, (24, series)."""
    share, doubt = window_mean(day, 1)
    mean = share * day.level
    widened = doubt + 1 / (day.level_counts + LEVEL_COUNTS) + day.dispersion[0]
    most = mean + _USUAL_DEVIATIONS * np.sqrt(mean + mean**2 * widened) + 1
    return np.where(day.history_hours > 0, most, np.inf)


def _evidence(day: Day, usual: Floats) -> Floats:
    """What a day tells of the dispersion: squares beyond chance, and of the mean."""
    found = np.zeros((2, len(WINDOWS), usual.shape[1]))
    share = day.rhythm[REACH:] * day.level
    for at, hours in enumerate(WINDOWS):
        mean = share.reshape(24 // hours, hours, -1).sum(axis=1)
        held = usual.reshape(24 // hours, hours, -1).sum(axis=1)
        known = (day.history_hours >= 48).astype(np.float64)
        found[0, at] = known * ((held - mean) ** 2 - mean).sum(axis=0)
        found[1, at] = known * (mean**2).sum(axis=0)
    return found


def _dispersion(evidence: Floats) -> Floats:
    beyond, squares = evidence.sum(axis=0) if len(evidence) else np.zeros(evidence.shape[1:])
    blocks = np.array([[24 // hours] for hours in WINDOWS]) * max(len(evidence), 1)
    weight = _DISPERSION_BLOCKS * (1 + squares / blocks)
    found: Floats = (beyond + weight * _DISPERSION) / (squares + weight)
    return np.maximum(found, _LEAST_DISPERSION)
