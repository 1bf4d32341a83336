"""Follow-ups: what the person of a lead says next adds what the lead does not say itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.opportunities import leads
from tests.opportunities.made import MONDAY, detected, settings

TALK = {"author": "a", "conversation_id": "c"}
LEAD = {"text": "Could you send a quote?", "cues": {"asks_for_quote": "send a quote"}, **TALK}
MINUTE = timedelta(minutes=1)


def build(*said: str, lead: dict[str, Any] = LEAD, **values: Any) -> dict[str, Any]:
    """The row of a lead and what is said after it."""
    unknown = ("score", "threshold", "sentence_start", "sentence_end", "model_version")
    next_said = detected(
        *(
            {**TALK, "text": text, "message_id": f"next:{at}", "sent_at": MONDAY + at * MINUTE}
            for at, text in enumerate(said, 1)
        )
    ).with_columns(pl.lit(None).cast(detected().schema[name]).alias(name) for name in unknown)
    made = leads.build(
        detected(lead),
        settings(**values),
        {"asks_for_quote": "quote"},
        MONDAY + 60 * MINUTE,
        follow_ups=next_said,
    )
    (row,) = pl.DataFrame(made).to_dicts()
    return row


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ("Max £3k a year.", {"budget_amount": 3000, "budget_currency": "GBP"}),
        ("There are 40 people here.", {"team_size": 40}),
        ("It has to be before 1 February.", {"timeframe": "before 1 February"}),
        ("We're with Nimbus now.", {"competitor": "Nimbus", "switch_direction": "to_us"}),
        ("Wolk Zakelijk, I think.", {"product": "Wolk Zakelijk"}),
        ("Call me back, please.", {"contact_channel": "call"}),
    ],
)
def test_it_adds_a_field(said: str, fields: dict[str, Any]) -> None:
    row = build("Thanks for asking.", said)
    assert {name: row[name] for name in fields} == fields
    before = build()
    assert {name: before[name] for name in fields} == dict.fromkeys(fields)
    assert {(one["message_id"], one["text"] in said) for one in row["spans"][1:]} == {
        ("next:2", True)
    }


def test_it_changes_nothing_that_a_lead_says() -> None:
    lead = {**LEAD, "text": "Could you send a quote? Our budget is 900 euro, for 12 people."}
    row = build("At most 5000 euro, for 80 people.", lead=lead)
    assert (row["budget_amount"], row["team_size"]) == (900, 12)


def test_it_is_no_more_urgent_than_the_time_that_the_lead_says() -> None:
    lead = {**LEAD, "text": "Could you send a quote? We move in March."}
    row = build("I have ordered one, it comes by Friday.", lead=lead)
    assert (row["timeframe"], row["urgency"]) == ("in March", build(lead=lead)["urgency"])
    assert build("It must be here by Friday.")["urgency"] > build()["urgency"]


def test_the_latest_counts() -> None:
    assert build("At most 500 euro.", "Or up to 800 euro.")["budget_amount"] == 800


def test_it_is_no_message_of_the_lead() -> None:
    row, before = build("I want to cancel everything by Friday, it is for 40 people."), build()
    same = ("need", "messages_count", "opened_at", "updated_at", "probability", "message_id")
    assert {name: row[name] for name in same} == {name: before[name] for name in same}
    assert row["priority"] > before["priority"]


def test_an_amount_without_a_word_for_it_is_no_budget() -> None:
    assert build("My last bike was 700 euro and it broke.")["budget_amount"] is None


def test_it_says_nothing_of_another_conversation() -> None:
    row = build("At most 500 euro.", lead={**LEAD, "conversation_id": "elsewhere"})
    assert row["budget_amount"] is None
