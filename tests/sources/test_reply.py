"""What the sender of a mail wrote: quotes and signatures go, no word of their own with them."""

from __future__ import annotations

import pytest

from pipeline.sources._reply import own_text

QUOTES = {
    "dutch header": "Ja graag.\n\nOp di 3 nov 2026 om 09:14 schreef I. <i@example.nl>:\n> Wilt u?",
    "dutch header without a name": "Ja graag.\n\nOp 3 nov. 2026 om 09:14 schreef:\n> Wilt u?",
    "dutch header over lines": (
        "Ja graag.\n\nOp dinsdag 3 november 2026 om 09:14 uur heeft\n"
        "Imke van de klantenservice <imke@example.nl> schreef het volgende:\n> Wilt u?"
    ),
    "dutch header, name first": "Ja graag.\n\nImke schreef op di 3 nov 2026 om 09:14:\n> Wilt u?",
    "english header": "Ja graag.\n\nOn Tue, 3 Nov 2026 at 09:14 <i@example.nl> wrote:\n> Wilt u?",
    "english header over lines": (
        "Ja graag.\n\nOn Tue, 3 Nov 2026 at 09:14, Imke de Vries-Langenaam\n"
        "<imke@example.nl> wrote:\n\n> Wilt u?"
    ),
    "header without marks below": (
        "Ja graag.\n\nOp di 3 nov 2026 om 09:14 schreef Imke:\n\nWilt u?\n\nGroet, Imke"
    ),
    "dutch outlook": (
        "Ja graag.\n\n________________________________\nVan: Imke <imke@example.nl>\n"
        "Verzonden: dinsdag 3 november 2026 09:14\nAan: Noor\nOnderwerp: vraag\n\nWilt u?"
    ),
    "english outlook": (
        "Ja graag.\n\nFrom: Imke <imke@example.nl>\nSent: Tuesday, 3 November 2026 09:14\n"
        "To: Noor\nSubject: question\n\nWilt u?"
    ),
    "bold outlook": "Ja graag.\n\n*From:* Imke\n*Sent:* Tuesday\n*To:* Noor\n\nWilt u?",
    "dutch original": "Ja graag.\n\n-----Oorspronkelijk bericht-----\nVan: Imke\n\nWilt u?",
    "english original": "Ja graag.\n\n-----Original Message-----\nFrom: Imke\n\nWilt u?",
    "dutch forward": "Ja graag.\n\nBegin doorgestuurd bericht:\n\n> Van: Imke\n>\n> Wilt u?",
    "english forward": "Ja graag.\n\n---------- Forwarded message ---------\nFrom: Imke\n\nWilt u?",
    "answers between quotes": "> Wilt u?\n\nJa graag.\n\n> Weet u het zeker?",
    "quote of a quote": "Ja graag.\n\n>> Wilt u?\n> Wil wie?",
}
SIGNATURES = {
    "dashes": "Ja graag.\n\n-- \nNoor Bakker\nDirecteur van alles",
    "dashes without a blank": "Ja graag.\n\n--\nNoor Bakker",
    "dutch greeting": "Ja graag.\n\nMet vriendelijke groet,\n\nNoor Bakker\n06-00000000",
    "dutch greeting in a line": "Ja graag.\n\nGroetjes Noor",
    "flemish greeting": "Ja graag.\n\nVriendelijke groeten uit Gent,\nNoor",
    "dutch greeting cut short": "Ja graag.\n\nMvg,\nN. Bakker",
    "stiff dutch greeting": "Ja graag.\n\nHoogachtend,\n\nN. Bakker",
    "dutch thanks": "Ja graag.\n\nBij voorbaat dank,\nNoor Bakker",
    "english greeting": "Ja graag.\n\nKind regards,\nNoor Bakker\nHead of bread",
    "english best": "Ja graag.\n\nBest,\nNoor",
    "english thanks": "Ja graag.\n\nThanks,\nNoor",
    "only the sender's name": "Ja graag.\n\nN. Bakker",
    "the sender's name and function": "Ja graag.\n\nNoor Bakker\nDirecteur",
    "dutch phone": "Ja graag.\n\nVerzonden vanaf mijn iPhone",
    "other dutch phone": "Ja graag.\n\nVerstuurd vanaf mijn Samsung-toestel.",
    "dutch outlook for phones": "Ja graag.\n\nVerzonden vanuit Outlook voor Android",
    "english phone": "Ja graag.\n\nSent from my iPad",
    "get outlook": "Ja graag.\n\nGet Outlook for iOS<https://aka.example/x>",
    "funny phone": "Ja graag.\n\nSent from my phone, at a tram stop, obviously",
    "phone before a quote": "Ja graag.\n\nSent from my iPhone\n\n> Wilt u?",
    "dutch disclaimer": (
        "Ja graag.\n\nGroet,\nNoor\n\nDit e-mailbericht is alleen bestemd voor de geadresseerde. "
        "Bent u dat niet, dan verzoeken wij u het bericht te vernietigen."
    ),
    "english disclaimer": (
        "Ja graag.\n\nRegards,\nNoor\n\nThis message may contain confidential information. If you "
        "are not the intended recipient, please delete it."
    ),
    "windows line ends": "Ja graag.\r\n\r\nGroet,\r\nNoor\r\n\r\n> Wilt u?",
}
KEPT = {
    "a list with dashes": "Graag een offerte met:\n- prijs per stuk\n- levertijd",
    "thanks at the beginning": "Thanks,\n\nbut the bike is still broken and nobody called me back.",
    "thanks in the middle": "Thanks!\n\nMy order arrived, without the saddle.",
    "best in a sentence": "Best wel boos ben ik nu.",
    "a greeting in a sentence": "Doe de groeten aan de monteur, hij was een uur te laat.",
    "a question below a greeting": "Hallo,\n\nGroet,\nNoor\n\nKan het ook op maandag?",
    "an afterthought": "Ja graag.\n\nGroet,\nNoor\n\nPS: de rem piept nog steeds.",
    "what I wrote myself": "Op 3 november om 9:14 schreef ik u dit:\nde rem piept.\nEn nu weer.",
    "what I wrote in english": "On 3 November at 9:14 I wrote:\nthe brake squeaks.",
    "a website that wrote": "Op uw website schreef u:\nniet goed, geld terug. Dat wil ik dus.",
    "from and to of a parcel": "Van: Gent\nAan: Utrecht\nHet pakket is kwijt.",
    "a phone in a sentence": "Ik heb dit verzonden vanaf mijn telefoon maar het kwam niet aan.",
    "my address at the top": "Noor Bakker\nVoorbeeldlaan 12\n\nGeachte directie,\n\nDe rem piept.",
    "dashes at the top": "--\nDe rem piept.",
    "confidence in a sentence": "Ik vertrouw het niet en dit bericht is niet vertrouwelijk.",
    "only a greeting": "Groet, Noor",
}


@pytest.mark.parametrize("text", (QUOTES | SIGNATURES).values(), ids=(QUOTES | SIGNATURES).keys())
def test_only_the_own_words_remain(text: str) -> None:
    assert own_text(text, "Noor Bakker") == "Ja graag."


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_only_looks_like_a_quote_or_a_signature_stays(text: str) -> None:
    assert own_text(text, "Noor Bakker") == text


def test_a_mail_of_nothing_but_quotes_has_no_words() -> None:
    assert own_text("Begin doorgestuurd bericht:\n\n> Wilt u?") == ""


def test_answers_between_quotes_stay_in_their_order() -> None:
    text = "> Mag het dinsdag?\n\nJa.\n\n> En woensdag?\n\nNee, dan is de kat jarig."
    assert own_text(text) == "Ja.\n\nNee, dan is de kat jarig."


def test_a_text_of_one_endless_line_is_read_at_once() -> None:
    text = "On and on it goes " * 200_000
    assert own_text(text, "Noor Bakker") == text.strip()
