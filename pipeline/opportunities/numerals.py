"""Numbers in words, Dutch and English, made of the short lists of the vocabulary."""

from __future__ import annotations

from functools import cache

from pipeline.text import LANGUAGES, terms

_HUNDRED = 100
FACTORS = {"honderd": 100, "hundred": 100, "duizend": 1000, "thousand": 1000}
"""Words that multiply the number before them."""


@cache
def few() -> dict[str, int]:
    """Word to number, from two to twenty."""
    return {
        word: number
        for language in LANGUAGES
        for number, word in enumerate(terms("size", "numbers", language), 2)
    }


@cache
def spelled() -> dict[str, int]:
    """Word to number: two to twenty, tens, hundred and thousand, and what Dutch writes as one word.

    "Twenty-five" is two words here; `value` adds them up.
    """
    tens = {
        word: number * 10
        for language in LANGUAGES
        for number, word in enumerate(terms("size", "tens", language), 2)
    }
    ones = {"een": 1} | {word: few()[word] for word in terms("size", "numbers", "nl")[:8]}
    joined = {
        f"{one}{'ën' if one.endswith('e') else 'en'}{ten}": number + tens[ten]
        for ten in terms("size", "tens", "nl")
        for one, number in ones.items()
    }
    hundreds = {f"{one}honderd": number * _HUNDRED for one, number in ones.items() if number > 1}
    return few() | tens | joined | hundreds | FACTORS


def value(words: list[str]) -> int | None:
    """The number that lower-case words say together, as "two hundred" or "1.200"; None if none.

    Words that are no numbers are passed over.
    """
    total: int | None = None
    for word in words:
        digits = word.replace(".", "").replace(",", "")
        number = int(digits) if digits.isdecimal() else spelled().get(word)
        if number is None:
            continue
        total = total * number if total and word in FACTORS else (total or 0) + number
    return total
