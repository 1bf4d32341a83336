"""Complaints: topic, gravity, clock and state of one person's problem."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.contracts import check, conform
from pipeline.opportunities import complaints
from tests.opportunities.made import MONDAY, detected, settings

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = {"text": "My parcel was never delivered.", "author": "a"}


def build(
    *messages: dict[str, Any], now: timedelta = 4 * HOUR, **values: Any
) -> list[dict[str, Any]]:
    made = complaints.build(detected(*messages), settings(**values), MONDAY + now)
    return pl.DataFrame(made).to_dicts()


def one(*messages: dict[str, Any], **values: Any) -> dict[str, Any]:
    rows = build(*messages, **values)
    assert len(rows) == 1
    return rows[0]


def test_table_keeps_its_contract() -> None:
    answered = {**LATE, "answered_at": MONDAY + HOUR, "author": "b"}
    made = complaints.build(detected(LATE, answered), settings(), MONDAY + DAY)
    assert check(conform(made, "complaints"), "complaints", where="test").rejected.num_rows == 0


def test_no_messages_make_an_empty_table_with_all_columns() -> None:
    made = complaints.build(detected(), settings(), MONDAY)
    assert made.num_rows == 0
    assert set(made.column_names) == set(complaints.COLUMNS)


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("Mijn pakket is nog niet bezorgd.", "nl", "delivery"),
        ("The courier left it in the rain.", "en", "delivery"),
        ("Er is twee keer afgeschreven op mijn rekening.", "nl", "billing"),
        ("You charged me twice, I want a refund.", "en", "billing"),
        ("Al de hele dag storing, alles ligt plat.", "nl", "outage"),
        ("The network is down again.", "en", "outage"),
        ("De stof is gescheurd en de rits is kapot.", "nl", "quality"),
        ("The handle is cracked and it leaks.", "en", "quality"),
        ("Drie kwartier in de wacht bij de klantenservice.", "nl", "service"),
        ("Your staff were rude to my mother.", "en", "service"),
        ("Jullie vrouw aan de telefoon was bot.", "nl", "service"),
        ("De schaar is bot en de rits stuk.", "nl", "quality"),
        ("Alles onder het stof in de kamer.", "nl", "hygiene"),
        ("De stof is te dun en de naad scheef.", "nl", "quality"),
        ("De airco deed het niet, al was het personeel aardig.", "nl", "outage"),
        ("Het netwerk ligt plat.", "nl", "outage"),
        ("De app crasht bij het inloggen.", "nl", "app"),
        ("I cannot log in on the website.", "en", "app"),
        ("Opzeggen kan niet, het contract is stilzwijgend verlengd.", "nl", "contract"),
        ("The cancellation terms are hidden in the small print.", "en", "contract"),
        ("Ik ben er helemaal klaar mee.", "nl", "other"),
        ("It still spins in circles.", "en", "outage"),
        ("The terms of service are a mess.", "en", "contract"),
        ("No internet since noon.", "en", "outage"),
        ("Asked twice at reception, and we got a shrug.", "en", "service"),
        ("No reception anywhere in the village.", "en", "outage"),
        ("She slipped on your wet stairs and has broken her wrist.", "en", "safety"),
        ("The box was broken and her wrist watch scratched.", "en", "quality"),
        ("The app froze and I paid twice, your support is a chatbot.", "en", "billing"),
        ("De app liep vast, nu is het twee keer betaald.", "nl", "billing"),
        ("De app liep twee keer vast.", "nl", "app"),
    ],
)
def test_topic_is_what_most_of_the_words_are_about(text: str, language: str, topic: str) -> None:
    assert one({"text": text, "language": language})["topic"] == topic


@pytest.mark.parametrize(
    ("text", "language", "severity"),
    [
        ("Een beetje jammer dat het zo lang duurt.", "nl", 1),
        ("The button is a bit hard to find.", "en", 1),
        ("De monteur is niet komen opdagen.", "nl", 2),
        ("It stopped working after a week.", "en", 2),
        ("Er is dubbel afgeschreven, ik ben mijn geld kwijt.", "nl", 3),
        ("You charged me twice.", "en", 3),
        ("Mijn dochter is gewond geraakt aan de rand.", "nl", 4),
        ("My lawyer will be in touch.", "en", 4),
        ("The cable caught fire.", "en", 4),
        ("Een tweede mail en dan volgt mijn advocaat.", "nl", 4),
        ("The singer killed it, and then your sound crackled.", "en", 1),
        ("A cyclist was killed on your crossing.", "en", 4),
        ("My head aches from the jingle, and my child sings it.", "en", 1),
        ("I don't want compensation, just a lamp. The prices have all gone up.", "en", 1),
        ("The prices have gone up and the tone has gone downhill.", "en", 1),
        ("I deleted all the apps and the button is odd still.", "en", 1),
        ("All my recipes are gone after the update.", "en", 3),
        ("The media buttons on my keyboard are odd with your app.", "en", 1),
        ("The picture is odd when I watch it on TV.", "en", 1),
        ("Het beeld is raar als ik op tv kijk.", "nl", 1),
        ("The picture is odd, you will read it in the media.", "en", 2),
        ("Ik ben in het ziekenhuis beland door jullie trap.", "nl", 4),
        ("Our dog died after two of your biscuits.", "en", 4),
        ("That shelf nearly killed a toddler.", "en", 4),
        ("I had eleven stitches from the edge of your lid.", "en", 4),
        ("Mijn gegevens zijn gelekt.", "nl", 3),
        ("Er is nog altijd geen schade vergoed.", "nl", 3),
        ("We moesten met onze dochter naar het ziekenhuis door jullie glijbaan.", "nl", 4),
        ("Mijn vader is gevallen en had een kapotte heup, door jullie losse tegel.", "nl", 4),
        ("Er kwam rook uit de lader.", "nl", 3),
        ("Mijn zoon heeft zijn vingers verbrand aan het deksel.", "nl", 3),
        ("De strijkbout ruikt verbrand.", "nl", 3),
        ("Ik heb aangifte gedaan tegen jullie koerier.", "nl", 3),
        ("You leaked my personal data.", "en", 3),
    ],
)
def test_severity_rises_from_nuisance_to_harm(text: str, language: str, severity: int) -> None:
    assert one({"text": text, "language": language})["severity"] == severity


@pytest.mark.parametrize(
    ("text", "is_repeat"),
    [
        ("De veter knapte bij de tweede keer strikken.", False),
        ("Voor de tweede keer een geknapte veter in de doos.", True),
    ],
)
def test_second_use_is_no_second_complaint(text: str, is_repeat: bool) -> None:
    assert one({"text": text, "language": "nl"})["is_repeat"] == is_repeat


def test_praise_of_the_staff_is_no_complaint_about_it() -> None:
    praised = {"text": "Vriendelijk personeel, jammer van de vieze tegels.", "language": "nl"}
    scolded = {"text": "Onvriendelijk personeel, jammer van de tegels.", "language": "nl"}
    assert (one(praised)["topic"], one(scolded)["topic"]) == ("hygiene", "service")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("A brand new phone and the bell is too loud.", "en"),  # in Dutch "brand" is a fire
        ("Het stuk was saai.", "nl"),
        ("I was injuredless, so to speak.", "en"),
        ("I died laughing at how slow your chat is.", "en"),
        ("Your chat had us in stitches.", "en"),
        ("The stitches came undone on the second day.", "en"),
        ("I work as a lawyer and your site is slow.", "en"),
        ("Police themed puzzle, and the box is a bit torn.", "en"),
        ("The kill switch label is misprinted, which is sloppy.", "en"),
        ("Mijn baas is advocaat en hij vindt jullie site traag.", "nl"),
        ("Ik heb mijn advocaat niet nodig hoor, maar het mag sneller.", "nl"),
        ("We stikten van het lachen om jullie handleiding, slordig.", "nl"),
        ("Helpdesk doet kortaf over mijn ticket.", "nl"),
        ("Lange rij voor de kassa en maar een open.", "nl"),
        ("Drie taarten vervoerd en nul schade, maar wat een gehobbel.", "nl"),
        ("De doos was open, gelukkig geen schade.", "nl"),
        ("Klik je per ongeluk op het kruis, dan begin je opnieuw, irritant.", "nl"),
        ("De gang rook naar natte hond.", "nl"),
        ("Het broodje was verbrand en de soep flauw.", "nl"),
        ("De folders van het ziekenhuis zijn slordig gedrukt.", "nl"),
        ("De lamp is van de plank gevallen en er zit een putje in.", "nl"),
        ("De knop is er na een week uit gevallen.", "nl"),
        ("Van dat deuntje word ik er agressief van.", "nl"),
        ("Het scherm voor de btw-aangifte is rommelig.", "nl"),
        ("Slordig verpakt, al was er geen schade.", "nl"),
    ],
)
def test_false_friends_and_parts_of_words_are_no_harm(text: str, language: str) -> None:
    assert one({"text": text, "language": language})["severity"] == 1


def test_many_followers_in_public_make_it_worse_up_to_a_loss() -> None:
    famous = {**LATE, "author_followers_count": 50_000}
    assert one(LATE)["severity"] == 2
    assert one(famous)["severity"] == 3
    assert one({**famous, "channel": "email"})["severity"] == 2
    assert one({**famous, "text": "You charged me twice."})["severity"] == 3


def test_reason_names_what_made_it_worse_than_its_words() -> None:
    famous = {**LATE, "author_followers_count": 900_000}
    reason = one(famous)["action_reason"]
    assert reason.startswith(
        "Service failure with delivery, weighs more as many follow its author, everyone can read it"
    )
    told = one({**famous, "text": LATE["text"] + " I told a journalist."})["action_reason"]
    assert "Service failure with delivery, weighs more as the press is named," in told
    for lost in ({**famous, "text": "You charged me twice."}, {**famous, "channel": "email"}):
        assert "weighs more" not in one(lost)["action_reason"]
    twice = one(famous, {**LATE, "text": "It cost me a day, a parcel of mine."})
    assert twice["action_reason"].startswith("Loss with delivery, ")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("@pakketje factuur klopt niet", "billing"),
        ("Factuur van Pakketje klopt niet", "billing"),
        ("Bezorgdienst van de Straat: de rekening klopt niet", "billing"),
        ("bezorgdienst van de straat, de rekening klopt niet", "billing"),
        ("Waar blijft mijn pakketje?", "delivery"),
        ("@pakketje waar blijft mijn pakket?", "delivery"),
        ("Pakketjes van jullie zijn altijd nat, en mijn pakketje ook", "delivery"),
    ],
)
def test_name_of_the_company_is_no_word_for_a_topic(text: str, topic: str) -> None:
    company = {
        "name": "Pakketje",
        "aliases": ["Bezorgdienst van de Straat"],
        "own_accounts": ["pakketje"],
    }
    assert one({"text": text, "language": "nl"}, company=company)["topic"] == topic


def test_same_problem_within_two_weeks_is_one_row_and_a_repeat() -> None:
    row = one(LATE, {**LATE, "sent_at": MONDAY + 5 * DAY})
    assert (row["messages_count"], row["is_repeat"]) == (2, True)
    assert row["updated_at"] == MONDAY + 5 * DAY


def test_same_problem_after_a_month_is_a_new_row_and_a_repeat() -> None:
    first, second = build(LATE, {**LATE, "sent_at": MONDAY + 30 * DAY}, now=40 * DAY)
    assert (first["is_repeat"], second["is_repeat"]) == (False, True)
    assert first["complaint_id"] != second["complaint_id"]


def test_second_message_in_the_conversation_is_no_repeat() -> None:
    again = {**LATE, "text": "Hello? Anyone?", "sent_at": MONDAY + HOUR}
    row = one(*({**given, "conversation_id": "c"} for given in (LATE, again)))
    assert (row["messages_count"], row["is_repeat"], row["topic"]) == (2, False, "delivery")


def test_second_post_of_the_same_day_is_no_repeat() -> None:
    assert not one(LATE, {**LATE, "sent_at": MONDAY + HOUR})["is_repeat"]


def test_two_problems_whose_topic_is_a_guess_are_no_repeat() -> None:
    jingle = {"text": "The jingle plays once an hour.", "author": "a"}
    first = {**jingle, "text": "The lamp is on all week."}
    row = one(first, {**jingle, "sent_at": MONDAY + 5 * DAY})
    assert (row["topic"], row["is_repeat"]) == ("delay", False)


def test_third_time_is_a_repeat_when_the_text_says_so() -> None:
    assert one({"text": "For the third time my parcel is gone."})["is_repeat"]
    assert one({"text": "I reported it multiple times."})["is_repeat"]
    assert not one({"text": "I ring the bell three times a day."})["is_repeat"]
    assert not one({"text": "I tried the card multiple times."})["is_repeat"]
    assert not one({"text": "The same jingle over and over."})["is_repeat"]


def test_other_problem_of_the_same_person_is_another_row() -> None:
    rows = build(LATE, {"text": "The app crashes.", "author": "a"})
    assert {row["topic"] for row in rows} == {"delivery", "app"}
    assert not any(row["is_repeat"] for row in rows)


def test_repost_by_somebody_else_opens_nothing() -> None:
    assert len(build(LATE, {**LATE, "author": "b", "duplicate_of": "made:000"})) == 1


def test_leaving_raises_the_risk_and_cancelling_an_appointment_does_not() -> None:
    leaving = one({"text": "I am going to cancel my subscription."})["churn_risk"]
    order = one({"text": "I had to cancel my appointment."})["churn_risk"]
    assert order < 0.2 < 0.6 < leaving


@pytest.mark.parametrize(
    ("text", "language", "leaves"),
    [
        ("Fix it this week, else I'll be cancelling and go elsewhere.", "en", True),
        ("Well done, you have lost my business.", "en", True),
        ("That was the last time you see me in that queue.", "en", True),
        ("Last time I rang, your agent hung up.", "en", False),
        ("Two trains late, and I only notice when I'm out.", "en", False),
        ("The sound stops on switching to the kitchen speaker.", "en", False),
        ("Dit was de laatste keer, ik ga ergens anders kijken.", "nl", True),
        ("De laatste keer dat ik belde hing de medewerker op.", "nl", False),
        ("Door de vertraging moest ik drie keer overstappen.", "nl", False),
        ("Het overstappen ging vlot, maar de factuur klopt niet.", "nl", False),
    ],
)
def test_who_leaves_says_so(text: str, language: str, leaves: bool) -> None:
    row = one({"text": text, "language": language})
    assert ("may leave us" in row["action_reason"]) == leaves


def test_place_decides_whether_it_is_public() -> None:
    assert one(LATE)["is_public"]
    assert not one({**LATE, "channel": "chat"})["is_public"]


@pytest.mark.parametrize(
    ("message", "state", "deadline"),
    [
        (LATE, "open", "green"),
        ({**LATE, "answered_at": MONDAY + HOUR}, "answered", "met"),
        ({**LATE, "conversation_state": "closed", "closed_at": MONDAY}, "solved", "met"),
        ({**LATE, "text": "My lawyer will write about the parcel."}, "escalated", "green"),
        ({**LATE, "answered_at": MONDAY + 5 * HOUR}, "open", "green"),
    ],
)
def test_state_tells_whose_turn_it_is(message: dict[str, Any], state: str, deadline: str) -> None:
    row = one(message)
    assert (row["state"], row["deadline_state"]) == (state, deadline)


def talk(*turns: tuple[timedelta, timedelta | None], **more: Any) -> list[dict[str, Any]]:
    """One person's messages about one problem: when each was sent, and when we spoke next."""
    return [
        {
            **LATE,
            "conversation_id": "c",
            "sent_at": MONDAY + sent,
            "answered_at": None if answered is None else MONDAY + answered,
            **more,
        }
        for sent, answered in turns
    ]


