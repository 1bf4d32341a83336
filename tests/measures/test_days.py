"""Figures of a day: what happened, added up by source and department and over all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.measures import days, events
from tests.opportunities.made import settings

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def opened(*rows: dict[str, Any]) -> pl.DataFrame:
    whole = [
        {
            "opened_on": date(2026, 11, 2), "opened_at": MONDAY, "source": "mail",
            "department": "sales", "answered_at": None, "respond_by": MONDAY + 4 * HOUR,
            "deadline_state": "green", **row,
        }
        for row in rows
    ]  # fmt: skip
    times = dict.fromkeys(("answered_at", "respond_by"), pl.Datetime("us", "UTC"))
    return pl.DataFrame(whole, schema_overrides=times)


def said(*rows: tuple[str, str, str, timedelta, float | None]) -> pl.DataFrame:
    listed = [
        {
            "opportunity_id": name, "outcome": outcome, "department": department, "source": "mail",
            "decided_at": MONDAY + after, "decided_on": (MONDAY + after).date(), "value": value,
        }
        for name, outcome, department, after, value in rows
    ]  # fmt: skip
    return pl.DataFrame(listed, schema_overrides={"value": pl.Float64})


def at(
    rows: pl.DataFrame, day: int, source: str = "all", department: str = "all"
) -> dict[str, Any]:
    (row,) = rows.filter(
        measured_on=date(2026, 11, day), source=source, department=department
    ).to_dicts()
    return row


def test_rows_add_up_to_those_of_all_sources_and_departments() -> None:
    leads = opened({}, {"source": "chat"}, {"department": "marketing"})
    complaints = opened({"department": "customer_service"})
    made = days.rows(
        [events.of_opportunities(leads, "lead"), events.of_opportunities(complaints, "complaint")]
    )
    assert at(made, 2)["leads_count"] == 3
    assert at(made, 2, "chat")["leads_count"] == 1
    assert at(made, 2, department="sales")["leads_count"] == 2
    assert at(made, 2, "mail", "sales")["leads_count"] == 1
    assert at(made, 2, "mail", "customer_service")["complaints_count"] == 1
    for name in ("leads_count", "complaints_count", "deadlines_count"):
        each = made.filter(pl.col("source") != "all", pl.col("department") != "all")
        assert each[name].sum() == at(made, 2)[name]
    assert made.select(days.KEYS).rows() == sorted(made.select(days.KEYS).rows())


def test_answer_counts_on_its_own_day_with_the_time_it_took() -> None:
    rows = opened(
        *(
            {"answered_at": MONDAY + DAY + at * HOUR, "deadline_state": "missed"}
            for at in range(11)
        ),
        {"answered_at": MONDAY + HOUR, "deadline_state": "met"},
    )
    made = days.rows([events.of_opportunities(rows, "complaint")])
    first, second = at(made, 2), at(made, 3)
    assert (first["answered_count"], first["first_response_median_seconds"]) == (1, 3600)
    assert second["answered_count"] == 11
    assert second["first_response_median_seconds"] == (24 + 5) * 3600
    assert second["first_response_p90_seconds"] == (24 + 9) * 3600
    assert second["complaints_count"] == 0


def test_deadlines_count_on_the_day_they_are_due_and_only_met_ones_as_met() -> None:
    states = ("met", "missed", "red", "orange", "green")
    rows = opened(*({"deadline_state": one} for one in states), {"respond_by": None})
    row = at(days.rows([events.of_opportunities(rows, "lead")]), 2)
    assert (row["deadlines_count"], row["deadlines_met_count"]) == (5, 1)
    assert row["deadlines_met_share"] == pytest.approx(0.2)


def test_first_word_and_last_outcome_of_an_opportunity_count() -> None:
    outcomes = said(
        ("lead:1", "contacted", "sales", HOUR, None),
        ("lead:1", "won", "sales", DAY, 4200),
        ("lead:1", "won", "sales", DAY + HOUR, 4000),
        ("lead:2", "won", "sales", HOUR, None),
        ("lead:3", "won", "sales", HOUR, 100),
        ("lead:3", "lost", "sales", DAY, 900),
        ("complaint:1", "solved", "legal", DAY, None),
        ("complaint:2", "rejected", "legal", DAY, None),
    )
    made = days.rows([events.of_outcomes(outcomes)])
    assert days.rows([events.of_outcomes(outcomes.reverse())]).equals(made)
    first, second = at(made, 2), at(made, 3)
    assert (first["contacted_count"], first["won_count"], first["valued_count"]) == (3, 1, 0)
    assert (second["won_count"], second["valued_count"], second["won_value"]) == (1, 1, 4000)
    assert (second["lost_count"], second["contacted_count"]) == (1, 1)
    legal = at(made, 3, department="legal")
    assert (legal["solved_count"], legal["rejected_count"]) == (1, 1)


def test_share_of_voice_counts_messages_by_whom_they_name() -> None:
    company = settings().company
    texts = [
        "Wolk is down",
        "wolk, Wolk Thuis and @wolkhelpt",
        "Nimbus is better than Wolk",
        "@wolkhelpt why?",
        "Rain",
        "Nimbus again",
    ]
    heard = pl.DataFrame({"sent_on": [date(2026, 11, 2)] * 6, "source": [*"aabbbb"], "text": texts})
    made = days.rows([events.of_messages(heard, company)])
    row = at(made, 2)
    assert (row["heard_count"], row["own_mentions_count"]) == (6, 4)
    assert row["competitor_mentions_count"] == 2
    assert row["share_of_voice"] == pytest.approx(2 / 3)
    assert at(made, 2, "a")["share_of_voice"] == 1
    assert set(made["department"]) == {"all"}


def test_messages_belong_to_no_department_and_nothing_has_no_share() -> None:
    made = days.rows([events.of_opportunities(opened({"respond_by": None}), "lead")])
    assert at(made, 2, department="sales")["heard_count"] is None
    assert at(made, 2)["heard_count"] == 0
    for name in ("deadlines_met_share", "precision", "share_of_voice"):
        assert at(made, 2)[name] is None
    assert at(made, 2)["first_response_median_seconds"] is None


def test_nothing_happened_gives_no_rows() -> None:
    assert days.rows([]).is_empty()


def test_precision_is_the_part_of_judged_rows_that_was_right() -> None:
    judged = pl.DataFrame(
        {
            "labelled_at": [MONDAY] * 3,
            "source": ["mail"] * 3,
            "department": ["sales", "sales", "legal"],
            "is_true": [True, False, True],
        }
    )
    made = days.rows([events.of_reviews(judged)])
    assert (at(made, 2)["reviewed_count"], at(made, 2)["confirmed_count"]) == (3, 2)
    assert at(made, 2, department="legal")["precision"] == 1


def test_value_is_the_same_to_the_last_bit_in_whatever_order_deals_were_won() -> None:
    rows = [(f"lead:{value}", "won", "sales", HOUR, value) for value in (56.55, 947.83, 956.03)]
    happened = events.of_outcomes(said(*rows)).sort("won_value")
    made = days.rows([happened])
    assert made.equals(days.rows([happened.reverse()]))
    assert at(made, 2)["won_value"] == pytest.approx(1960.41)
