"""Texts as they look: nothing invisible, plain blanks and letters, accents on their letters.

Programs write hyphens that are not shown, blanks that may not break, and accents as characters of
their own. Nobody sees that, but it cuts words and numbers in two. And people write in bold or
script with letters made for mathematics, or in wide ones made for Chinese and Japanese print.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

Integers = npt.NDArray[np.int64]
Places = list[tuple[int, int]]

_HIDDEN = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_JOINERS = "\u200c\u200d"
"""Other scripts are shaped and emoji held together by these; they stay where they may do that."""
_ACCENTS = "\u0300-\u036f"
MOST_ACCENTS = 8
"""Those of one letter that are read together: putting thousands in order would take for ever."""
_BLANKS = "\u00a0\u2000-\u200a\u202f\u3000"
_BREAKS = "\u2028\u2029"
_WIDE = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
# Script, black letters and double lines have some of theirs among other signs.
STYLED = (
    f"{_WIDE}\U0001d400-\U0001d7ff\u2102\u210a-\u2113\u2115\u2119-\u211d\u2124\u2128\u212c\u212d"
    "\u212f-\u2131\u2133\u2134"
)

_ODD = f"[{_HIDDEN}{_JOINERS}{_ACCENTS}{_BLANKS}{_BREAKS}{STYLED}]"
_TURNED = f"[{_HIDDEN}{_JOINERS}{_ACCENTS}{STYLED}]"
_SEEN = rf"[^\s{_HIDDEN}{_JOINERS}]"
_UNSEEN = re.compile(f"[{_HIDDEN}]|(?<=[0-9A-Za-z\u00c0-\u024f])[{_HIDDEN}{_JOINERS}]+")
TWISTED = re.compile(f"[{_HIDDEN}{_JOINERS}{_ACCENTS}]")
"""Found where `letters` says something else than the text."""
_INVISIBLE = re.compile(f"[{_HIDDEN}{_JOINERS}]")
_LETTER = re.compile(f".[{_ACCENTS}]{{0,{MOST_ACCENTS}}}", re.DOTALL)
_ACCENTED = re.compile(f".[{_ACCENTS}]{{1,{MOST_ACCENTS}}}", re.DOTALL)


@dataclass(frozen=True)
class Written:
    """Texts as given, by their row, of those that look otherwise: where does what is seen stand."""

    texts: Mapping[int, str]

    @classmethod
    def of(cls, given: pl.Series, seen: pl.Series) -> Written:
        """Compare strings without nulls with what `shown` makes of them."""
        rows = (given != seen).arg_true()
        return cls(dict(zip(rows.to_list(), given.gather(rows).to_list(), strict=True)))

    def places(self, rows: Integers, starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
        """Where spans of what is seen stand in the texts as given; empty ones stay as they are."""
        if not self.texts:
            return starts, ends
        starts, ends = starts.copy(), ends.copy()
        place = cache(lambda row: places(self.texts[row]))
        is_moved = np.isin(rows, list(self.texts)) & (starts < ends)
        for at in np.flatnonzero(is_moved).tolist():
            stood = place(int(rows[at]))
            starts[at], ends[at] = stood[starts[at]][0], stood[ends[at] - 1][1]
        return starts, ends


def shown(texts: pl.Series) -> pl.Series:
    """The texts as they look; nulls stay null."""
    rows = odd(texts, _ODD)
    some = texts.gather(rows).str.replace_all(f"[{_BLANKS}]", " ")
    some = some.str.replace_all(f"[{_BREAKS}]", "\n")
    turned = odd(some, _TURNED)
    some = with_texts(some, turned, map(_shown, some.gather(turned).to_list()))
    return with_texts(texts, rows, some)


def with_texts(texts: pl.Series, rows: pl.Series, others: Iterable[str]) -> pl.Series:
    """The texts with others at these positions."""
    if rows.is_empty():
        return texts
    # `scatter` writes into the series itself, which belongs to the caller.
    return texts.clone().scatter(rows, pl.Series(list(others), dtype=pl.String))


def is_blank(text: str) -> bool:
    """Tell whether a text has nothing to see."""
    bare = text if text.isascii() else _INVISIBLE.sub("", text)
    return not bare or bare.isspace()


def is_seen(text: pl.Expr) -> pl.Expr:
    """Whether a text has anything to see; null stays null."""
    return text.str.contains(_SEEN)


def odd(texts: pl.Series, pattern: str) -> pl.Series:
    """The positions of texts with a character of a pattern that no ASCII text matches."""
    # Bytes are counted fast, and most texts are ASCII.
    rows = (texts.str.len_bytes() != texts.str.len_chars()).fill_null(value=False).arg_true()
    return rows.filter(texts.gather(rows).str.contains(pattern))


@cache
def plain_letters() -> dict[int, str]:
    """Letters and digits of mathematics and wide ones to their plain ones, for `str.translate`."""
    styled = "".join(map(chr, range(0x10000))) + "".join(map(chr, range(0x1D400, 0x1D800)))
    plain = ((one, unicodedata.normalize("NFKC", one)) for one in re.findall(f"[{STYLED}]", styled))
    return {ord(one): other for one, other in plain if other != one}


def letters(text: str) -> tuple[str, Places]:
    """The visible characters of a text, joined, and the place (start, end) of each in it."""
    return _without(text, _INVISIBLE)


def places(text: str) -> Places:
    """The place (start, end) in a text of each character that `shown` makes of it."""
    return _without(text.translate(plain_letters()), _UNSEEN)[1]


def _without(text: str, hidden: re.Pattern[str]) -> tuple[str, Places]:
    out = {at for found in hidden.finditer(text) for at in range(*found.span())}
    kept = [at for at in range(len(text)) if at not in out]
    made, stood = [], []
    for found in _LETTER.finditer("".join(text[at] for at in kept)):
        letter = unicodedata.normalize("NFC", found[0]) if len(found[0]) > 1 else found[0]
        made.append(letter)
        stood += [(kept[found.start()], kept[found.end() - 1] + 1)] * len(letter)
    return "".join(made), stood


def _shown(text: str) -> str:
    bare = _UNSEEN.sub("", text.translate(plain_letters()))
    return _ACCENTED.sub(lambda found: unicodedata.normalize("NFC", found[0]), bare)