def test_customer_who_comes_back_elsewhere_after_a_closing_has_a_clock_of_its_own() -> None:
    closed = {"conversation_state": "closed", "closed_at": MONDAY + HOUR}
    first = {**LATE, "conversation_id": "made:c", **closed}
    again = {**LATE, "conversation_id": "made:d", "sent_at": MONDAY + 8 * DAY}
    row = one(first, again, now=8 * DAY + 2 * HOUR)
    assert (row["messages_count"], row["state"]) == (2, "open")
    assert row["waiting_since_at"] == MONDAY + 8 * DAY
    assert (row["respond_by"], row["deadline_state"]) == (MONDAY + 9 * DAY, "green")
    assert "late" not in row["action_reason"]
    answered = one(first, {**again, "answered_at": MONDAY + 8 * DAY + HOUR}, now=9 * DAY)
    assert (answered["deadline_state"], answered["waiting_since_at"]) == ("met", None)
    # Nobody closed what was said there: that one is late, and waits since the beginning.
    silent = one(
        {**first, "closed_at": None, "conversation_state": "unanswered"}, again, now=8 * DAY
    )
    assert (silent["deadline_state"], silent["waiting_since_at"]) == ("red", MONDAY)


def test_closing_of_one_conversation_hides_nothing_of_another_that_goes_on() -> None:
    goes_on = {**LATE, "conversation_id": "made:c"}
    closed = {
        **LATE, "conversation_id": "made:d", "sent_at": MONDAY + HOUR,
        "conversation_state": "closed", "closed_at": MONDAY + 2 * HOUR,
    }  # fmt: skip
    row = one(goes_on, closed, {**goes_on, "sent_at": MONDAY + 3 * HOUR})
    assert row["waiting_since_at"] == MONDAY


