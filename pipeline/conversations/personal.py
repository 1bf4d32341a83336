"""Personal data in text: where it stands, and the text without it.

Bank accounts, mail addresses, citizens' numbers, payment cards, telephones, computers' addresses,
home addresses, number plates, the handles of others than the company, and names after words that
announce them, each replaced by a word that says what stood there. Order numbers, dates, times,
versions and amounts stay.

Patterns over whole columns let most messages pass untouched; only what they stop is looked at, kind
by kind, by the libraries that know the numbering plans and checksums.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from functools import cache
from itertools import chain
from typing import NamedTuple

import polars as pl

from pipeline.conversations import _computers, _handles, _names, _numbers, _wrapped, _written
from pipeline.looks import STYLED, TWISTED, letters, odd, plain_letters, with_texts

TOKENS = {
    "iban": "[iban]",
    "mail": "[mail]",
    "national_number": "[national number]",
    "card": "[card]",
    "phone": "[phone]",
    "ip": "[ip]",
    "address": "[address]",
    "plate": "[plate]",
    "handle": "@user",
    "name": "[name]",
}
"""Each kind and what takes its place. Where two overlap, the one named first is taken."""
FOUND = {"row": pl.UInt32, "kind": pl.String, "start": pl.Int32, "end": pl.Int32}

_ODD = (
    r"[\x{ad}\x{a0}\x{300}-\x{36f}\x{61c}\x{180e}\x{2000}-\x{2015}\x{2028}-\x{202f}"
    rf"\x{{2060}}-\x{{206f}}\x{{feff}}\x{{ff01}}-\x{{ff5e}}{STYLED}]"
)


class _Gated(NamedTuple):
    """How a kind is found.

    `gate` is a pattern for Rust, without look-around, that matches where one may stand. `places`
    yields those that are, given the text and the place of such a match.
    """

    gate: str
    places: Callable[[str, int, int], Iterator[_numbers.Place]]


@cache
def _gated() -> dict[str, _Gated]:
    """All kinds but handles and names, which are looked for by themselves."""
    number = _numbers.GATE
    return {
        "iban": _Gated(number, _numbers.ibans),
        "mail": _Gated(_written.MAIL_GATE, _written.mails),
        "national_number": _Gated(number, _numbers.citizens),
        "card": _Gated(number, _numbers.cards),
        "phone": _Gated(number, _numbers.phones),
        "ip": _Gated(_computers.IP_GATE, _computers.addresses),
        "address": _Gated(_written.HOME_GATE, _written.homes),
        "plate": _Gated(_written.plate_gate(), _written.plates),
    }


@cache
def _any_gate() -> str:
    return "|".join(f"(?:{gate})" for gate in sorted({kind.gate for kind in _gated().values()}))


_PERSON = (
    r"author|user|user_?name|handle|(?:screen|display|full|first|last|sender|customer)?_?name"
    r"|sender|from|customer|client|klant|klantnaam|naam|afzender"
)
# Of a field of JSON, and of a header of a mail.
_PERSONS = (
    (rf'(?i)("(?:\w+[.-])*(?:{_PERSON})"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)', '$1"@user"'),
    (r"(?im)^((?:from|to|cc|bcc|sender|reply-to|return-path):).*$", "$1 [name]"),
)


def redact(text: pl.Expr, public: Set[str] = frozenset()) -> pl.Expr:
    """Replace personal data; public handles (`brands.public_handles`) stay readable."""

    def without(texts: pl.Series) -> pl.Series:
        return replaced(texts, find(texts, public))

    return text.map_batches(without, return_dtype=pl.String, is_elementwise=True)


def redact_json(text: pl.Expr) -> pl.Expr:
    """Replace personal data in a JSON object; a number that goes becomes a string."""
    return redact(text).str.replace_all(r'([^\\]":\s*)(\[[a-z ]+\])(\s*[,}])', r'$1"$2"$3')


def redact_record(raw: pl.Expr) -> pl.Expr:
    """Replace personal data in a record as a source gave it, and who its fields say it is from.

    Works where the record is broken, too: fields are found by their names.
    """
    for field, said in _PERSONS:
        raw = raw.str.replace_all(field, said)
    return redact(raw)


def find(texts: pl.Series, public: Set[str] = frozenset()) -> pl.DataFrame:
    """Find personal data.

    Args:
        texts: messages; nulls are allowed.
        public: handles that are nobody's (`brands.public_handles`).

    Returns:
        `FOUND`: the row of the text, the kind, and the place in code points, sorted by row and
        start; places do not overlap.
    """
    plain, positions = _plain(texts)
    everywhere = plain.alias("text").to_frame().with_row_index("row")
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for row, name, start, end in chain(
        _behind_gates(everywhere),
        _handles.handles(everywhere, public),
        _named(everywhere),
        _wrapped.numbers(everywhere),
    ):
        found[row].append((start, end, name))
    places = [
        (row, name, start, end) for row in sorted(found) for start, end, name in _apart(found[row])
    ]
    for index, (row, name, start, end) in enumerate(places if positions else ()):
        if at := positions.get(row):
            places[index] = row, name, at[start][0], at[end - 1][1]
    return pl.DataFrame(list(zip(*places, strict=True)) or None, schema=FOUND)


def replaced(texts: pl.Series, found: pl.DataFrame) -> pl.Series:
    """The texts with a word in place of what was found, as `find` gives it."""
    if found.is_empty():
        return texts
    rows = found["row"].unique(maintain_order=True)
    places = found.select("start", "end", "kind").rows()
    made, first = [], 0
    sizes = found.group_by("row", maintain_order=True).len()["len"]
    for text, size in zip(texts.gather(rows).to_list(), sizes.to_list(), strict=True):
        parts, at = [], 0
        for start, end, kind in places[first : first + size]:
            parts += [text[at:start], TOKENS[kind]]
            at = end
        made.append("".join([*parts, text[at:]]))
        first += size
    return with_texts(texts, rows, made)


def _behind_gates(texts: pl.DataFrame) -> Iterator[tuple[int, str, int, int]]:
    likely = texts.filter(pl.col("text").str.contains(_any_gate()))
    candidates = {
        gate: list(_candidates(likely, gate)) for gate in {one.gate for one in _gated().values()}
    }
    for name, kind in _gated().items():
        for row, text, matches in candidates[kind.gate]:
            for match in matches:
                for start, end in kind.places(text, *match):
                    yield row, name, start, end


def _named(texts: pl.DataFrame) -> Iterator[tuple[int, str, int, int]]:
    for row, text, matches in _candidates(texts, _names.gate()):
        for match in matches:
            for start, end in _names.names(text, *match):
                yield row, "name", start, end


def _candidates(texts: pl.DataFrame, gate: str) -> Iterator[tuple[int, str, list[_numbers.Place]]]:
    """Row, text and places of what matches a gate, for the rows that have any."""
    found = texts.filter(pl.col("text").str.contains(gate))
    matched = found["text"].str.extract_all(gate).to_list()
    for row, text, matches in zip(
        found["row"].to_list(), found["text"].to_list(), matched, strict=True
    ):
        places, at = [], 0
        for match in matches:
            # Rust counts bytes; that a gate has no look-around makes this the same place.
            start = text.index(match, at)
            at = start + len(match)
            places.append((start, at))
        yield row, text, places


def _apart(places: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Places that do not overlap, in their order; those found first are kept."""
    if len(places) == 1:
        return places
    kept: list[tuple[int, int, str]] = []
    for place in places:
        at = bisect(kept, place)
        is_behind = at == 0 or kept[at - 1][1] <= place[0]
        if is_behind and (at == len(kept) or place[1] <= kept[at][0]):
            kept.insert(at, place)
    return kept


def _plain(texts: pl.Series) -> tuple[pl.Series, dict[int, list[_numbers.Place]]]:
    """Texts as they look, odd spaces and dashes as the usual ones.

    Also, for the rows that lost characters, the place of each character in the text as given.
    """
    rows = odd(texts, _ODD)
    if rows.is_empty():
        return texts, {}
    made, places = [], {}
    for row, text in zip(rows.to_list(), texts.gather(rows).to_list(), strict=True):
        looks = text.translate(_usual())
        if TWISTED.search(looks):
            looks, places[row] = letters(looks)
        made.append(looks)
    return with_texts(texts, rows, made), places


@cache
def _usual() -> dict[int, str]:
    spaces = dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F], " ")
    breaks = dict.fromkeys([0x2028, 0x2029], "\n")
    dashes = dict.fromkeys(range(0x2010, 0x2016), "-")
    wide = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    return spaces | breaks | dashes | wide | plain_letters()
