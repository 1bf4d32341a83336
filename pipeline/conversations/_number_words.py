"""The words beside a number that say what it is the number of."""

from __future__ import annotations

import re
from functools import cache

from pipeline.text import personal

BEFORE = 40
"""Characters before a number that are searched for what it is the number of."""


def is_of(kind: str, text: str, start: int) -> bool:
    """Tell whether the words just before a place say what kind of number stands there."""
    return _cue(kind).search(text[max(0, start - BEFORE) : start]) is not None


def any_cue(kind: str) -> str:
    """A pattern of the words that tell this kind of number."""
    return "|".join(map(re.escape, sorted(personal("numbers", kind), key=len, reverse=True)))


def is_counted(text: str, end: int) -> bool:
    """Tell whether the word after a place says that the number counts something."""
    word = text[end : end + BEFORE].split(maxsplit=1)[:1]
    return bool(word) and word[0].strip(".,!?)").lower() in personal("numbers", "units")


@cache
def _cue(kind: str) -> re.Pattern[str]:
    named = personal("numbers", kind)
    words = "|".join(
        # Long words may go on, as in "bestelnummer"; "id" must not be the beginning of "idee".
        re.escape(word) + (r"[\w-]*" if kind == "things" and len(word) > 4 else "s?")
        for word in sorted(named, key=len, reverse=True)
    )
    number = r"(?:[ -]?(?:nummers?|numbers?|num|nr|no|n°|id|code|plaat|plate)(?!\w)\.?)?"
    linked = r"(?: ?(?:is|was|=|:|van|of|met|with|op|on|at|from|to|naar)(?!\w))*"
    earlier = r"(?: [\d.]+ (?:to|naar|en|and))?" if kind == "versions" else ""
    sign = "|#" if kind == "things" else ""
    return re.compile(
        rf"(?i)(?:(?<!\w)(?:{words}){number}{linked}{earlier}{sign})[\s:#.\"'(=*_-]*$"
    )
