"""Numbers in words, Dutch and English, made of the short lists of the vocabulary."""

from __future__ import annotations

from functools import cache

from pipeline.text import LANGUAGES, terms

_HUNDRED, _THOUSAND = 100, 1000
_DIGITS = 12
"""Digits of a number beyond which it only has to stay too large to be meant."""
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
    """Word to number: two to twenty, tens, hundred and thousand, and what is written as one word.

    "Twenty-five" is one word to the Dutch tokenizer and three to the English one.
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
    hyphened = {
        f"{ten}-{word}": tens[ten] + number
        for ten in terms("size", "tens", "en")
        for number, word in enumerate(("one", *terms("size", "numbers", "en")[:8]), 1)
    }
    hundreds = {f"{one}honderd": number * _HUNDRED for one, number in ones.items() if number > 1}
    return few() | tens | joined | hyphened | hundreds | FACTORS


def value(words: list[str]) -> int | None:
    """The first number that lower-case words say, as "two hundred", "twenty-five" or "1.200".

    None when there is none. Digits are only multiplied: "6 two bedroom flats" are six.
    """
    total, in_digits = None, False
    for word in words:
        digits = word.replace(".", "").replace(",", "")
        if total is None and digits.isdecimal():
            total, in_digits = int(digits[:_DIGITS]), True
        elif word in FACTORS and total is not None:
            # Of "two thousand five hundred" only the five are hundreds.
            whole = total // _THOUSAND * _THOUSAND if word in ("hundred", "honderd") else 0
            total = min(whole + (total - whole) * FACTORS[word], 10**_DIGITS)
        elif word in spelled() and not in_digits:
            total = (total or 0) + spelled()[word]
        elif total is not None and word not in "-+":
            break
    return total
