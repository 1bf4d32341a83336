"""A spike is told of the subject that it is about: not of all, nor of what all others do too."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pipeline.alerts.baseline import Hours
from pipeline.alerts.spikes import spikes

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
USUAL = 100
"""People an hour and subject."""


def stood_out(day: tuple[int, ...], hour: tuple[int, ...]) -> list[int]:
    """Which series, 0 for the sum, after two even weeks, a day and an hour like these."""
    held = np.full((16 * 24, len(hour)), USUAL)
    held[-36:-12], held[-12] = day, hour
    held = np.column_stack((held.sum(axis=1), held))
    hours = Hours(MONDAY, held, np.ones(held.shape, np.bool_))
    found = spikes(hours, ZoneInfo("Europe/Amsterdam"), least=5, false_alarms=0.25)
    return [one.series for one in found if (one.hour, one.hours) == (len(held) - 12, 1)]


EVEN, BAD = (100, 100, 100), (180, 180, 180)


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (EVEN, (320, 100, 100), [1]),
        (BAD, (320, 180, 180), [0]),  # all have more to complain about
        (EVEN, (180, 180, 180), []),
        (EVEN, (600, 250, 250), [1, 0]),  # most of what is too many is the first one's
        (EVEN, (400, 400, 400), [0]),
    ],
)
def test_subject_stands_out_against_the_rest(
    day: tuple[int, ...], hour: tuple[int, ...], expected: list[int]
) -> None:
    assert stood_out(day, hour) == expected