def test_customer_who_writes_again_waits_since_then_with_a_clock_of_its_own() -> None:
    again = talk((0 * DAY, HOUR), (8 * DAY, None), (8 * DAY + HOUR, None))
    row = one(*again, now=8 * DAY + 2 * HOUR)
    assert (row["state"], row["answered_at"]) == ("waiting", MONDAY + HOUR)
    assert row["recommended_action"] == "reply"
    assert row["waiting_since_at"] == MONDAY + 8 * DAY
    # Eight hours of the calendar, from ten o'clock on a Tuesday.
    assert (row["respond_by"], row["deadline_state"]) == (MONDAY + 9 * DAY, "green")
    assert one(*again, now=10 * DAY)["deadline_state"] == "red"


def test_lawyer_after_our_first_answer_is_escalated_and_can_be_late() -> None:
    again = talk((0 * DAY, HOUR)) + talk((8 * DAY, None), text="My lawyer will write: no parcel.")
    row = one(*again, now=10 * DAY)
    assert (row["state"], row["deadline_state"]) == ("escalated", "red")
    assert row["waiting_since_at"] == MONDAY + 8 * DAY


def test_severity_has_the_time_of_the_first_message_that_bears_it() -> None:
    lawyer = {"text": "My lawyer will write: no parcel."}
    said = [*talk((0 * DAY, None)), *talk((2 * DAY, None), (3 * DAY, None), **lawyer)]
    row = one(*said, now=4 * DAY)
    assert (row["severity"], row["severity_at"]) == (4, MONDAY + 2 * DAY)
    assert one(LATE)["severity_at"] == MONDAY


