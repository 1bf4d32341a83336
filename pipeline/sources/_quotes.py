"""The quotes in a mail: marked with `>`, or below a header that a mail program wrote.

A header counts only in the form that programs give it: people, too, write "On Monday your agent
wrote this:", and what follows is theirs.
"""

from __future__ import annotations

import re

LONGEST_HEADER = 400
MOST_HEADERS = 200
"""Lines of the header of a quoted mail, names of those it went to among them."""

_MONTH = (
    r"(?:jan(?:uar[iy])?|feb(?:ruar[iy])?|m(?:aa)?rt|mar(?:ch)?|apr(?:il)?|mei|may|jun[ei]?|jul[iy]?"
    r"|aug(?:ustus|ust)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[ck](?:ember)?)"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th|e)?\.?[ -]{_MONTH}\b|{_MONTH}\b\.? \d{{1,2}}"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b20\d\d\b|\b\d{1,2}[-/.]\d{1,2}[-/.]\d\d\b")
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
_ADDRESS = re.compile(r"<?(?:mailto:)?[^\s<>\"]+@[^\s<>\"]+>?")
# Where one begins is not asked: a line without end would be searched again from each sign.
_HAS_ADDRESS = re.compile(r"[^\s<>\"]@[^\s<>\"]")
_BRACKETED = re.compile(r"[<[(](?:mailto:)?[^\s<>]+@[^\s<>]+[>\])]")
# What the header says besides a date and a name.
_BESIDE = re.compile(
    rf"\b(?:{_MONTH}|(?:ma|di|wo|do|vr|za|zo|maan|dins|woens|donder|vrij|zater|zon)(?:dag)?"
    r"|(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?"
    r"|at|om|uur|[ap]\.?m\.?|ces?t|gmt|utc|bst|heeft|het volgende)(?![\w'])"
    r"|\d+(?:st|nd|rd|th|e)?\b",
    re.IGNORECASE,
)
# "Op di 3 nov 2026 om 09:14 schreef Noor <noor@example.org>:", and the name before the verb.
_WROTE = re.compile(
    r"^(?:On|Op)\b(?P<before>.{3,200}?)\b(?:wrote|schreef|geschreven)\b(?P<after>.{0,120}):$"
)
_WROTE_ON = re.compile(r"^(?P<name>.{1,120}?)\b(?:wrote on|schreef op)\b(?P<when>.{6,100}):$")
_PARTICLE = re.compile(
    r"van|von|de|der|den|het|'t|ter|ten|te|la|le|el|al|bin|of|and|en|via|from|[&|/–-]"
)
_NOBODY = re.compile(
    r"we|me|us|you|your|our|my|he|she|they|ik|wij|mij|ons|u|uw|je|jij|jullie|jouw|mijn|onze|hij|zij"
    r"|ze|iemand|someone|nobody|niemand",
    re.IGNORECASE,
)
_SELF = re.compile(r"\bI\b(?!\.)")
ANNOUNCED = re.compile(
    r"^(?:-{2,}|_{2,}) ?(?:original message|oorspronkelijk bericht|forwarded message|"
    r"doorgestuurd bericht) ?(?:-{2,}|_{2,})$"
    r"|^(?:begin forwarded message|begin doorgestuurd bericht):$",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"^(?P<bold>\*?)\W{0,2}(?:(?P<sender>from|van)|(?P<sent>sent|verzonden|date|datum)|(?P<to>to|aan)"
    r"|(?P<subject>subject|onderwerp)|cc|importance|prioriteit|urgentie|attachments|bijlagen"
    r"|reply-to|antwoord aan)\W{0,2}:",
    re.IGNORECASE,
)
_FORM = re.compile(r"\b(?:\w*formulier|\w*form)\b", re.IGNORECASE)
_FIELD = re.compile(
    r"^\W{0,2}(?:(?:uw |je |your )?(?:bericht|vraag|klacht|opmerking(?:en)?|toelichting|reactie"
    r"|message|message body|question|complaint|comments?|remarks?))\W{0,2}:",
    re.IGNORECASE,
)
# What help desks put above the mail that is to be answered.
_ABOVE = re.compile(
    r"^\W*(?:(?:please )?(?:type your reply|write your reply|reply|respond)|antwoord|reageer"
    r"|(?:typ|schrijf|plaats|zet) (?:uw|je) (?:antwoord|reactie|bericht))"
    r" (?:above|boven) (?:this|the|deze|de) (?:dotted |stippel)?(?:line|lijn|regel)\W*$",
    re.IGNORECASE,
)
RULE = re.compile(r"^[_-]{10,}$")


