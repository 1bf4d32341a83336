"""Deadlines count the hours that the company works, and only these."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from pipeline.errors import SettingsError
from pipeline.opportunities.deadlines import BusinessHours, with_deadlines
from pipeline.settings import Company, Route

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
COMPANY = Company.model_validate(
    {"name": "Wolk", "calendar": {"opens": "09:00", "closes": "17:00"}}
)
ALL_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def local(text: str) -> datetime:
    """A moment in Amsterdam, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).astimezone(UTC)


def rows(
    *opened: datetime,
    hours: float = 8,
    answered: datetime | None = None,
    closed: datetime | None = None,
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "opened_at": opened,
            "answered_at": [answered] * len(opened),
            "closed_at": [closed] * len(opened),
            "promise_hours": [float(hours)] * len(opened),
        },
        schema={
            "opened_at": pl.Datetime("us", "UTC"),
            "answered_at": pl.Datetime("us", "UTC"),
            "closed_at": pl.Datetime("us", "UTC"),
            "promise_hours": pl.Float64,
        },
    )


def due(opened: str, hours: float = 8, company: Company = COMPANY) -> str:
    """When an answer is due, Amsterdam time."""
    made = with_deadlines(rows(local(opened), hours=hours), company, local("2030-01-01T00:00"))
    return made["respond_by"][0].astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")


def state(opened: str, now: str, answered: str | None = None, hours: float = 5) -> str:
    given = rows(local(opened), hours=hours, answered=local(answered) if answered else None)
    return str(with_deadlines(given, COMPANY, local(now))["deadline_state"][0])


@pytest.mark.parametrize(
    ("opened", "hours", "expected"),
    [
        ("2026-11-02T09:00", 4, "2026-11-02 13:00"),
        ("2026-11-02T09:00", 8, "2026-11-02 17:00"),  # closing time, not the next opening
        ("2026-11-02T15:30", 4, "2026-11-03 11:30"),
        ("2026-11-02T03:00", 1, "2026-11-02 10:00"),  # before opening
        ("2026-11-02T23:00", 1, "2026-11-03 10:00"),  # after closing
        ("2026-11-06T16:00", 2, "2026-11-09 10:00"),  # over a weekend
        ("2026-11-07T12:00", 8, "2026-11-09 17:00"),  # on a Saturday
        ("2026-11-02T09:00", 400, "2027-01-12 17:00"),  # ten weeks, Christmas and New Year within
        ("2026-11-02T09:00", 0.25, "2026-11-02 09:15"),
    ],
)
def test_only_opening_hours_count(opened: str, hours: float, expected: str) -> None:
    assert due(opened, hours) == expected


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ("2026-04-02T16:00", "2026-04-07 16:00"),  # Good Friday to Easter Monday
        ("2026-04-24T16:00", "2026-04-28 16:00"),  # King's Day on a Monday
        ("2025-04-25T16:00", "2025-04-28 16:00"),  # King's Day on the 26th: the 27th is a Sunday
        ("2026-12-24T16:00", "2026-12-28 16:00"),  # both days of Christmas
        ("2026-12-31T16:00", "2027-01-04 16:00"),  # New Year, then a weekend
        ("2026-05-13T16:00", "2026-05-15 16:00"),  # Ascension Day
        ("2026-05-22T16:00", "2026-05-26 16:00"),  # Whit Monday
    ],
)
def test_public_holidays_do_not_count(opened: str, expected: str) -> None:
    assert due(opened, 8) == expected


@pytest.mark.parametrize(
    ("saturday", "monday"),
    [
        ("2026-03-27T16:00", "2026-03-30 16:00"),  # an hour is lost on Sunday 29 March
        ("2026-10-23T16:00", "2026-10-26 16:00"),  # an hour is won on Sunday 25 October
    ],
)
def test_wall_clock_is_kept_over_the_nights_in_which_the_clock_changes(
    saturday: str, monday: str
) -> None:
    assert due(saturday, 8) == monday


def test_hours_of_the_night_are_counted_as_they_pass() -> None:
    """A desk that never rests works 23 hours on the last Sunday of March, 25 in October."""
    always = Company.model_validate(
        {"name": "Wolk", "calendar": {"opens": "00:00", "closes": "23:59", "days": ALL_DAYS}}
    )
    assert due("2026-03-28T12:00", 24, always) == "2026-03-29 13:01"
    assert due("2026-10-24T12:00", 24, always) == "2026-10-25 11:01"


