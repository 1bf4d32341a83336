"""What people did decides the state of rows, stops the clock and is an answer about the tag."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipeline import labels
from pipeline.contracts import contract
from pipeline.opportunities import complaints, decisions, leads, outcomes
from tests.opportunities.made import MONDAY, detected, settings

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAD = {"text": "Can you send me a quote for 20 licences?", "author": "a"}
COMPLAINT = {"text": "My parcel never arrived, I want my money back.", "author": "a"}


def done(kind: str, outcome: str, after: timedelta = HOUR, name: str = "made:000") -> pl.DataFrame:
    return outcomes.of_kind(table((kind, outcome, after, name)), kind)


def table(*rows: tuple[str, str, timedelta, str]) -> pa.Table:
    listed = [
        {
            "decided_on": (MONDAY + after).date(),
            "opportunity_id": f"{kind}:{name}",
            "opportunity_kind": kind,
            "decided_at": MONDAY + after,
            "outcome": outcome,
            "reason": "because",
            "message_id": name,
            "source": "made",
            "department": "sales",
        }
        for kind, outcome, after, name in rows
    ]
    return pa.Table.from_pylist(listed, contract("outcomes").full_schema)


def lead(decided: pl.DataFrame, *messages: dict[str, Any]) -> dict[str, Any]:
    heard = detected(*(messages or (LEAD,)))
    (row,) = leads.build(heard, settings(), {}, MONDAY + 7 * DAY, decided).to_pylist()
    return dict(row)


def complaint(decided: pl.DataFrame, *messages: dict[str, Any]) -> dict[str, Any]:
    heard = detected(*(messages or (COMPLAINT,)))
    (row,) = complaints.build(heard, settings(), MONDAY + 7 * DAY, decided).to_pylist()
    return dict(row)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("contacted", "contacted"),
        ("won", "won"),
        ("lost", "lost"),
        ("rejected", "rejected"),
        ("duplicate", "rejected"),
    ],
)
def test_lead_has_the_state_that_people_gave(outcome: str, state: str) -> None:
    assert lead(outcomes.NONE)["state"] == "new"
    assert lead(done("lead", outcome))["state"] == state


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("contacted", "answered"),
        ("solved", "solved"),
        ("rejected", "rejected"),
        ("duplicate", "rejected"),
    ],
)
def test_complaint_has_the_state_that_people_gave(outcome: str, state: str) -> None:
    assert complaint(outcomes.NONE)["state"] == "escalated"
    assert complaint(done("complaint", outcome))["state"] == state


def test_call_in_time_meets_the_promise_and_a_late_one_misses_it() -> None:
    assert lead(outcomes.NONE)["deadline_state"] == "red"
    for outcome in ("contacted", "won", "lost"):
        assert lead(done("lead", outcome))["deadline_state"] == "met", outcome
    late = complaint(done("complaint", "contacted", 3 * DAY))
    assert (late["deadline_state"], late["answered_at"]) == ("missed", MONDAY + 3 * DAY)


def test_call_answers_what_was_said_before_it_and_not_what_comes_after() -> None:
    said = [
        {**COMPLAINT, "conversation_id": "made:000", "sent_at": MONDAY + after}
        for after in (0 * DAY, 2 * DAY)
    ]
    called = done("complaint", "contacted", DAY)
    row = complaint(called, *said)
    assert (row["answered_at"], row["waiting_since_at"]) == (MONDAY + DAY, MONDAY + 2 * DAY)
    both = pl.concat((called, done("complaint", "contacted", 3 * DAY)))
    assert complaint(both, *said)["waiting_since_at"] is None
    assert lead(done("lead", "won"))["waiting_since_at"] is None


def test_what_is_decided_of_a_complaint_is_not_decided_of_the_lead_in_its_message() -> None:
    both = table(("complaint", "rejected", HOUR, "made:000"))
    assert lead(outcomes.of_kind(both, "lead"))["state"] == "new"


def test_rejection_and_duplicate_stop_no_clock() -> None:
    for outcome in ("rejected", "duplicate"):
        assert complaint(done("complaint", outcome))["answered_at"] is None


@pytest.mark.parametrize("outcome", ["rejected", "duplicate"])
def test_what_is_rejected_has_no_deadline_to_miss(outcome: str) -> None:
    for build, kind in ((lead, "lead"), (complaint, "complaint")):
        assert build(outcomes.NONE)["deadline_state"] == "red"
        row = build(done(kind, outcome))
        assert (row["respond_by"], row["deadline_state"]) == (None, None)


def test_nothing_is_left_to_do_once_it_is_decided() -> None:
    told = {"won": "Won", "lost": "Lost", "rejected": "Rejected", "duplicate": "A duplicate"}
    rows = [(lead(done("lead", outcome)), reason) for outcome, reason in told.items()]
    for row, reason in [*rows, (complaint(done("complaint", "solved")), "Solved")]:
        assert (row["recommended_action"], row["action_reason"]) == ("none", f"{reason}: because.")
        assert row["reply_opening"] is None
    assert lead(done("lead", "contacted"))["recommended_action"] != "none"
    closed = complaint(outcomes.NONE, {**COMPLAINT, "conversation_state": "closed"})
    assert (closed["state"], closed["recommended_action"]) == ("solved", "none")
    assert closed["action_reason"].endswith("closed already, without a word of ours.")


def test_customer_who_writes_again_after_it_was_solved_waits_for_us() -> None:
    again = {
        **COMPLAINT,
        "text": "My parcel is still not here.",
        "conversation_id": "made:000",
        "sent_at": MONDAY + DAY,
    }
    decided = done("complaint", "solved")
    row = complaint(decided, {**COMPLAINT, "conversation_id": "made:000"}, again)
    assert (row["state"], row["waiting_since_at"]) == ("escalated", MONDAY + DAY)
    assert row["recommended_action"] != "none"
    rejected = done("complaint", "rejected")
    held = complaint(rejected, {**COMPLAINT, "conversation_id": "made:000"}, again)
    assert (held["state"], held["waiting_since_at"]) == ("rejected", None)


def later(given: dict[str, Any], after: timedelta, conversation: str) -> dict[str, Any]:
    return {**given, "conversation_id": conversation, "sent_at": MONDAY + after}


@pytest.mark.parametrize("outcome", ["won", "lost", "rejected", "duplicate"])
def test_who_asks_anew_after_it_was_over_is_a_new_lead_that_waits(outcome: str) -> None:
    said = [later(LEAD, at * DAY, f"made:{at}") for at in (0, 3, 4)]
    made = leads.build(
        detected(*said), settings(), {}, MONDAY + 7 * DAY, done("lead", outcome)
    ).to_pylist()
    state = "rejected" if outcome == "duplicate" else outcome
    assert [
        (row["lead_id"], row["state"], row["messages_count"], row["waiting_since_at"])
        for row in made
    ] == [("lead:made:000", state, 1, None), ("lead:made:001", "new", 2, MONDAY + 3 * DAY)]


def test_each_matter_is_over_at_its_own_time() -> None:
    decided = outcomes.of_kind(
        table(("lead", "won", DAY, "made:000"), ("lead", "lost", 2 * DAY, "made:001")), "lead"
    )
    assert outcomes.settled(decided).rows() == [
        ("made:000", MONDAY + DAY),
        ("made:001", MONDAY + 2 * DAY),
    ]


def test_lead_that_was_taken_up_again_is_not_over_whatever_its_strongest_message_was() -> None:
    first, second = {**LEAD, "conversation_id": "made:c"}, later(LEAD, DAY, "made:c")
    told = table(("lead", "lost", 2 * DAY, "made:000"), ("lead", "contacted", 4 * DAY, "made:000"))
    strongest = pa.array(["made:001", "made:000"])
    told = told.set_column(told.schema.get_field_index("message_id"), "message_id", strongest)
    decided = outcomes.of_kind(told, "lead")
    assert lead(decided, first, second, later(LEAD, 5 * DAY, "made:d"))["messages_count"] == 3


def test_outcome_of_a_row_is_not_that_of_a_message_which_came_after_it() -> None:
    # The second message was the strongest when the outcome was read.
    said = [later(LEAD, at * DAY, f"made:{at}") for at in (0, 3)]
    told = pl.concat((done("lead", "won"), done("lead", "won", name="made:001")))
    made = leads.build(detected(*said), settings(), {}, MONDAY + 7 * DAY, told).to_pylist()
    assert [row["state"] for row in made] == ["won", "new"]


def test_lost_customer_who_asks_again_in_the_same_conversation_waits_for_us() -> None:
    said = [later(LEAD, at * DAY, "made:000") for at in (0, 3)]
    row = lead(done("lead", "lost"), *said)
    assert (row["state"], row["waiting_since_at"]) == ("contacted", MONDAY + 3 * DAY)
    assert row["recommended_action"] != "none"
    for outcome in ("won", "rejected"):
        assert lead(done("lead", outcome), *said)["state"] == outcome


def test_complaint_after_one_that_was_rejected_is_a_complaint() -> None:
    said = [later(COMPLAINT, at * DAY, f"made:{at}") for at in (0, 3)]
    decided = done("complaint", "rejected")
    made = complaints.build(detected(*said), settings(), MONDAY + 7 * DAY, decided).to_pylist()
    assert [(row["state"], row["waiting_since_at"]) for row in made] == [
        ("rejected", None),
        ("escalated", MONDAY + 3 * DAY),
    ]
    assert not made[1]["is_repeat"]


def test_outcome_stays_with_the_row_when_an_earlier_message_renames_it() -> None:
    earlier = {**LEAD, "text": "I need a quote please.", "sent_at": MONDAY - DAY}
    row = lead(done("lead", "won"), LEAD, earlier)
    assert (row["lead_id"], row["state"]) == ("lead:made:001", "won")


def test_last_outcome_counts_in_whatever_order_they_come() -> None:
    rows = [("lead", "won", 2 * HOUR, "made:000"), ("lead", "contacted", HOUR, "made:000")]
    for order in (rows, rows[::-1]):
        assert lead(outcomes.of_kind(table(*order), "lead"))["state"] == "won"


def themes(*rows: tuple[str, str, timedelta, str]) -> dict[str, tuple[str, str]]:
    ideas = pl.DataFrame(
        {
            "idea_id": ["idea:a:1", "idea:a:2", "idea:a:3"],
            "theme_id": ["theme:a:1"] * 2 + ["theme:a:3"],
        }
    )
    none = decisions.holding(contract("theme_decisions").full_schema.empty_table())
    held = pl.concat((none, outcomes.statuses(table(*rows))), how="diagonal")
    found = decisions.standing(ideas, held)
    return {
        row["theme_id"]: (row["given_state"], row["given_reason"])
        for row in found.to_dicts()
        if row["theme_id"]
    }


def test_theme_has_the_last_outcome_of_itself_or_of_one_of_its_ideas() -> None:
    assert themes() == {}
    planned = ("theme", "planned", HOUR, "a:1")
    assert themes(("idea", "shipped", HOUR, "a:2")) == {"theme:a:1": ("shipped", "because")}
    assert themes(planned, ("theme", "shipped", 2 * HOUR, "a:1"))["theme:a:1"][0] == "shipped"
    shipped = ("idea", "shipped", 2 * HOUR, "a:2")
    assert themes(planned, shipped)["theme:a:1"][0] == "shipped"
    again = ("theme", "declined", 3 * HOUR, "a:1")
    for order in ((planned, shipped, again), (again, shipped, planned)):
        assert themes(*order)["theme:a:1"][0] == "declined"
    assert themes(("idea", "rejected", HOUR, "a:3")) == {}


def answers(found: pl.DataFrame) -> list[tuple[str, str, bool]]:
    return [(row["message_id"], row["tag"], row["is_yes"]) for row in found.to_dicts()]


def label(message_id: str, tag: str, at: datetime, *, is_yes: bool) -> pa.Table:
    row = {
        "labelled_on": at.date(), "message_id": message_id, "tag": tag, "is_yes": is_yes,
        "labelled_at": at,
    }  # fmt: skip
    return pa.Table.from_pylist([row], contract("labels").full_schema)


def test_outcome_is_an_answer_about_the_tag_but_a_duplicate_is_none() -> None:
    none = contract("labels").full_schema.empty_table()
    done = table(
        ("lead", "won", HOUR, "a:1"),
        ("lead", "rejected", HOUR, "a:2"),
        ("lead", "duplicate", HOUR, "a:3"),
        ("complaint", "solved", HOUR, "a:1"),
        ("theme", "planned", HOUR, "a:4"),
    )
    assert answers(labels.latest(none, done)) == [
        ("a:1", "complaint", True), ("a:1", "lead", True), ("a:2", "lead", False),
    ]  # fmt: skip


def test_later_of_label_and_outcome_counts() -> None:
    rejected = table(("lead", "rejected", HOUR, "a:1"))
    for after, is_yes in ((2 * HOUR, True), (timedelta(0), False)):
        labelled = label("a:1", "lead", MONDAY + after, is_yes=True)
        assert answers(labels.latest(labelled, rejected)) == [("a:1", "lead", is_yes)]


def test_answer_that_does_not_say_when_it_was_recorded_was_so_when_it_was_given() -> None:
    """Tables of before have no `recorded_at`."""
    done = table(("lead", "won", HOUR, "a:1"))
    assert done["recorded_at"].null_count == 1
    none = contract("labels").full_schema.empty_table()
    assert labels.latest(none, done)["recorded_at"].to_list() == [MONDAY + HOUR]


def test_rejected_lead_keeps_its_row_and_a_rejected_idea_loses_it() -> None:
    none = contract("labels").full_schema.empty_table()
    done = table(
        ("lead", "rejected", HOUR, "a:1"),
        ("idea", "rejected", HOUR, "a:2"),
        ("lead", "contacted", HOUR, "a:3"),
    )
    assert answers(labels.ruling(none, done)) == [("a:2", "idea", False), ("a:3", "lead", True)]
