"""Numbers in words, as both languages make them."""

from __future__ import annotations

import pytest

from pipeline.opportunities.numerals import value


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (["twenty", "-", "five"], 25),
        (["twenty", "five"], 25),
        (["two", "hundred"], 200),
        (["two", "hundred", "fifty"], 250),
        (["two", "thousand", "five", "hundred"], 2500),
        (["two", "hundred", "thousand"], 200_000),
        (["vijfentwintig"], 25),
        (["tweeëntwintig"], 22),
        (["eenentachtig"], 81),
        (["driehonderd"], 300),
        (["honderd"], 100),
        (["1.200"], 1200),
        (["1,200"], 1200),
        (["2", "thousand"], 2000),
        (["6", "two", "bedroom", "flats"], 6),
        (["3", "of", "5"], 3),
        (["no", "number"], None),
        ([], None),
    ],
)
def test_words_come_to_the_number_that_they_say(words: list[str], number: int | None) -> None:
    assert value(words) == number


@pytest.mark.parametrize("words", [["9" * 5000], ["thousand"] * 2000, ["7", *["duizend"] * 2000]])
def test_number_without_end_is_only_too_large(words: list[str]) -> None:
    assert (value(words) or 0) >= 10**11
