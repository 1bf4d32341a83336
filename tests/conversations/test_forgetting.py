"""Somebody who is forgotten is found in a record that is too broken to say whose it is."""

from __future__ import annotations

import pytest

from pipeline.conversations.forgetting import names_in


@pytest.mark.parametrize(
    "record",
    [
        '{"id": 3, "user": {"names": ["Roos Bakker"]}}',
        'b,gisteren, "Roos Bakker" ,"Waar blijft mijn brood?"',
        "b;gisteren;'Roos Bakker';Waar blijft mijn brood?",
        'b,gisteren\nc\tRoos Bakker\t"hoi"',
    ],
)
def test_name_of_two_words_is_found_whole(record: str) -> None:
    assert "Roos Bakker" in names_in(record)


def test_name_is_found_as_a_word_of_what_breaks_off() -> None:
    assert "roos_b" in names_in('{"id": 3, "author": "roos_b", "text": "Waar bl')
