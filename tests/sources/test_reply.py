"""What the sender of a mail wrote: quotes and signatures go, no word of their own with them."""

from __future__ import annotations

import time

import pytest

from pipeline.sources import _mail
from pipeline.sources._html import text_of
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
    "dutch apple": (
        "Ja graag.\n\nOp 3 nov 2026 om 09:14 heeft Imke Bos <imke@example.nl> het volgende "
        "geschreven:\n\nBeste Noor, wilt u?"
    ),
    "english apple": "Ja graag.\n\nOn 3 Nov 2026, at 09:14, Imke <i@example.nl> wrote:\n\nWilt u?",
    "dutch thunderbird": "Ja graag.\n\nOp 03-11-2026 om 09:14 schreef Imke Bos:\n> Wilt u?",
    "english thunderbird": "On 11/3/26 9:14 AM, Imke Bos wrote:\n> Wilt u?\n\nJa graag.",
    "dutch gmail of a desk": (
        "Ja graag.\n\nOp di 3 nov 2026 om 09:14 schreef peddel klantenservice <k@example.nl>:\n\n"
        "Wilt u?"
    ),
    "english gmail, narrow blanks": (
        "Ja graag.\n\nOn Tue, Nov 3, 2026 at 9:14\u202fAM Imke <i@example.nl> wrote:\n\nWilt u?"
    ),
    "english help desk": "Ja graag.\n\n##- Please type your reply above this line -##\n\nWilt u?",
    "dutch help desk": "Ja graag.\n\n##- Typ uw antwoord boven deze regel -##\n\nWilt u?",
    "the help desk itself": "##- Please type your reply above this line -##\n\nJa graag.",
    "proton": "Ja graag.\n\nOn Tuesday, November 3rd, 2026 at 9:14 AM, Imke wrote:\n\nWilt u?",
    "a person who is called I": "Ja graag.\n\nOn 3 Nov 2026 at 9:14, I. Bos wrote:\n\nWilt u?",
    "outlook, a blank line between the headers": (
        "Ja graag.\n\nVan: Imke <imke@example.nl>\n\nVerzonden: dinsdag 3 november 2026 09:14\n\n"
        "Aan: Noor\n\nOnderwerp: vraag\n\nWilt u?"
    ),
    "outlook to many": (
        "Ja graag.\n\nFrom: Imke\nSent: Tuesday 09:14\nTo: Noor <noor@example.nl>;\n"
        "Ad <ad@example.nl>\nSubject: question\n\nWilt u?"
    ),
    "outlook from HTML": (
        "Ja graag.\n\nVan: Imke <imke@example.nl>\nVerzonden: dinsdag\nAan: Noor\n"
        "Onderwerp: vraag\nWilt u?"
    ),
    "own words below the quote": (
        "Op di 3 nov 2026 om 09:14 schreef Imke <i@example.nl>:\n> Wilt u?\n\nJa graag."
    ),
    "own words below a forward": "Begin forwarded message:\n\n> Wilt u?\n\nJa graag.",
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
    "dutch get outlook": "Ja graag.\n\nOutlook voor iOS downloaden<https://aka.example/x>",
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
    "dutch disclaimer without a greeting": (
        "Ja graag.\n\nDe informatie in dit e-mailbericht is vertrouwelijk en uitsluitend bestemd "
        "voor de geadresseerde."
    ),
    "disclaimer in two languages": (
        "Ja graag.\n\nGroet,\nNoor\n\nDit bericht is vertrouwelijk.\nBent u niet de geadresseerde, "
        "verwijder dan dit bericht.\n\nThis email is confidential. If you received it in error, "
        "please delete it."
    ),
    "a word for the trees": (
        "Ja graag.\n\nGroet,\nNoor\n\nDenk aan het milieu voordat u deze mail afdrukt."
    ),
    "a long signature": (
        "Ja graag.\n\nMet vriendelijke groet,\n\nNoor Bakker\nHoofd inkoop\n\n"
        "Bakkerij de Vries B.V.\nVoorbeeldlaan 12, 3511 AB Utrecht\nKvK 00000000\n"
        "www.example.nl\n\nVers, elke dag!"
    ),
    "a function in small letters": (
        "Ja graag.\n\nMet vriendelijke groet,\n\nNoor Bakker\nhoofd algemene zaken\nHet Veld"
    ),
    "a joke about the keyboard": "Ja graag.\n\nGroet, Noor\n\nVerstuurd vanaf een te dik ding",
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
    "what our agent wrote, with a time": (
        "Hi,\n\nOn Tuesday at 9:40 someone on your desk wrote this to me:\nThe new lamp left."
        "\n\nIt is still dark in my hall a month later. I want a refund."
    ),
    "what our agent wrote, with a date": (
        "Dag,\n\nOp 9 november 2026 om 11:20 schreef een collega van u in de chat:\nDe lamp komt "
        "morgen.\n\nHij is er nog niet."
    ),
    "what your colleague wrote": (
        "Dag,\n\nOn 9 Nov 2026 at 11:20 your colleague wrote:\nTomorrow.\n\nNo!"
    ),
    "what a colleague of an address wrote": (
        "Dag,\n\nOp 9 nov 2026 om 11:20 schreef uw helpdesk <hulp@example.nl>:\nMorgen.\n\nNee dus."
    ),
    "a promise of Fatima, without its year": (
        "Dag,\n\nOp 9 november om 11:20 schreef Fatima:\nMorgen komt de lamp.\n\nNiets gezien."
    ),
    "a quote without marks and the answer below it": (
        "On Tue, 3 Nov 2026 at 09:14, Imke <imke@example.nl> wrote:\n\nIs it mended?\n\n"
        "No, it leaks."
    ),
    "outlook at the top, the answer below": (
        "Van: Imke <imke@example.nl>\nVerzonden: dinsdag 3 november 2026 09:14\nAan: Noor\n"
        "Onderwerp: lamp\n\nBrandt hij weer?\n\nNee, helaas."
    ),
    "a web form": (
        "Er is een formulier ingevuld:\n\nVan: Noor <noor@example.nl>\nAan: winkel@example.nl\n"
        "Datum: 9-11-2026 11:20\nOnderwerp: lamp\n\nDe lamp flikkert, geld terug graag."
    ),
    "a web form with a field": (
        "Nieuw van de website\n\nVan: Noor\nDatum: 9 november 2026\nOnderwerp: lamp\n"
        "Bericht: de lamp flikkert en de snoer is gerafeld."
    ),
    "an english web form": (
        "New on the website\n\nFrom: Noor <noor@example.nl>\nTo: shop\nDate: 9 Nov 2026 11:20\n"
        "Subject: lamp\n\nMessage:\nThe lamp flickers."
    ),
    "a parcel on its way": (
        "Dag,\n\nVan: Gent\nAan: Utrecht\nVerzonden: 9 november\n\nDe doos kwam gedeukt aan."
    ),
    "a letter within a mail": (
        "Geachte directie,\n\nVan: Noor Bakker\nAan: De Lampenwinkel\nDatum: 9 november 2026\n"
        "Onderwerp: lamp\n\nIk stel u in gebreke."
    ),
    "whom this message is for": (
        "Hallo,\n\nDit bericht is bestemd voor uw afdeling klachten: mijn lamp brandt niet.\n"
        "Ik wil hem ruilen."
    ),
    "whom this message is for, last": (
        "Dag,\n\nThis message is intended for your complaints team. Lamp broke."
    ),
    "a confidential complaint": (
        "Dag,\n\nDit bericht is vertrouwelijk. Verwijder mijn gegevens en stort het geld terug."
    ),
    "a mail sent in error": (
        "Dag,\n\nThe message I got in error is confidential, and I am not the intended recipient!"
    ),
    "words below a disclaimer": (
        "Dag,\n\nThis message is confidential. If you are not the addressee, please delete it.\n\n"
        "The lamp broke within a week."
    ),
    "one more thing below the name": (
        "Dag,\n\nWanneer komt hij?\n\nGroet,\nNoor\n\n"
        "O ja: het vorige bedrag is dubbel afgeschreven."
    ),
    "one more thing below an english name": (
        "Hi,\n\nWhere is it?\n\nKind regards,\nNoor Bakker\n\nAlso, the last bill was wrong"
    ),
    "a second wish below dashes": (
        "Eerst de lamp: die flikkert.\n\n--\nDan het snoer: dat is niet heel."
    ),
    "what was sent from a shop, below the name": (
        "Waar is hij?\n\nGroet, Noor\n\nVerzonden vanaf uw winkel, nooit aangekomen"
    ),
    "outlook that does not work": "Outlook voor iOS downloadt mijn bijlagen niet meer.",
    "a line that is spoken of": "Ik moest een antwoord boven deze regel typen. Dat lukt niet.",
    "what to cancel below thanks": "Please cancel these:\n\nThanks\n\nLamp Blue\nLamp Red",
    "a capital heading below the name": (
        "De lamp flikkert.\n\nMvg,\n\nNoor\n\nOVER UW BRIEF:\nIk zeg mijn contract op."
    ),
}


