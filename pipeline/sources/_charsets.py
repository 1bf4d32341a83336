"""Which characters the bytes of a mail's part are."""

from __future__ import annotations

import re
from email.message import Message

from pipeline.errors import RejectedRow

# What mail programs write into the one and mean by it is the other.
_MEANT = dict.fromkeys(("us-ascii", "ascii", "unknown-8bit", "x-unknown", "utf8mb4"), "utf-8")
_MEANT |= dict.fromkeys(("iso-8859-1", "latin-1", "latin1"), "cp1252")
_MEANT |= {"windows-874": "cp874", "iso-8859-8-i": "iso-8859-8", "x-gbk": "gbk"}
_META = re.compile(rb"<meta[^>]{1,200}charset=[\"']?([\w-]{2,40})", re.IGNORECASE)
_HEAD = 4_000
"""Bytes of a page that are searched for what it says of itself."""


def charset_of(part: Message[str, str], data: bytes) -> str:
    """The character set of a part: as its header says, else as its HTML does."""
    named = part.get_content_charset()
    if named is None and part.get_content_subtype() == "html":
        told = _META.search(data[:_HEAD])
        named = told[1].decode().lower() if told else None
    named = named or "us-ascii"
    return _MEANT.get(named, named)


def content_of(part: Message[str, str]) -> str:
    """The characters of a part. Raises RejectedRow when they cannot be told."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    charset = charset_of(part, data)
    try:
        return data.decode(charset)
    except (LookupError, UnicodeError) as error:
        raise RejectedRow("invalid_encoding", "text", charset) from error