@pytest.mark.parametrize(
    ("turns", "deadline", "respond_by"),
    [
        ([(0 * DAY, HOUR), (DAY, DAY + HOUR)], "met", DAY),
        ([(0 * DAY, HOUR), (DAY, 4 * DAY)], "missed", 2 * DAY),
        ([(0 * DAY, 2 * DAY), (3 * DAY, 3 * DAY + HOUR)], "missed", DAY),
        ([(0 * DAY, None), (HOUR, 2 * HOUR)], "met", DAY),  # one answer to both
        ([(0 * DAY, 9 * DAY), (HOUR, 2 * HOUR)], "met", DAY),
    ],
)
def test_answered_row_has_met_its_deadline_when_every_promise_was_kept(
    turns: list[tuple[timedelta, timedelta | None]], deadline: str, respond_by: timedelta
) -> None:
    row = one(*talk(*turns), now=12 * DAY)
    assert (row["state"], row["waiting_since_at"]) == ("answered", None)
    assert (row["deadline_state"], row["respond_by"]) == (deadline, MONDAY + respond_by)


@pytest.mark.parametrize(
    ("message", "waits"),
    [
        (LATE, True),
        ({**LATE, "answered_at": MONDAY + HOUR}, False),
        ({**LATE, "answered_at": MONDAY + 5 * HOUR}, True),  # not yet
        ({**LATE, "conversation_state": "closed", "closed_at": MONDAY + HOUR}, False),
        ({"text": "You lot are clowns, go to hell."}, False),  # nothing is to be done
    ],
)
def test_waiting_since_the_first_message_that_nobody_answered(
    message: dict[str, Any], waits: bool
) -> None:
    assert one(message)["waiting_since_at"] == (MONDAY if waits else None)


