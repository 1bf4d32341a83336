"""Surges: spikes that belong together are one alert, about the subject that shows it best.

A crisis stands out in several series: the topic, the product, all together. The first to show opens
the alert; whatever stands out later and is mostly made of the same messages joins it. So does what
goes on within the cooldown; what comes after that is a new alert.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from pipeline.alerts.baseline import WINDOWS, Flags, Hours, Ints
from pipeline.alerts.spikes import Spike, spikes

PERSON_HOURS = 24
"""Within these hours a person counts once, however often he writes."""
JOIN_HOURS = 6
"""So long after its opening a broad alert takes in every narrower one; later a blow is news."""
_SHARED = 0.5
WHOLE = "company"
"""The kind of subject that everything is about."""


@dataclass(frozen=True)
class Sensitivity:
    """People below which nothing is a surge, bearable false alarms in 30 days, cooldown."""

    least: int
    false_alarms: float
    cooldown_hours: int


@dataclass
class Surge:
    """Spikes that belong together; `opening` is the first, `series` all that stand out."""

    opening: Spike
    last_hour: int
    series: set[int] = field(default_factory=set)


def surges(
    events: pl.DataFrame,
    subjects: pl.DataFrame,
    first: datetime,
    is_heard: Flags,
    zone: ZoneInfo,
    how: Sensitivity,
) -> pl.DataFrame:
    """Find the surges among events.

    Args:
        events: `message_id`, `person`, `source` and `at`, one row per event, sorted by `at` and
            `message_id`.
        subjects: `row` (of the event), `subject_kind`, `subject`: what each event is about; every
            event is about the one subject of the kind `WHOLE`, and may be about more.
        first: the first midnight UTC that was listened to.
        is_heard: whether each hour from then on was listened to.
        zone: of the company.
        how: the sensitivity.

    Returns:
        A row per surge in order of `opened_at`: `subject_kind`, `subject`, `window_start`,
        `opened_at` (the end of the hour that showed it), `last_at`, `observed`, `expected`,
        `factor`, `chance`, `is_velocity`, `message_ids`, `sources`, `spread_to`; and `all_ids`,
        the messages until `last_at`.
    """
    hour = ((pl.col("at") - pl.lit(first)).dt.total_seconds() // 3600).cast(pl.Int64)
    timed = events.with_row_index("row").with_columns(hour=hour)
    told = subjects.join(timed.select("row", "hour", "person"), on="row", maintain_order="left")
    listed = _that_can_surge(told, how.least)
    told = told.join(listed, on=["subject_kind", "subject"], maintain_order="left")
    counts = np.zeros((len(is_heard), len(listed)), np.int64)
    once = _people(told)
    np.add.at(counts, (once["hour"].to_numpy(), once["series"].to_numpy()), 1)
    # Before the first event of all nothing was heard: nobody begins to listen to silence.
    begun = is_heard & np.logical_or.accumulate(counts.any(axis=1))
    hours = Hours(first, counts, np.repeat(begun[:, None], len(listed), axis=1))
    members = _Members(told, timed)
    found = list(_joined(spikes(hours, zone, least=how.least, false_alarms=how.false_alarms),
                         members, how.cooldown_hours)) if len(listed) else []  # fmt: skip
    return _rows(found, members, listed, timed, first)


def _that_can_surge(told: pl.DataFrame, least: int) -> pl.DataFrame:
    """The subjects with enough events around one day, numbered: `series`; the whole is 0.

    The whole has all events, so it has enough of them where any other subject has.
    """
    day = pl.col("hour") // 24
    by_day = told.group_by("subject_kind", "subject", day=day).len()
    next_day = by_day.with_columns(pl.col("day") + 1)
    keys = ["subject_kind", "subject", "day"]
    both = by_day.join(next_day, on=keys, how="left", suffix="_before")
    is_enough = pl.col("len") + pl.col("len_before").fill_null(0) >= least
    names = both.filter(is_enough).select("subject_kind", "subject").unique()
    ordered = names.sort(pl.col("subject_kind") != WHOLE, "subject_kind", "subject")
    return ordered.with_row_index("series")


def _people(told: pl.DataFrame) -> pl.DataFrame:
    """Events of a series, each person once within `PERSON_HOURS`."""
    since = pl.col("hour").diff().over("series", "person")
    return told.filter((since > PERSON_HOURS).fill_null(value=True))


class _Members:
    """The events of each series, by hour."""

    def __init__(self, told: pl.DataFrame, timed: pl.DataFrame) -> None:
        self.sources = timed["source"]
        self._of: dict[int, tuple[Ints, Ints]] = {
            int(name[0]): (part["hour"].to_numpy(), part["row"].to_numpy())
            for name, part in told.partition_by("series", as_dict=True).items()
        }

    def rows(self, series: int, first: int, last: int) -> Ints:
        """Positions of the events of a series from one hour to another, both included."""
        hours, rows = self._of[series]
        return rows[np.searchsorted(hours, first) : np.searchsorted(hours, last, side="right")]

    def of(self, surge: Surge, last: int) -> set[int]:
        """Positions of all events of a surge until an hour."""
        first = surge.opening.hour - surge.opening.hours + 1
        return {int(row) for one in surge.series for row in self.rows(one, first, last)}


def _joined(found: Iterator[Spike], members: _Members, cooldown: int) -> Iterator[Surge]:
    going: list[Surge] = []
    for spike in found:
        going = [one for one in going if spike.hour - one.last_hour <= cooldown]
        home = next((one for one in going if spike.series in one.series), None)
        home = home or _made_of_the_same(spike, going, members)
        if home is None:
            home = Surge(spike, spike.hour)
            going.append(home)
            yield home
        home.series.add(spike.series)
        home.last_hour = spike.hour


def _made_of_the_same(spike: Spike, going: list[Surge], members: _Members) -> Surge | None:
    rows = members.rows(spike.series, spike.hour - spike.hours + 1, spike.hour)
    for surge in going:
        is_narrower = 0 in surge.series and spike.series != 0
        is_late = spike.hour - surge.opening.hour > JOIN_HOURS
        if is_narrower and is_late and spike.hours < WINDOWS[-1]:
            continue
        known = members.of(surge, spike.hour)
        if sum(int(row) in known for row in rows) >= _SHARED * len(rows):
            return surge
    return None


def _rows(
    found: list[Surge],
    members: _Members,
    listed: pl.DataFrame,
    timed: pl.DataFrame,
    first: datetime,
) -> pl.DataFrame:
    named = listed.select("subject_kind", "subject").rows()
    return pl.DataFrame(
        [_row(one, members, timed, first, *named[one.opening.series]) for one in found],
        schema={**SURGE, "all_ids": pl.List(pl.String())},
        orient="row",
    )


SURGE = pl.Schema(
    {
        "subject_kind": pl.String(),
        "subject": pl.String(),
        "window_start": pl.Datetime("us", "UTC"),
        "opened_at": pl.Datetime("us", "UTC"),
        "last_at": pl.Datetime("us", "UTC"),
        "observed": pl.Int32(),
        "expected": pl.Float32(),
        "factor": pl.Float32(),
        "chance": pl.Float64(),
        "is_velocity": pl.Boolean(),
        "message_ids": pl.List(pl.String()),
        "sources": pl.List(pl.String()),
        "spread_to": pl.List(pl.String()),
    }
)


def _row(
    surge: Surge, members: _Members, timed: pl.DataFrame, first: datetime, kind: str, subject: str
) -> tuple[object, ...]:
    spike = surge.opening
    start, end = spike.hour - spike.hours + 1, spike.hour + 1
    rows = members.rows(spike.series, start, spike.hour)
    whole = members.of(surge, surge.last_hour)
    later = sorted(whole - set(map(int, rows)))
    sources = list(dict.fromkeys(members.sources[rows]))
    spread = [one for one in dict.fromkeys(members.sources[later]) if one not in sources]
    return (
        kind,
        subject,
        first + timedelta(hours=start),
        first + timedelta(hours=end),
        first + timedelta(hours=surge.last_hour + 1),
        spike.observed,
        spike.expected,
        spike.observed / max(spike.expected, 0.01),
        spike.chance,
        spike.is_velocity,
        timed["message_id"][rows].to_list(),
        sources,
        spread,
        timed["message_id"][sorted(whole)].to_list(),
    )
