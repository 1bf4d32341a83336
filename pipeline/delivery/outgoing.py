"""What sends: one request or one letter, and what is known of it afterwards.

An answer is one of four. `sent`: the other side took it. `refused`: it says that this row will not
do. `failed`: it surely was not taken, so it may be sent again. `unknown`: the line broke after it
may have been taken; whoever sends again may send twice.

Only what is surely not taken is tried again here, with growing waits or as long as `Retry-After`
asks, two minutes at most; a system that knows rows by their key also gets what is unknown again. No
error and no answer holds an address, a secret, or what was sent.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from dlt.sources.helpers.requests import Client
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from pipeline import __version__
from pipeline.errors import SettingsError

Outcome = Literal["sent", "refused", "failed", "unknown"]
NOT_TAKEN = (425, 429, 503)
"""Status codes by which a server says that it has not begun."""
TOO_MANY = re.compile(rb"rate.limit|LIMIT_EXCEEDED", re.I)
"""How GitHub and Salesforce say it with 403, which elsewhere means that we may not come in."""
ATTEMPTS = 4
BACKOFF_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
TIMEOUT_SECONDS = 30.0
HEADERS = {"Content-Type": "application/json", "User-Agent": f"engage/{__version__}"}
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Answer:
    """What is known after sending. `status` is that of HTTP or SMTP, 0 where none came."""

    outcome: Outcome
    status: int = 0
    body: bytes = b""
    is_settings: bool = False
    """The address or the secret is wrong: no other row will do better."""
    left_out_count: int = 0
    """Recipients that the mail server refused; the others have the letter."""


def request(
    method: str, address: str, body: bytes, headers: Mapping[str, str], *, is_idempotent: bool
) -> Answer:
    """Send JSON over HTTP. Redirects are not followed: a secret goes to its own host only.

    Raises SettingsError for a secret that would go over a line which anybody can read.
    """
    taken = range(500, 600) if is_idempotent else ()
    client = Client(
        request_timeout=TIMEOUT_SECONDS,
        raise_for_status=False,
        status_codes=taken,
        exceptions=(requests.ConnectionError, requests.Timeout) if is_idempotent else (),
        retry_condition=lambda answer, error: (
            _is_not_taken(error) if answer is None else _is_busy(answer)
        ),
        request_max_attempts=ATTEMPTS,
        request_backoff_factor=BACKOFF_SECONDS,
        request_max_retry_delay=LONGEST_WAIT_SECONDS,
    )
    try:
        _guard(address, is_safe=address.startswith("https://"))
        with client.session as session:
            answer = session.request(
                method,
                address,
                data=body,
                headers={**HEADERS, **headers},
                allow_redirects=False,
            )
    except ValueError:
        # The address or the secret holds signs that no request can: nothing went out.
        return Answer("failed", is_settings=True)
    except requests.RequestException as error:
        if isinstance(_reason(error), ssl.SSLCertVerificationError):
            return Answer("failed", is_settings=True)
        return Answer("failed" if _is_not_taken(error) else "unknown")
    return _judged(answer)


def _judged(answer: requests.Response) -> Answer:
    status = answer.status_code
    if status == 207:
        # What HubSpot answers when something is wrong with a row, and there is one in a request.
        return Answer("refused", status)
    if 200 <= status < 300:
        return Answer("sent", status, answer.content)
    if _is_busy(answer):
        return Answer("failed", status)
    if status in (300, 301, 302, 303, 307, 308, 401, 403, 404, 405, 410):
        return Answer("failed", status, is_settings=True)
    return Answer("unknown" if status >= 500 or status == 408 else "refused", status)


def _is_busy(answer: requests.Response) -> bool:
    """Whether the system says that it has had enough for now."""
    is_too_many = "Retry-After" in answer.headers or TOO_MANY.search(answer.content)
    return answer.status_code in NOT_TAKEN or (answer.status_code == 403 and bool(is_too_many))


def _is_not_taken(error: BaseException | None) -> bool:
    """Whether no connection came about, so that nothing can have been taken."""
    return isinstance(_reason(error), NewConnectionError | ConnectTimeoutError)


def _reason(error: BaseException | None) -> Any:  # noqa: ANN401 - whatever was wrapped
    """What is behind an error of `requests`."""
    cause: Any = error.args[0] if error is not None and error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return reason.args[0] if isinstance(reason, SSLError) and reason.args else reason


@dataclass(frozen=True)
class Post:
    """A letter with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    key: str
    now: datetime

    def message(self) -> EmailMessage:
        """The letter as it goes out; its Message-ID is its key, so that it can be known again."""
        made = EmailMessage(policy=SMTP)
        made["From"] = Address(addr_spec=self.sender)
        made["To"] = tuple(Address(addr_spec=one) for one in self.recipients)
        made["Subject"] = self.subject
        made["Date"] = format_datetime(self.now)
        made["Message-ID"] = f"<{self.key[:40]}@{self.sender.rpartition('@')[2]}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(self.text)
        return made


def letter(post: Post, address: str, user: str, password: str) -> Answer:
    """Send a letter: `smtps://host` from the first byte in TLS, `smtp://host` with STARTTLS.

    Raises SettingsError for a password that would go over a line which anybody can read.
    """
    for attempt in range(ATTEMPTS):
        answer = _letter_once(post, address, user, password)
        if answer.outcome != "failed" or answer.is_settings or attempt == ATTEMPTS - 1:
            break
        time.sleep(min(BACKOFF_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS))
    return answer


def _letter_once(post: Post, address: str, user: str, password: str) -> Answer:
    has_begun = False
    try:
        with closing(_opened(address)) as server:
            if password:
                server.login(user or post.sender, password)
            message = post.message()
            has_begun = True
            refused = server.send_message(message, post.sender, list(post.recipients))
            # It was taken, whatever the server says to a farewell.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            return Answer("sent", 250, left_out_count=len(refused))
    except smtplib.SMTPAuthenticationError as error:
        return Answer("failed", error.smtp_code, is_settings=True)
    except (ValueError, smtplib.SMTPNotSupportedError):
        # A port, password or mail address that cannot be written down, or not at this server.
        return Answer("failed", is_settings=True)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return Answer("failed" if max(codes) < 500 else "refused", max(codes))
    except smtplib.SMTPResponseException as error:
        return Answer("failed" if error.smtp_code < 500 else "refused", error.smtp_code)
    except (OSError, smtplib.SMTPException):
        return Answer("unknown" if has_begun else "failed")


def _opened(address: str) -> smtplib.SMTP:
    parts = urlsplit(address)
    host, context = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        port = parts.port or 465
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        has_tls = server.has_extn("starttls")
        _guard(address, is_safe=has_tls)
        if has_tls:
            server.starttls(context=context)
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _guard(address: str, *, is_safe: bool) -> None:
    """What is sent is about customers, and often comes with a secret: not over an open line."""
    parts = urlsplit(address)
    if parts.hostname in HERE or is_safe:
        return
    raise SettingsError(
        f"{parts.scheme or 'what has no https://'} to another machine can be read on the way",
        where="deliveries.address",
        mend="give an https:// or smtps:// address, or a mail server that offers STARTTLS",
    )
