"""What sources bring in by the hour against what is usual: silence and floods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from pipeline.alerts import baseline
from pipeline.alerts.baseline import LEVEL_COUNTS, REACH, WINDOWS, Day, Floats, Hours, Ints
from pipeline.records import HOUR

HISTORY_HOURS = 8 * 24
"""Hours of a source that must be known before anything is said of it: a whole weekend too."""
FLOOD, LEAST_FLOOD = 5.0, 50
"""How many times the expected a flood is, and messages below which there is none."""
LONGER = 1.5
"""How many times the longest pause there was before a silence is."""


@dataclass
class _Spell:
    """Hours in which one thing was unusual; `start` is where its window begins."""

    kind: str
    source: str
    start: int
    opened: int
    last: int
    observed: int
    expected: float
    chance: float


@dataclass
class Volumes:
    """`expected` is (hours, sources), nan while nothing is known; `spells` what was unusual."""

    expected: Floats
    spells: list[_Spell] = field(default_factory=list)


def volumes(
    hours: Hours, sources: Sequence[str], zone: ZoneInfo, *, false_alarms: float, cooldown: int
) -> Volumes:
    """Say what is usual for each source in each hour, and find silence and floods.

    Args:
        hours: messages by hour and source.
        sources: names of the series.
        zone: of the company.
        false_alarms: how many are bearable in thirty quiet days.
        cooldown: hours within which more of the same is the same.
    """
    padded = np.concatenate([np.zeros((REACH, len(sources)), np.int64), hours.counts])
    made = Volumes(np.full(hours.counts.shape, np.nan))
    going: dict[tuple[str, int], _Spell] = {}
    none = np.zeros(len(sources), np.int64)
    pauses = _Pauses(none.astype(np.float64), none, none, none)
    for day in baseline.days(hours, zone, one_rhythm=False):
        counts = padded[day.at : day.at + REACH + 24]
        mean = day.rhythm[REACH:] * day.level
        known = day.history_hours >= 24
        made.expected[day.at : day.at + 24, known] = mean[:, known]
        found = [*_floods(day, counts, false_alarms)]
        found += _silences(day, counts[REACH:], mean, pauses, false_alarms)
        for spell, series in sorted(found, key=lambda one: (one[0].opened, one[0].kind, one[1])):
            spell.source = sources[series]
            held = going.get((spell.kind, series))
            if held is not None and spell.opened - held.last <= cooldown:
                held.last = spell.opened
            else:
                going[spell.kind, series] = spell
                made.spells.append(spell)
    return made


def _bar(false_alarms: float, hours: int) -> float:
    return false_alarms / (20 * 30 * 24 / hours)


def _floods(day: Day, counts: Ints, false_alarms: float) -> Iterator[tuple[_Spell, int]]:
    for at, hours in enumerate(WINDOWS):
        observed = baseline.sums(counts, hours).astype(np.int64)
        mean, doubt = _window(day, at)
        chance = baseline.tail(observed, np.maximum(mean, 1e-9), doubt)
        is_more = (observed >= LEAST_FLOOD) & (observed >= FLOOD * mean)
        is_more &= (chance <= _bar(false_alarms, hours)) & (day.history_hours >= HISTORY_HOURS)
        for hour, series in np.argwhere(is_more):
            end = day.at + int(hour)
            numbers = (int(observed[hour, series]), float(mean[hour, series]))
            likely = float(chance[hour, series])
            yield _Spell("source_flood", "", end - hours + 1, end, end, *numbers, likely), series


@dataclass
class _Pauses:
    """By source: what was to be expected since the last message, since when, and two lengths.

    `hours` and `longest`, of this pause and of the longest ever, count hours that were listened to.
    """

    missed: Floats
    since: Ints
    hours: Ints
    longest: Ints


def _silences(
    day: Day, counts: Ints, mean: Floats, pauses: _Pauses, false_alarms: float
) -> Iterator[tuple[_Spell, int]]:
    """Hours at which nothing had come for too long; `pauses` go on from day to day."""
    bar = _bar(false_alarms, 24)
    doubt = np.minimum(1 / (day.level_counts + LEVEL_COUNTS) + day.dispersion[-1], 1)
    known = day.history_hours >= HISTORY_HOURS
    for hour in range(24):
        at, is_silent = day.at + hour, counts[hour] == 0
        is_heard = day.rhythm[REACH + hour] > 0
        ended = np.where(is_silent, 0, pauses.hours)
        pauses.longest = np.maximum(pauses.longest, ended)
        pauses.hours = np.where(is_silent, pauses.hours + is_heard, 0)
        pauses.missed = np.where(is_silent, pauses.missed + mean[hour], 0)
        pauses.since = np.where(is_silent, pauses.since, at + 1)
        missed, days = np.maximum(pauses.missed, 1e-9), np.maximum(pauses.hours / 24, 1)
        chance = baseline.lower_tail(np.zeros_like(pauses.hours), missed, doubt / days)
        # A desk that is closed every weekend is not silent on the next one.
        is_longer = is_silent & (pauses.hours > LONGER * pauses.longest)
        too_long = (chance <= bar) & is_longer & known & is_heard
        for series in map(int, np.flatnonzero(too_long)):
            start, expected = int(pauses.since[series]), float(pauses.missed[series])
            likely = max(float(chance[series]), 0.0)
            yield _Spell("source_silent", "", start, at, at, 0, expected, likely), series


def _window(day: Day, window: int) -> tuple[Floats, Floats]:
    share, doubt = baseline.window_mean(day, WINDOWS[window])
    return share * day.level, doubt + 1 / (day.level_counts + LEVEL_COUNTS) + day.dispersion[window]


def rows_of(spells: Sequence[_Spell], first: datetime) -> pl.DataFrame:
    """Spells as alerts without ids of messages."""
    return pl.DataFrame(
        [
            {
                "kind": one.kind,
                "subject": one.source,
                "sources": [one.source],
                "window_start": first + one.start * HOUR,
                "opened_at": first + (one.opened + 1) * HOUR,
                "last_at": first + (one.last + 1) * HOUR,
                "observed": one.observed,
                "expected": one.expected,
                "chance": one.chance,
            }
            for one in spells
        ],
        schema=ROWS,
    )


ROWS = pl.Schema(
    {
        "kind": pl.String(),
        "subject": pl.String(),
        "sources": pl.List(pl.String()),
        "window_start": pl.Datetime("us", "UTC"),
        "opened_at": pl.Datetime("us", "UTC"),
        "last_at": pl.Datetime("us", "UTC"),
        "observed": pl.Int32(),
        "expected": pl.Float32(),
        "chance": pl.Float64(),
    }
)
