"""A crisis is many people within hours against the days before; one loud person is none."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from pipeline.opportunities.crises import with_crisis
from tests.opportunities.made import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Complaint = tuple[timedelta, str, str]


def crises(*complaints: Complaint) -> list[str | None]:
    """The `crisis_id` of complaints given as age, person and topic."""
    rows = pl.DataFrame(
        {
            "row_id": [f"m{at:03d}" for at in range(len(complaints))],
            "opened_at": [MONDAY + at for at, _, _ in complaints],
            "person": [person for _, person, _ in complaints],
            "topic": [topic for _, _, topic in complaints],
        },
        schema_overrides={"opened_at": pl.Datetime("us", "UTC")},
    )
    return with_crisis(rows)["crisis_id"].to_list()


def burst(start: timedelta, count: int, topic: str = "outage") -> list[Complaint]:
    return [(start + at * HOUR / 4, f"p{start}{at}", topic) for at in range(count)]


def quiet(days: int, each: int) -> list[Complaint]:
    """So many complaints a day, of different people and topics."""
    topics = ("billing", "delivery", "service")
    return [
        (day * DAY + at * HOUR, f"q{day}-{at}", topics[(day + at) % 3])
        for day in range(days)
        for at in range(each)
    ]


def test_many_people_at_once_are_a_crisis() -> None:
    made = crises(*quiet(10, 1), *burst(10 * DAY, 6))
    assert made == [None] * 10 + ["crisis:m010"] * 6


def test_fewer_people_are_none() -> None:
    assert set(crises(*quiet(10, 1), *burst(10 * DAY, 5))) == {None}


def test_one_person_who_writes_often_is_none() -> None:
    loud = [(10 * DAY + at * HOUR / 4, "loud", "outage") for at in range(36)]
    assert set(crises(*quiet(10, 1), *loud)) == {None}


def test_people_spread_over_the_day_are_none() -> None:
    spread = [(10 * DAY + at * 3 * HOUR, f"p{at}", "outage") for at in range(12)]
    assert set(crises(*quiet(10, 1), *spread)) == {None}


def test_busy_company_needs_more_people_for_a_crisis() -> None:
    def mixed(count: int) -> list[Complaint]:
        topics = ("billing", "delivery", "service", "app", "quality")
        return [
            (at, person, topics[number % 5])
            for number, (at, person, _) in enumerate(burst(20 * DAY + 12 * HOUR, count))
        ]

    assert set(crises(*quiet(20, 4), *mixed(8))) == {None}
    assert set(crises(*quiet(20, 8), *mixed(10))) == {None}
    assert set(crises(*quiet(20, 8), *mixed(22))) != {None}


def test_first_day_has_nothing_to_compare_with() -> None:
    assert set(crises(*burst(0 * DAY, 20))) == {None}


def test_topic_alone_can_be_a_crisis_in_a_busy_company() -> None:
    made = crises(*quiet(20, 8), *burst(20 * DAY + 12 * HOUR, 10, topic="app"))
    assert made[-1] is not None
    assert set(made[:-10]) == {None}


def test_unspecific_complaints_of_those_hours_belong_to_it() -> None:
    walking = [(10 * DAY + HOUR, "walker", "other")]
    made = crises(*quiet(10, 1), *burst(10 * DAY, 8), *walking)
    assert made[-1] == "crisis:m010"


def test_two_peaks_of_one_day_are_one_crisis_and_a_later_one_is_another() -> None:
    peaks = burst(10 * DAY, 8) + burst(10 * DAY + 10 * HOUR, 8) + burst(15 * DAY, 20)
    made = crises(*quiet(10, 1), *peaks)
    assert set(made[10:26]) == {"crisis:m010"}
    assert set(made[26:]) == {"crisis:m026"}


def test_id_survives_what_comes_later() -> None:
    before = [*quiet(10, 1), *burst(10 * DAY, 8)]
    later = [*burst(10 * DAY + 5 * HOUR, 9), *burst(12 * DAY, 40)]
    assert crises(*before, *later)[: len(before)] == crises(*before)


def test_no_complaints_have_no_crisis() -> None:
    assert crises() == []
