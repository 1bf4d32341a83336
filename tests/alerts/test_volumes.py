"""Sources: silence, floods and new shapes are seen; nights, weekends and pauses are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from pipeline.alerts.baseline import Hours
from pipeline.alerts.volumes import rows_of, volumes

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICE = np.zeros((7, 24))
OFFICE[:5, 8:17] = 1 / 45


def counted(per_week: float, weeks: int, *, office: bool = False) -> np.ndarray:
    week = OFFICE if office else np.full((7, 24), 1 / 168)
    rates = np.tile(week.reshape(-1), weeks) * per_week
    return np.random.default_rng(3).poisson(rates)


def found(counts: np.ndarray, heard: np.ndarray | None = None) -> list[dict[str, object]]:
    listened = np.ones(len(counts), np.bool_) if heard is None else heard
    hours = Hours(MONDAY, counts[:, None], listened[:, None])
    made = volumes(hours, ["shop"], ZoneInfo("Europe/Amsterdam"), false_alarms=0.25, cooldown=24)
    return rows_of(made.spells, MONDAY).to_dicts()


def test_source_that_falls_silent_is_seen_within_its_day_and_the_alert_lasts_as_long() -> None:
    counts = counted(1000, 6)
    counts[-60:] = 0
    (alert,) = found(counts)
    begun = MONDAY + (len(counts) - 60) * HOUR
    assert (alert["kind"], alert["window_start"]) == ("source_silent", begun)
    assert begun < alert["opened_at"] <= begun + 12 * HOUR
    assert alert["last_at"] == MONDAY + len(counts) * HOUR
    assert alert["observed"] == 0


def test_time_before_the_first_message_is_no_pause_that_a_silence_may_last_as_long_as() -> None:
    counts = np.concatenate([np.zeros(6 * 168, np.int64), counted(1000, 6)])
    counts[-60:] = 0
    (alert,) = found(counts, np.arange(len(counts)) >= 6 * 168)
    assert alert["kind"] == "source_silent"


def test_rare_source_may_be_silent_for_longer() -> None:
    counts = counted(15, 10)
    counts[-48:] = 0
    assert found(counts) == []


def test_nights_and_weekends_of_an_office_are_no_silence() -> None:
    assert found(counted(300, 8, office=True)) == []


def test_hours_nobody_listened_to_are_no_silence() -> None:
    counts = counted(1000, 6)
    counts[-60:] = 0
    heard = np.ones(len(counts), np.bool_)
    heard[-60:] = False
    assert found(counts, heard) == []


def test_week_nobody_listened_is_no_pause_that_a_silence_may_last_as_long_as() -> None:
    counts = counted(1000, 10)
    heard = np.ones(len(counts), np.bool_)
    counts[4 * 168 : 5 * 168], heard[4 * 168 : 5 * 168] = 0, False
    counts[-60:] = 0
    (alert,) = found(counts, heard)
    assert alert["kind"] == "source_silent"


def test_flood_is_seen_in_its_hour_and_a_busy_day_is_none() -> None:
    counts = counted(1000, 6)
    counts[-24:] = counts[-24:] * 2
    assert found(counts) == []
    counts[-10] = 300
    (alert,) = found(counts)
    assert alert["kind"] == "source_flood"
    assert alert["opened_at"] == MONDAY + (len(counts) - 9) * HOUR
    assert alert["window_start"] == alert["opened_at"] - HOUR


def test_first_week_of_a_source_tells_nothing_yet() -> None:
    counts = counted(1000, 1)
    counts[100:130] = 0
    counts[140] = 500
    assert found(counts) == []


def test_usual_stands_beside_every_hour_after_the_first_day() -> None:
    hours = Hours(MONDAY, counted(1680, 3)[:, None], np.ones((504, 1), np.bool_))
    made = volumes(hours, ["shop"], ZoneInfo("UTC"), false_alarms=0.25, cooldown=24)
    assert np.isnan(made.expected[:24]).all()
    assert 8 < made.expected[-24:].mean() < 12
