"""Times, numbers and the order in which rules are judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipeline.records import RECORD
from pipeline.sources._typed import times, typed

NOW = datetime(2026, 12, 1, tzinfo=UTC)
GOOD = {"native_id": "1", "sent_at": "2026-11-03T09:30:00Z", "text": "ja", "origin": "a:1"}


def at(text: str, zone: str | None = None, time_format: str | None = None) -> datetime | None:
    found: datetime | None = times(pl.Series([text]), zone, time_format).at[0]
    return found


def judged(**values: Any) -> dict[str, Any]:
    frame = pl.DataFrame(pa.RecordBatch.from_pylist([{**GOOD, **values}], RECORD))
    return typed(frame, zone=None, time_format=None, not_after=NOW).row(0, named=True)


READ = {
    "2026-11-03T09:30:00Z": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "2026-11-03 09:30:00 UTC": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "2026-11-03t09:30z": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "  2026-11-03T10:30:00+01:00 ": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "2026-11-03T10:30:00+0100": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "2026-11-03T10:30:00+01": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "2026-11-03T04:00:00-05:30": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "2026-11-03T23:30:00-14:00": datetime(2026, 11, 4, 13, 30, tzinfo=UTC),
    "2026-11-03T09:30:00.5Z": datetime(2026, 11, 3, 9, 30, 0, 500_000, tzinfo=UTC),
    "2026-11-03T09:30:00,123456789Z": datetime(2026, 11, 3, 9, 30, 0, 123_456, tzinfo=UTC),
    "1793698200": datetime(2026, 11, 3, 9, 30, tzinfo=UTC),
    "1793698200.25": datetime(2026, 11, 3, 9, 30, 0, 250_000, tzinfo=UTC),
    "1793698200123": datetime(2026, 11, 3, 9, 30, 0, 123_000, tzinfo=UTC),
    "2024-02-29T00:00:00Z": datetime(2024, 2, 29, tzinfo=UTC),
}
UNREAD = (
    "",
    "gisteren",
    "0000-00-00 00:00:00",
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-11-03T24:30:00Z",
    "2026-11-03T09:60:00Z",
    "2026-11-03T09:30:00+15:00",
    "2026-11-03T09:30:00 CET",
    "03-11-2026 09:30",
    "11/03/2026",
    "2026-11-3",
    "2026-W45-2",
    "0",
    "-1",
    "12345678",
    "99999999999999999999",
    "NaN",
)


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_times_are_read_to_the_microsecond(text: str, expected: datetime) -> None:
    assert at(text) == expected


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    assert at(text, "Europe/Amsterdam") is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-07-01 12:00:00", 10),
        ("2026-11-03 12:00", 11),
        ("2026-11-03", 23),
        ("2026-10-25 02:30:00", 0),
    ],
)
def test_a_time_without_a_zone_is_read_in_the_zone_given(text: str, hour: int) -> None:
    found = at(text, "Europe/Amsterdam")
    assert found is not None
    assert (found.hour, found.utcoffset().total_seconds()) == (hour, 0)  # type: ignore[union-attr]


def test_an_hour_that_a_zone_skips_is_unreadable() -> None:
    assert at("2026-03-29 02:30:00", "Europe/Amsterdam") is None


def test_the_platform_s_own_format_is_read_beside_iso() -> None:
    found = times(
        pl.Series(["Tue Nov 03 09:30:00 +0000 2026", "2026-11-03T09:30:00Z", "Tue Nov 03", None]),
        None,
        "%a %b %d %H:%M:%S %z %Y",
    )
    expected = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    assert found.at.to_list() == [expected, expected, None, None]


@pytest.mark.parametrize(
    ("values", "rule", "column", "value"),
    [
        ({"native_id": None}, "missing_id", "native_id", None),
        ({"native_id": "  "}, "missing_id", "native_id", None),
        ({"sent_at": " "}, "missing_time", "sent_at", None),
        ({"sent_at": "2026-11-03"}, "naive_time", "sent_at", "2026-11-03"),
        ({"sent_at": "ooit"}, "unreadable_time", "sent_at", "ooit"),
        ({"sent_at": "2026-12-01T00:00:01Z"}, "future_time", "sent_at", "2026-12-01T00:00:01Z"),
        ({"text": None}, "empty_text", "text", None),
        ({"text": " \n\t "}, "empty_text", "text", None),
        ({"text": "\u200b\u00ad \ufeff"}, "empty_text", "text", None),
        ({"text": "é" * 100_001}, "text_too_long", "text", "100001"),
        ({"edited_at": "later"}, "unreadable_time", "edited_at", "later"),
        ({"edited_at": "2026-11-04"}, "naive_time", "edited_at", "2026-11-04"),
        ({"closed_at": "ooit"}, "unreadable_time", "closed_at", "ooit"),
        ({"closed_at": "2026-11-04"}, "naive_time", "closed_at", "2026-11-04"),
        ({"rating": "vijf"}, "unreadable_number", "rating", "vijf"),
        ({"rating": "-1"}, "unreadable_number", "rating", "-1"),
        ({"rating": "inf"}, "unreadable_number", "rating", "inf"),
        ({"likes_count": "1.5"}, "unreadable_number", "likes_count", "1.5"),
        ({"likes_count": "-3"}, "unreadable_number", "likes_count", "-3"),
        ({"shares_count": "9" * 30}, "unreadable_number", "shares_count", "9" * 30),
        ({"author_followers_count": "1k"}, "unreadable_number", "author_followers_count", "1k"),
        ({"native_id": None, "sent_at": None, "text": None}, "missing_id", "native_id", None),
        ({"rule_id": "csv_columns", "native_id": None}, "csv_columns", None, None),
        ({"likes_count": "x" * 500}, "unreadable_number", "likes_count", "x" * 200),
    ],
)
def test_the_first_rule_that_is_broken_is_named(
    values: dict[str, Any], rule: str, column: str | None, value: str | None
) -> None:
    row = judged(**values)
    assert (row["rule_id"], row["column"], row["value"]) == (rule, column, value)


def test_a_good_record_breaks_no_rule() -> None:
    row = judged(rating="4.5", likes_count="12.0", shares_count="", subject=" ", text=" ja ")
    assert (row["rule_id"], row["column"], row["value"]) == (None, None, None)
    assert (row["rating"], row["likes_count"], row["shares_count"]) == (4.5, 12, None)
    assert (row["subject"], row["text"]) == (None, " ja ")


def test_a_message_sent_this_very_moment_is_not_from_the_future() -> None:
    assert judged(sent_at="2026-12-01T00:00:00Z")["rule_id"] is None


def test_the_day_is_that_of_utc_and_unknown_for_the_future() -> None:
    assert str(judged(sent_at="2026-11-03T23:30:00-01:00")["day"]) == "2026-11-04"
    assert judged(sent_at="2031-01-01T00:00:00Z")["day"] is None
