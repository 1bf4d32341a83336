"""What the sender of a mail wrote: without the quoted mail, the signature and the phone's line.

In Dutch and English. Where a line only looks like a quote's header or like a signature, the text
stays: a complaint that is lost is worse than a name that is left.
"""

from __future__ import annotations

import re

LONGEST_SIGNATURE = 10
"""Lines that a signature has at most, below its greeting."""
WIDEST_SIGNATURE = 80
NEAR_THE_END = 60

# "Op di 3 nov 2026 om 09:14 schreef Noor <noor@example.org>:", but not "… schreef ik u:".
_WROTE = re.compile(
    r"^(?:On|Op)\b.{6,200}?\b(?:(?<!\bI )wrote|schreef(?! (?:ik|we|wij|u|je|jullie)\b))\b.{0,120}:$"
    r"|^.{1,120}?\b(?:(?<!\bI )wrote on|schreef op)\b.{6,100}:$"
)
_CLOCK_OR_ADDRESS = re.compile(r"\b\d{1,2}[:.]\d{2}\b|\S@\S")
_FORWARDED = re.compile(
    r"^(?:-{2,}|_{2,}) ?(?:original message|oorspronkelijk bericht|forwarded message|"
    r"doorgestuurd bericht) ?(?:-{2,}|_{2,})$"
    r"|^(?:begin forwarded message|begin doorgestuurd bericht):$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\W{0,2}(?:from|van)\W{0,2}:", re.IGNORECASE)
_HEADER = re.compile(
    r"^\W{0,2}(?:from|van|sent|verzonden|date|datum|to|aan|cc|subject|onderwerp)\W{0,2}:",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[_-]{10,}$")
_PHONE = re.compile(
    r"^(?:sent|verzonden|verstuurd) (?:from|vanaf|vanuit|via|met|with) (?:(?:my|mijn|de|een|a) )?"
    r"(?:i?phone|ipad|(?:mobiele )?telefoon|mobiel|mobile|smartphone|gsm|tablet|android|samsung|"
    r"galaxy|huawei|xiaomi|nokia|blackberry|outlook|gmail|yahoo|proton|mail (?:for|voor))\b.{0,80}$"
    r"|^(?:get|download) outlook (?:for|voor) .{0,60}$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^\W*(?:disclaimer\b|(?:this|the (?:information|content)|dit|deze|de (?:informatie|inhoud))\b"
    r".{0,60}\b(?:e-?mail|message|(?:e-?mail)?bericht)\b.*"
    r"\b(?:confidential|privileged|intended|vertrouwelijk|bestemd|geadresseerde)\b)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:(?:met |with )?(?:(?:zeer )?(?:vriendelijke|hartelijke|beste|warme|lieve|kind|kindest|"
    r"best|warm|warmest|many) )?(?:groet|groeten|groetjes|regards|wishes)"
    r"|m\.?v\.?g\.?|(?:vr\.? ?)?gr\.?|hoogachtend|liefs|all the best|best|cheers|"
    r"yours (?:sincerely|faithfully|truly)|sincerely)"
    r"(?: (?:uit|vanuit|van|from) [\w' -]{2,30})?[,.!]?(?: (?P<name>[\w.' -]{1,40}))?$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^(?:(?:alvast |bij voorbaat |hartelijk )?(?:bedankt|dank)(?: alvast)?|"
    r"(?:many )?thanks|thank you)(?: in advance| again)?[,.!]?$",
    re.IGNORECASE,
)
_AFTERTHOUGHT = re.compile(r"^\W{0,2}(?:p\.? ?s|n\.? ?b)\b", re.IGNORECASE)
_GAP = re.compile(r"\n{3,}")
_WORD = re.compile(r"[^\W\d_]+")


def own_text(text: str, sender: str = "") -> str:
    """Take quotes, signature and the phone's line from the plain text of a mail.

    Args:
        text: The text, quotes marked with `>` or by a header above them.
        sender: The sender's name, which may begin a signature.
    """
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    lines = [line for line in _without_quotes(lines) if not _PHONE.match(line.strip())]
    return _GAP.sub("\n\n", "\n".join(_without_signature(lines, sender))).strip()


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if _FORWARDED.match(line) or _is_header_block(lines, at):
            break
        if line.startswith(">"):
            at += 1
            continue
        size = _header_size(lines, at)
        if size and not _next_text(lines, at + size).startswith(">"):
            # Below a header that no marks follow, all is quoted.
            break
        if not size:
            kept.append(lines[at])
        at += size or 1
    while kept and (not kept[-1].strip() or _RULE.match(kept[-1].strip())):
        kept.pop()
    return kept


def _next_text(lines: list[str], at: int) -> str:
    return next((line.strip() for line in lines[at:] if line.strip()), "")


def _header_size(lines: list[str], at: int) -> int:
    """Lines that the header of a quote takes, 0 when none begins here."""
    header = ""
    for size, line in enumerate(lines[at : at + 3], 1):
        if not line.strip():
            return 0
        header = f"{header} {line.strip()}".strip()
        if _WROTE.match(header):
            is_marked = _next_text(lines, at + size).startswith(">")
            return size if is_marked or _CLOCK_OR_ADDRESS.search(header) else 0
    return 0


def _is_header_block(lines: list[str], at: int) -> bool:
    """Tell whether the header lines of a quoted mail begin here, as Outlook writes them."""
    if not _FROM.match(lines[at]):
        return False
    return sum(bool(_HEADER.match(line)) for line in lines[at : at + 8]) >= 3


def _without_signature(lines: list[str], sender: str) -> list[str]:
    names = {word.lower() for word in _WORD.findall(sender)}
    top = next((at for at, line in enumerate(lines) if line), len(lines))
    for at, line in enumerate(lines[top + 1 :], top + 1):
        # Mail programs strip the blank of "-- ".
        if line == "--" or _DISCLAIMER.match(line):
            return _without_signature(lines[:at], sender)
        is_near = len(lines) - at <= NEAR_THE_END and len(line) <= WIDEST_SIGNATURE
        if is_near and _begins_signature(line, lines[at + 1 :], names):
            return lines[:at]
    return lines


def _begins_signature(line: str, below: list[str], names: set[str]) -> bool:
    if _GREETING.match(line):
        return _is_signature(below, LONGEST_SIGNATURE)
    if _THANKS.match(line):
        return _are_names(below)
    return _is_name(line, names) and _is_signature(below, LONGEST_SIGNATURE // 2)


def _is_name(line: str, names: set[str]) -> bool:
    """Tell whether a line is the sender's name, with initials for some of it."""
    words = [word.lower() for word in _WORD.findall(line)]
    return any(len(word) > 1 and word in names for word in words) and all(
        len(word) == 1 or word in names for word in words
    )


def _is_signature(below: list[str], longest: int) -> bool:
    written = [line.strip() for line in below if line]
    return len(written) <= longest and not any(
        len(line) > WIDEST_SIGNATURE or line.endswith("?") or _AFTERTHOUGHT.match(line)
        for line in written
    )


def _are_names(below: list[str]) -> bool:
    written = [line.strip() for line in below if line]
    return len(written) <= 3 and all(
        len(line.split()) <= 4 and line[0].isupper() and line[-1] not in ".!?" for line in written
    )
