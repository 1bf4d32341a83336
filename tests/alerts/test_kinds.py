"""The crisis of a complaint is the alert that it is part of, until the alert's last hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from pipeline.alerts import kinds
from tests.opportunities.made import settings

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KNOWN = (settings(), FIRST, np.ones(20 * 24, np.bool_))
"""What alerts are made with, beside the rows."""
Complaint = tuple[timedelta, str, str]
"""Time since the first midnight, person and topic."""


def burst(start: timedelta, count: int, topic: str = "outage") -> list[Complaint]:
    return [(start + at * HOUR / 8, f"p{start}{at}", topic) for at in range(count)]


QUIET = [(day * DAY + 9 * HOUR, f"q{day}", "billing") for day in range(10)]


def complaints(*said: Complaint) -> pl.DataFrame:
    """The rows that alerts are made of, about no brand."""
    names = [f"m{at:03d}" for at in range(len(said))]
    return pl.DataFrame(
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


def asked(*said: Complaint) -> tuple[list[str | None], pl.DataFrame]:
    """The crisis of each complaint, and the alerts."""
    rows = complaints(*said)
    found = rows.join(
        kinds.crises(rows, *KNOWN), on="message_id", how="left", maintain_order="left"
    )
    return found["crisis_id"].to_list(), kinds.of_complaints(rows, *KNOWN)


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


def test_product_that_fails_in_many_ways_is_one_alert_about_it_in_any_order_of_the_rows() -> None:
    said = sorted([*BUSY, *burst(10 * DAY + 9 * HOUR, 14)])
    rows = complaints(*said)
    is_burst = pl.col("author_id").str.starts_with("p")
    topics = ("billing", "delivery", "service")
    rows = rows.with_columns(
        # Who came to us from somebody else complains about what he has now.
        product=pl.when(is_burst).then(pl.lit("Molenbrood")),
        competitor=pl.when(is_burst).then(pl.lit("Bakkerij Zon")),
        topic=pl.Series([topics[at % 3] for at in range(len(said))]),
    )
    (alert,) = kinds.of_complaints(rows, *KNOWN).to_dicts()
    assert (alert["subject_kind"], alert["subject"]) == ("brand", "Molenbrood")
    assert kinds.of_complaints(rows.reverse(), *KNOWN).to_dicts() == [alert]


def test_no_complaints_have_no_crisis() -> None:
    assert asked()[0] == []


Wish = tuple[datetime, str, str, str]
"""Time, message, place in the message and theme."""


def ideas(*said: Wish) -> pl.DataFrame:
    return pl.DataFrame(
        [(f"idea:{name}{place}", name, None, "mail", at, theme) for at, name, place, theme in said],
        schema=dict.fromkeys(kinds.IDEA, pl.String) | {"opened_at": pl.Datetime("us", "UTC")},
        orient="row",
    )


def test_message_with_two_wishes_is_one_person_and_one_message_of_a_surge() -> None:
    quiet = [(FIRST + day * DAY, f"q{day}", "~0", "theme:q") for day in range(10)]
    start = FIRST + 10 * DAY + 9 * HOUR
    wishes = (("", "theme:a"), ("~9", "theme:b"))
    asked_for = [
        (start + at * HOUR / 8, f"m{at}", place, theme)
        for at in range(20)
        for place, theme in wishes
    ]
    alerts = kinds.of_ideas(ideas(*quiet, *asked_for), *KNOWN)
    assert len(alerts) == 1
    messages = alerts["message_ids"][0].to_list()
    assert len(set(messages)) == len(messages)
    assert alerts["observed"][0] <= len(messages)


def test_one_person_who_asks_often_makes_no_surge() -> None:
    start = FIRST + 10 * DAY + 9 * HOUR
    quiet = [(FIRST + day * DAY, f"q{day}", "", "theme:q") for day in range(10)]
    loud = [(start + at * HOUR / 8, f"m{at:02d}", "", "theme:a") for at in range(20)]
    rows = ideas(*quiet, *loud)
    assert len(kinds.of_ideas(rows, *KNOWN)) == 1
    of_one = rows.with_columns(author_id=pl.col("message_id").str.replace("m.*", "noor"))
    assert kinds.of_ideas(of_one, *KNOWN).is_empty()


def test_wish_that_stands_second_in_its_messages_surges_too() -> None:
    quiet = [
        (FIRST + day * DAY + at * HOUR, f"q{day}-{at}", "", f"theme:{at % 3}")
        for day in range(10)
        for at in range(24)
    ]
    start = FIRST + 10 * DAY + 9 * HOUR
    wanted = [
        (start + at * HOUR / 8, f"m{at:02d}", place, theme)
        for at in range(14)
        for place, theme in (("", f"theme:{at % 3}"), ("~9", "theme:new"))
    ]
    alerts = kinds.of_ideas(ideas(*quiet, *wanted), *KNOWN)
    assert alerts["subject"].to_list() == ["theme:new"]


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
    said = [(0, "delivery"), (1, "safety"), (24, "delivery"), (49, "delivery"), (50, "taste")]
    rows = pl.DataFrame(
        {
            "message_id": [f"mail:{at}" for at, _ in said],
            "source": ["mail"] * len(said),
            "topic": [topic for _, topic in said],
            "severity": [3 if topic == "taste" else 4 for _, topic in said],
            "severity_at": [FIRST + at * HOUR for at, _ in said],
        }
    )
    found = kinds.severe(rows, settings())
    assert found.select("subject", "message_ids").rows() == [
        ("delivery", ["mail:0", "mail:24"]), ("safety", ["mail:1"]), ("delivery", ["mail:49"]),
    ]  # fmt: skip


def test_broken_promises_to_buyers_and_complainers_are_one_alert_of_their_department() -> None:
    leads = pl.DataFrame(
        {
            "message_id": ["mail:1", "mail:2"],
            "source": ["mail", "mail"],
            "respond_by": [FIRST + 9 * HOUR, FIRST + 10 * HOUR],
            "deadline_state": ["missed", "met"],
            "department": ["Webcare", "Webcare"],
        }
    )
    late = leads[:1].with_columns(message_id=pl.lit("chat:3"), deadline_state=pl.lit("red"))
    (alert,) = kinds.deadlines(leads, late, settings()).to_dicts()
    assert (alert["subject_kind"], alert["subject"]) == ("department", "Webcare")
    assert alert["message_ids"] == ["chat:3", "mail:1"]


def test_factor_of_a_source_is_how_many_times_the_expected_and_null_where_nothing_is() -> None:
    rows = pl.DataFrame(
        {
            "kind": ["source_flood", "reject_budget"],
            "subject": ["mail", "chat"],
            "sources": [["mail"], ["chat"]],
            "observed": [120, 6],
            "expected": [20.0, None],
            "chance": [1e-9, None],
        },
        schema_overrides={"chance": pl.Float64},
    ).with_columns(window_start=pl.lit(FIRST), opened_at=pl.lit(FIRST), last_at=pl.lit(FIRST))
    made = kinds.of_sources(rows).select("subject_kind", "factor", "is_velocity")
    assert made.rows() == [("source", 6.0, False), ("source", None, False)]
