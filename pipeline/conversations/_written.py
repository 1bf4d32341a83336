"""What leads to a person by how it is written: mail, home addresses, number plates.

Each function yields the places (start, end) of one kind in a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.conversations._number_words import any_cue, is_counted, is_of
from pipeline.conversations._numbers import Place
from pipeline.text import personal

_TAIL = r"apen?staart(?:je)?"
_AT = rf"(?:@|%40| ?[\[({{<] ?(?:at|{_TAIL}|@) ?[\])}}>] ?)"
_DOT = r"(?:\.| ?[\[({<] ?(?:dot|punt|\.) ?[\])}>] ?| (?:dot|punt) )"
MOST_BEFORE, MOST_BEHIND = 80, 260
"""Characters around the sign of an address that may belong to it."""
MAIL_GATE = (
    r"[^ ](?:@|%40)[A-Za-z0-9]|[\[({<] ?(?i:at|apen?staart|@)"
    rf"|(?i: (?:at|{_TAIL}|@) [a-z0-9-]+(?:\.[a-z]| dot | punt ))"
)
_BRACKETED = r" ?[\[({<] ?(?:dot|punt|\.) ?[\])}>] ?"
_MAIL = re.compile(
    rf"(?i)(?<![\w.%+@-])(?:[\w%+-]+{_BRACKETED}){{0,3}}[\w.%+-]*\w[%+-]*{_AT}[\w-]+(?:{_DOT}[\w-]+)+(?<!-)"
)
# Spelled out; only before an ending of the internet, since "at" and "punt" are plain words.
_ENDINGS = r"(?:nl|be|com|net|org|eu|de|fr|co\.uk|uk|info|example|test|io|me|online)"
_SPELLED = re.compile(
    rf"(?i)(?<![\w.%+-])(?:[\w%+-]+ (?:dot|punt) ){{0,3}}[\w.%+-]+ (?:at|{_TAIL}|@) [\w-]+"
    r"(?: ?(?:\.| dot | punt ) ?[\w-]+)*?"
    rf" ?(?:\.| dot | punt ) ?{_ENDINGS}(?: ?(?:\.| dot | punt ) ?{_ENDINGS})?(?![\w-])"
)
_SPELLED_DOT = re.compile(rf"(?i) (?:dot|punt) | (?:at|@|{_TAIL}) ")
HOME_GATE = r"[1-9][0-9]{3} ?(?:[A-Za-z]{2}(?:[^a-z]|$)|[A-Z])|[1-9][0-9]{3}, ?[A-Z]"
_HOUSE = r"(?:huisnummer|huisnr\.?|house number|nummer|number|nr\.?|no\.?|#)?"
_NUMBER = (
    r"[1-9]\d{0,4}(?: ?[a-zA-Z](?![\w'’])|[ -]?(?:bis|hs|huis|[IVX]{1,4})(?!\w))?(?:[-/]\d{1,4})?"
)
_POSTCODE = re.compile(
    rf"(?<![\w.,€$£-])[1-9]\d{{3}} ?(?P<letters>[A-Z]{{2}}|(?<=\d)[a-z]{{2}}| [a-z]{{2}})(?!\w)"
    rf"(?: [A-Z][\w'-]+){{0,3}}[ ,;:/+-]{{1,3}}(?:en |and |met |with )?{_HOUSE} ?{_NUMBER}"
    r"(?![\w%€]|[.,:]\d)"
)
_CODE_AND_TOWN = re.compile(r"[1-9]\d{3}(?: ?[A-Z]{2}(?!\w)(?: [A-Z][\w'-]+)?|,? [A-Z][\w'-]+)")
# Those of the Netherlands by year of issue, and the Belgian one of now.
_PLAIN_PLATE = (
    *("AA-99-99", "99-99-AA", "99-AA-99", "AA-99-AA", "AA-AA-99", "99-AA-AA", "99-AAA-9"),
    *("9-AAA-99", "AA-999-A", "A-999-AA", "AAA-99-A", "A-99-AAA", "9-AA-999", "999-AA-9"),
    "9-AAA-999",
)
_NAMED_PLATE = (*_PLAIN_PLATE, "AAA-999", "999-AAA")
_DASHED = re.compile(r"(?i)(?<![\w-])[a-z0-9]{1,3}-[a-z0-9]{2,3}(?:-[a-z0-9]{1,3})?(?![\w-])")
_MONTHS = {"JAN", "FEB", "MRT", "MAR", "APR", "MEI", "MAY", "JUN", "JUL", "AUG", "SEP"}
_MONTHS |= {"OKT", "OCT", "NOV", "DEC"}


def mails(text: str, start: int, end: int) -> Iterator[Place]:
    """Mail addresses, also those that are spelled out to escape machines."""
    begin, stop = max(0, start - MOST_BEFORE), end + MOST_BEHIND
    for found in _MAIL.finditer(text, begin, stop):
        if found.start() <= start < found.end():
            yield found.span()
    for found in _SPELLED.finditer(text, begin, stop):
        # "at" and one full stop may be a sentence; "look at shop.nl" is one.
        if len(_SPELLED_DOT.findall(found[0])) > 1 or " at " not in found[0].lower():
            yield found.span()


def homes(text: str, start: int, end: int) -> Iterator[Place]:
    """A postcode with the number of a house behind it, or a street and number before it."""
    found = _POSTCODE.match(text, start)
    if found and _is_postcode(found, text):
        yield found.span()
    postcode = _CODE_AND_TOWN.match(text, start)
    if postcode:
        first = max(0, start - MOST_BEFORE)
        street = _street().search(text[first:start])
        if street:
            yield first + street.start(), postcode.end()


def _is_postcode(found: re.Match[str], text: str) -> bool:
    letters = found["letters"].strip()
    if letters.lower() in personal("numbers", "no_postcodes") or letters in ("SA", "SD", "SS"):
        return False
    if letters in personal("numbers", "no_small_postcodes"):
        return False
    return not (is_counted(text, found.end()) or is_of("things", text, found.start()))


@cache
def _street() -> re.Pattern[str]:
    """A street and a number at the end of a text."""
    ends = any_cue("streets")
    link = r"(?:op|van|de|den|der|ten|ter|het|'t|in|aan|[A-Z][\w'’.-]*)"
    street = (
        rf"(?<!\w)(?:[A-Z][\w'’.-]* (?:{link} ){{0,3}})??[\w'’.-]*(?i:{ends})(?: {link}){{0,3}}"
    )
    return re.compile(
        rf"{street} {_NUMBER}(?: ?(?:bus|box) ?\w{{1,4}})?\s?[,;]?\s?(?:in |te )?(?:B-)?$"
    )


def plate_gate() -> str:
    """A pattern for Rust that every text with a number plate matches."""
    return (
        r"[A-Z0-9]{1,3}-[A-Z0-9]{2,3}-[A-Z0-9]"
        rf"|(?:^|[^A-Za-z0-9])(?i-u:{any_cue('plates')})[^A-Za-z0-9].{{0,20}}[0-9]"
    )


def plates(text: str, start: int, end: int) -> Iterator[Place]:
    """Number plates of the Netherlands and Belgium; without dashes only after a word for them."""
    stop = end + len("-AB-12")
    for found in _DASHED.finditer(text, start, stop):
        shape = _shape(found[0])
        if is_of("plates", text, found.start()):
            if shape in _NAMED_PLATE:
                yield found.span()
        elif _stands_alone(shape, found[0]) and not is_of("things", text, found.start()):
            yield found.span()
    for found in _joined().finditer(text, start, stop):
        if is_of("plates", text, found.start()):
            yield found.span()


def _stands_alone(shape: str, plate: str) -> bool:
    """Tell whether what is written can only be a number plate: not 1-OCT-26, nor all-in-1."""
    is_date = _MONTHS.intersection(plate.split("-"))
    return shape in _PLAIN_PLATE and plate.upper() == plate and not is_date


def _shape(written: str) -> str:
    return re.sub(r"[A-Za-z]", "A", re.sub(r"\d", "9", written))


@cache
def _joined() -> re.Pattern[str]:
    """Plates with blanks for dashes, or nothing."""
    signs = {"A": "[a-z]", "9": r"\d", "-": " ?"}
    shapes = "|".join("".join(signs[sign] for sign in shape) for shape in _NAMED_PLATE)
    return re.compile(rf"(?i)(?<![\w-])(?:{shapes})(?![\w-])")
