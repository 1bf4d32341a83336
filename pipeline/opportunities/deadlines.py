"""Deadlines in the hours that the company works.

Opening hours are local; they become intervals in UTC day by day, so a day on which the clock
changes, a public holiday and the turn of the year need no rule of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import SettingsError
from pipeline.settings import WEEKDAYS, Company

_HOUR = 3_600_000_000
_LAST_FIFTH = 0.8

Microseconds = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class BusinessHours:
    """The company's opening hours, oldest first, as microseconds since 1970 in UTC.

    `worked` is the time worked before each interval.
    """

    starts: Microseconds
    ends: Microseconds
    worked: Microseconds

    @classmethod
    def of(cls, company: Company, first: date, last: date, hours: float) -> BusinessHours:
        """Lay out the opening hours from `first` until `hours` can be worked after `last`.

        Raises SettingsError when the calendar has an unknown country.
        """
        calendar = company.calendar
        closed_hours = len(calendar.closed_on) * calendar.day_hours
        # A fifth and four weeks more than the plain weeks leave room for any country's holidays.
        weeks = 4 + 1.2 * (hours + closed_hours) / calendar.week_hours
        until = last + timedelta(weeks=weeks)
        closed = holidays_of(calendar.country, range(first.year, until.year + 1))
        closed |= set(calendar.closed_on)
        spans = [
            (_at(company, day, calendar.opens), _at(company, day, calendar.closes))
            for day in (first + timedelta(days=at) for at in range((until - first).days + 1))
            if day in calendar.open_on
            or (WEEKDAYS[day.weekday()] in calendar.days and day not in closed)
        ]
        starts, ends = np.array(spans, dtype=np.int64).T
        worked = np.concatenate([[0], np.cumsum(ends - starts)[:-1]])
        return cls(starts, ends, worked)

    def after(self, opened: Microseconds, hours: np.ndarray[Any, Any]) -> Microseconds:
        """The moments at which `hours` have been worked since `opened`."""
        at = np.maximum(np.searchsorted(self.starts, opened, side="right") - 1, 0)
        spent = np.clip(opened, self.starts[at], self.ends[at]) - self.starts[at]
        due = self.worked[at] + spent + np.rint(hours * _HOUR).astype(np.int64)
        day = np.searchsorted(self.worked + self.ends - self.starts, due, side="left")
        moments: Microseconds = self.starts[day] + due - self.worked[day]
        return moments


def with_deadlines(rows: pl.DataFrame, company: Company, as_of: datetime) -> pl.DataFrame:
    """Add `respond_by` and `deadline_state` as they stand at `as_of`.

    Args:
        rows: `opened_at`, `answered_at` and `closed_at` (null: not yet) and `promise_hours`. What
            comes first of an answer and a closing stops the clock.
        company: whose calendar counts.
        as_of: "now", an aware UTC datetime.
    """
    if rows.is_empty():
        return rows.with_columns(
            respond_by=pl.col("opened_at"), deadline_state=pl.lit(None, pl.String)
        )
    respond_by, orange_from = _due(rows, company, 1, _LAST_FIFTH)
    rows = rows.with_columns(respond_by=respond_by, orange_from=orange_from)
    now, stopped_at = pl.lit(as_of), pl.min_horizontal("answered_at", "closed_at")
    state = (
        pl.when(stopped_at <= pl.col("respond_by"))
        .then(pl.lit("met"))
        .when(stopped_at.is_not_null())
        .then(pl.lit("missed"))
        .when(now > pl.col("respond_by"))
        .then(pl.lit("red"))
        .when(now >= pl.col("orange_from"))
        .then(pl.lit("orange"))
        .otherwise(pl.lit("green"))
    )
    return rows.with_columns(deadline_state=state).drop("orange_from")


def with_promise(rows: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Add `respond_by`, null where nothing is promised: `promise_hours` is 0.

    Args:
        rows: `row_id`, `opened_at` and `promise_hours`.
        company: whose calendar counts.
    """
    promised = rows.filter(pl.col("promise_hours") > 0)
    if promised.is_empty():
        return rows.with_columns(respond_by=pl.lit(None, rows.schema["opened_at"]))
    (respond_by,) = _due(promised, company, 1)
    due = promised.select("row_id", respond_by=respond_by)
    return rows.join(due, on="row_id", how="left", maintain_order="left")


def _due(rows: pl.DataFrame, company: Company, *shares: float) -> list[pl.Series]:
    """When these shares of the promised hours of rows have been worked."""
    opened = rows["opened_at"].dt.epoch("us").to_numpy()
    hours = rows["promise_hours"].to_numpy()
    first, last = (_day(at) for at in (opened.min(), opened.max()))
    calendar = BusinessHours.of(company, first - timedelta(days=1), last, float(hours.max()))
    return [_moments(calendar.after(opened, hours * share)) for share in shares]


def _day(microseconds: np.int64) -> date:
    return datetime.fromtimestamp(int(microseconds) / 1_000_000, UTC).date()


def _moments(microseconds: Microseconds) -> pl.Series:
    return pl.Series(microseconds).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _at(company: Company, day: date, clock: str) -> int:
    at = timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
    local = datetime.combine(day, datetime.min.time()) + at
    moment = local.replace(tzinfo=company.zone).astimezone(UTC)
    return round(moment.timestamp()) * 1_000_000


def holidays_of(country: str, years: range) -> set[date]:
    """The public holidays of a country. Raises SettingsError for one of which none are known."""
    import holidays

    whole, _, part = country.partition("-")
    try:
        return set(holidays.country_holidays(whole, subdiv=part or None, years=years))
    except NotImplementedError as error:
        raise SettingsError(
            f"no public holidays are known for '{country}'",
            where="company.calendar.country",
            mend="give an ISO 3166 code, such as NL or BE, or that of a part, such as GB-ENG",
        ) from error
