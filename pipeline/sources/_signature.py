"""The end of a mail that is no part of what it says: signature, disclaimer, the phone's line.

In Dutch and English. A name goes with what stands below it only where none of that is a sentence:
people write on below their name.
"""

from __future__ import annotations

import re

LONGEST_SIGNATURE = 10
"""Lines that a signature has at most, below its greeting."""
WIDEST_SIGNATURE = 80
NEAR_THE_END = 60
MARK = "--"
"""The line above a signature, of which mail programs strip the blank."""

_PHONE = re.compile(
    r"^(?:sent|verzonden|verstuurd) (?:from|vanaf|vanuit|via|met|with) (?:(?:my|mijn|de|een|a) )?"
    r"(?:i?phone|ipad|(?:mobiele )?telefoon|mobiel|mobile|smartphone|gsm|tablet|android|samsung|"
    r"galaxy|huawei|xiaomi|nokia|blackberry|outlook|gmail|yahoo|proton|mail (?:for|voor))\b.{0,80}$"
    r"|^(?:get|download) outlook (?:for|voor) .{0,60}$"
    r"|^outlook voor \w{2,10} (?:downloaden|ophalen)(?:\W.{0,60})?$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^\W*(?:disclaimer\b|(?:confidentiality|vertrouwelijkheid)|(?:this|the (?:information|content)"
    r"s?|dit|deze|de (?:informatie|inhoud))\b.{0,60}\b(?:e-?mail|message|(?:e-?mail)?bericht)\b"
    r"|(?:if|indien|als|bent|mocht|heeft)\b.{0,30}\b(?:you|u)\b"
    r"|(?:please )?(?:consider|think of|think before|denk aan|spaar)\b)",
    re.IGNORECASE,
)
_SIGNS = (
    r"confidential|privileged|vertrouwelijk",
    r"intended (?:\w+ )?(?:for|recipient)|addressee|named above|geadresseerden?|bestemd voor u"
    r"|bedoelde ontvanger|niet voor u",
    r"(?:delete|destroy) (?:it|this|the) ?(?:e-?mail|message)?|(?:bericht|e-?mail|mail|deze|dit)"
    r" (?:direct |onmiddellijk )?(?:te )?(?:vernietigen|verwijderen|wissen)|(?:verwijder|vernietig)"
    r" (?:dan )?(?:dit|deze|het)",
    r"in error|by mistake|ten onrechte|abusievelijk|per abuis",
    r"(?:unauthori[sz]ed|prohibited|niet toegestaan|openbaarmaking|disclosure|verveelvoudig)",
    r"\b(?:aansprakelijk\w*|liab(?:le|ility)|rechten (?:worden )?ontle\w+|virus\w*)\b",
    r"environment|milieu|papier|paper",
    r"\bprint\w*|\bafdruk\w*",
)
_SIGN = [re.compile(sign, re.IGNORECASE) for sign in _SIGNS]
# Who speaks of himself writes no disclaimer.
_SELF = re.compile(r"(?<![\w@.])(?:[Ii]k|[Mm]ijn?|I(?=['’ ][a-z])|[Mm]y|[Mm]e)(?![\w@]|\.\w)")
_GREETING = re.compile(
    r"^(?:(?:met |with )?(?:(?:zeer )?(?:vriendelijke|hartelijke|beste|warme|lieve|kind|kindest|"
    r"best|warm|warmest|many) )?(?:groet|groeten|groetjes|regards|wishes)"
    r"|m\.?v\.?g\.?|(?:vr\.? ?)?gr\.?|hoogachtend|liefs|all the best|best|cheers|"
    r"yours (?:sincerely|faithfully|truly)|sincerely)"
    r"(?: (?:uit|vanuit|van|from) [\w' -]{2,30})?[,.!]?(?: (?P<name>[\w.' -]{1,40}))?$",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(r"^(?:sent|verzonden|verstuurd) (?:from|vanaf|vanuit)\b", re.IGNORECASE)
_THANKS = re.compile(
    r"^(?:(?:alvast |bij voorbaat |hartelijk )?(?:bedankt|dank)(?: alvast)?|"
    r"(?:many )?thanks|thank you)(?: in advance| again)?[,.!]?$",
    re.IGNORECASE,
)
_AFTERTHOUGHT = re.compile(r"^\W{0,2}(?:p\.? ?s|n\.? ?b)\b", re.IGNORECASE)
# One of these makes a sentence, two of the others do.
_TELLING = re.compile(
    r"(?<![\w@.])(?:ik|mij|mijn|niet|niets|geen|nooit|nog|graag|i(?=['’ ][a-z])|my|not|never"
    r"|nothing|still|please|cannot|\w+n['’]t)(?![\w@]|\.\w)",
    re.IGNORECASE,
)
_COMMON = re.compile(
    r"(?<![\w@.])(?:wij|we|u|uw|je|jullie|jouw|hij|zij|ze|het|dat|dit|die|is|was|zijn|heb|heeft|hebben"
    r"|had|wil|wilt|kan|kunt|moet|wordt|werd|ook|maar|als|weer|al|te|er|you|your|he|she|it|they|this"
    r"|that|are|were|have|has|want|need|can|will|would|but|also|again|be|been|to|there|no)"
    r"(?![\w@]|\.\w)"
)
_LOWER = re.compile(r"(?<![\w@./])[a-zà-ÿ]{4,}(?![\w@/]|\.\w)")
_WORD = re.compile(r"[^\W\d_]+")


def without_ending(lines: list[str], sender: str) -> list[str]:
    """The lines without signature, disclaimer and the phone's line.

    Args:
        lines: What the sender wrote, without quotes.
        sender: The sender's name, which may begin a signature.
    """
    lines = [line for line in lines if not _PHONE.match(line.strip())]
    return _without_signature(_without_disclaimer(lines), sender)


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Take disclaimers off the end, paragraph by paragraph."""
    while True:
        end = _stripped(lines, len(lines))
        start = next((at for at in range(end, 0, -1) if not lines[at - 1].strip()), 0)
        if not end or (at := _disclaimer_at(lines, start, end)) is None or at == 0:
            return lines
        lines = lines[:at]


def _stripped(lines: list[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _disclaimer_at(lines: list[str], start: int, end: int) -> int | None:
    """The line of a paragraph from which on it is a disclaimer."""
    for at in range(start, end):
        if _DISCLAIMER.match(lines[at]):
            text = " ".join(lines[at:end])
            if _SELF.search(text):
                return None
            if sum(bool(sign.search(text)) for sign in _SIGN) >= 2:
                return at
    return None


def _without_signature(lines: list[str], sender: str) -> list[str]:
    names = {word.lower() for word in _WORD.findall(sender)}
    top = next((at for at, line in enumerate(lines) if line), len(lines))
    at: int | None = len(lines)
    while at is not None:
        lines = lines[:at]
        at = _signature_at(lines, top + 1, names)
        if at is not None and lines[at] != MARK:
            return lines[:at]
    return lines


def _signature_at(lines: list[str], first: int, names: set[str]) -> int | None:
    """The line with which a signature begins, at the earliest `first`."""
    for at in range(max(first, _near_the_end(lines)), len(lines)):
        line, below = lines[at], lines[at + 1 :]
        if line == MARK and _is_signature(below, 2 * LONGEST_SIGNATURE):
            return at
        is_near = len(below) < NEAR_THE_END and len(line) <= WIDEST_SIGNATURE
        if is_near and _begins_signature(line, below, names):
            return at
    return None


def _near_the_end(lines: list[str]) -> int:
    """The first line below which there are so few that it may begin a signature."""
    left, at = 2 * LONGEST_SIGNATURE, len(lines)
    while at and (left >= 0 or len(lines) - at < NEAR_THE_END):
        at -= 1
        left -= bool(lines[at].strip())
    return at


def _begins_signature(line: str, below: list[str], names: set[str]) -> bool:
    if _GREETING.match(line):
        return _is_signature(below, LONGEST_SIGNATURE)
    if _THANKS.match(line):
        return _are_names(below, names)
    return _is_name(line, names) and _is_signature(below, LONGEST_SIGNATURE // 2)


def _is_name(line: str, names: set[str]) -> bool:
    """Tell whether a line is the sender's name, with initials for some of it."""
    words = [word.lower() for word in _WORD.findall(line)]
    return any(len(word) > 1 and word in names for word in words) and all(
        len(word) == 1 or word in names for word in words
    )


def _is_signature(below: list[str], longest: int) -> bool:
    written = [line.strip() for line in below if line.strip()]
    if len(written) > longest or any(map(_AFTERTHOUGHT.match, written)):
        return False
    return not any(len(line) > WIDEST_SIGNATURE or _says(line) for line in written)


def _says(text: str) -> bool:
    """Tell whether a line has a sentence in it."""
    if _TELLING.search(text) or text.endswith("?"):
        return True
    if _SENT_FROM.match(text):
        return False
    common = set(_COMMON.findall(text))
    lower = len(_LOWER.findall(text))
    return (
        (text.endswith((".", "!")) and len(text.split()) >= 5)
        or len(common) >= 2
        or (len(common) == 1 and lower >= 2)
        or lower >= 4
    )


def _are_names(below: list[str], names: set[str]) -> bool:
    written = [line.strip() for line in below if line.strip()]
    if not written:
        return True
    is_sender = any(word.lower() in names for word in _WORD.findall(written[0]))
    return len(written) <= (3 if is_sender else 1) and all(
        len(line.split()) <= 4 and line[0].isupper() and line[-1] not in ".!?" and not _says(line)
        for line in written
    )
