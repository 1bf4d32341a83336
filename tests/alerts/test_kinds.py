"""The crisis of a complaint is the alert that it is part of, until the alert's last hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from pipeline.alerts import kinds
from tests.opportunities.made import settings

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Complaint = tuple[timedelta, str, str]
"""Time since the first midnight, person and topic."""


def burst(start: timedelta, count: int, topic: str = "outage") -> list[Complaint]:
    return [(start + at * HOUR / 8, f"p{start}{at}", topic) for at in range(count)]


QUIET = [(day * DAY + 9 * HOUR, f"q{day}", "billing") for day in range(10)]


def asked(*said: Complaint) -> tuple[list[str | None], pl.DataFrame]:
    """The crisis of each complaint, and the alerts."""
    names = [f"m{at:03d}" for at in range(len(said))]
    rows = pl.DataFrame(
        {
            "complaint_id": names,
            "message_id": names,
            "author_id": [person for _, person, _ in said],
            "source": ["mail"] * len(said),
            "opened_at": [FIRST + at for at, _, _ in said],
            "topic": [topic for _, _, topic in said],
        },
        schema=dict.fromkeys(kinds.COMPLAINT[:4], pl.String)
        | {"opened_at": pl.Datetime("us", "UTC"), "topic": pl.String},
    ).with_columns(product=pl.lit(None, pl.String), competitor=pl.lit(None, pl.String))
    known = (settings(), FIRST, np.ones(20 * 24, np.bool_))
    found = rows.join(
        kinds.crises(rows, *known), on="message_id", how="left", maintain_order="left"
    )
    return found["crisis_id"].to_list(), kinds.of_complaints(rows, *known)


def test_crisis_has_the_id_of_its_alert_and_those_who_come_while_it_goes_on() -> None:
    start = 10 * DAY + 9 * HOUR
    made, alerts = asked(*QUIET, *burst(start, 20), *burst(start + 5 * HOUR, 20))
    assert len(alerts) == 1
    assert len(alerts["message_ids"][0]) < 40
    assert made == [None] * 10 + [alerts["alert_id"][0]] * 40


BUSY = [
    (day * DAY + at * HOUR, f"q{day}-{at}", ("billing", "delivery", "service")[at % 3])
    for day in range(10)
    for at in range(24)
]


def test_complaint_about_something_else_within_a_crisis_of_a_topic_is_no_part_of_it() -> None:
    late = (10 * DAY + 10 * HOUR, "other", "delivery")
    made, alerts = asked(*BUSY, *burst(10 * DAY + 9 * HOUR, 14), late)
    assert alerts["subject"].to_list() == ["outage"]
    assert made[-15:-1] == [alerts["alert_id"][0]] * 14
    assert made[-1] is None


def test_one_person_who_writes_often_makes_no_crisis() -> None:
    loud = [(10 * DAY + at * HOUR / 4, "loud", "outage") for at in range(36)]
    assert set(asked(*QUIET, *loud)[0]) == {None}


def test_crisis_of_a_complaint_survives_what_comes_later() -> None:
    before = [*QUIET, *burst(10 * DAY + 9 * HOUR, 12)]
    later = burst(12 * DAY + 9 * HOUR, 40)
    assert asked(*before, *later)[0][: len(before)] == asked(*before)[0]


def test_complaint_that_two_alerts_hold_has_the_crisis_of_the_first() -> None:
    start = 10 * DAY + 9 * HOUR
    others = [(start + 7 * HOUR, f"o{at}", f"topic {at}") for at in range(90)]
    said = sorted([*BUSY, *burst(start, 14), *others, *burst(start + 8 * HOUR, 6)])
    made, alerts = asked(*said)
    topic, company = alerts["alert_id"]
    assert made[-110:] == [topic] * 14 + [company] * 90 + [topic] * 6


def test_no_complaints_have_no_crisis() -> None:
    assert asked()[0] == []


def test_message_with_two_wishes_is_one_person_and_one_message_of_a_surge() -> None:
    quiet = [(FIRST + day * DAY, f"q{day}", "~0", "theme:q") for day in range(10)]
    start = FIRST + 10 * DAY + 9 * HOUR
    wishes = (("", "theme:a"), ("~9", "theme:b"))
    asked_for = [
        (start + at * HOUR / 8, f"m{at}", place, theme)
        for at in range(20)
        for place, theme in wishes
    ]
    rows = pl.DataFrame(
        [
            (f"idea:{name}{place}", name, None, "mail", at, theme)
            for at, name, place, theme in [*quiet, *asked_for]
        ],
        schema=dict.fromkeys(kinds.IDEA, pl.String) | {"opened_at": pl.Datetime("us", "UTC")},
        orient="row",
    )
    alerts = kinds.of_ideas(rows, settings(), FIRST, np.ones(20 * 24, np.bool_))
    assert len(alerts) == 1
    messages = alerts["message_ids"][0].to_list()
    assert len(set(messages)) == len(messages)
    assert alerts["observed"][0] <= len(messages)


def test_grave_message_is_news_on_the_day_it_comes_not_on_the_day_the_problem_began() -> None:
    rows = pl.DataFrame(
        {
            "message_id": ["mail:1"],
            "source": ["mail"],
            "topic": ["delivery"],
            "severity": [4],
            "opened_at": [FIRST],
            "severity_at": [FIRST + 9 * DAY + 7 * HOUR / 2],
        }
    )
    (alert,) = kinds.severe(rows, settings()).to_dicts()
    assert alert["opened_at"] == FIRST + 9 * DAY + 4 * HOUR
    assert alert["alert_id"].endswith(":2026-11-11T04")


def test_grave_messages_about_a_topic_are_one_alert_until_the_cooldown_is_over() -> None:
    said = [(0, "delivery"), (1, "safety"), (24, "delivery"), (49, "delivery")]
    rows = pl.DataFrame(
        {
            "message_id": [f"mail:{at}" for at, _ in said],
            "source": ["mail"] * len(said),
            "topic": [topic for _, topic in said],
            "severity": [4] * len(said),
            "severity_at": [FIRST + at * HOUR for at, _ in said],
        }
    )
    found = kinds.severe(rows, settings())
    assert found.select("subject", "message_ids").rows() == [
        ("delivery", ["mail:0", "mail:24"]), ("safety", ["mail:1"]), ("delivery", ["mail:49"]),
    ]  # fmt: skip
