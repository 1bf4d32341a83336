"""A surge is many people at once; one crisis is one alert, and what follows changes it not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from pipeline.alerts.surges import WHOLE, Sensitivity, surges

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOW = Sensitivity(least=5, false_alarms=0.25, cooldown_hours=24)
Complaint = tuple[timedelta, str, str, str]
"""Age, person, topic and source."""


def found(
    complaints: list[Complaint], last: int = 40, unheard: tuple[int, ...] = ()
) -> list[dict[str, object]]:
    ordered = sorted(complaints)
    events = pl.DataFrame(
        {
            "message_id": [f"{source}:{at:04d}" for at, (*_, source) in enumerate(ordered)],
            "person": [person for _, person, _, _ in ordered],
            "source": [source for *_, source in ordered],
            "at": [MONDAY + age for age, *_ in ordered],
        },
        schema_overrides={"at": pl.Datetime("us", "UTC")},
    )
    rows = pl.DataFrame({"subject": [topic for *_, topic, _ in ordered]}).with_row_index("row")
    subjects = pl.concat(
        [
            rows.select("row", subject_kind=pl.lit(WHOLE), subject=pl.lit("us")),
            rows.select("row", subject_kind=pl.lit("topic"), subject="subject"),
        ]
    )
    heard = ~np.isin(np.arange(last * 24) // 24, unheard)
    zone = ZoneInfo("Europe/Amsterdam")
    return surges(events, subjects, MONDAY, heard, zone, HOW).to_dicts()


def burst(
    start: timedelta, count: int, topic: str = "outage", source: str = "shop"
) -> list[Complaint]:
    """So many people within the hour."""
    return [(start + at * HOUR / count, f"p{start}{at}", topic, source) for at in range(count)]


def quiet(days: int, each: int) -> list[Complaint]:
    """So many complaints a day, between eight and eight, of different people and topics."""
    topics = ("billing", "delivery", "service", "outage")
    rng = np.random.default_rng(7)
    return [
        (
            day * DAY + float(rng.uniform(8, 20)) * HOUR,
            f"q{day}-{at}",
            topics[(day + at) % 4],
            "shop",
        )
        for day in range(days)
        for at in range(rng.poisson(each))
    ]


NOON = 30 * DAY + 12 * HOUR


def test_many_people_within_an_hour_are_one_surge_at_the_end_of_that_hour() -> None:
    (alert,) = found([*quiet(40, 6), *burst(NOON, 12)])
    assert (alert["window_start"], alert["opened_at"]) == (MONDAY + NOON, MONDAY + NOON + HOUR)
    assert (alert["subject"], alert["observed"]) == ("outage", 12)
    assert alert["factor"] == pytest.approx(12 / alert["expected"])
    # What stands out for the last time is the day that begins with it.
    assert alert["last_at"] == MONDAY + NOON + DAY


def test_five_people_before_and_after_midnight_are_enough() -> None:
    midnight = [*burst(31 * DAY - HOUR / 2, 3, "app"), *burst(31 * DAY + HOUR / 4, 2, "app")]
    (alert,) = found([*quiet(40, 1), *midnight])
    assert (alert["subject"], alert["observed"]) == ("app", 5)


def test_days_that_were_not_listened_to_do_not_make_fewer_complaints_usual() -> None:
    unheard = tuple(day for day in range(29) if day % 3)
    every = [*quiet(31, 60), *burst(NOON, 40)]
    heard = [one for one in every if one[0] // DAY not in unheard]
    (all_known,), (some_known,) = found(every), found(heard, unheard=unheard)
    assert some_known["expected"] == pytest.approx(all_known["expected"], rel=0.2)


def test_forty_quiet_days_hold_none() -> None:
    assert found(quiet(40, 1)) == found(quiet(40, 6)) == found(quiet(40, 60)) == []


def test_four_people_are_too_few_however_quiet_it_was() -> None:
    assert found([*quiet(40, 1), *burst(NOON, 4)]) == []


def test_four_people_of_a_topic_are_too_few_though_many_complain_at_once() -> None:
    four = [*burst(NOON - 30 * HOUR, 1, "app"), *burst(NOON, 4, "app")]
    others = [(NOON, f"o{at}", f"topic {at}", "shop") for at in range(4)]
    (alert,) = found([*quiet(40, 1), *four, *others])
    assert (alert["subject"], alert["observed"]) == ("us", 8)


def test_what_was_expected_is_the_usual_and_not_what_a_silent_day_before_it_had() -> None:
    (alert,) = found([*quiet(29, 60), *burst(NOON, 40)])
    assert alert["is_velocity"]
    assert alert["expected"] == pytest.approx(60 / 4 / 12, rel=0.1)


def test_one_person_who_writes_all_day_is_none() -> None:
    loud = [(NOON + at * HOUR / 4, "loud", "outage", "shop") for at in range(30)]
    assert found([*quiet(40, 1), *loud]) == []


def test_large_company_needs_more_people_than_a_small_one() -> None:
    assert len(found([*quiet(40, 4), *burst(NOON, 9, topic="billing")])) == 1
    assert found([*quiet(40, 400), *burst(NOON, 9, topic="billing")]) == []


def test_slow_burn_over_the_day_is_found_too() -> None:
    slow = [c for at in range(12) for c in burst(30 * DAY + (8 + at) * HOUR, 2)]
    (alert,) = found([*quiet(40, 6), *slow])
    assert alert["opened_at"] <= MONDAY + 31 * DAY


def test_company_on_its_first_day_hears_of_a_crisis() -> None:
    (alert,) = found([*quiet(1, 8), *burst(15 * HOUR, 25)], last=1)
    assert alert["is_velocity"]
    assert alert["opened_at"] == MONDAY + 16 * HOUR


def test_bad_days_of_a_young_company_do_not_become_usual_overnight() -> None:
    bad = [
        (5 * DAY + age, f"b{person}", topic, source)
        for age, person, topic, source in quiet(2, 1300)
    ]
    (alert,) = found([*quiet(5, 400), *bad], last=7)
    assert alert["opened_at"] <= MONDAY + 5 * DAY + 12 * HOUR
    assert alert["last_at"] >= MONDAY + 6 * DAY + 12 * HOUR


def test_first_morning_of_a_new_company_is_no_crisis() -> None:
    assert found(quiet(3, 30), last=3) == []


def test_all_topics_of_one_crisis_are_one_alert() -> None:
    mixed = burst(NOON, 12) + burst(NOON + HOUR, 8, "service") + burst(NOON + 2 * HOUR, 9, "app")
    assert len(found([*quiet(40, 4), *mixed])) <= 2
    both = burst(NOON, 12) + [(at, f"{who}b", "outage", "mail") for at, who, *_ in burst(NOON, 6)]
    assert len(found([*quiet(40, 4), *both])) == 1


def test_two_peaks_of_a_day_are_one_alert_and_a_later_one_is_another() -> None:
    peaks = [*burst(NOON, 12), *burst(NOON + 8 * HOUR, 12), *burst(NOON + 5 * DAY, 30)]
    first, second = found([*quiet(40, 4), *peaks])
    assert first["last_at"] >= MONDAY + NOON + 9 * HOUR
    assert second["opened_at"] == MONDAY + NOON + 5 * DAY + HOUR


def test_sources_that_it_spreads_to_are_named() -> None:
    spread = [*burst(NOON, 12), *burst(NOON + HOUR, 5, source="forum")]
    (alert,) = found([*quiet(40, 4), *spread])
    assert (alert["sources"], alert["spread_to"]) == (["shop"], ["forum"])


def test_later_complaints_change_nothing_but_how_long_it_lasts() -> None:
    before = [*quiet(31, 4), *burst(NOON, 12)]
    later = [*burst(NOON + 3 * HOUR, 20), *burst(NOON + 9 * DAY, 40)]
    (short,) = found(before)
    long, _ = found([*before, *later])
    for name in short.keys() - {"last_at", "spread_to", "all_ids"}:
        assert long[name] == short[name], name
    assert set(long["all_ids"]) > set(short["all_ids"])


def test_no_events_have_no_surge() -> None:
    assert found([]) == []
