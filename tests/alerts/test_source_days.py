"""Days of a source: columns that are suddenly empty, and rejected records that add up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from pipeline.alerts.source_days import SHAPE, changed, near_budget

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def days(*rated: int) -> pl.DataFrame:
    """Days of a hundred messages, so many of them with a rating; all else is always filled."""
    return pl.DataFrame(
        [
            {"source": "shop", "sent_on": date(2026, 1, 5) + timedelta(days=at), "messages": 100}
            | dict.fromkeys(SHAPE, 100)
            | {"rating": count}
            for at, count in enumerate(rated)
        ]
    )


def test_column_that_is_suddenly_empty_is_a_changed_shape_at_the_end_of_its_day() -> None:
    (alert,) = changed(days(90, 95, 88, 92, 0, 0)).to_dicts()
    assert (alert["subject"], alert["observed"]) == ("shop: rating", 0)
    assert alert["expected"] == 91.25
    assert alert["opened_at"] == MONDAY + timedelta(days=5)


def test_column_that_comes_and_goes_has_no_shape_to_change() -> None:
    assert changed(days(90, 20, 85, 10, 70, 15)).is_empty()


def test_day_that_uses_more_than_half_of_what_may_be_rejected_is_told() -> None:
    rows = pl.DataFrame(
        {
            "source": ["a", "b"], "sent_on": [date(2026, 1, 5)] * 2,
            "rejected": [5, 6], "allowed": [10.0, 10.0],
        }
    )  # fmt: skip
    assert near_budget(rows)["subject"].to_list() == ["b"]
