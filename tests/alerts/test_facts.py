"""Alerts that need no statistics: how broken promises and grave messages are gathered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from pipeline.alerts import kinds
from tests.opportunities.made import settings

RED = {"source": "mail", "deadline_state": "red", "department": "customer_service"}
LEAD: dict[str, Any] = {
    "message_id": pl.String,
    "source": pl.String,
    "respond_by": pl.Datetime("us", "UTC"),
    "deadline_state": pl.String,
    "department": pl.String,
}


def broken(*promises: dict[str, Any]) -> pl.DataFrame:
    """The alerts that the promises of complaints give rise to; `due` is a day and hour in UTC."""
    rows = [
        {**RED, **one, "message_id": f"m{at}", "respond_by": _at(one["due"])}
        for at, one in enumerate(promises)
    ]
    complaints = pl.DataFrame([{name: row[name] for name in LEAD} for row in rows], schema=LEAD)
    return kinds.deadlines(pl.DataFrame(schema=LEAD), complaints, settings())


def _at(due: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{due}").replace(tzinfo=UTC)


def test_broken_promises_of_a_department_are_one_alert_a_week_that_counts_on() -> None:
    found = broken(
        {"due": "02T09:10"},
        {"due": "03T15:00"},
        {"due": "06T16:30", "deadline_state": "missed", "source": "chat"},
        {"due": "09T08:00"},
    )
    seen = ["kind", "subject_kind", "subject", "observed", "message_ids", "sources"]
    about = ["deadline_missed", "department", "customer_service"]
    assert found.select(seen).rows() == [
        (*about, 3, ["m0", "m1", "m2"], ["mail", "chat"]),
        (*about, 1, ["m3"], ["mail"]),
    ]
    assert found.select("window_start", "opened_at", "last_at").row(0) == (
        _at("02T09:00"), _at("02T10:00"), _at("06T17:00"),
    )  # fmt: skip


def test_each_department_has_an_alert_of_its_own() -> None:
    found = broken({"due": "02T09:10"}, {"due": "02T10:00", "department": "sales"})
    assert found["subject"].to_list() == ["customer_service", "sales"]


def test_week_begins_on_monday_by_the_clock_of_the_company() -> None:
    # Monday the ninth has begun in Amsterdam at eleven in the evening UTC.
    assert len(broken({"due": "08T22:59"}, {"due": "09T10:00"})) == 2
    assert len(broken({"due": "08T23:00"}, {"due": "09T10:00"})) == 1


def test_promise_that_was_kept_or_may_be_kept_is_no_alert() -> None:
    kept = [{"due": "02T09:10", "deadline_state": state} for state in ("met", "green", "orange")]
    assert broken(*kept).is_empty()
