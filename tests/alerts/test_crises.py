"""Crises are caught before their peak and quiet days are quiet; the page says what is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.crises import CRISES, QUIET_DAYS, SEED, outcome, row

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")
QUICK = [at for at, one in enumerate(CRISES) if one.history_days < 7]


def test_there_are_ten_crises_and_the_page_has_all_of_them() -> None:
    assert len(CRISES) == 10
    assert QUIET_DAYS >= 90
    assert all(f"| {one.name} |" in PAGE for one in CRISES)


@pytest.mark.parametrize("number", QUICK)
def test_crisis_is_caught_before_its_peak_as_the_page_says(number: int) -> None:
    found = outcome(CRISES[number], SEED + 10 * number)
    assert found.hours is not None
    assert found.hours <= CRISES[number].hours
    assert 30 * found.false_alarms / found.quiet_days <= 1
    assert row(found) in PAGE
