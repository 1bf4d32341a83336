"""Brands by name and by handle: hits with traps beside them."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.brands import any_brand, brand_in, is_public, public_handles
from pipeline.settings import Company

NAMES = ("American Air", "Ziggo", "Ziggo Help", "Wolk", "Wolk+", "NS")


def named(text: str) -> object:
    return pl.select(brand_in(pl.lit(text), NAMES)).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bij ziggo was het goedkoper", "Ziggo"),
        ("@Ziggo waarom ligt alles eruit", "Ziggo"),
        ("Al drie dagen niks @ZiggoWebcare", "Ziggo"),
        ("@Ziggo_Webcare, iemand?", "Ziggo"),
        ("@ZiggoHelp", "Ziggo Help"),
        ("@AmericanAir stuck in Dallas", "American Air"),
        ("@american_air stuck", "American Air"),
        ("american  air lost my bag", "American Air"),
        ("wolk+ is duurder", "Wolk+"),
        ("@NS_online 20 minuten te laat", "NS"),
        # Traps.
        ("@ziggofan heeft gelijk", None),
        ("ziggowebcare", None),
        ("@jan vroeg het ook", None),
        ("@nsx rijdt lekker", None),
    ],
)
def test_name_or_handle_is_the_brand(text: str, expected: str | None) -> None:
    assert named(text) == expected


def test_names_that_differ_by_a_sign_are_two() -> None:
    both = pl.Series(["Wolk+", "wolk"])
    assert pl.select(brand_in(pl.lit(both), ("Wolk+", "Wolk"))).to_series().to_list() == [
        "Wolk+",
        "Wolk",
    ]


def test_without_names_there_is_no_brand() -> None:
    assert not pl.select(pl.lit("@ziggo").str.contains(any_brand(()))).item()


def test_handles_of_all_brands_are_public_and_those_of_people_are_not() -> None:
    company = Company(
        name="Molenaar & Zn",
        aliases=("De Molen",),
        own_accounts=("@molen_bakt",),
        products=("Molenbrood",),
        competitors=("Bakkerij Zon",),
    )
    public = public_handles(company)
    for handle in ("MolenaarZn", "demolen_nl", "molen_bakt", "Molenbrood", "BakkerijZonHelpt"):
        assert is_public(handle, public), handle
    for handle in ("molenaar", "jan", "zon", "bakkerijzon1987", "molenbroodjes"):
        assert not is_public(handle, public), handle
