"""Usual is learned from the days before, in the rhythm of the week, and doubted at first."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pipeline.alerts.baseline import Day, Hours, Ints, days, lower_tail, tail, window_mean

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def hours(counts: Ints, first: datetime = MONDAY) -> Hours:
    return Hours(first, counts[:, None], np.ones((len(counts), 1), np.bool_))


def last_day(counts: Ints) -> Day:
    return list(days(hours(counts), AMSTERDAM, one_rhythm=False))[-1]


def usual(day: Day) -> list[float]:
    """What is expected of each hour of the day."""
    share, _ = window_mean(day, 1)
    return [round(float(each), 2) for each in (share * day.level)[:, 0]]


def test_hour_of_the_week_is_local_and_survives_the_change_of_the_clocks() -> None:
    saturday = datetime(2026, 3, 28, tzinfo=UTC)
    week = hours(np.zeros(48, np.int64), saturday).of_week(AMSTERDAM)
    assert week[0] == 5 * 24 + 1  # one o'clock in Amsterdam
    assert list(week[23:27]) == [6 * 24, 6 * 24 + 1, 6 * 24 + 3, 6 * 24 + 4]


def test_expectation_follows_the_hours_of_the_days_before() -> None:
    day = np.zeros(24, np.int64)
    day[8:10] = 12
    expected = usual(last_day(np.tile(day, 29)))
    assert 9 < expected[8] < 13
    assert max(expected[12:22]) < 0.5


def test_quiet_sundays_are_expected_to_be_quiet_after_some_weeks() -> None:
    week = np.repeat([4, 4, 4, 4, 4, 1, 0], 24)
    counts = np.concatenate([np.tile(week, 4), week[:144], np.zeros(24, np.int64)])
    assert sum(usual(last_day(counts))) < sum(usual(last_day(counts[:-24]))) * 0.9
    assert sum(usual(last_day(counts))) < 24


def test_day_itself_and_what_comes_later_teach_nothing() -> None:
    calm = np.full(24 * 10, 2, np.int64)
    loud = calm.copy()
    loud[24 * 9 :] = 50
    assert usual(last_day(calm)) == usual(last_day(loud))


def test_one_wild_day_hardly_raises_the_usual() -> None:
    calm = np.full(24 * 15, 2, np.int64)
    wild = calm.copy()
    wild[24 * 13 : 24 * 14] = 200
    assert sum(usual(last_day(wild))) < 2 * sum(usual(last_day(calm)))


def test_hours_nobody_listened_to_are_no_silence() -> None:
    counts = np.full(24 * 10, 3, np.int64)
    counts[24 * 4 : 24 * 8] = 0
    listened = np.ones((len(counts), 1), np.bool_)
    listened[24 * 4 : 24 * 8] = False
    made = Hours(MONDAY, counts[:, None], listened)
    day = list(days(made, AMSTERDAM, one_rhythm=False))[-1]
    assert day.level[0] == pytest.approx(3, rel=0.05)


def test_few_days_leave_more_doubt_than_many() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(1.0, 24 * 28)
    young, old = last_day(counts[: 24 * 2]), last_day(counts)
    assert 1 / young.level_counts[0] > 5 / old.level_counts[0]
    assert young.rhythm_doubt.mean() > 5 * old.rhythm_doubt.mean()


def test_how_far_people_complain_together_is_believed_at_first_and_measured_in_time() -> None:
    rng = np.random.default_rng(3)
    alone = rng.poisson(4.0, 24 * 40)
    together = rng.poisson(rng.gamma(2.0, 2.0, 24 * 40))
    assert last_day(together[:24]).dispersion[:, 0] == pytest.approx([0.15] * 3)
    assert last_day(alone).dispersion.max() < 0.06
    assert last_day(together).dispersion[0, 0] == pytest.approx(0.5, abs=0.1)  # each hour alone


def test_tails_are_those_of_the_negative_binomial_distribution() -> None:
    rng = np.random.default_rng(2)
    mean, doubt = 6.0, 0.25
    drawn = rng.poisson(rng.gamma(1 / doubt, mean * doubt, 200_000))
    for count in (0, 1, 5, 12, 20):
        observed, means = np.array([count]), np.array([mean])
        assert tail(observed, means, np.array([doubt]))[0] == pytest.approx(
            (drawn >= count).mean(), abs=0.004
        )
        assert lower_tail(observed, means, np.array([doubt]))[0] == pytest.approx(
            (drawn <= count).mean(), abs=0.004
        )
