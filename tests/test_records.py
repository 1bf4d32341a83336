"""Windows: whole UTC days, half open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.records import RECORD, Window

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))


@given(first=days, length=st.integers(min_value=0, max_value=60))
def test_window_yields_each_of_its_days_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    window = Window.of_days(first, last)
    found = list(window.days())
    assert found == [first + timedelta(days=at) for at in range(length + 1)]
    assert window.end - window.start == timedelta(days=length + 1)
    assert str(window) == f"{first}..{last}"


def test_one_day_is_a_window_of_that_day() -> None:
    window = Window.of_days("2026-11-02")
    assert window == Window.of_days(date(2026, 11, 2), "2026-11-02")
    assert window.end == datetime(2026, 11, 3, tzinfo=UTC)


def test_day_on_which_the_clock_changes_is_as_long_as_any() -> None:
    window = Window.of_days("2026-10-25")
    assert window.end - window.start == timedelta(days=1)


@pytest.mark.parametrize("text", ["2026-13-01", "2026-02-30", "0000-00-00", "02-11-2026", "", "x"])
def test_text_that_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Window.of_days(text)
    assert f"'{text}' is not a date" in str(caught.value)
    assert "2026-11-02" in caught.value.mend


@pytest.mark.parametrize("text", ["0001-01-01", "1970-12-31", "2101-01-01", "9999-12-31"])
def test_year_out_of_reach_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="out of reach") as caught:
        Window.of_days(text)
    assert caught.value.mend == "give days from 1971 to 2100"


def test_window_yet_to_come_is_refused_and_one_that_has_begun_is_not() -> None:
    now = datetime(2026, 11, 2, 0, 0, 1, tzinfo=UTC)
    Window.of_days("2026-11-02", "2027-01-01").refuse_ahead(now)
    with pytest.raises(SettingsError, match=r"2026-11-03\.\.2026-11-03 is yet to come") as caught:
        Window.of_days("2026-11-03").refuse_ahead(now)
    assert caught.value.mend == "give days up to 2026-11-02"


def test_last_day_before_the_first_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"ends .2026-11-01. before it starts .2026-11-03."):
        Window.of_days("2026-11-03", "2026-11-01")


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 2, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 2, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 11, 2),  # noqa: DTZ001 - what is refused
    ],
)
def test_bound_that_is_not_midnight_in_utc_is_refused(at: datetime) -> None:
    with pytest.raises(SettingsError, match="not midnight UTC"):
        Window(at, datetime(2026, 11, 9, tzinfo=UTC))


def test_record_holds_what_quarantine_needs_to_read_a_row_again() -> None:
    assert {"origin", "rule_id", "column", "value", "raw"} <= set(RECORD.names)
    assert len(set(RECORD.names)) == len(RECORD.names)
    assert {field.type for field in RECORD} == {pa.string(), pa.bool_()}
