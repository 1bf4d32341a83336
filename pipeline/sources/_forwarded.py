"""What a mail forwards whose sender adds no word of their own."""

from __future__ import annotations

import re

from pipeline.sources._quotes import ANNOUNCED, HEADER, RULE, header_block, is_header_block, wrote
from pipeline.sources._reply import lines_of, own_text
from pipeline.sources._signature import without_ending

DEEPEST = 10
"""Forwards within forwards that are opened."""
_SUBJECT = re.compile(r"\s*(?:fwd?|doorst(?:uren)?|doorgestuurd)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_ANSWERED = re.compile(
    r"\s*(?:re|aw|sv|antw(?:oord)?|betr?|accepted|declined|tentative|geaccepteerd|geweigerd"
    r"|voorlopig)\s*(?:\[\d+\])?\s*:",
    re.IGNORECASE,
)
# The other announcements stand above the quote in a reply, too.
_SURE = re.compile(r"forwarded|doorgestuurd", re.IGNORECASE)


def is_forward(subject: str) -> bool:
    """Tell whether a subject is that of a mail which was passed on: "FW:", "Fwd:", "Doorst:"."""
    return _SUBJECT.match(subject) is not None


def is_reply(subject: str) -> bool:
    """Tell whether a subject is that of another mail, which is answered or passed on."""
    return _ANSWERED.match(subject) is not None or is_forward(subject)


def forwarded_text(text: str, sender: str = "", subject: str = "") -> str:
    """Take the words from a mail that only forwards another; empty when it is no such mail.

    Args:
        text: The text, with its quotes.
        sender: The sender's name, which may begin a signature above what is forwarded.
        subject: Where it says "FW:", whatever is quoted is forwarded; else a line has to say so.
    """
    is_sure = is_forward(subject)
    if not is_sure and not _SURE.search(text):
        return ""
    lines = lines_of(text)
    first = next((at for at in range(len(lines)) if _begins(lines, at, is_sure=is_sure)), None)
    if first is None or says(lines[:first], sender):
        return ""
    lines = lines[first:]
    for _ in range(DEEPEST):
        lines = lines[next((at for at, line in enumerate(lines) if line), len(lines)) :]
        if not lines or not _begins(lines, 0, is_sure=True):
            break
        if lines[0].startswith(">"):
            if says([line for line in lines if not line.startswith(">")], sender):
                return ""
            lines = [line.removeprefix(">").removeprefix(" ") for line in lines]
        else:
            lines = _below(lines)
    return own_text("\n".join(lines))


def says(lines: list[str], sender: str = "") -> bool:
    """Tell whether lines say more than a signature and the phone's line."""
    lines = [line for line in lines if not RULE.match(line.strip())]
    # A signature stands below something.
    return any(without_ending([".", "", *lines], sender)[1:])


def _begins(lines: list[str], at: int, *, is_sure: bool) -> bool:
    """Tell whether something that is forwarded begins at a line."""
    line = lines[at].strip()
    if ANNOUNCED.match(line):
        return is_sure or _SURE.search(line) is not None
    return is_sure and (line.startswith(">") or is_header_block(lines, at) or wrote(lines, at) > 0)


def _below(lines: list[str]) -> list[str]:
    """The lines below the header that they begin with."""
    if size := wrote(lines, 0):
        return lines[size:]
    if ANNOUNCED.match(lines[0].strip()):
        lines = lines[1:]
        first = next((at for at, line in enumerate(lines) if line), len(lines))
        if not HEADER.match("".join(lines[first : first + 1]).lstrip("> ")):
            return lines
        lines = lines[first:]
        if lines[0].startswith(">"):
            lines = [line.removeprefix(">").removeprefix(" ") for line in lines]
    return lines[header_block(lines, 0)[1] :]