@pytest.mark.parametrize(
    ("now", "answered", "expected"),
    [
        ("2026-11-02T10:00", None, "green"),
        ("2026-11-02T12:59", None, "green"),
        ("2026-11-02T13:00", None, "orange"),  # four of five hours are gone
        ("2026-11-02T14:00", None, "orange"),
        ("2026-11-02T14:01", None, "red"),
        ("2026-11-05T12:00", "2026-11-02T14:00", "met"),
        ("2026-11-05T12:00", "2026-11-02T14:01", "missed"),
    ],
)
def test_state_follows_the_clock_until_the_answer(
    now: str, answered: str | None, expected: str
) -> None:
    assert state("2026-11-02T09:00", now, answered) == expected


@pytest.mark.parametrize(
    ("closed", "answered", "expected"),
    [
        ("2026-11-02T13:30", None, "met"),
        ("2026-11-02T14:01", None, "missed"),
        ("2026-11-02T13:30", "2026-11-02T15:00", "met"),  # what comes first stops the clock
        ("2026-11-02T15:00", "2026-11-02T13:30", "met"),
    ],
)
def test_closing_stops_the_clock_as_an_answer_does(
    closed: str, answered: str | None, expected: str
) -> None:
    given = rows(
        local("2026-11-02T09:00"),
        hours=5,
        answered=local(answered) if answered else None,
        closed=local(closed),
    )
    made = with_deadlines(given, COMPANY, local("2026-11-05T12:00"))
    assert made["deadline_state"].to_list() == [expected]


def test_days_of_ones_own_are_closed_too() -> None:
    calendar = {"opens": "09:00", "closes": "17:00", "closed_on": ["2026-11-03"]}
    company = Company.model_validate({"name": "Wolk", "calendar": calendar})
    assert due("2026-11-02T16:00", 8, company) == "2026-11-04 16:00"


def test_holiday_or_saturday_that_is_named_is_worked() -> None:
    calendar = {"opens": "09:00", "closes": "17:00", "open_on": ["2026-04-27", "2026-11-07"]}
    company = Company.model_validate({"name": "Wolk", "calendar": calendar})
    assert due("2026-04-24T16:00", 2, company) == "2026-04-27 10:00"
    assert due("2026-11-06T16:00", 2, company) == "2026-11-07 10:00"


def test_day_may_end_at_midnight() -> None:
    calendar = {"opens": "00:00", "closes": "24:00"}
    company = Company.model_validate({"name": "Wolk", "calendar": calendar})
    assert due("2026-11-02T23:00", 2, company) == "2026-11-03 01:00"
    assert company.calendar.day_hours == 24


def test_closed_for_a_season_moves_the_deadline_to_the_day_it_opens_again() -> None:
    days = [str(date(2026, 7, 1) + timedelta(days=at)) for at in range(90)]
    calendar = {"opens": "09:00", "closes": "17:00", "closed_on": days}
    company = Company.model_validate({"name": "Wolk", "calendar": calendar})
    assert due("2026-06-30T16:00", 8, company) == "2026-09-29 16:00"


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ("2026-11-02T10:20", "2026-11-03 10:20"),  # the same time a day later
        ("2026-11-06T16:00", "2026-11-09 16:00"),  # over a weekend
        ("2026-11-07T12:00", "2026-11-09 17:00"),  # out of hours: the whole next working day
        ("2026-04-02T16:00", "2026-04-07 16:00"),  # over Easter
        ("2026-04-24T10:00", "2026-04-28 10:00"),  # over King's Day
        ("2026-12-31T12:00", "2027-01-04 12:00"),  # over the turn of the year
        ("2026-03-27T11:00", "2026-03-30 11:00"),  # over the night that has 23 hours
        ("2026-10-23T11:00", "2026-10-26 11:00"),  # over the night that has 25
    ],
)
def test_within_a_day_is_the_same_time_a_working_day_later(opened: str, expected: str) -> None:
    route = Route.model_validate(
        {"tag": "lead", "department": "sales", "owner": "Ada", "respond_within_days": 1}
    )
    assert due(opened, route.promise_hours(COMPANY.calendar, 4)) == expected


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        ("2026-04-03T16:00", "2026-04-07 16:00"),  # Good Friday is worked, Easter Monday is not
        ("2026-04-27T10:00", "2026-04-28 10:00"),  # King's Day is a day like any other
        ("2026-07-20T16:00", "2026-07-22 16:00"),  # the national holiday
        ("2026-11-10T16:00", "2026-11-12 16:00"),  # Armistice Day
        ("2026-12-24T16:00", "2026-12-28 16:00"),
    ],
)
def test_belgian_calendar(opened: str, expected: str) -> None:
    company = {
        "name": "Wolk",
        "time_zone": "Europe/Brussels",
        "calendar": {"country": "BE", "opens": "09:00", "closes": "17:00"},
    }
    assert due(opened, 8, Company.model_validate(company)) == expected


