"""People's decisions about alerts are kept, and hold when the alerts are made anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.books import alert_book
from pipeline.errors import SettingsError
from tests.conftest import NOW, Company
from tests.stages.test_watching import FIRST, LAST, opened, spikes

SPIKE = "complaint_spike"


@pytest.fixture
def warned(company: Company, made: Callable[..., Company]) -> Company:
    return made(opened(company), FIRST, LAST)


def state(company: Company) -> tuple[str, str | None]:
    (alert,) = spikes(company)
    return str(alert["state"]), alert["state_reason"]


def test_decision_stands_at_once_and_after_the_alerts_are_made_anew(warned: Company) -> None:
    name = alert_book.decide(
        warned.settings, SPIKE, "acknowledged", now=NOW, reason="Bel 06-12345678 niet", by="Ans"
    )
    assert state(warned) == ("acknowledged", "Bel [phone] niet")
    before = warned.checksums()
    warned.run(LAST)
    assert warned.checksums() == before
    (kept,) = warned.rows("alert_decisions")
    assert (kept["alert_id"], kept["decided_by"]) == (name, "Ans")


def test_last_word_counts_and_all_are_kept(warned: Company) -> None:
    for minutes, said in enumerate(("acknowledged", "closed", "open")):
        alert_book.decide(warned.settings, SPIKE, said, now=NOW + timedelta(minutes=minutes))
    assert state(warned) == ("open", None)
    assert len(warned.rows("alert_decisions")) == 3


def test_snoozed_alert_rests_until_its_time_comes(warned: Company) -> None:
    ended = datetime(2026, 11, 9, tzinfo=UTC)
    now = datetime(2026, 11, 6, 15, tzinfo=UTC)
    alert_book.decide(warned.settings, SPIKE, "snoozed", now=now, until=ended + timedelta(days=1))
    assert state(warned)[0] == "snoozed"
    alert_book.decide(warned.settings, SPIKE, "snoozed", now=now + timedelta(hours=1), until=ended)
    assert state(warned)[0] == "open"  # the lake has been listened to until then


def test_snooze_that_is_over_and_alert_that_is_not_there_are_refused(warned: Company) -> None:
    with pytest.raises(SettingsError, match="is over"):
        alert_book.decide(warned.settings, SPIKE, "snoozed", now=NOW, until=NOW)
    with pytest.raises(SettingsError, match="no alert 'storm'"):
        alert_book.decide(warned.settings, "storm", "closed", now=NOW)
    assert warned.rows("alert_decisions") == []
