"""Days of a source: columns that are suddenly empty, and rejected records that add up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipeline.alerts.source_days import SHAPE, changed, near_budget

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def days(*rated: int, each: int = 100, source: str = "shop") -> pl.DataFrame:
    """Days of `each` messages, so many of them with a rating; all else is always filled."""
    return pl.DataFrame(
        [
            {"source": source, "sent_on": date(2026, 1, 5) + timedelta(days=at), "messages": each}
            | dict.fromkeys(SHAPE, each)
            | {"rating": count}
            for at, count in enumerate(rated)
        ]
    )


def test_column_that_is_suddenly_empty_is_a_changed_shape_at_the_end_of_its_day() -> None:
    (alert,) = changed(days(90, 95, 88, 92, 0, 0)).to_dicts()
    assert (alert["subject"], alert["observed"]) == ("shop: rating", 0)
    assert alert["expected"] == 91.25
    assert alert["opened_at"] == MONDAY + timedelta(days=5)


def test_days_in_a_row_are_one_change_and_a_later_one_is_another() -> None:
    month, day = [90] * 28, timedelta(days=1)
    made = changed(days(*month, 0, 0, *month, 0))
    assert made.select("window_start", "opened_at", "last_at").rows() == [
        (MONDAY + 28 * day, MONDAY + 29 * day, MONDAY + 30 * day),
        (MONDAY + 58 * day, MONDAY + 59 * day, MONDAY + 59 * day),
    ]


def test_each_source_has_a_shape_of_its_own() -> None:
    shop = days(90, 95, 88, 92, 0, 0)
    both = pl.concat((days(10, 10, 10, 10, 10, 10, source="forum"), shop))
    assert changed(both).equals(changed(shop))


@pytest.mark.parametrize(
    ("rated", "each", "is_told"),
    [
        ((20, 20, 20, 0), 20, True),
        ((19, 19, 19, 0), 19, False),  # too few of them
        ((16, 16, 16, 0), 16, False),
        ((100, 100, 0), 100, False),  # two days
        ((100, 100, 100, 70), 100, True),
        ((100, 100, 100, 71), 100, False),
    ],
)
def test_change_is_told_of_enough_messages_and_days(
    rated: tuple[int, ...], each: int, is_told: bool
) -> None:
    assert len(changed(days(*rated, each=each))) == is_told


def test_day_of_a_few_messages_teaches_nothing() -> None:
    usual, few = days(90, 90, 90, 90, 0), days(0, 0, 0, 0, 0, each=9)
    held = pl.concat((usual[:3], few[3:4], usual[4:]))
    (alert,) = changed(held).to_dicts()
    assert (alert["expected"], alert["opened_at"]) == (90, MONDAY + timedelta(days=5))


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
