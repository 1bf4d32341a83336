"""Mails that only forward another: what it says stays, and a reply that adds nothing is empty."""

from __future__ import annotations

import time

import pytest

from pipeline.sources._forwarded import DEEPEST, forwarded_text
from pipeline.sources._reply import own_text

HEADERS = (
    "From: Imke <imke@example.nl>\nDate: Tue, 3 Nov 2026 at 09:14\nSubject: lamp\nTo: Noor\n\n"
)
KOPPEN = "Van: Imke\nVerzonden: dinsdag 3 november 2026 09:14\nAan: Noor\nOnderwerp: lamp\n\n"
SAYING_SO = {
    "gmail": f"---------- Forwarded message ---------\n{HEADERS}\n\nDe lamp is stuk.\n",
    "dutch gmail": f"---------- Doorgestuurd bericht ---------\n{KOPPEN}De lamp is stuk.",
    "thunderbird": f"\n\n-------- Forwarded Message --------\n{HEADERS}De lamp is stuk.",
    "dutch apple": (
        "Begin doorgestuurd bericht:\n\n> Van: Imke\n> Onderwerp: lamp\n> Datum: 3 november 2026\n"
        "> Aan: Noor\n> \n> De lamp is stuk."
    ),
    "english apple without marks": f"Begin forwarded message:\n\n{HEADERS}De lamp is stuk.",
    "below a signature": (
        f"Groet,\nNoor Bakker\n\n---------- Forwarded message ---------\n{HEADERS}De lamp is stuk."
    ),
    "below the phone's line": (
        f"Verstuurd vanaf mijn iPhone\n\nBegin doorgestuurd bericht:\n\n{KOPPEN}De lamp is stuk."
    ),
    "with a signature and a quote of its own": (
        f"-- Forwarded message --\n{HEADERS}De lamp is stuk.\n\nGroet,\nImke\n\n"
        "On Mon, 2 Nov 2026 at 09:14, Ad <ad@example.nl> wrote:\n> Brandt hij?"
    ),
    "forwarded twice": (
        f"---------- Forwarded message ---------\n{HEADERS}Begin doorgestuurd bericht:\n\n"
        "> Van: Ad\n> Aan: Imke\n>\n> De lamp is stuk."
    ),
}
BY_SUBJECT = {
    "dutch outlook": f"-----Oorspronkelijk bericht-----\n{KOPPEN}De lamp is stuk.",
    "english outlook": f"-----Original Message-----\n{HEADERS}De lamp is stuk.",
    "outlook without a line": f"________________________________\n{KOPPEN}De lamp is stuk.",
    "below a line that is moved in": f"  {'_' * 32}\n{KOPPEN}De lamp is stuk.",
    "marks alone": "> De lamp is stuk.\n>\n",
    "marks of two quotes": "> > De lamp is stuk.\n",
    "a header and marks": "Op 3 nov 2026 om 09:14 schreef Imke <i@example.nl>:\n> De lamp is stuk.",
}
REPLIES = {
    "marks": "> De lamp is stuk.",
    "a header and marks": "On 3 Nov 2026 at 09:14, Imke <i@example.nl> wrote:\n> De lamp is stuk.",
    "original": f"-----Original Message-----\n{HEADERS}De lamp is stuk.",
    "a forward that is quoted": (
        "On 3 Nov 2026 at 09:14, Imke <i@example.nl> wrote:\n> -- Forwarded message --\n> Stuk."
    ),
}


@pytest.mark.parametrize("text", SAYING_SO.values(), ids=SAYING_SO)
@pytest.mark.parametrize("subject", ["lamp", "Fwd: lamp"])
def test_what_is_forwarded_stays_where_the_sender_adds_nothing(text: str, subject: str) -> None:
    assert forwarded_text(text, "Noor Bakker", subject) == "De lamp is stuk."


@pytest.mark.parametrize("text", BY_SUBJECT.values(), ids=BY_SUBJECT)
@pytest.mark.parametrize("subject", ["FW: lamp", "Fwd: lamp", "Doorst: lamp", " fw:"])
def test_a_subject_says_that_what_is_quoted_is_forwarded(text: str, subject: str) -> None:
    assert forwarded_text(text, "Noor", subject) == "De lamp is stuk."


@pytest.mark.parametrize("text", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("subject", ["", "Re: lamp", "RE: FW: lamp", "Forward gear: stuk"])
def test_a_reply_that_adds_nothing_stays_empty(text: str, subject: str) -> None:
    assert own_text(text, "Noor") == ""
    assert forwarded_text(text, "Noor", subject) == ""


@pytest.mark.parametrize(
    "text",
    [
        f"Ter info, zie onder.\n\n---------- Forwarded message ---------\n{HEADERS}Stuk.",
        "Begin forwarded message:\n\n> De lamp is stuk.\n\nWat nu?",
        "De lamp is stuk.",
        "",
    ],
)
def test_own_words_leave_out_what_is_forwarded(text: str) -> None:
    assert forwarded_text(text, "Noor", "FW: lamp") == ""


def test_forwards_without_end_take_no_time() -> None:
    began = time.process_time()
    assert forwarded_text("-- Forwarded message --\n" * 50_000) == ""
    assert forwarded_text(f"{'>' * 50_000} stuk\n" * 20, "", "Fwd: x") == ""
    assert time.process_time() - began < 2
    text = "-- Forwarded message --\n" * DEEPEST
    assert forwarded_text(f"{text}Stuk.") == "Stuk."
