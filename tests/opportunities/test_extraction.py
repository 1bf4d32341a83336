"""Products, rivals, directions, customers and numbers of people: hits with traps beside them."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.opportunities.extraction import (
    name_in,
    with_customer,
    with_size,
    with_switch_direction,
)
from tests.opportunities.made import read, settings

COMPANY = settings().company


def product(text: str) -> object:
    return read(text).select(name_in(pl.col("text"), COMPANY.products)).item()


def test_product_is_named_as_the_settings_name_it() -> None:
    assert product("wat kost WOLK  thuis bij twee gebruikers?") == "Wolk Thuis"
    assert product("Liever wolk zakelijk dan Wolk Thuis") == "Wolk Zakelijk"


@pytest.mark.parametrize("text", ["Er hangt een wolk boven mijn huis", "wolkthuis", "Wolk"])
def test_part_of_a_name_is_no_product(text: str) -> None:
    assert product(text) is None


def direction(text: str, language: str = "nl") -> object:
    return with_switch_direction(read(text, language=language), COMPANY)["switch_direction"][0]


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
        ("Wat kost het?", "nl", None),
        ("Elke klant is koning.", "nl", None),
    ],
)
def test_customer_only_when_the_text_says_so(
    text: str, language: str, expected: bool | None
) -> None:
    made = with_customer(read(text, language=language), COMPANY)
    assert made["is_existing_customer"].to_list() == [expected]


@pytest.mark.parametrize(
    ("text", "size", "units"),
    [
        ("We need 25 licences before May.", 25, "25 licences"),
        ("Wij zijn een kantoor met 34 medewerkers.", 34, "34 medewerkers"),
        ("Graag twaalf elektrische fietsen.", 12, "twaalf elektrische fietsen"),
        ("Six shared e-bikes, please.", 6, "Six shared e-bikes"),
        ("Over 14 dagen beslissen we.", None, None),
        ("Ik heb 2 kinderen en 1 hond.", None, None),
        ("The bikes are 59 a month.", None, None),
    ],
)
def test_numbers_of_people_and_pieces_are_read(
    text: str, size: int | None, units: str | None
) -> None:
    assert with_size(read(text)).select("size", "units").row(0) == (size, units)