@pytest.mark.parametrize("text", (QUOTES | SIGNATURES).values(), ids=(QUOTES | SIGNATURES).keys())
def test_only_the_own_words_remain(text: str) -> None:
    assert own_text(text, "Noor Bakker") == "Ja graag."


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_only_looks_like_a_quote_or_a_signature_stays(text: str) -> None:
    assert own_text(text, "Noor Bakker") == text


def test_a_mail_of_nothing_but_quotes_has_no_words() -> None:
    assert own_text("Begin doorgestuurd bericht:\n\n> Wilt u?") == ""


def test_words_below_a_header_with_marks_stay_in_place() -> None:
    text = "Dag,\n\nOn 3 Nov 2026, Imke wrote:\n> Is it mended?\n\nNo.\n\n> And the cord?\nFrayed."
    assert own_text(text) == "Dag,\n\nNo.\n\nFrayed."


def test_answers_between_quotes_stay_in_their_order() -> None:
    text = "> Mag het dinsdag?\n\nJa.\n\n> En woensdag?\n\nNee, dan is de kat jarig."
    assert own_text(text) == "Ja.\n\nNee, dan is de kat jarig."


def test_a_text_of_one_endless_line_is_read_at_once() -> None:
    text = "On and on it goes " * 200_000
    assert own_text(text, "Noor Bakker") == text.strip()


@pytest.mark.parametrize("lines", ["-- \n", "Van: a\n", "Van: a\n\n", "Van: a\n-- \n"])
def test_lines_like_headers_and_signatures_without_end_take_no_time(lines: str) -> None:
    begun = time.process_time()
    own_text("Mijn bel is stuk.\n\n" + lines * 1_500, "Noor")
    assert time.process_time() - begun < 3


def test_long_lines_take_no_time() -> None:
    header = f"Van: {'a' * 50_000}\nVerzonden: 3 nov 2026\nAan: Noor\nOnderwerp: bel\n\nHoi"
    begun = time.process_time()
    own_text(f"Mijn bel is stuk.\n\n{header}")
    assert text_of(f"<pre>a{' ' * 50_000}b \t\nc</pre>", _mail.reading).endswith(" b\nc")
    assert time.process_time() - begun < 5