def test_evening_that_is_tomorrow_in_utc_belongs_to_the_day_that_is_worked() -> None:
    calendar = {"opens": "09:00", "closes": "22:00", "country": "US"}
    company = Company.model_validate(
        {"name": "Wolk", "time_zone": "America/New_York", "calendar": calendar}
    )
    # From nine in the evening to ten of the next morning, six hours behind Amsterdam.
    assert due("2026-11-10T03:00", 2, company) == "2026-11-10 16:00"


def test_last_fifth_counts_business_hours_too() -> None:
    """Of eight hours from Friday four o'clock the last fifth begins on Monday at 14:24."""
    assert state("2026-11-06T16:00", "2026-11-09T14:23", hours=8) == "green"
    assert state("2026-11-06T16:00", "2026-11-09T14:25", hours=8) == "orange"


@pytest.mark.parametrize(
    ("days", "hours", "closed_weeks", "expected"),
    [
        (["saturday"], 8, 14, "2026-09-12 17:00"),  # closed all summer, open one day a week
        (["monday"] * 7, 80, 0, "2026-08-10 17:00"),  # one day, though it is named seven times
    ],
)
def test_calendar_of_one_day_a_week_reaches_its_deadline(
    days: list[str], hours: int, closed_weeks: int, expected: str
) -> None:
    closed = [str(date(2026, 6, 6) + timedelta(weeks=at)) for at in range(closed_weeks)]
    calendar = {"opens": "09:00", "closes": "17:00", "days": days, "closed_on": closed}
    company = Company.model_validate({"name": "Wolk", "calendar": calendar})
    assert due("2026-06-04T16:00", hours, company) == expected


@pytest.mark.parametrize(
    ("country", "expected"),
    [("GB-ENG", "2026-04-07 16:00"), ("GB-SCT", "2026-04-06 16:00"), ("GB", "2026-04-06 16:00")],
)
def test_part_of_a_country_keeps_its_own_holidays(country: str, expected: str) -> None:
    """Good Friday is one everywhere, Easter Monday in England and not in Scotland."""
    hours = {"opens": "09:00", "closes": "17:00", "country": country}
    company = Company.model_validate({"name": "Wolk", "calendar": hours})
    assert due("2026-04-02T16:00", 8, company) == expected


def test_part_that_no_country_has_is_refused() -> None:
    nowhere = Company.model_validate({"name": "Wolk", "calendar": {"country": "GB-XX"}})
    with pytest.raises(SettingsError, match="GB-XX"):
        due("2026-11-02T09:00", 8, nowhere)


def test_country_without_known_holidays_is_refused() -> None:
    nowhere = Company.model_validate({"name": "Wolk", "calendar": {"country": "XX"}})
    with pytest.raises(SettingsError, match="XX"):
        due("2026-11-02T09:00", 8, nowhere)


def test_no_rows_have_no_deadlines() -> None:
    made = with_deadlines(rows(), COMPANY, local("2026-11-02T09:00"))
    assert made.is_empty()
    assert {"respond_by", "deadline_state"} <= set(made.columns)


def test_agrees_with_counting_minute_by_minute() -> None:
    """A slow second opinion: walk through the minutes and count the open ones."""
    hours = BusinessHours.of(COMPANY, date(2026, 3, 20), date(2026, 4, 10), 6)
    rng = np.random.default_rng(7)
    start = datetime(2026, 3, 24, tzinfo=UTC)
    opened = [start + timedelta(minutes=int(at)) for at in rng.integers(0, 16 * 24 * 60, 40)]
    fast = hours.after(
        np.array([round(at.timestamp()) * 1_000_000 for at in opened]), np.full(len(opened), 6.0)
    )
    closed = {date(2026, 4, 3), date(2026, 4, 6)}

    def slow(at: datetime) -> datetime:
        left = 6 * 60
        while left:
            here = at.astimezone(AMSTERDAM)
            if here.weekday() < 5 and here.date() not in closed and 9 <= here.hour < 17:
                left -= 1
            at += timedelta(minutes=1)
        return at

    assert [datetime.fromtimestamp(at / 1e6, UTC) for at in fast.tolist()] == [
        slow(at) for at in opened
    ]
