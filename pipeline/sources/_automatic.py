"""Mails that no person wrote: reports of delivery or reading, and answers to invitations."""

from __future__ import annotations

from email.message import Message


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
