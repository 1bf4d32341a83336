"""The mails of an mbox file, one by one, with the line on which each begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LARGEST_MAIL = 64 << 20
"""More bytes of one mail are not kept: attachments make most of them."""

# "From noor@example.org Tue Nov  3 08:14:45 2026": clock and year tell it from a sentence.
_SEPARATOR = re.compile(rb"From \S+ .*\d\d:\d\d.*\b\d{4}\b")
_ESCAPED = re.compile(rb"^>(?=>*From )", re.MULTILINE)


class Mail(NamedTuple):
    """One mail."""

    data: bytes
    """Without its separator line."""
    line: int
    """The separator's; 1 for what stands before the first."""
    rule: str | None
    """`not_a_mail` before the first separator, `too_large`, or `truncated` without an end."""
    is_last: bool


def mails(path: Path) -> Iterator[Mail]:
    """Yield the mails of a file in its order; memory is that of one mail."""
    held: list[bytes] = []
    size, begun, is_mail, is_blank = 0, 1, False, True
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if is_blank and line.startswith(b"From ") and _SEPARATOR.match(line):
                if is_mail or any(not one.isspace() for one in held):
                    yield _mail(held, begun, size, is_mail=is_mail, is_last=False)
                held, size, begun, is_mail = [], 0, number, True
                continue
            is_blank = not line.strip(b"\r\n")
            size += len(line)
            if size <= LARGEST_MAIL:
                held.append(line)
    if is_mail or any(not one.isspace() for one in held):
        yield _mail(held, begun, size, is_mail=is_mail, is_last=True)


def _mail(held: list[bytes], begun: int, size: int, *, is_mail: bool, is_last: bool) -> Mail:
    data = b"".join(held)
    rule = None
    if not is_mail:
        rule = "not_a_mail"
    elif size > LARGEST_MAIL:
        rule = "too_large"
    elif not data.endswith(b"\n"):
        rule = "truncated"
    return Mail(_ESCAPED.sub(b"", data), begun, rule, is_last)