def test_loss_that_is_late_goes_up() -> None:
    loss = {**LATE, "text": "You charged me twice."}
    assert one(loss)["state"] == "open"
    assert one(loss, now=3 * DAY)["state"] == "escalated"
    assert one(LATE, now=3 * DAY)["state"] == "open"


@pytest.mark.parametrize(
    ("message", "action"),
    [
        (LATE, "reply"),
        ({**LATE, "text": "You charged me twice."}, "private_message"),
        ({**LATE, "text": "You charged me twice.", "channel": "email"}, "call"),
        ({**LATE, "text": "My lawyer will write."}, "call"),
        ({**LATE, "answered_at": MONDAY + HOUR}, "watch"),
        ({**LATE, "conversation_state": "closed"}, "none"),
    ],
)
def test_action_follows_from_gravity_and_place(message: dict[str, Any], action: str) -> None:
    assert one(message)["recommended_action"] == action


@pytest.mark.parametrize(
    ("message", "action", "reason"),
    [
        ({"text": "You lot are clowns, go to hell."}, "none", "only scolds"),
        ({"text": "Stelletje sukkels, flikker op.", "language": "nl"}, "none", "only scolds"),
        ({"text": "The parcel got lost in space. #satire"}, "watch", "reads as satire"),
        (
            {**LATE, "conversation_state": "closed"},
            "none",
            "closed already, without a word of ours",
        ),
    ],
)
def test_not_to_respond_is_advice_too(message: dict[str, Any], action: str, reason: str) -> None:
    row = one(message)
    assert (row["recommended_action"], row["reply_opening"]) == (action, None)
    assert reason in row["action_reason"]


