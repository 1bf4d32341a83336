"""Whose turn it is: what is an answer, what ends a conversation, and what is asked of whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipeline.contracts import contract
from tests.conversations.made import NOON, built, one, said


def test_first_response_is_counted_from_the_customers_first_word() -> None:
    found = one(
        said("a", own=True, text="Welkom!"),
        said("b", "a", at=10),
        said("c", "b", at=12, by="bob"),
        said("d", "b", at=25, own=True),
        said("e", "b", at=26, own=True),
    )
    assert found["first_response_at"] == NOON + timedelta(minutes=25)
    assert found["first_response_seconds"] == 15 * 60


def test_conversation_of_the_company_alone_has_no_response() -> None:
    found = one(said("a", own=True), said("b", "a", at=1, own=True))
    assert (found["first_response_at"], found["first_response_seconds"]) == (None, None)
    assert (found["customer_id"], found["state"]) == (None, "answered")


ANSWER = said("b", "a", at=1, own=True, text="We sturen een nieuwe.")


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ([], "unanswered"),
        ([said("b", "a", at=1, by="bob", text="Hier ook!")], "unanswered"),
        ([ANSWER], "answered"),
        ([said("b", "a", at=1, own=True, text="Wat is je ordernummer?")], "waiting_for_customer"),
        ([ANSWER, said("c", "b", at=2, text="Het werkt nog steeds niet.")], "waiting_for_us"),
        ([ANSWER, said("c", "b", at=2, text="Dank je wel, fijn!")], "answered"),
        ([ANSWER, said("c", "b", at=2, text="@molenaar Thanks a lot :)")], "answered"),
        ([ANSWER, said("c", "b", at=2, text="Bedankt, maar het werkt niet.")], "waiting_for_us"),
        ([ANSWER, said("c", "b", at=2, text="Thanks for nothing.")], "waiting_for_us"),
        ([ANSWER, said("c", "b", at=2, text="Thanks, when will it arrive?")], "waiting_for_us"),
        ([ANSWER, said("c", "b", at=2, text="Thanks, it doesn’t turn on")], "waiting_for_us"),
    ],
)
def test_state_says_whose_turn_it_is(more: list[dict[str, Any]], state: str) -> None:
    assert one(said("a", text="Mijn lamp is kapot."), *more)["state"] == state


def test_written_again_is_the_first_time_after_our_last_word_by_who_began_it() -> None:
    begin = said("a", by="ann", text="Mijn lamp is kapot.")
    other = said("x", "a", at=3, by="bob", text="Die van mij ook.")
    thanks = said("c", "a", at=4, by="ann", text="Dank je wel!")
    again = said("d", "a", at=5, by="ann", text="Stuur maar op.")
    more = said("e", "a", at=6, by="ann", text="Graag vandaag.")
    found = one(begin, ANSWER, other, thanks, again, more)
    assert found["written_again_at"] == NOON + timedelta(minutes=5)
    assert one(begin, ANSWER, thanks)["written_again_at"] is None
    assert one(begin, again)["written_again_at"] is None
    assert one(begin, ANSWER, again, said("f", "d", at=7, own=True))["written_again_at"] is None
    nameless = [{**message, "author_id": None} for message in (begin, again)]
    assert one(*nameless, ANSWER)["written_again_at"] == NOON + timedelta(minutes=5)


def test_each_conversation_has_its_own_answer() -> None:
    names = range(30)
    asked = [said(f"q{name:02}") for name in names]
    answers = [said(f"a{name:02}", f"q{name:02}", at=name + 1, own=True) for name in names]
    found = {row["conversation_id"]: row for row in built(*asked, *answers)}
    assert [found[f"q{name:02}"]["first_response_seconds"] for name in names] == [
        60 * (name + 1) for name in names
    ]


AWAY = said("z", "b", at=9, text="Ik ben op vakantie.", attributes='{"is_automatic":true}')


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("We sturen een nieuwe.", "answered"),
        ("Wat is uw ordernummer?", "waiting_for_customer"),
        ("Stuur ons uw ordernummer.", "waiting_for_customer"),
    ],
)
def test_who_is_away_has_not_written_again(answer: str, state: str) -> None:
    begin, ours = said("a"), said("b", "a", at=1, own=True, text=answer)
    found = one(begin, ours, AWAY)
    assert (found["state"], found["written_again_at"]) == (state, None)
    again = one(begin, ours, {**AWAY, "automatic": False})
    assert (again["state"], again["written_again_at"]) == (
        "waiting_for_us",
        NOON + timedelta(minutes=9),
    )


def test_who_is_away_opens_no_closed_case_and_asks_nothing_of_us() -> None:
    closed = said("b", "a", at=1, own=True, text="Gedaan.", closed=2)
    assert one(said("a"), closed, AWAY)["state"] == "closed"
    alone = one(said("b", own=True, text="Onze winkel verhuist."), AWAY)
    assert (alone["state"], alone["first_response_at"]) == ("answered", None)
    ours = said("c", "z", at=12, own=True, text="Fijne vakantie.")
    assert one(said("b", own=True), AWAY, ours)["first_response_at"] is None


def test_who_is_away_leaves_open_what_they_wrote_before() -> None:
    again = said("c", "b", at=5, text="Hij is alweer kapot.")
    found = one(said("a"), said("b", "a", at=1, own=True), again, AWAY)
    assert (found["state"], found["written_again_at"]) == (
        "waiting_for_us",
        NOON + timedelta(minutes=5),
    )


RECEIVED = said(
    "r", "a", at=1, own=True, text="Uw bericht is binnen. Nog vragen? Bel ons!",
    attributes='{"is_automatic":true}',
)  # fmt: skip


def test_what_a_machine_of_ours_says_is_no_answer() -> None:
    found = one(said("a"), RECEIVED)
    assert (found["state"], found["first_response_at"]) == ("unanswered", None)
    more = one(said("a"), RECEIVED, said("c", "r", at=5, text="Nog iets: hij piept."))
    assert (more["state"], more["written_again_at"]) == ("unanswered", None)
    ours = one(said("a"), RECEIVED, said("b", "a", at=30, own=True, text="Hij komt morgen."))
    assert (ours["state"], ours["first_response_seconds"]) == ("answered", 30 * 60)
    by_a_person = one(said("a"), {**RECEIVED, "automatic": False})
    assert by_a_person["state"] == "waiting_for_customer"


def test_what_a_machine_of_ours_says_leaves_the_turn_as_it_was() -> None:
    again = said("c", "b", at=5, text="Hij piept nog steeds.")
    begin, ours = said("a"), said("b", "a", at=1, own=True, text="Hij is gemaakt.")
    received = {**RECEIVED, "sent_at": NOON + timedelta(minutes=6)}
    found = one(begin, ours, again, received)
    assert (found["state"], found["written_again_at"]) == (
        "waiting_for_us",
        NOON + timedelta(minutes=5),
    )
    assert one(begin, ours, {**received, "reply_to_id": "b"})["state"] == "answered"
    assert one(RECEIVED, {**AWAY, "reply_to_id": "r"})["state"] == "answered", (
        "two machines wait for nobody"
    )


QUESTION = said("b", "a", at=1, own=True, text="Wat is uw ordernummer?")


@pytest.mark.parametrize(
    "text",
    [
        "Super, dankjewel!",
        "@molenaar Bedankt voor de snelle reactie 👍",
        "Oké, hartelijk dank. Groetjes, Marleen",
        "Top, het werkt weer! Dank u wel.",
        "Dank je wel Daan!\nFijn weekend",
        "Great, thank you so much!!",
        "Perfect, that worked. Cheers Tom",
        "thx for the quick reply ☺️",
        "Ah, got it. Many thanks for your help!",
        "Thank you Omar, refund arrived. Give that man a raise!",
    ],
)
def test_nothing_but_thanks_ends_a_conversation(text: str) -> None:
    first = said("a", text="Mijn lamp is kapot.")
    assert one(first, ANSWER, said("c", "b", at=2, text=text))["state"] == "answered"
    asked = one(first, QUESTION, said("c", "b", at=2, text=text))
    assert asked["state"] == "waiting_for_us", "thanks are no answer to a question"


@pytest.mark.parametrize(
    "text",
    [
        "Bedankt, het is 4471192",
        "Dank u, hij is weer kapot",
        "Bedankt. Nu is de band lek.",
        "Dank je wel, tot dinsdag dan komt hij dus",
        "Bedankt voor niets",
        "Fijn, bedankt :(",
        "Nou, bedankt 😡",
        "Alvast bedankt, graag snel een monteur",
        "Thanks, it broke again today",
        "Thanks, order 4471192",
        "Great, thank you so much!!\n\nNot sure when it arrives though",
        "Thanks, Tom said Tuesday",
        "Done, thank you Omar",
        "Thanks, no refund arrived",
        "Cheers for that, now it leaks",
        "👍",
    ],
)
def test_thanks_with_anything_else_wait_for_us(text: str) -> None:
    first = said("a", text="Mijn lamp is kapot.")
    found = one(first, ANSWER, said("c", "b", at=2, text=text))
    assert found["state"] == "waiting_for_us"


@pytest.mark.parametrize(
    ("asked", "text", "state"),
    [
        ("Kunnen we nog iets voor u doen?", "Nee hoor, dank je wel!", "answered"),
        ("Anything else?", "No, thank you.", "answered"),
        ("Anything else?", "No, that's all. Thanks Tom", "answered"),
        ("Is het opgelost?", "Nee.", "waiting_for_us"),
        ("Is het opgelost?", "Nee, bedankt maar niet heus", "waiting_for_us"),
        ("Did it arrive?", "No, and thanks for asking", "waiting_for_us"),
        ("We geven u een bon van 5 euro.", "Nee, bedankt.", "waiting_for_us"),
        ("Kies een dag: https://molenaar.example/agenda?week=45", "Dank u wel!", "answered"),
    ],
)
def test_offer_that_is_turned_down_ends_a_conversation(asked: str, text: str, state: str) -> None:
    answer = said("b", "a", at=1, own=True, text=asked)
    found = one(said("a"), answer, said("c", "b", at=2, text=text))
    assert found["state"] == state


def test_thanks_do_not_hide_what_was_said_just_before_them() -> None:
    again = said("c", "b", at=2, text="Hij doet het nog steeds niet.")
    found = one(said("a"), ANSWER, again, said("d", "c", at=3, text="Alvast bedankt!"))
    assert found["state"] == "waiting_for_us"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Zie https://molenaar.example/hulp?id=3", "answered"),
        ("See www.molenaar.example/help?id=3 for the steps.", "answered"),
        ("Heeft u https://molenaar.example/hulp al gelezen?", "waiting_for_customer"),
    ],
)
def test_question_mark_in_a_link_asks_nothing(text: str, state: str) -> None:
    assert one(said("a"), said("b", "a", at=1, own=True, text=text))["state"] == state


CLOSED = said("b", "a", at=1, own=True, text="Opgelost, toch?", closed=2)


@pytest.mark.parametrize(
    ("more", "closed_after"),
    [
        ([CLOSED], 2),
        ([said("b", "a", at=1, by="bob", closed=1)], 1),
        ([CLOSED, said("c", "b", at=2, text="Wacht, er is nog iets.")], 2),
        ([CLOSED, said("c", "b", at=3, text="Dank je wel, fijn!")], 2),
        ([CLOSED, said("c", "b", at=3, own=True, text="Hoe vond u ons antwoord?")], 2),
        ([CLOSED, said("c", "b", at=3, text="Hij is weer kapot."), said("d", closed=4)], 4),
        ([CLOSED, said("c", "b", at=3, text="No thanks, that's all!")], 2),
        ([CLOSED, said("c", "b", at=3, text="Hij is weer kapot.")], None),
        ([CLOSED, said("c", "b", at=3, text="Bedankt, hij is weer kapot")], None),
        ([CLOSED, said("c", "b", at=3, text="Thanks, it broke again today")], None),
        ([CLOSED, said("c", "b", at=3, by="bob", text="Bij mij ook.")], None),
    ],
)
def test_a_conversation_is_closed_until_a_customer_asks_again(
    more: list[dict[str, Any]], closed_after: int | None
) -> None:
    first = said("a", text="Mijn lamp is kapot.")
    found = one(*({**message, "thread_id": "t"} for message in (first, *more)))
    assert (found["state"] == "closed") is (closed_after is not None)
    minutes = None if closed_after is None else timedelta(minutes=closed_after)
    assert found["closed_at"] == (None if minutes is None else NOON + minutes)


def test_last_word_is_the_last_in_time_also_when_it_answers_nothing() -> None:
    answer = said("b", "a", at=1, own=True, thread="t")
    found = one(said("a", thread="t"), answer, said("c", at=2, thread="t"))
    assert (found["last_is_own"], found["state"]) == (False, "waiting_for_us")


def test_states_are_those_that_the_contract_knows() -> None:
    (column,) = (at for at in contract("conversations").columns if at.name == "state")
    (allowed,) = (rule.kwargs["value_set"] for rule in column.rules if "value_set" in rule.kwargs)
    assert {"unanswered", "answered", "waiting_for_us", "waiting_for_customer"} < set(allowed)
    assert "closed" in allowed


@pytest.mark.parametrize(
    "text",
    [
        "Please DM us your order number.",
        "Sorry to hear that, Ann. Could you send a photo of it",
        "Hi Ann, can you tell us where you bought it. ^Tom",
        "Wat vervelend! Stuur ons even een DM met je klantnummer.",
        "Dag Ann, kun je ons je postcode doorgeven. Groet, Tom",
        "Zou u ons een foto willen sturen, zodat wij het kunnen bekijken",
        "Uw bestelnummer ontvangen wij graag.",
    ],
)
def test_request_without_a_question_mark_waits_for_the_customer(text: str) -> None:
    first, asked = said("a", text="Mijn lamp is kapot."), said("b", "a", at=1, own=True, text=text)
    assert one(first, asked)["state"] == "waiting_for_customer"
    thanks = one(first, asked, said("c", "b", at=2, text="Dank je wel!"))
    assert (thanks["state"], thanks["written_again_at"]) == ("waiting_for_customer", None)
    given = one(first, asked, said("c", "b", at=2, text="4471192, 1234 AB"))
    assert given["state"] == "waiting_for_us"


@pytest.mark.parametrize(
    "text",
    [
        "DM us if it happens again.",
        "Laat het ons weten als het niet lukt.",
        "Mocht het niet lukken, stuur ons dan een DM.",
        "Je kunt ons altijd een DM sturen.",
        "Dan kun je hem morgen ophalen.",
        "We gladly share your praise with the team.",
        "Thanks for taking the time to send us your feedback.",
        "Please accept our apologies.",
    ],
)
def test_what_may_be_done_some_day_is_no_request(text: str) -> None:
    first, answer = said("a", text="Mijn lamp is kapot."), said("b", "a", at=1, own=True, text=text)
    assert one(first, answer)["state"] == "answered"


def test_request_to_all_the_world_waits_for_nobody() -> None:
    call = said("a", own=True, text="Stuur ons je mooiste foto.")
    assert one(call)["state"] == "answered"
    assert one(call, said("b", "a", at=1))["state"] == "unanswered"


@pytest.mark.parametrize(
    "text",
    [
        "Kunnen jullie mijn nummer nog eens controleren",
        "please send me the invoice",
        "Dank je wel! Kunnen jullie de factuur nog sturen",
    ],
)
def test_request_to_us_needs_no_question_mark(text: str) -> None:
    begin = said("a", text=text)
    assert one(said("z", own=True), said("a", "z", at=1, text=text))["state"] == "unanswered"
    assert one(begin, ANSWER, said("c", "b", at=2, text=text))["state"] == "waiting_for_us"
