"""Leads: one row per person and need, in the order in which a person would call."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.contracts import check, conform
from pipeline.opportunities import leads
from tests.opportunities.made import MONDAY, detected, settings

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEEDS = {"asks_for_quote": "quote", "wants_demo": "demo", "considers": "buy", "renewal": "renew"}
NEEDS |= {"asks_who": "recommend"}


def build(
    *messages: dict[str, Any], now: timedelta = 5 * HOUR, **values: Any
) -> list[dict[str, Any]]:
    made = leads.build(detected(*messages), settings(**values), NEEDS, MONDAY + now)
    return pl.DataFrame(made).to_dicts()


def one(*messages: dict[str, Any], **values: Any) -> dict[str, Any]:
    rows = build(*messages, **values)
    assert len(rows) == 1
    return rows[0]


QUOTE = {"text": "Could you send a quote for 40 seats?", "cues": {"asks_for_quote": "send a quote"}}


def test_table_keeps_its_contract() -> None:
    made = leads.build(
        detected(QUOTE, {"text": "Thinking of buying", "author": None}), settings(), NEEDS, MONDAY
    )
    assert check(conform(made, "leads"), "leads", where="test").rejected.num_rows == 0


def test_no_messages_make_an_empty_table_with_all_columns() -> None:
    made = leads.build(detected(), settings(), NEEDS, MONDAY)
    assert made.num_rows == 0
    assert set(made.column_names) == set(leads.COLUMNS)


def test_second_message_updates_the_row() -> None:
    row = one(
        {**QUOTE, "author": "a", "conversation_id": "c"},
        {
            "text": "Our budget is 900 euro per month, we decide by Friday.",
            "author": "a",
            "conversation_id": "c",
            "sent_at": MONDAY + HOUR,
        },
    )
    assert row["lead_id"] == "lead:made:000"
    assert (row["opened_at"], row["updated_at"]) == (MONDAY, MONDAY + HOUR)
    assert row["messages_count"] == 2
    assert (row["budget_amount"], row["budget_currency"]) == (900, "EUR")
    assert row["timeframe"] == "by Friday"
    assert row["need"] == "quote"


def test_row_shows_the_message_that_says_it_best() -> None:
    talk = {"author": "a", "conversation_id": "c"}
    row = one(
        {**talk, "text": "Hello, a question about seats.", "score": 0.6},
        {**talk, **QUOTE, "score": 0.9, "sent_at": MONDAY + HOUR},
        {**talk, "text": "Thanks, bye.", "score": 0.7, "sent_at": MONDAY + 2 * HOUR},
    )
    assert (row["message_id"], row["snippet"]) == ("made:001", QUOTE["text"])
    assert row["probability"] == pytest.approx(0.9)


def test_correction_of_a_budget_takes_its_currency_along() -> None:
    talk = {"author": "a", "conversation_id": "c"}
    row = one(
        {**talk, "text": "We have 900 euro to spend."},
        {**talk, "text": "Sorry, our budget is 5k.", "sent_at": MONDAY + HOUR},
    )
    assert (row["budget_amount"], row["budget_currency"]) == (5000, None)


def test_repost_by_somebody_else_opens_nothing() -> None:
    repost = {"text": QUOTE["text"], "author": "b", "duplicate_of": "made:000"}
    assert [row["messages_count"] for row in build({**QUOTE, "author": "a"}, repost)] == [1]


def test_repost_of_ones_own_updates_the_row() -> None:
    again = {**QUOTE, "author": "a", "duplicate_of": "made:000", "sent_at": MONDAY + DAY}
    row = one({**QUOTE, "author": "a"}, again)
    assert (row["message_id"], row["messages_count"]) == ("made:000", 2)
    assert row["updated_at"] == MONDAY + DAY


def test_other_need_of_the_same_person_elsewhere_is_another_lead() -> None:
    demo = {"text": "Can I see a demo?", "author": "a", "cues": {"wants_demo": "a demo"}}
    assert {row["need"] for row in build({**QUOTE, "author": "a"}, demo)} == {"quote", "demo"}


def test_every_message_is_counted_in_exactly_one_row() -> None:
    heard = [
        {
            **QUOTE,
            "author": "ab"[at % 2],
            "conversation_id": f"c{at % 3}",
            "sent_at": MONDAY + at * HOUR,
        }
        for at in range(12)
    ]
    assert sum(row["messages_count"] for row in build(*heard)) == 12


def test_result_does_not_depend_on_the_order_of_the_messages() -> None:
    heard = detected(
        *(
            {**QUOTE, "author": "abc"[at % 3], "score": 0.5 + at % 4 / 10, "language": "nl"}
            for at in range(20)
        )
    )
    made = [
        leads.build(heard.sample(fraction=1, shuffle=True, seed=seed), settings(), NEEDS, MONDAY)
        for seed in range(3)
    ]
    assert made[0].equals(made[1]) and made[1].equals(made[2])


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Kunt u mij een offerte sturen?", "nl", "quote"),
        ("Mag ik een proefrit maken?", "nl", "demo"),
        ("Does anyone know a good plumber?", "en", "recommend"),
        ("Any alternatives to Nimbus?", "en", "switch"),
        ("What would it be to renew for a year?", "en", "renew"),
        ("I need a new roof.", "en", "buy"),
    ],
)
def test_need_comes_from_the_words_when_no_cue_tells_it(
    text: str, language: str, expected: str
) -> None:
    assert one({"text": text, "language": language})["need"] == expected


def test_who_asks_whom_to_speak_to_does_not_want_to_try_anything() -> None:
    asked = "Who do I speak to about a lost scarf?"
    row = one({"text": asked, "cues": {"wants_demo": "Who do I speak to"}})
    assert (row["need"], row["recommended_action"]) == ("buy", "reply")
    trial = {"text": "Who do I speak to about a demo?", "cues": {"wants_demo": "a demo"}}
    assert (one(trial)["need"], one(trial)["recommended_action"]) == ("demo", "offer_demo")


def test_who_leaves_a_rival_switches_whomever_else_they_ask() -> None:
    text = "We want to leave Nimbus. Who does the contracts with you?"
    row = one({"text": text, "cues": {"asks_who": "Who does"}})
    assert (row["need"], row["switch_direction"]) == ("switch", "to_us")


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Our contract with Nimbus ends in May.", "en", "ends"),
        ("Ons contract met Nimbus loopt op 31 december af.", "nl", "loopt"),
    ],
)
def test_contract_that_ends_with_a_rival_is_a_switch_and_no_renewal(
    text: str, language: str, said: str
) -> None:
    row = one({"text": text, "language": language, "cues": {"renewal": said}})
    assert (row["need"], row["switch_direction"]) == ("switch", "to_us")


def test_contract_with_us_that_ends_is_a_renewal() -> None:
    text = "Ons contract met jullie loopt op 31 december af."
    row = one({"text": text, "language": "nl", "cues": {"renewal": "loopt"}})
    assert (row["need"], row["switch_direction"]) == ("renew", None)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Onze polis loopt in mei af en dan gaan we weg bij Stormzeker.", "nl", "switch"),
        ("Onze proefmaand loopt vrijdag af, mag die een week langer?", "nl", "demo"),
        ("Our trial ends on Friday, could we have a demo of the rest?", "en", "demo"),
        ("Onze polis loopt in mei af, wij doen graag weer mee.", "nl", "renew"),
        ("Our policy ends in May, we would like another year.", "en", "renew"),
    ],
)
def test_what_ends_is_renewed_unless_its_customer_leaves_or_only_tries(
    text: str, language: str, expected: str
) -> None:
    said = "loopt" if language == "nl" else "ends"
    row = one({"text": text, "language": language, "cues": {"renewal": said}})
    assert row["need"] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mag best wat kosten, als hij maar snijdt.", "buy"),
        ("Zoek een dakdekker die ook de premie aanvraagt.", "buy"),
        ("Hebben jullie een tarief voor scholen?", "quote"),
        ("Wat kosten twee messen?", "quote"),
    ],
)
def test_price_that_does_not_matter_is_not_asked_for(text: str, expected: str) -> None:
    assert one({"text": text, "language": "nl"})["need"] == expected


@pytest.mark.parametrize(
    ("text", "language", "is_business"),
    [
        ("Heeft u een tafel voor 14 personen?", "nl", False),
        ("Could you seat 14 guests?", "en", False),
        ("Wat kosten 12 zonnepanelen?", "nl", False),
        ("Wij doen mee met 34 huishoudens.", "nl", False),
        ("Stroom voor 36 gebouwen, wat kost dat?", "nl", True),
        ("Wij zoeken iets voor een team van 14 mensen.", "nl", True),
        ("Graag 14 laptops.", "nl", True),
        ("We want 14 licences.", "en", True),
    ],
)
def test_party_of_guests_is_no_business(text: str, language: str, is_business: bool) -> None:
    reason = one({"text": text, "language": language})["action_reason"]
    assert ("speaks for a business" in reason) == is_business


URGENT = {
    "text": "We need 40 seats for our office before 9 November, budget 2.000 euro a month. "
    "Please send a quote today.",
    "best": "Please send a quote today.",
    "cues": {"asks_for_quote": "send a quote"},
    "channel": "email",
}
VAGUE = {"text": "Thinking of buying one, maybe some day.", "cues": {"considers": "Thinking of"}}


def test_urgent_business_with_a_budget_comes_before_somebody_who_is_thinking() -> None:
    urgent, vague = build(URGENT, {**VAGUE, "score": 0.99, "author_followers_count": 5000})
    assert urgent["priority"] > 4 * vague["priority"]


def test_order_of_calling_is_the_one_a_person_would_choose() -> None:
    plain = {"text": "What does Wolk Thuis cost?", "cues": {"asks_for_quote": "cost"}}
    old = {**URGENT, "sent_at": MONDAY - 40 * DAY}
    answered = {**URGENT, "answered_at": MONDAY + HOUR}
    rows = build(URGENT, plain, answered, VAGUE, old)
    names = ["urgent", "plain", "answered", "vague", "old"]
    ranked = sorted(zip(rows, names, strict=True), key=lambda pair: -pair[0]["priority"])
    assert [name for _, name in ranked] == ["urgent", "plain", "answered", "old", "vague"]


def test_answer_stops_the_clock_and_turns_the_state() -> None:
    row = one({**QUOTE, "answered_at": MONDAY + HOUR})
    assert (row["state"], row["deadline_state"]) == ("contacted", "met")
    assert (row["recommended_action"], row["waiting_since_at"]) == ("watch", None)
    new = one(QUOTE)
    assert (new["state"], new["waiting_since_at"]) == ("new", MONDAY)


def test_answer_that_is_still_to_come_is_not_known() -> None:
    row = one({**QUOTE, "answered_at": MONDAY + 6 * HOUR})
    assert (row["state"], row["deadline_state"]) == ("new", "green")


def test_customer_who_writes_again_after_the_answer_waits_for_us() -> None:
    talk = {"author": "a", "conversation_id": "c"}
    row = one(
        {**QUOTE, **talk, "answered_at": MONDAY + HOUR},
        {**QUOTE, **talk, "sent_at": MONDAY + 2 * HOUR},
    )
    assert row["state"] == "contacted"
    assert row["recommended_action"] != "watch"
    assert "has written again" in row["action_reason"]
    assert row["waiting_since_at"] == MONDAY + 2 * HOUR
    assert (row["respond_by"], row["deadline_state"]) == (MONDAY + DAY + 2 * HOUR, "green")


def test_reply_that_is_no_lead_by_itself_waits_for_us_too() -> None:
    answered = {**QUOTE, "answered_at": MONDAY + HOUR, "conversation_state": "waiting_for_us"}
    row = one({**answered, "written_again_at": MONDAY + 3 * HOUR})
    assert row["waiting_since_at"] == MONDAY + 3 * HOUR
    assert (row["respond_by"], row["deadline_state"]) == (MONDAY + DAY + 3 * HOUR, "green")
    assert one({**answered, "written_again_at": None})["waiting_since_at"] is None


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (URGENT, "call"),
        ({**URGENT, "channel": "microblog"}, "private_message"),
        ({"text": "Can we see a demo?", "cues": {"wants_demo": "demo"}}, "offer_demo"),
        ({"text": "We are switching to Nimbus next week."}, "call"),
        (VAGUE, "watch"),
        # Whoever asks us is answered, also one who has not made up their mind.
        ({"text": "Thinking of May. Do you have a room left?", "channel": "email"}, "reply"),
        ({"text": "Thinking of May, perhaps with a room.", "channel": "email"}, "watch"),
        ({"text": "Thinking of a room. Who knows, perhaps in May?"}, "watch"),
        (QUOTE | {"text": "Could you send a quote?"}, "reply"),
        (
            {"text": "Wat kost dat? Kunt u mij bellen?", "channel": "email", "language": "nl"},
            "call",
        ),
        ({"text": "What is it? Please call me.", "channel": "chat"}, "call"),
        # Nobody writes a telephone number where all can read it.
        ({"text": "Wat kost dat? Wie kan mij bellen?", "language": "nl"}, "private_message"),
        ({"text": "Could we see a demo? Please call me."}, "private_message"),
        ({"text": "What is it? Don't call me.", "channel": "email"}, "reply"),
        ({"text": "What is it? Mail me the price list.", "channel": "email"}, "reply"),
        ({"text": "I called you. What is it?", "channel": "email"}, "reply"),
    ],
)
def test_action_follows_from_what_is_said(message: dict[str, Any], action: str) -> None:
    row = one(message)
    assert row["recommended_action"] == action
    assert row["action_reason"].endswith(".")


def test_reason_says_of_whom_they_leave() -> None:
    ours = one({"text": "We are switching from Wolk to Nimbus."})
    assert ours["action_reason"].startswith("May leave us, ")
    assert "Nimbus" not in ours["action_reason"]
    theirs = one({"text": "We are switching from Nimbus to Wolk."})
    assert theirs["action_reason"].startswith("Wants to leave a supplier, names the competitor N")
    quoted = one({"text": "Switching from Wolk to Nimbus, send a quote.", "cues": {"q": "quote"}})
    assert "may leave us" in quoted["action_reason"].lower()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Wij hebben € 950 begroot.", "budget EUR 950,"),
        ("Wij hebben € 1.200.000 begroot.", "budget EUR 1,200,000,"),
        ("Wij hebben € 12.500,05 begroot.", "budget EUR 12,500.05,"),
        ("Wij hebben € 100.000 per maand begroot.", "budget EUR 100,000 a month,"),
        ("Wij hebben 5k budget.", "budget 5,000,"),
    ],
)
def test_reason_groups_the_digits_of_a_budget(text: str, said: str) -> None:
    assert said in one({"text": text, "language": "nl"})["action_reason"]


@pytest.mark.parametrize(
    "text", ["Our budget is €99999999999999999999.", f"A quote for {'9' * 5000} people, please."]
)
def test_number_beyond_all_counting_stops_nobody(text: str) -> None:
    row = one({"text": text})
    assert (row["budget_amount"], row["team_size"]) == (None, None)


@pytest.mark.parametrize("more", ["," * 50_000, "1." * 50_000, " prima" * 170_000])
def test_lead_of_any_length_is_read_in_time(more: str) -> None:
    begun = time.process_time()
    row = one({"text": f"We need seats for 40 people {more}", "language": "en"})
    assert row["team_size"] == 40
    assert time.process_time() - begun < 5


def test_reason_tells_what_the_row_rests_on() -> None:
    assert one(URGENT)["action_reason"] == (
        "Asks for a price, budget EUR 2,000 a month, time frame 'before 9 November', "
        "speaks of 40 seats, speaks for a business, nobody of us has answered yet."
    )


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        # No cue and no word tells the need: no more is said than that.
        ("Do you have it in green?", "May be looking for something, "),
        ("I am switching from a tablet to a desk.", "Speaks of switching, "),
        ("Alternatives to Nimbus?", "Wants to leave a supplier, names the competitor Nimbus, "),
        # "Wants to leave a supplier for Wolk" would say the reverse.
        (
            "Leaving Nimbus, can we have Wolk Thuis?",
            "Wants to leave a supplier, names Wolk Thuis, ",
        ),
        ("Does anyone know whether Wolk Thuis is any good?", "Asks for advice about Wolk Thuis, "),
    ],
)
def test_reason_says_no_more_than_the_message(text: str, begins: str) -> None:
    assert one({"text": text})["action_reason"].startswith(begins)


def test_considering_says_less_than_what_is_considered() -> None:
    cues = {"considers": "thinking about switching"}
    assert one({"text": "I was thinking about switching, too.", "cues": cues})["need"] == "switch"
    row = one({"text": "I was thinking about a sofa.", "cues": {"considers": "thinking"}})
    assert row["need"] == "buy"
    assert row["action_reason"].startswith("Looks for something to buy, ")


def test_route_gives_owner_and_deadline_in_business_hours() -> None:
    route = {"tag": "lead", "topics": ["quote"], "department": "sales", "owner": "Ada"}
    row = one(QUOTE, routing=[{**route, "respond_within_hours": 7}], now=6 * HOUR)
    assert (row["department"], row["owner"]) == ("sales", "Ada")
    assert row["respond_by"] == MONDAY + 7 * HOUR  # ten o'clock to closing time
    assert row["deadline_state"] == "orange"
    assert one(QUOTE)["owner"] == "sales"


@pytest.mark.parametrize(
    ("message", "action", "reason"),
    [
        (
            {**QUOTE, "conversation_state": "closed"},
            "none",
            "closed already, without a word of ours",
        ),
        (QUOTE | {"text": QUOTE["text"] + " Just kidding."}, "watch", "reads as satire"),
    ],
)
def test_not_to_respond_is_advice_too(message: dict[str, Any], action: str, reason: str) -> None:
    row = one(message)
    assert (row["recommended_action"], row["reply_opening"]) == (action, None)
    assert reason in row["action_reason"]


def test_joke_is_promised_no_answer_and_so_is_never_late() -> None:
    meant, joke = one(QUOTE), one(QUOTE | {"text": QUOTE["text"] + " Just kidding."})
    for name in ("respond_by", "deadline_state", "waiting_since_at"):
        assert (meant[name] is None, joke[name] is None) == (False, True), name


def test_answer_opens_in_the_language_of_the_customer() -> None:
    assert one(QUOTE)["reply_opening"].startswith("Thanks for asking!")
    assert one({**QUOTE, "language": "nl"})["reply_opening"].startswith("Dank voor de aanvraag!")
    assert one({**QUOTE, "language": "fr"})["reply_opening"] is None


def test_every_field_has_a_span_that_is_exactly_what_it_says() -> None:
    text = (
        "We zijn nu bij Nimbus. Wat kost Wolk Zakelijk voor 40 medewerkers, budget € 1.200,-? "
        "Graag voor 1 januari, bel mij."
    )
    mail = {"text": text, "subject": "Offerte gevraagd", "language": "nl", "channel": "email"}
    row = one({**mail, "cues": {"asks_for_quote": "Wat kost"}})
    told = {span["field"]: span for span in row["spans"]}
    assert set(told) == {
        "need", "budget", "team_size", "timeframe", "product", "competitor", "switch_direction",
        "contact_channel",
    }  # fmt: skip
    for span in row["spans"]:
        assert text[span["start"] : span["end"]] == span["text"]
        assert (span["message_id"], span["part"]) == (row["message_id"], "text")
    assert told["budget"]["text"] == "budget € 1.200,-"
    assert (row["team_size"], row["timeframe_on"]) == (40, date(2027, 1, 1))
    assert (row["contact_channel"], row["switch_direction"]) == ("call", "to_us")


def test_field_of_the_subject_has_its_span_there() -> None:
    row = one({"text": "Wat kost dat?", "subject": "40 licenties", "language": "nl"})
    (span,) = (span for span in row["spans"] if span["field"] == "team_size")
    assert (span["part"], span["start"], span["end"]) == ("subject", 0, 12)


def test_span_names_the_message_that_says_it() -> None:
    talk = {"author": "a", "conversation_id": "c"}
    first = {**QUOTE, **talk, "score": 0.9}
    row = one(first, {"text": "Budget is 900 euro.", "sent_at": MONDAY + HOUR, **talk})
    (span,) = (span for span in row["spans"] if span["field"] == "budget")
    assert (row["message_id"], span["message_id"]) == ("made:000", "made:001")


@pytest.mark.parametrize(
    ("text", "product"),
    [
        (
            "We already use Wolk Thuis and want Wolk Zakelijk too, what is the price?",
            "Wolk Zakelijk",
        ),
        ("We already use Wolk Thuis, what is the price of ten more?", "Wolk Thuis"),
        ("Wolk Thuis or Wolk Zakelijk, what is the price?", "Wolk Thuis"),
    ],
)
def test_product_is_the_one_that_is_asked_for_and_not_the_one_in_use(
    text: str, product: str
) -> None:
    row = one({"text": text})
    assert row["product"] == product
    assert [made["text"] for made in row["spans"] if made["field"] == "product"] == [product]