@pytest.mark.parametrize(
    ("text", "is_promised"),
    [
        ("You lot are clowns, go to hell.", False),
        ("The parcel got lost in space. #satire", False),
        ("My lawyer laughed about your parcel in space. #satire", True),
        (LATE["text"], True),
    ],
)
def test_what_is_better_not_answered_is_never_late(text: str, is_promised: bool) -> None:
    row = one({"text": text})
    promised = {name: row[name] is not None for name in ("respond_by", "deadline_state")}
    assert promised == dict.fromkeys(promised, is_promised)
    assert (row["waiting_since_at"] is not None) == is_promised


@pytest.mark.parametrize(
    "text",
    [
        "Idiots, you charged me twice.",  # scolds, and has lost money
        "Which clown delivered my parcel to the neighbours?",
        "My lawyer says you are clowns.",
    ],
)
def test_scolding_with_a_problem_is_answered(text: str) -> None:
    assert one({"text": text})["recommended_action"] not in ("none", "watch")


@pytest.mark.parametrize(
    ("text", "language", "is_satire"),
    [
        ("The parcel got lost in space. Just kidding!", "en", True),
        ("Lovely, wet for the third time. Well done all /s", "en", True),
        ("The moon is full of my parcels, haha. JK.", "en", True),
        ("De bezorger woont nu in mijn kast. Grapje!", "nl", True),
        # An "s" by itself, however it came there, is no mark of satire.
        ("The app freezes on my Box S and on the 6 S, please fix it.", "en", False),
        ("The terms/s of the contract(s) changed, and Mr. S. hung up.", "en", False),
        # Who asks whether it is a joke is angry.
        ("Third week without a parcel. Is this a joke?", "en", False),
        ("Is this an april fools thing, or where is my parcel?", "en", False),
        ("This is not a serious company, my parcel never came.", "en", False),
        ("The onion rings were cold and soggy.", "en", False),
        ("Al sinds 1 april wacht ik op mijn pakket.", "nl", False),
        ("Weer geen pakket, is dit een grapje?", "nl", False),
        ("De speld zat nog in het overhemd.", "nl", False),
    ],
)
def test_only_what_says_so_is_satire(text: str, language: str, is_satire: bool) -> None:
    row = one({"text": text, "language": language})
    assert ("reads as satire" in row["action_reason"]) == is_satire
    assert (row["respond_by"] is None) == is_satire


