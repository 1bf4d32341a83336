"""Numbers of persons in text: bank accounts, cards, telephones, citizens.

Each function yields the places (start, end) of one kind in a text. A number is somebody's when
its checksum or its numbering plan says so, unless the words before it say that it is an order's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import phonenumbers
from stdnum import iban, luhn
from stdnum.be import bis, nn
from stdnum.nl import bsn

from pipeline.conversations._number_words import BEFORE, any_cue, is_counted, is_of

Place = tuple[int, int]
GATE = r"[0-9](?:[ ._/()-]{0,3}[0-9]){7,}"

_GAP = r"[ ./-]{0,3}"
# Neither a letter nor a digit; of "_06 12345678_" the marks of Markdown are around the number.
_PART_BEFORE = r"(?<![^\W_])(?<![^\W_]_)(?<![^\W_]__)"
_PART_BEHIND = r"(?!_{0,2}[^\W_])"
_IBAN = re.compile(r"(?i)(?<![a-z0-9])([a-z]{2})[ ._-]?\d{2}(?=[ ._-]{0,2}[a-z0-9])")
_IBAN_SHAPE = re.compile(r"NL\d\d[A-Z]{4}\d{10}|BE\d{14}")
_CARD = re.compile(
    r"(?<![\w.-])(?:[2-6]\d{3}(?:[ ._-]?\d{4}){3}|3[47]\d\d[ ._-]?\d{6}[ ._-]?\d{5})(?![\w-])"
)
_BSN = re.compile(r"(?:(?<![\w.,/-])|(?<=(?i:bsn)))\d(?:[. ]?\d){7,8}(?![.,/-]?\w)")
_NATIONAL = re.compile(r"(?<![\w.-])\d\d[. -]?\d\d[. -]?\d\d[ ./-]?\d{3}[. -]?\d\d(?![\w-])")
_ABROAD = re.compile(
    rf"{_PART_BEFORE}(?<!\+)(?:\(?\+|00[ .-]?)\(?[1-9]\d{{0,2}}\)?{_GAP}(?:\(0\){_GAP})?"
    rf"\(?\d\)?(?:\)?{_GAP}\(?\d){{5,11}}(?!\d)"
)
# At home: as such numbers are grouped, which dates are not.
# One may stand behind another and a slash, as no number of a year or a file does.
_FREE_BEFORE = (
    rf"(?:{_PART_BEFORE}(?<![+.-])(?:(?<!/)|(?<=\d{{6}}/)|(?<=\d \d\d/))|(?<=(?i:tel|gsm|mob)))"
)
_FREE_BEHIND = _PART_BEHIND + r"(?!-|\.\d|/(?!0[1-9]\d{0,2}[ -]?\d{2})\d)"
_GROUPED = re.compile(
    _FREE_BEFORE + r"(?:"
    r"(?:06[ ./-]|\(06\))[ ./-]{0,2}"
    r"(?:\d{8}|\d{4}[ .-]\d{4}|\d{2}(?:[ .-]\d{2}){3}|\d{3}[ .-]\d{3}[ .-]\d{2}"
    r"|\d{2}[ .-]\d{3}[ .-]\d{3}|\d{3}[ .-]\d{2}[ .-]\d{3}|\d{4}[ .-]\d{2}[ .-]\d{2}"
    r"|\d{5}[ .-]\d{3}|\d{3}[ .-]\d{5}|\d{2}[ .-]\d{6})"
    r"|(?:\(0[1-9]\d\)|\(?0[1-9]\d\)?[ ./-])[ ./-]{0,2}"
    r"(?:\d{7}|\d{3}[ .-]\d{4}|\d{3}[ .-]\d{2}[ .-]\d{2}"
    r"|\d{2}[ .-]\d{2}[ .-]\d{3}|\d[ .-]\d{3}[ .-]\d{3}|\d{2}(?:[ .-]\d{2}){2})"
    r"|(?:\(0[1-9]\d{2}\)|\(?0[1-9]\d{2}\)?[ ./-])[ ./-]{0,2}"
    r"(?:\d{6}|\d{3}[ .-]\d{3}|\d{2}[ .-]\d{2}[ .-]\d{2})"
    r"|\(?0[1-9]\)?[ /]{1,2}\d{3}[ .]?\d{2}[ .]?\d{2}"
    # Great Britain and North America, as English messages give them.
    r"|\(?0(?:[12]\d{2,3}|20|7\d{3})\)? (?:\d{6}|\d{3} \d{3,4}|\d{4} \d{4})"
    r"|\(\d{3}\) ?\d{3}[ -]\d{4}"
    r"|[2-9]\d{2}([.-])[2-9]\d{2}\1\d{4}"
    r")" + _FREE_BEHIND
)
_BARE = re.compile(rf"{_FREE_BEFORE}0[1-9]\d{{7,9}}{_FREE_BEHIND}")
_CALLED = re.compile(
    rf"{_PART_BEFORE}(?<![+/.-])\(?(?:0|31|32|6|4)\)?(?:{_GAP}\d){{7,10}}{_PART_BEHIND}(?!-|[./]\d)"
)
_CHAT = re.compile(r"(?<![\w.])wa\.me/\+?(\d{8,15})(?!\d)")
_FREE = re.compile(r"0(?:800|90[0-9])")
_DATE = re.compile(r"(?:[0-3]?\d[ ./-][01]?\d[ ./-](?:19|20)\d\d|(?:19|20)\d\d[ ./-][01]\d)(?!\d)")


def around(start: int, end: int) -> Place:
    """From a little before a run of digits to a little behind it."""
    return max(0, start - len("NL91 ABNA ") - 4), end + len(" 3M02 606 ABCD 1234")


def ibans(text: str, start: int, end: int) -> Iterator[Place]:
    """International bank accounts, grouped in any way.

    Dutch and Belgian ones by their shape, so that one with a slip of the pen goes too.
    """
    for found in _IBAN.finditer(text, *around(start, end)):
        length = _iban_lengths().get(found[1].upper())
        if length is None:
            continue
        rest = re.compile(rf"(?i)(?:[ ._-]{{0,2}}[a-z0-9]){{{length - 4}}}(?![a-z0-9])")
        tail = rest.match(text, found.end())
        if tail is None:
            continue
        number = re.sub(r"[ ._-]", "", text[found.start() : tail.end()]).upper()
        if _IBAN_SHAPE.fullmatch(number) or iban.is_valid(number):
            yield found.start(), tail.end()


@cache
def _iban_lengths() -> dict[str, int]:
    lengths: dict[str, int] = {}
    for country, known in _iban_registry():
        sizes = re.findall(r"(\d+)!", known)
        lengths[country] = 4 + sum(map(int, sizes))
    return lengths


def _iban_registry() -> Iterator[tuple[str, str]]:
    from stdnum import numdb

    registry = numdb.get("iban")
    for country in phonenumbers.SUPPORTED_REGIONS:
        ((_, about), *_) = registry.info(country)
        if "bban" in about:
            yield country, about["bban"]


def cards(text: str, start: int, end: int) -> Iterator[Place]:
    """Payment cards of fifteen or sixteen digits with their check digit."""
    for found in _CARD.finditer(text, *around(start, end)):
        digits = re.sub(r"\D", "", found[0])
        if luhn.is_valid(digits) and not is_of("things", text, found.start()):
            yield found.span()


def citizens(text: str, start: int, end: int) -> Iterator[Place]:
    """Belgian national numbers and Dutch citizen service numbers.

    After a word such as `bsn` any number of that length is one, with or without its checksum.
    """
    for found in _NATIONAL.finditer(text, *around(start, end)):
        digits = re.sub(r"\D", "", found[0])
        named = is_of("citizens", text, found.start())
        if named or nn.is_valid(digits) or bis.is_valid(digits):
            yield found.span()
    for found in _BSN.finditer(text, *around(start, end)):
        is_named = is_of("citizens", text, found.start())
        if is_named or (_is_bare_bsn(found[0]) and not _is_thing(text, found)):
            yield found.span()


def _is_bare_bsn(written: str) -> bool:
    """Nine digits, in one or grouped as on the card, that pass the test of eleven."""
    if not re.fullmatch(r"\d{9}|\d{4}[. ]\d{2}[. ]\d{3}|\d{3}[. ]\d{3}[. ]\d{3}", written):
        return False
    # Below a thousand million in threes is a count or an amount more often than a citizen.
    return bsn.is_valid(re.sub(r"\D", "", written)) and not re.fullmatch(
        r"[1-9]\d\d(?:\.\d{3}){2}", written
    )


def phones(text: str, start: int, end: int) -> Iterator[Place]:
    """Telephone numbers: Dutch, Belgian, and international ones of the whole world.

    Service numbers (0800, 0900) are no person's.
    """
    for found in _ABROAD.finditer(text, *around(start, end)):
        if _is_home(text, found) and (size := _size_abroad(found[0])):
            yield found.start(), found.start() + size
    for found in _CHAT.finditer(text, *around(start, end)):
        yield found.span(1)
    for found in _GROUPED.finditer(text, *around(start, end)):
        if _is_home(text, found) and not _is_free(found[0]):
            yield found.span()
    for found in _BARE.finditer(text, *around(start, end)):
        if _is_home(text, found) and not _is_free(found[0]) and _is_plan(found[0]):
            yield found.span()
    for found in _CALLED.finditer(text, *around(start, end)):
        if is_of("phones", text, found.start()) and not (
            _DATE.search(found[0]) or _is_free(found[0])
        ):
            yield found.span()


def _is_home(text: str, found: re.Match[str]) -> bool:
    return not _DATE.search(found[0]) and not is_of("things", text, found.start())


def _is_thing(text: str, found: re.Match[str]) -> bool:
    start = found.start()
    told = is_of("things", text, start) or _told().search(text[max(0, start - BEFORE) : start])
    return bool(told) or is_counted(text, found.end())


@cache
def _told() -> re.Pattern[str]:
    """A thing's number, what is told of it, and "is": "ordernummer dat ik kreeg is"."""
    numbered = rf"(?<!\w)(?:{any_cue('things')})[a-z]*[ -]?(?:nummer|number|nr|no|code)"
    return re.compile(
        rf"(?i){numbered}(?: (?!mijn|my|bsn|sofi)[a-z'’]+){{1,8}} ?(?:is|was|=|:)[ \"'(]*$"
    )


