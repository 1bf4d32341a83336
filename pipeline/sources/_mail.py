"""What a mail says, as a record: headers, thread, and the text that its sender wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from email import message_from_bytes, policy
from email.errors import CloseBoundaryNotFoundDefect, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr, parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from pipeline.errors import RejectedRow
from pipeline.sources._automatic import is_automatic, replied
from pipeline.sources._charsets import charset_of, content_of
from pipeline.sources._days import LONGEST_RAW
from pipeline.sources._forwarded import forwarded_text, is_forward, is_reply, says
from pipeline.sources._html import Element, classes, text_of
from pipeline.sources._reply import lines_of, own_text

if TYPE_CHECKING:
    Part = Message[str, str]
    Reading = Callable[[Element], str | None]

_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
_FOLD = re.compile(r"\r?\n[ \t]*")
_KEPT = {"from", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references"}
_KEPT |= {"content-type", "content-transfer-encoding", "auto-submitted"}
# A line of base64 that no header announced; whole lines of so many letters are no words.
_ENCODED = re.compile(r"(?m)^[A-Za-z0-9+/]{24,}={0,2}\r?$")
_QUOTED = {"gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote"}
_SIGNED = {"gmail_signature", "moz-signature"}
_NOT_SAID = {"gmail_attr", "moz-cite-prefix", *_SIGNED}
FORWARDED = '{"is_forwarded":true}'
"""Attributes of a mail whose text is that of another, which it passes on."""
_INDENTED = re.compile(r"border: *none", re.IGNORECASE)


def row_of(
    data: bytes, origin: str, rule: str | None = None, *, may_be_cut: bool = False
) -> dict[str, Any] | None:
    """Read one mail, as columns of `records.RECORD`; None for one that no person wrote.

    Args:
        data: The mail as it was sent, headers and body.
        origin: Where it is.
        rule: What it breaks already, before it is read.
        may_be_cut: It may end too early: then a part that is not closed is `truncated`.
    """
    row = {"origin": origin, "rule_id": rule}
    try:
        if rule in ("not_a_mail", "too_large"):
            return {**row, "raw": _record(_parsed(data[: 4 * LONGEST_RAW]))}
        message = _parsed(data)
        read = _read(message, may_be_cut=may_be_cut)
        if is_automatic(message, read["author"]):
            return None
        raw = _record(message, read.get("text"))
        return {**row, **read, "raw": raw, "rule_id": rule or read.get("rule_id")}
    except RecursionError:
        headers = BytesHeaderParser(policy=policy.compat32).parsebytes(data[:LONGEST_RAW])
        headers.set_payload("")
        return {**row, "raw": _record(headers), "rule_id": rule or "too_deep"}


def _parsed(data: bytes) -> Part:
    # The modern policy parses every header it meets: ten times slower, and it stumbles over some.
    return message_from_bytes(data, policy=policy.compat32)


def _read(message: Part, *, may_be_cut: bool) -> dict[str, Any]:
    headers: dict[str, str] = {}
    for key, value in message.raw_items():
        headers.setdefault(key.lower(), _FOLD.sub(" ", str(value)).strip())
    sender, address = parseaddr(headers.get("from", ""))
    row: dict[str, Any] = {
        **_thread(headers),
        "author": _shown(address).lower(),
        "sent_at": _time(headers.get("date")),
        "subject": _decoded(headers.get("subject", "")),
    }
    is_open = any(isinstance(one, CloseBoundaryNotFoundDefect) for one in message.defects)
    if may_be_cut and is_open:
        row["rule_id"] = "truncated"
    try:
        row |= _said(message, _decoded(sender), row["subject"]) | replied(headers, row["subject"])
    except RejectedRow as fault:
        row |= {"rule_id": fault.rule_id, "column": fault.column, "value": fault.value}
    return row


def _said(message: Part, sender: str, subject: str) -> dict[str, str]:
    """What its sender wrote, or what they passed on without a word of their own.

    Where there is no body at all, the subject is what they wrote.
    """
    own = own_text(_body(message, reading), sender)
    if own and not is_forward(subject):
        return {"text": own}
    body = _body(message, reading_all)
    passed_on = forwarded_text(body, sender, subject)
    if passed_on:
        return {"text": passed_on, "attributes": FORWARDED}
    if says(lines_of(body), sender):
        return {"text": own}
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            attached = cast("list[Part]", part.get_payload())[0]
            if passed_on := own_text(_body(attached, reading)):
                return {"text": passed_on, "attributes": FORWARDED}
    return {"text": "" if is_reply(subject) else subject}


def _record(message: Part, said: str | None = None) -> str:
    """What a quarantine shows of a mail, so that personal data can be found in it.

    The headers that are read, and its words: decoded, without attachments. Where they are already
    read, `said` stands for them.
    """
    headers = [
        f"{key}: {_decoded(_FOLD.sub(' ', str(value)).strip())}"
        for key, value in message.raw_items()
        if key.lower() in _KEPT
    ]
    words = said or "\n\n".join(filter(None, _words(message)))
    return "\n".join([*headers, "", _ENCODED.sub("[encoded]", words)])[:LONGEST_RAW]


def _words(message: Part) -> Iterator[str]:
    """The texts in a mail, also those that cannot be read without loss."""
    for part in message.walk():
        kind = part.get_content_maintype()
        if part.get_content_disposition() == "attachment" or kind not in ("text", "multipart"):
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            try:
                text = data.decode(charset_of(part, data), errors="replace")
            except LookupError:
                text = data.decode(errors="replace")
            is_html = part.get_content_subtype() == "html"
            yield text_of(text, lambda _element: None) if is_html else text


def _thread(headers: Mapping[str, str]) -> dict[str, str | None]:
    own, parent, *_ = [_ID.findall(headers.get(key, "")) for key in ("message-id", "in-reply-to")]
    ancestors = _ID.findall(headers.get("references", ""))
    answered = parent[:1] or ancestors[-1:]
    thread = ancestors[:1] or parent[:1] or own[:1]
    return {
        "native_id": _shown(own[0]) if own else None,
        "reply_to_native_id": _shown(answered[0]) if answered else None,
        "thread_native_id": _shown(thread[0]) if thread else None,
    }


def _time(value: str | None) -> str | None:
    """The header as ISO 8601; as it stands when it is no date of mail."""
    if value is None:
        return None
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _shown(value)
    if f"{at.year:04}" not in value:
        # A year of two digits, or 0000, is taken for one of this time.
        return value
    if at.tzinfo is None and "-0000" in value:
        at = at.replace(tzinfo=UTC)
    return at.isoformat()


def _decoded(header: str) -> str:
    """A header with its encoded words read; as it stands when that cannot be done."""
    if "=?" not in header:
        return _shown(header)
    try:
        return str(make_header(decode_header(_shown(header))))
    except (MessageError, LookupError, ValueError):
        return _shown(header)


def _shown(header: str) -> str:
    """A header of raw bytes as text."""
    return header.encode(errors="surrogateescape").decode(errors="replace")


def _body(part: Part, read: Reading) -> str:
    """The text that a mail shows, plain where it has that, else the HTML as it is to be read."""
    if part.get_content_disposition() == "attachment":
        return ""
    if part.is_multipart():
        if part.get_content_maintype() != "multipart":
            return ""
        parts = cast("list[Part]", part.get_payload())
        bodies = [(one.get_content_type(), _body(one, read)) for one in parts]
        if part.get_content_subtype() == "alternative":
            plain = [body for kind, body in bodies if kind == "text/plain" and body.strip()]
            return (plain or [body for _, body in bodies if body.strip()] or [""])[0]
        return "\n\n".join(body for _, body in bodies if body.strip())
    kind = part.get_content_type()
    if kind == "text/html":
        return text_of(content_of(part), read)
    # A multipart without parts is what it looks like.
    if kind != "text/plain" and part.get_content_maintype() != "multipart":
        return ""
    text = content_of(part)
    if str(part.get_param("format")).lower() != "flowed":
        return text
    return _unfolded(text, drops_blank=str(part.get_param("delsp")).lower() == "yes")


def _unfolded(text: str, *, drops_blank: bool) -> str:
    """Lines that end in a blank go on in the next of the same quote depth (RFC 3676)."""
    joined: list[tuple[int, str]] = []
    goes_on = False
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        # What an own line begins with is kept apart from marks by a blank, which stays for that.
        said = line[depth:] if line.startswith(" >") else line[depth:].removeprefix(" ")
        is_separator = said == "-- "
        if goes_on and joined[-1][0] == depth and not is_separator:
            joined[-1] = (depth, joined[-1][1] + said)
        else:
            joined.append((depth, said))
        goes_on = said.endswith(" ") and not is_separator
        if goes_on and drops_blank:
            joined[-1] = (depth, joined[-1][1][:-1])
    return "\n".join(f"{'>' * depth} {said}" if depth else said for depth, said in joined)


def reading(element: Element) -> str | None:
    """What stands for an element of a mail; see `text_of`."""
    named = classes(element)
    if element.tag == "img":
        return element.get("alt") or "" if "emoji" in named else ""
    if element.tag == "blockquote":
        is_indented = not named and not element.get("type")
        return None if is_indented and _INDENTED.search(element.get("style") or "") else ""
    if named & _NOT_SAID:
        return ""
    # Answers stand between the quotes that such a part is made of.
    return "" if named & _QUOTED and element.find(".//blockquote") is None else None


def reading_all(element: Element) -> str | None:
    """What stands for an element of a mail that passes on what it quotes; see `text_of`."""
    is_signature = classes(element) & _SIGNED
    return reading(element) if element.tag == "img" or is_signature else None
