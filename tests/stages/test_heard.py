"""Which hours were listened to: silence is no less listened to than talk, and today is not over."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from pipeline import stages
from pipeline.records import Window
from pipeline.stages import _heard
from tests.conftest import FIRST, NOW, Company, said


def test_a_day_that_is_not_over_was_listened_to_until_its_last_message(company: Company) -> None:
    company.hear("shop", [said("1", "Hallo.", f"{FIRST}T10:20:00Z")])
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    stages.listen(company.settings, "shop", Window.of_days(FIRST), now=noon)
    assert company.rows("source_days") == []
    assert np.flatnonzero(_heard.heard(company.lake).by_any).tolist() == list(range(11))
    assert str(_heard.last_day(company.lake)) == FIRST


def test_days_on_which_nobody_spoke_were_listened_to_as_a_whole(company: Company) -> None:
    company.hear("shop", [said("1", "Hallo.", f"{FIRST}T10:20:00Z")])
    stages.listen(company.settings, "shop", Window.of_days(FIRST, "2026-11-04"), now=NOW)
    found = _heard.heard(company.lake)
    assert (found.sources, found.by_any.tolist()) == (("shop",), [True] * 72)
