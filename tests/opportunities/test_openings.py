"""The first words of an answer fit what the person wrote: nobody would laugh at them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from pipeline.opportunities import complaints, leads
from pipeline.opportunities.needs import NEEDS
from pipeline.text import groups, openings
from tests.opportunities.made import MONDAY, detected, settings

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUOTE = {"text": "Could you send a quote for 40 seats?", "cues": {"asks_for_quote": "send a quote"}}
LAWYER = {
    "text": "Namens cliënt stel ik u aansprakelijk; gaarne een prijsopgave van de geleden schade.",
    "cues": {"asks_for_quote": "prijsopgave"},
    "channel": "email",
    "language": "nl",
    "complaint_score": 0.6,
}


def lead(*messages: dict[str, Any], now: timedelta = HOUR) -> dict[str, Any]:
    needs = {"asks_for_quote": "quote"}
    (row,) = pl.DataFrame(
        leads.build(detected(*messages), settings(), needs, MONDAY + now)
    ).to_dicts()
    return row


def complaint(*messages: dict[str, Any], now: timedelta = HOUR, **values: Any) -> dict[str, Any]:
    made = complaints.build(detected(*messages), settings(**values), MONDAY + now)
    return pl.DataFrame(made).to_dicts()[-1]


def said(kind: str, matter: str, language: str = "en") -> str:
    return openings(kind)[language][matter]


def test_letter_of_a_lawyer_is_thanked_for_nothing_and_legal_is_told() -> None:
    row = lead(LAWYER)
    assert (row["recommended_action"], row["reply_opening"]) == ("watch", None)
    assert row["action_reason"].startswith("Complains of something grave, which comes first, ")
    assert row["informed"] == ["customer_service", "legal"]


def test_letter_of_a_lawyer_stands_far_below_a_lead() -> None:
    assert lead(LAWYER)["priority"] < 0.3 * lead(LAWYER | {"complaint_score": None})["priority"]


def test_lawyer_who_asks_for_a_price_is_a_lead_like_any_other() -> None:
    row = lead({**QUOTE, "text": "I am a lawyer. Could you send a quote for 40 seats?"})
    assert row["reply_opening"] == said("lead", "quote")


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("Your bike broke down twice. Could you send a quote for another one?", "complaint"),
        ("Could you send a quote? Oh, and I am done with Nimbus, they are late.", "quote"),
        ("Had enough of you, I am leaving. Could you send a quote for the rest?", "leaving"),
    ],
)
def test_lead_that_complains_about_us_is_answered_as_a_complaint_first(
    text: str, matter: str
) -> None:
    row = lead({**QUOTE, "text": text, "complaint_score": 0.6})
    assert row["reply_opening"] == said("lead", matter)


@pytest.mark.parametrize(
    ("text", "language", "mourns"),
    [
        ("Mijn man is overleden. Kan het contract op mijn naam?", "nl", True),
        ("Na het overlijden van mijn moeder zoek ik een kleiner pakket.", "nl", True),
        ("My father passed away. Can I take over his plan?", "en", True),
        ("Dood op mijn gemak zoek ik een nieuw pakket.", "nl", False),
        ("I am dying to try your plan.", "en", False),
    ],
)
def test_who_has_lost_somebody_is_not_thanked_for_the_interest(
    text: str, language: str, mourns: bool
) -> None:
    row = lead({"text": text, "language": language, "channel": "email"})
    assert (row["reply_opening"] == said("lead", "mourning", language)) == mourns
    assert ("tells of a death" in row["action_reason"]) == mourns


def test_complaint_of_who_has_lost_somebody_begins_with_that_and_harm_with_harm() -> None:
    letters = "Na het overlijden van mijn moeder bleven de aanmaningen komen."
    row = complaint({"text": letters, "language": "nl"})
    assert row["reply_opening"] == said("complaint", "mourning", "nl")
    assert "tells of a death" in row["action_reason"]
    ours = complaint({"text": "My mother died because of your pills. She was a widow."})
    assert ours["reply_opening"] == said("complaint", "grave")


def test_doubtful_complaint_without_words_that_bear_it_out_is_none() -> None:
    doubtful = {**QUOTE, "complaint_score": 0.3}
    assert lead(doubtful)["reply_opening"] == said("lead", "quote")
    broken = doubtful | {"text": "It stopped working. Could you send a quote for another?"}
    assert lead(broken)["reply_opening"] == said("lead", "complaint")


def test_who_complains_and_looks_for_another_supplier_leaves_us() -> None:
    text = "Alweer te laat. Ik zoek een andere aanbieder, wie raadt er een aan?"
    asked = {"text": text, "language": "nl"}
    row = lead({**asked, "complaint_score": 0.6})
    assert (row["switch_direction"], row["recommended_action"]) == ("from_us", "call")
    assert row["reply_opening"] == said("lead", "leaving", "nl")
    assert [one["text"] for one in row["spans"] if one["field"] == "switch_direction"] == [
        "andere aanbieder"
    ]
    assert lead(asked)["switch_direction"] is None


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Incasso gestorneerd. Wie weet een andere aanbieder in de buurt?", "from_us"),
        ("Charged it back, looking for another provider near the station.", "from_us"),
        ("Incasso van Nimbus gestorneerd, wie weet een andere aanbieder?", None),
        ("Wie weet een andere aanbieder in de buurt?", None),
        ("Wat kost het als een incasso wordt gestorneerd?", None),
    ],
)
def test_who_takes_back_the_payment_and_looks_for_another_supplier_leaves_us(
    text: str, direction: str | None
) -> None:
    row = lead({"text": text, "language": "en" if text.startswith("Charged") else "nl"})
    assert row["switch_direction"] == direction
    assert ("customer_service" in row["informed"]) == (direction == "from_us")


def test_lead_that_writes_again_is_not_greeted_as_new() -> None:
    talk = {"author": "a", "conversation_id": "c"}
    row = lead(
        {**QUOTE, **talk, "answered_at": MONDAY + HOUR},
        {**QUOTE, **talk, "sent_at": MONDAY + 2 * HOUR},
        now=3 * HOUR,
    )
    assert row["reply_opening"] == said("lead", "again")


def test_late_answer_begins_with_an_excuse_where_somebody_waits_for_us() -> None:
    mail = {**QUOTE, "channel": "email"}
    late = f"{said('lead', 'late')} {said('lead', 'quote')}"
    assert lead(mail, now=9 * DAY)["reply_opening"] == late
    assert lead(mail)["reply_opening"] == said("lead", "quote")
    # Who asks everybody does not wait for us.
    assert lead(QUOTE, now=9 * DAY)["reply_opening"] == said("lead", "quote")
    broken = {"text": "The handle is cracked."}
    late = f"{said('complaint', 'late')} {said('complaint', 'quality')}"
    assert complaint(broken, now=9 * DAY)["reply_opening"] == late


@pytest.mark.parametrize(
    ("text", "matter"),
    [("Still waiting in the queue for an hour.", "delay"), ("My lawyer will write.", "grave")],
)
def test_excuse_for_waiting_is_said_once_and_not_to_who_was_harmed(text: str, matter: str) -> None:
    assert complaint({"text": text}, now=9 * DAY)["reply_opening"] == said("complaint", matter)


def test_one_of_many_in_a_crisis_hears_how_it_stands_whatever_the_words_are() -> None:
    words = detected({"text": "They close at six and I am on foot."})

    def crises(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.select("message_id", crisis_id=pl.lit("complaint_spike:topic:outage"))

    made = complaints.build(words, settings(), MONDAY + HOUR, crises=crises)
    assert made["crisis_id"].to_pylist() == ["complaint_spike:topic:outage"]
    assert made["reply_opening"].to_pylist() == [said("complaint", "crisis")]


@pytest.mark.parametrize(
    ("message", "is_about_rival"),
    [
        ({"text": "Nimbus billed me again after I left. Never again."}, True),
        ({"text": "Nimbus hangs up on people. So do you."}, False),
        ({"text": "Wolk is no better than Nimbus, nobody answers."}, False),
        ({"text": "Nimbus never made me wait a week.", "channel": "review"}, False),
        ({"text": "Nimbus never made me wait.", "answered_at": MONDAY + HOUR / 2}, False),
    ],
)
def test_complaint_about_a_rival_is_watched_unless_it_may_be_about_us(
    message: dict[str, Any], is_about_rival: bool
) -> None:
    row = complaint({**message, "language": "en"}, now=9 * DAY)
    assert ("is about Nimbus, not us." in row["action_reason"]) == is_about_rival
    assert {row[name] is None for name in ("respond_by", "deadline_state")} == {is_about_rival}
    if is_about_rival:
        assert (row["recommended_action"], row["reply_opening"]) == ("watch", None)
        assert (row["state"], row["churn_risk"], row["waiting_since_at"]) == ("open", 0, None)


@pytest.mark.parametrize(
    ("beside", "best", "more", "is_about_rival"),
    [
        ("Update: went with Wolk after all. ", "The man at Nimbus called me missy.", {}, True),
        ("Switched to Wolk on Monday. ", "Nimbus kept billing me.", {}, True),
        ("Switched to Wolk on Monday. ", "Nimbus kept billing me.", {"channel": "forum"}, True),
        ("Update: toch Wolk genomen. ", "De man van Nimbus noemde mij mevrouwtje.", {}, True),
        ("Blij met Wolk. ", "Bij Nimbus stond ik uren in de wacht.", {"channel": "forum"}, True),
        # Traps: it may be about us.
        ("I came from Nimbus. ", "And now you do the same.", {}, False),
        ("Switched to Wolk on Monday. ", "Nimbus kept billing me, and so does Wolk.", {}, False),
        ("Switched to Wolk, but it does the same. ", "Nimbus kept billing me.", {}, False),
        ("Switched to Wolk, and the handle broke. ", "Nimbus kept billing me.", {}, False),
        ("Switched to Wolk on Monday. ", "At least Nimbus picked up the phone.", {}, False),
        ("Switched to Wolk on Monday. ", "Nimbus never made me wait.", {}, False),
        ("Switched from Nimbus to Wolk. ", "Nimbus kept billing me.", {}, False),
        ("A man of Wolk came by. ", "The man of Nimbus laughed at me.", {}, False),
        ("Went with Wolk. " + "So far so good they say here. " * 3, "Nimbus hung up.", {}, False),
        ("Wolk leaves me on hold. ", "Nimbus hung up on me.", {}, False),
        ("Went with Wolk. ", "Nimbus kept billing me.", {"channel": "email"}, False),
        ("Went with Wolk. ", "Nimbus kept billing me.", {"channel": "review"}, False),
        ("Went with Wolk. ", "Nimbus hung up on me.", {"answered_at": MONDAY + HOUR}, False),
        ("Ik kwam van Nimbus. ", "En nu doen jullie precies hetzelfde.", {}, False),
        ("Toch Wolk genomen, maar ook daar wacht ik. ", "Nimbus nam niet op.", {}, False),
        ("Toch Wolk genomen. ", "Bij Nimbus hoefde ik tenminste niet te wachten.", {}, False),
        ("Wolk genomen en spijt. ", "De man van Nimbus lachte erom.", {}, False),
        ("Wolk genomen, de monteur kwam te laat. ", "De man van Nimbus lachte mij uit.", {}, False),
    ],
)
def test_grievance_about_a_rival_of_who_chose_us_is_not_ours_to_answer(
    beside: str, best: str, more: dict[str, Any], is_about_rival: bool
) -> None:
    is_dutch = any(word in beside for word in ("genomen", "Blij", "kwam"))
    language = "nl" if is_dutch else "en"
    told = {"text": beside + best, "best": best, "language": language, **more}
    row = complaint(told, now=9 * DAY)
    assert ("is about Nimbus, not us." in row["action_reason"]) == is_about_rival
    assert (row["waiting_since_at"] is None) == (is_about_rival or "answered_at" in more)


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("Nobody answered my mail, but I do get your newsletter.", "en", "service"),
        ("Update: still on foot, they hung up on me.", "en", "service"),
        ("Since the update it logs me out.", "en", "app"),
        ("Dinsdag storing, begrijp ik. Maar er is nog geen offerte en ik wacht op jullie.", "nl",
         "delay"),
        ("Iedereen zit vast, zeggen ze. De hele straat staat vol met ze en niemand komt.", "nl",
         "service"),
    ],
)  # fmt: skip
def test_topic_is_what_the_person_is_angry_about(text: str, language: str, topic: str) -> None:
    assert complaint({"text": text, "language": language})["topic"] == topic


@pytest.mark.parametrize("amount", ["I paid a taxi 41 euro.", "It sits there costing 119 euro."])
def test_what_was_paid_is_no_budget(amount: str) -> None:
    row = lead({"text": f"{amount} Does anybody know a good bike?"})
    assert (row["budget_amount"], row["need"]) == (None, "buy")


def test_every_matter_has_an_opening_in_both_languages() -> None:
    for words in openings("lead").values():
        assert set(words) == {*NEEDS, "leaving", "complaint", "again", "late", "mourning"}
    others = {"other", "grave", "crisis", "again", "late", "mourning"}
    for words in openings("complaint").values():
        assert set(words) == {*groups("topic"), *others}


def test_no_opening_promises_a_call_today() -> None:
    words = [of for kind in ("lead", "complaint") for of in openings(kind).values()]
    begins = [one for of in words for one in of.values()]
    assert [one for one in begins if re.search(r"\b(vandaag|today|morgen|tomorrow)\b", one)] == []


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("The delay is a bit silly.", "delay"),
        # An hour and a week hint at a delay, which nobody speaks of.
        ("The jingle plays once an hour, all week.", "other"),
    ],
)
def test_topic_that_is_but_a_guess_is_not_spoken_of(text: str, matter: str) -> None:
    row = complaint({"text": text})
    assert (row["topic"], row["reply_opening"]) == ("delay", said("complaint", matter))
    assert ("with delay" in row["action_reason"]) == (matter == "delay")