def _is_free(written: str) -> bool:
    return _FREE.match(re.sub(r"\D", "", written)) is not None


def _is_plan(digits: str) -> bool:
    """Tell whether bare digits are a number in a plan: any mobile, else one given out."""
    if len(digits) == 10:
        return digits.startswith("06") or is_at_home(digits)
    return len(digits) == 11 and digits.startswith("07")


def _size_abroad(written: str) -> int:
    """How far a number with the code of its country reaches; 0 where none begins.

    In "+32 470 12 34 56 14u" there is a clock behind it: it ends where it can have been given out.
    """
    ends = [found.end() for found in re.finditer(r"\d(?!\d)", written)]
    read = {end: _abroad(written[:end].replace("(0)", "")) for end in reversed(ends)}
    fit = (
        end
        for is_one in (phonenumbers.is_valid_number, _is_possible)
        for end, number in read.items()
        if number is not None and is_one(number)
    )
    return next(fit, 0)


def _abroad(written: str) -> phonenumbers.PhoneNumber | None:
    digits = re.sub(r"\D", "", written)
    try:
        return phonenumbers.parse(f"+{digits.removeprefix('00')}")
    except phonenumbers.NumberParseException:
        return None


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


def is_at_home(written: str) -> bool:
    """Tell whether a number can have been given out in the Netherlands or in Belgium."""
    digits = re.sub(r"\D", "", written)
    read = (phonenumbers.parse(digits, region) for region in ("NL", "BE"))
    return any(map(phonenumbers.is_valid_number, read))