def test_second_message_that_is_serious_takes_satire_back() -> None:
    talk = {"author": "a", "conversation_id": "c"}
    row = one({"text": "My parcel is on the moon #satire", **talk}, {**LATE, **talk})
    assert row["recommended_action"] == "reply"


def test_press_makes_it_worse_up_to_a_loss() -> None:
    assert one({**LATE, "text": LATE["text"] + " I told a journalist."})["severity"] == 3
    assert one({"text": "You charged me twice, the papers will love it."})["severity"] == 3


def test_route_gives_action_reason_and_opening_while_the_customer_waits() -> None:
    route = {
        "tag": "complaint",
        "department": "legal",
        "owner": "Lena",
        "recommended_action": "call",
        "action_reason": "Lena calls first.",
        "reply_opening": {"en": "Good day,"},
    }
    row = one(LATE, routing=[route])
    assert (row["recommended_action"], row["reply_opening"]) == ("call", "Good day,")
    assert row["action_reason"].startswith("Lena calls first. Service failure with delivery")
    dutch = one({"text": "Mijn pakket is nooit aangekomen.", "language": "nl"}, routing=[route])
    assert dutch["reply_opening"].startswith("Vervelend dat de bestelling")
    done = one({**LATE, "answered_at": MONDAY + HOUR}, routing=[route])
    assert (done["recommended_action"], done["reply_opening"]) == ("watch", None)
    assert "Lena" not in done["action_reason"]


def test_topic_of_the_settings_wins_a_tie_and_adds_to_a_known_one() -> None:
    own = [
        {"name": "gears", "phrases": ["derailleur"]},
        {"name": "delivery", "phrases": ["cargo tram"]},
    ]
    assert one({"text": "The derailleur is broken."})["topic"] == "quality"
    assert one({"text": "The derailleur is broken."}, topics=own)["topic"] == "gears"
    assert one({"text": "The cargo tram."}, topics=own)["topic"] == "delivery"


def test_graver_complaints_come_first() -> None:
    texts = ["The bell is too loud.", "It stopped working.", "You charged me twice.", "My lawyer!"]
    rows = build(*({"text": text} for text in texts))
    priorities = [row["priority"] for row in rows]
    assert priorities == sorted(set(priorities))


def test_route_sees_topic_and_severity() -> None:
    routes = [
        {"tag": "complaint", "minimum_severity": 4, "department": "legal", "owner": "Lena"},
        {"tag": "complaint", "topics": ["delivery"], "department": "sales", "owner": "Depot"},
    ]
    assert one(LATE, routing=routes)["owner"] == "Depot"
    assert one({**LATE, "text": "A solicitor has my parcel."}, routing=routes)["owner"] == "Lena"


def test_result_does_not_depend_on_the_order_of_the_messages() -> None:
    heard = detected(
        *({**LATE, "author": "abc"[at % 3], "score": 0.5 + at % 4 / 10} for at in range(20))
    )
    made = [
        complaints.build(heard.sample(fraction=1, shuffle=True, seed=seed), settings(), MONDAY)
        for seed in range(3)
    ]
    assert made[0].equals(made[1]) and made[1].equals(made[2])
