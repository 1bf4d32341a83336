"""Numbers with the end of a line, or a tab, in them: mail programs cut long lines at a blank."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from pipeline.conversations import _numbers
from pipeline.conversations._number_words import is_of

# Those that are told by a checksum or a plan, and of telephones those that nothing else looks like.
_KINDS = {"iban": _numbers.ibans, "card": _numbers.cards, "phone": _numbers.phones}
_PLAIN_PHONE = ("+", "(+", "06", "(06")
_END = r"(?:\r\n|[\r\n\t])"
_ENDED = re.compile(_END)
_CUT = (
    rf"[0-9]\)?[ ./_-]?{_END}[ (]?[0-9]|(?i:[0-9] ?[a-z]{{4}}){_END}[0-9]{{4}}"
    rf"|(?i:[a-z]{{2}})[0-9]{{2}}{_END}(?i:[a-z]{{4}})[ 0-9]"
)
# A column of a table may begin with 020, and a size may be 020: not so behind these, or nothing.
_AREA = re.compile(r"\(?0[1-9]\d{1,2}\)?[ ./-]?(?:\r\n|[\r\n])")
_BEGUN = re.compile(r"(?i)(?:^|[\r\n:(]|(?<!\w)(?:op|via|naar|nummer|on|at|number)) *$")
_LONG = re.compile(_numbers.GATE)
_BESIDE = 16
"""Characters on either side of the end of a line in which a number is looked for."""
MOST_ENDS = 20
"""Ends of lines between digits; a text with more of them holds a table."""


def numbers(texts: pl.DataFrame) -> Iterator[tuple[int, str, int, int]]:
    """Yield row, kind and place of each number that is cut once; one cut twice is a list.

    Args:
        texts: `row` and `text`.
    """
    likely = texts.filter(pl.col("text").str.contains(_CUT))
    for row, text in likely.iter_rows():
        ends = list(re.finditer(_CUT, text))
        if len(ends) > MOST_ENDS:
            continue
        joined = _ENDED.sub(lambda end: " " * len(end[0]), text)
        for end in ends:
            first, last = max(0, end.start() - _BESIDE), end.end() + _BESIDE
            if not _LONG.search(joined, first, last):
                continue
            for name, places in _KINDS.items():
                for place in places(joined, first, last):
                    is_sure = name != "phone" or _is_plain(joined, place[0])
                    if (is_sure or _is_landline(text, *place)) and len(
                        _ENDED.findall(text, *place)
                    ) == 1:
                        yield row, name, *place


def _is_plain(text: str, start: int) -> bool:
    return text.startswith(_PLAIN_PHONE, start) or is_of("phones", text, start)


def _is_landline(text: str, start: int, end: int) -> bool:
    """Tell whether a telephone at home is cut behind its area code, and what stands before it."""
    return (
        _AREA.match(text, start) is not None
        and _BEGUN.search(text, max(0, start - _BESIDE), start) is not None
        and _numbers.is_at_home(text[start:end])
    )
