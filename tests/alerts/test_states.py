"""An alert is open until somebody says otherwise, or until it has been over for long enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from pipeline.alerts.states import with_state
from pipeline.contracts import contract

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def state(
    *decisions: tuple[str, datetime, str, datetime | None],
    as_of: datetime,
    kind: str = "complaint_spike",
    kind_of_b: str | None = None,
    last_at: datetime = NOON,
) -> list[str]:
    """States of two alerts about one subject, `a` of noon and `b` of two days later."""
    alerts = pl.DataFrame(
        {
            "alert_id": ["a", "b"],
            "opened_at": [NOON, NOON + 2 * DAY],
            "last_at": [last_at, NOON + 2 * DAY],
            "kind": [kind, kind_of_b or kind],
        }
    ).with_columns(subject_kind=pl.lit("topic"), subject=pl.lit("outage"))
    empty = pl.DataFrame(contract("alert_decisions").full_schema.empty_table())
    names = ("alert_id", "decided_at", "state", "snoozed_until")
    said = [dict(zip(names, one, strict=True)) for one in decisions]
    rows = pl.concat(
        [empty, pl.DataFrame(said, schema_overrides=dict(empty.schema))], how="diagonal"
    )
    return with_state(alerts, rows, as_of, 7)["state"].to_list()


def test_alert_nobody_looked_at_closes_after_its_days() -> None:
    assert state(as_of=NOON + 6 * DAY) == ["open", "open"]
    assert state(as_of=NOON + 7 * DAY) == ["closed", "open"]


def test_acknowledged_alert_does_not_close_by_itself() -> None:
    said = ("a", NOON, "acknowledged", None)
    assert state(said, as_of=NOON + 70 * DAY) == ["acknowledged", "closed"]


def test_alert_that_somebody_closed_stays_closed_whatever_it_shows() -> None:
    said = ("a", NOON, "closed", None)
    assert state(said, as_of=NOON + 2 * DAY, last_at=NOON + DAY) == ["closed", "open"]


def test_alert_that_opens_while_its_subject_is_snoozed_rests_with_it() -> None:
    said = ("a", NOON + DAY, "snoozed", NOON + 4 * DAY)
    assert state(said, as_of=NOON + 3 * DAY) == ["snoozed", "snoozed"]
    assert state(said, as_of=NOON + 5 * DAY) == ["closed", "open"]
    assert state(said, as_of=NOON + 3 * DAY, kind_of_b="idea_spike") == ["snoozed", "open"]


def test_last_word_about_an_alert_counts_whatever_was_written_first() -> None:
    snoozed = ("a", NOON + DAY, "snoozed", NOON + 4 * DAY)
    closed, opened = (("a", NOON + 2 * DAY, said, None) for said in ("closed", "open"))
    for said in (closed, opened):
        assert state(snoozed, said, as_of=NOON + 3 * DAY) == [said[2], "open"]
        assert state(said, snoozed, as_of=NOON + 3 * DAY) == [said[2], "open"]


def test_snooze_that_ends_opens_what_went_on_and_closes_what_is_over() -> None:
    said = ("a", NOON + DAY, "snoozed", NOON + 4 * DAY)
    ended = NOON + 4 * DAY
    assert state(said, as_of=ended, last_at=NOON)[0] == "closed"
    assert state(said, as_of=ended, last_at=NOON + DAY)[0] == "closed"  # known when it was said
    went_on = NOON + 3 * DAY
    assert state(said, as_of=ended, last_at=went_on)[0] == "open"
    assert state(said, as_of=went_on + 7 * DAY, last_at=went_on)[0] == "closed"


def test_grave_message_that_was_snoozed_is_brought_up_again() -> None:
    said = ("a", NOON + DAY, "snoozed", NOON + 9 * DAY)
    assert state(said, as_of=NOON + 9 * DAY, kind="severe_message")[0] == "open"
    assert state(said, as_of=NOON + 16 * DAY, kind="severe_message")[0] == "closed"


def test_alert_that_opened_before_the_snooze_does_not_rest_with_it() -> None:
    said = ("b", NOON + 3 * DAY, "snoozed", NOON + 9 * DAY)
    assert state(said, as_of=NOON + 4 * DAY) == ["open", "snoozed"]
