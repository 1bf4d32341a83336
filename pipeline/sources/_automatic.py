"""Mails that no person wrote: reports, answers to invitations, and what a mailbox answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message

REPLIED = '{"is_automatic":true}'
"""Attributes of a mail with which a mailbox answered by itself."""
# Exchange and help desks say of such answers, as forms do of theirs, that they were generated.
_BY_ITSELF = re.compile(
    r"(?i)\[?(?:automatic reply|automatisch antwoord|auto-?reply|out of office|afwezig|absent"
    r"|request received|(?:verzoek|aanvraag) ontvangen|ontvangstbevestiging)\b"
)


def is_automatic(message: Message[str, str], sender: str) -> bool:
    """Tell whether a mail is a report, or what a calendar says when somebody presses a button.

    What a form or a ticket system made (`Auto-Submitted`) holds a person's words, and so does the
    answer of somebody who is away.

    Args:
        message: The mail.
        sender: The address that it is from.
    """
    if message.get_content_type() == "multipart/report":
        return True
    if sender.partition("@")[0].lower() == "mailer-daemon":
        return True
    return any(
        part.get_content_type() == "text/calendar"
        and str(part.get_param("method")).lower() == "reply"
        for part in message.walk()
    )


def replied(headers: Mapping[str, str], subject: str) -> dict[str, str]:
    """The attributes of a mail, where a mailbox answered by itself (RFC 3834), else none.

    Args:
        headers: By their names in lower case.
        subject: The subject, decoded.
    """
    # Parameters or a comment may follow: "auto-replied (vacation)".
    submitted = re.split(r"[;(\s]", headers.get("auto-submitted", "").lower(), maxsplit=1)[0]
    is_answer = submitted == "auto-generated" and _BY_ITSELF.match(subject)
    return {"attributes": REPLIED} if submitted == "auto-replied" or is_answer else {}