def without_quotes(lines: list[str]) -> list[str]:
    """The lines that are no quote and no header of one.

    Below a header that no marks follow all is quoted, when something was written above it.
    """
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if lines[at].startswith(">"):
            at += 1
            continue
        size = _announced(lines, at) or wrote(lines, at)
        is_marked = size > 0 and _next_text(lines, at + size).startswith(">")
        is_below = any(line.strip() for line in kept)
        is_above = _ABOVE.match(lines[at]) is not None
        if is_marked or (is_above and not is_below):
            at += max(size, 1)
            continue
        if is_above or ANNOUNCED.match(lines[at].strip()):
            break
        if is_below and (_is_sure(lines, at, size) or is_header_block(lines, at)):
            break
        kept.append(lines[at])
        at += 1
    while kept and (not kept[-1].strip() or RULE.match(kept[-1].strip())):
        kept.pop()
    return kept


def _next_text(lines: list[str], at: int) -> str:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return lines[at] if at < len(lines) else ""


def _announced(lines: list[str], at: int) -> int:
    return 1 if ANNOUNCED.match(lines[at].strip()) else 0


def _header(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def wrote(lines: list[str], at: int) -> int:
    """Lines that the header of a quote takes, 0 when none begins here."""
    for size, line in enumerate(lines[at : at + 3], 1):
        if not line or len(line) > LONGEST_HEADER:
            return 0
        if line.endswith(":") and _is_of_a_program(_header(lines[at : at + size])):
            return size
    return 0


def _is_of_a_program(header: str) -> bool:
    """Tell whether a header says when, by whom, and nothing else."""
    if found := _WROTE_ON.match(header):
        when, name = found["when"], found["name"]
        if _DATE.search(when) and not _words(when) and _is_name(name):
            return True
    if not (found := _WROTE.match(header)):
        return False
    before, after = found["before"], found["after"]
    has_date = _DATE.search(before) or _ADDRESS.search(before)
    # The name stands on one side of the verb only.
    names = [side for side in (before, after) if _words(side)]
    return bool(has_date) and len(names) <= 1 and all(map(_is_name, names))


def _words(text: str) -> list[str]:
    """The words of a part of a header that are neither its date nor an address."""
    bare = _BESIDE.sub(" ", _ADDRESS.sub(" ", text))
    return [word for one in bare.split() if (word := one.strip(".,;:+-()[]\"'<>*"))]


def _is_name(text: str) -> bool:
    words = _words(text)
    if len(words) > 8 or _SELF.search(text) or any(map(_NOBODY.fullmatch, words)):
        return False
    return bool(_BRACKETED.search(text)) or all(
        _PARTICLE.fullmatch(word) or not word[0].islower() for word in words
    )


def _is_sure(lines: list[str], at: int, size: int) -> bool:
    """Tell whether a header that no marks follow says the full time, as programs do."""
    header = _header(lines[at : at + size])
    full = _DATE.search(header) and _YEAR.search(header) and _CLOCK.search(header)
    return size > 0 and bool(full or _BRACKETED.search(header))


def is_header_block(lines: list[str], at: int) -> bool:
    """Tell whether the header lines of a quoted mail begin here, as Outlook writes them.

    A parcel, too, goes from and to, and a web form has a date and a subject.
    """
    first = HEADER.match(lines[at].strip())
    if not first or not first["sender"]:
        return False
    block, below = header_block(lines, at)
    matches = [match for line in block if (match := HEADER.match(line))]
    kinds = {name for match in matches for name, held in match.groupdict().items() if held}
    if not {"sender", "sent", "to"} <= kinds:
        return False
    has_address = any(map(_HAS_ADDRESS.search, block))
    if lines[below : below + 1] and lines[below].strip():
        # HTML leaves no blank line below the last header.
        is_of_a_mail = "subject" in kinds and has_address
    else:
        has_clock = any(map(_CLOCK.search, block))
        is_of_a_mail = has_address or "bold" in kinds or ("subject" in kinds and has_clock)
    above = next((line for line in reversed(lines[:at]) if line.strip()), "")
    is_form = _FORM.search(above) or _FIELD.match(_next_text(lines, below).strip())
    return is_of_a_mail and not is_form


def header_block(lines: list[str], at: int) -> tuple[list[str], int]:
    """The header lines from here on, folded ones joined, and the line that follows them."""
    block: list[str] = []
    end = min(at + MOST_HEADERS, len(lines))
    while at < end:
        line = lines[at].strip()
        if HEADER.match(line):
            block.append(line)
        elif line and block[-1].endswith(";"):
            block[-1] += f" {line}"
        elif line or not HEADER.match(_next_text(lines, at).strip()):
            break
        at += 1
    return block, at
