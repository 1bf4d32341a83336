"""What IMAP4rev1 (RFC 3501) writes: names and days for the server, and what its answers say.

Pure: `imap` is what asks.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

MAILS_AT_ONCE = 200
BYTES_AT_ONCE = 8 << 20
"""Mails are brought together until they are so many or so large."""

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_RECEIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_NON_ASCII = re.compile(r"&|[^\x20-\x7e]+")

Answer = bytes | tuple[bytes, bytes]
"""A line of the server; with the text before it, where it has a literal such as a mail."""


class Letter(NamedTuple):
    """One mail of a folder."""

    uid: int
    received_at: datetime
    size: int
    data: bytes = b""
    """The mail; only its beginning when it is larger than was asked for."""


def folder_name(shown: str) -> str | None:
    """A folder's name as the protocol writes it: quoted, in modified UTF-7 (5.1.3).

    None for a name with signs that cannot be printed, which no server knows.
    """
    if not shown.isprintable():
        return None
    written = _NON_ASCII.sub(_encoded, shown)
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    base64 = b64encode(found[0].encode("utf-16-be")).decode().rstrip("=")
    return f"&{base64.replace('/', ',')}-"


def day(at: datetime) -> str:
    """A day as the protocol writes it, whatever language this machine speaks: 03-Nov-2026."""
    return format_datetime(at)[5:16].replace(" ", "-")


def uid_sets(found: Iterable[Answer]) -> Iterator[str]:
    """What a search found, in sets that can be asked for together."""
    uids = [one for line in found if isinstance(line, bytes) for one in line.decode().split()]
    for at in range(0, len(uids), MAILS_AT_ONCE):
        yield ",".join(uids[at : at + MAILS_AT_ONCE])


def letters(answers: Iterable[Answer]) -> Iterator[Letter]:
    """What answers say of mails; what the server tells besides, such as flags, is left out."""
    for answer in answers:
        line = answer if isinstance(answer, bytes) else answer[0]
        uid, size, received = (one.search(line) for one in (_UID, _SIZE, _RECEIVED))
        if uid and size and received:
            at = parsedate_to_datetime(received[1].decode().strip())
            # "-0000" is UTC of which the place is not said.
            yield Letter(int(uid[1]), at if at.tzinfo else at.replace(tzinfo=UTC), int(size[1]))


def bodies(answers: list[Answer]) -> dict[int, bytes]:
    """The mails of an answer by UID, which stands before the mail or behind it."""
    found = {}
    for answer, behind in zip(answers, [*answers[1:], b""], strict=True):
        if isinstance(answer, tuple):
            line = answer[0] + b" " + (behind if isinstance(behind, bytes) else b"")
        elif b"BODY[" in answer:
            # A mail without a byte need not come as a literal.
            line = answer
        else:
            continue
        if uid := _UID.search(line):
            found[int(uid[1])] = answer[1] if isinstance(answer, tuple) else b""
    return found


def groups(listed: Iterable[Letter], largest: int) -> Iterator[list[Letter]]:
    """Mails that are brought together; one of more than `largest` bytes is alone."""
    group: list[Letter] = []
    size = 0
    for one in listed:
        is_full = size + one.size > BYTES_AT_ONCE or len(group) == MAILS_AT_ONCE
        if group and (is_full or one.size > largest or group[0].size > largest):
            yield group
            group, size = [], 0
        group.append(one)
        size += one.size
    if group:
        yield group
