"""Products, rivals, directions, customers and numbers of people: hits with traps beside them."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.brands import brand_in
from pipeline.opportunities.rules import FIELDS, passages, with_rules
from tests.opportunities.made import read, settings

COMPANY = settings().company


def product(text: str) -> object:
    return read(text).select(brand_in(pl.col("text"), COMPANY.products)).item()


def test_product_is_named_as_the_settings_name_it() -> None:
    assert product("wat kost WOLK  thuis bij twee gebruikers?") == "Wolk Thuis"
    assert product("Liever wolk zakelijk dan Wolk Thuis") == "Wolk Zakelijk"


@pytest.mark.parametrize("text", ["Er hangt een wolk boven mijn huis", "wolkthuis", "Wolk"])
def test_part_of_a_name_is_no_product(text: str) -> None:
    assert product(text) is None


def ruled(text: str, language: str = "nl") -> dict[str, object]:
    """What the rules read of a text."""
    rows = read(text, language=language)
    named = rows.with_columns(competitor=brand_in(pl.col("text"), COMPANY.competitors))
    return with_rules(named, COMPANY).row(0, named=True)


def direction(text: str, language: str = "nl") -> object:
    return ruled(text, language)["switch_direction"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wij willen weg bij Nimbus.", "nl"),
        ("Ons contract met Grijze Lucht loopt af.", "nl"),
        ("Ik zou graag overstappen naar jullie.", "nl"),
        ("Thinking of moving to Wolk next month.", "en"),
        ("Fed up with Nimbus, who is better?", "en"),
        ("Our Nimbus contract ends in May.", "en"),
        ("We switch from Nimbus to Wolk.", "en"),
        ("Any alternatives to nimbus?", "en"),
        ("Wij stappen over van Nimbus naar Wolk Zakelijk.", "nl"),
        ("Ik wil van Nimbus naar Wolk overstappen.", "nl"),
        ("Kunnen wij Nimbus vervangen door Wolk Thuis?", "nl"),
        ("Liever Wolk Thuis in plaats van Nimbus.", "nl"),
        ("We want to replace Nimbus with Wolk Zakelijk.", "en"),
        ("We move from Nimbus to Wolk Thuis in June.", "en"),
        ("We're with Nimbus at present, would you match that?", "en"),
    ],
)
def test_leaving_a_rival_or_coming_to_us_is_to_us(text: str, language: str) -> None:
    assert direction(text, language) == "to_us"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ik ga opzeggen bij Wolk.", "nl"),
        ("We stappen over naar Nimbus.", "nl"),
        ("Stap na een jaar over van @wolkhelpt naar Nimbus.", "nl"),
        ("I'm switching to Grijze Lucht.", "en"),
        ("Leaving Wolk after six years.", "en"),
        ("We're leaving you for Nimbus.", "en"),
        ("We are leaving Wolk Zakelijk for Nimbus, can you match their price?", "en"),
        ("Switching from Wolk Thuis to Nimbus next month.", "en"),
        ("Thinking of ditching Wolk Thuis in favour of Nimbus.", "en"),
        ("We want to replace Wolk Zakelijk with Nimbus.", "en"),
        ("We cancelled Wolk Thuis and went with Nimbus.", "en"),
        ("Nimbus instead of Wolk, would that be cheaper?", "en"),
        ("Wij willen overstappen van jullie naar Nimbus.", "nl"),
        ("Wij stappen over van Wolk Zakelijk naar Nimbus.", "nl"),
        ("Ik overweeg om van jullie over te stappen naar Nimbus.", "nl"),
        ("Wij laten Wolk Thuis vervangen door Nimbus.", "nl"),
        ("Ik zeg op en ga naar Nimbus.", "nl"),
        ("Klaar met Wolk Thuis, Nimbus is beter.", "nl"),
    ],
)
def test_leaving_us_or_going_to_a_rival_is_from_us(text: str, language: str) -> None:
    assert direction(text, language) == "from_us"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Nimbus of Wolk, wat raden jullie aan?", "nl"),
        ("Is Nimbus goedkoper?", "nl"),
        ("Ik kijk naar jullie website.", "nl"),
        ("I am going to you shop tomorrow.", "en"),
        ("Leave the parcel with Piet.", "en"),
        ("Can I leave you my number for a quote?", "en"),
        ("We don't want to switch from Nimbus, only a second line.", "en"),
        ("I'd like to move from Wolk Thuis to Wolk Zakelijk.", "en"),
        ("Wolk Zakelijk instead of Wolk Thuis, please.", "en"),
        ("I want to cancel my appointment with you.", "en"),
        ("Our contract with you ends in May, can we renew?", "en"),
        ("Ons contract met jullie loopt af, kunnen we verlengen?", "nl"),
        ("Wij willen niet overstappen van Nimbus naar Wolk.", "nl"),
        ("Ik zoek een koppeling van jullie voor Nimbus.", "nl"),
        ("Wij stappen graag over van Wolk Thuis naar Wolk Zakelijk.", "nl"),
    ],
)
def test_naming_somebody_is_no_switch(text: str, language: str) -> None:
    assert direction(text, language) is None


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Ik ben al jaren klant en wil uitbreiden.", "nl", True),
        ("We have been with you since 2019.", "en", True),
        ("Ik ben nog geen klant, wat kost het?", "nl", False),
        ("I'd like to become a customer.", "en", False),
        ("Mijn contract bij Nimbus loopt af.", "nl", None),
        ("We already use Wolk Thuis and want Wolk Zakelijk too.", "en", True),
        ("Wij gebruiken Wolk Thuis al jaren.", "nl", True),
        ("We already use Nimbus and look at Wolk Thuis.", "en", None),
        ("I have Wolk Thuis and would like the student price.", "en", True),
        ("I'm on Wolk Thuis, what is the step up?", "en", True),
        ("Ik heb al Wolk Thuis, kan de zakelijke erbij?", "nl", True),
        ("Can I renew Wolk Thuis for a year?", "en", True),
        ("Kan ik mijn Wolk Thuis verlengen?", "nl", None),
        ("Hoe kan ik Wolk Thuis krijgen als ik glas heb?", "nl", None),
        ("Can I have Wolk Thuis without a modem?", "en", None),
        ("What if we have Wolk Thuis and move?", "en", None),
        ("I have you on the phone list for a quote.", "en", None),
        ("Ik heb jullie gemaild voor een offerte.", "nl", None),
        ("I have Nimbus, what does Wolk Thuis cost?", "en", None),
        ("What would it cost if we use Wolk Thuis?", "en", None),
        ("Wat kost het?", "nl", None),
        ("Elke klant is koning.", "nl", None),
    ],
)
def test_customer_only_when_the_text_says_so(
    text: str, language: str, expected: bool | None
) -> None:
    assert ruled(text, language)["is_existing_customer"] == expected


@pytest.mark.parametrize(
    ("text", "size", "units"),
    [
        ("We need 25 licences before May.", 25, "25 licences"),
        ("Wij zijn een kantoor met 34 medewerkers.", 34, "34 medewerkers"),
        ("Graag twaalf elektrische fietsen.", 12, "twaalf elektrische fietsen"),
        ("Six shared e-bikes, please.", 6, "Six shared e-bikes"),
        ("A quote for twenty-five users.", 25, "twenty-five users"),
        ("A quote for two hundred users.", 200, "two hundred users"),
        ("A quote for 1,200 users.", 1200, "1,200 users"),
        ("Graag een offerte voor 1.200 gebruikers.", 1200, "1.200 gebruikers"),
        ("Offerte voor vijftig gebruikers.", 50, "vijftig gebruikers"),
        ("Offerte voor drieëntwintig medewerkers.", 23, "drieëntwintig medewerkers"),
        ("Offerte voor honderd licenties.", 100, "honderd licenties"),
        ("Wij zijn met 7 fte.", 7, "7 fte"),
        ("What about 25 agents?", 25, "25 agents"),
        ("5 good business accounts", 5, "5 good business accounts"),
        ("A quote for 100+ users.", 100, "100+ users"),
        ("Wij hebben 2 vestigingen en 60 medewerkers.", 60, "60 medewerkers"),
        ("3 collega's vroegen een offerte voor 80 gebruikers.", 80, "80 gebruikers"),
        ("Offerte voor 3 vestigingen.", 3, "3 vestigingen"),
        ("We let 6 two bedroom apartments.", 6, "6 two bedroom apartments"),
        ("Graag 40 bedrukte rugzakken.", 40, "40 bedrukte rugzakken"),
        ("Wij zijn een club met 25 vrijwilligers.", 25, "25 vrijwilligers"),
        ("De prijs is 1.200 euro, voor welke gebruikers?", None, None),
        ("Wij denken aan 120 zonnepanelen op de stal.", 120, "120 zonnepanelen"),
        ("Stroom voor 36 gebouwen.", 36, "36 gebouwen"),
        ("Wij verhuren 14 vakantiehuisjes.", 14, "14 vakantiehuisjes"),
        ("Two chargers at our inn.", 2, "Two chargers"),
        ("We are looking to move 12 trailers a week.", 12, "12 trailers"),
        ("A choir of 46, going to Utrecht in July.", 46, "choir of 46"),
        ("There will be sixty of us in November.", 60, "sixty of us"),
        ("The band of 2019 was better.", None, None),
        ("Wij zoeken een contract voor 8 opleggers per week.", 8, "8 opleggers"),
        ("Een club van 30 campers in september.", 30, "30 campers"),
        ("Wij wonen drie huizen verderop.", None, None),
        ("Over 14 dagen beslissen we.", None, None),
        ("Ik heb 2 kinderen en 1 hond.", None, None),
        ("The bikes are 59 a month.", None, None),
    ],
)
def test_numbers_of_people_and_pieces_are_read(
    text: str, size: int | None, units: str | None
) -> None:
    made = ruled(text)
    assert (made["team_size"], made["team_size_said"]) == (size, units)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Can he get 12 month subscriptions?", "en"),
        ("Zijn er 3 maanden abonnementen?", "nl"),
    ],
)
def test_months_are_no_pieces(text: str, language: str) -> None:
    assert ruled(text, language)["team_size"] is None


def test_texts_in_a_language_that_nobody_knows_are_read_as_english() -> None:
    made = ruled("We already use Wolk Thuis and need 25 licences.", "fr")
    assert (made["is_existing_customer"], made["team_size"]) == (True, 25)


def test_number_far_from_what_it_may_count_is_not_looked_at() -> None:
    far, near = "Order 12 was late, our other employees say.", "For 12 of our employees."
    assert passages(read(far), ("Wolk",), ("Nimbus",)).is_empty()
    assert passages(read(near), ("Wolk",), ("Nimbus",))["team_size"].to_list() == [True]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Kunt u mij morgen bellen?", "nl", "call"),
        ("Graag even telefonisch contact.", "nl", "call"),
        ("Mail me de tarieven maar.", "nl", "email"),
        ("Stuur me een DM met de prijs.", "nl", "message"),
        ("App mij gerust.", "nl", "message"),
        ("Please ring me back after four.", "en", "call"),
        ("Could somebody give us a call?", "en", "call"),
        ("Send me an email with the options.", "en", "email"),
        ("My DMs are open.", "en", "message"),
        ("Ik heb jullie al drie keer gebeld.", "nl", None),
        ("Jullie app is fijn, wat kost premium?", "nl", None),
        ("I called you twice about a quote.", "en", None),
        ("Is the email module included?", "en", None),
        ("Bel me niet, mail de offerte.", "nl", "email"),
        ("Bel mij liever niet.", "nl", None),
        ("Niet bellen aub, alleen mailen.", "nl", "email"),
        ("Kunt u mij mailen? Mij bellen hoeft niet.", "nl", "email"),
        ("In plaats van een mail graag een belletje.", "nl", "call"),
        ("Bel me niet voor tien uur.", "nl", "call"),
        ("Ik was er niet. Bel me even terug.", "nl", "call"),
        ("Please don't call me, mail me a quote.", "en", "email"),
        ("Please don’t phone me.", "en", None),
        ("Rather than email, call me about a quote.", "en", "call"),
        ("You never call me back.", "en", None),
        ("Call me, but not before ten.", "en", "call"),
    ],
)
def test_way_to_be_answered_is_what_the_person_asks_for(
    text: str, language: str, expected: str | None
) -> None:
    assert ruled(text, language)["contact_channel"] == expected


def test_rules_give_the_words_that_say_it() -> None:
    made = ruled("We zijn met 40 medewerkers nu bij Nimbus en willen eraf. Bel mij.")
    said = {field: made[f"{field}_said"] for field in FIELDS}
    assert said == {
        "switch_direction": "nu bij Nimbus",
        "is_existing_customer": None,
        "team_size": "40 medewerkers",
        "contact_channel": "Bel mij",
    }
