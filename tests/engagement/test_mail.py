"""Mail: a letter of plain text, whose headers no customer can write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipeline.errors import FatalError
from tests.conftest import Company
from tests.engagement.offered import HOSTILE, NOW, built, put, send, set_up, states, table

FROM = {"sender": "engage@molenaar.example", "recipients": ["a@molenaar.example"]}


class Desk:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"
        self.unknown = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.unknown:
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        body = envelope.content
        assert isinstance(body, bytes)
        self.letters.append(message_from_bytes(body, policy=policy.default))  # type: ignore[arg-type]
        return self.answer


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def address(desk: Desk, unused_port: int) -> Iterator[str]:
    server = Controller(desk, hostname="127.0.0.1", port=unused_port)
    server.start()
    yield f"smtp://127.0.0.1:{unused_port}"
    server.stop()


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_letter_is_plain_text() -> None:
    (payload,) = built("mail", table("leads", {}), address="smtps://mail.example", **FROM)
    assert payload.content.subject == "1 new lead for Molenaar"  # type: ignore[union-attr]
    assert payload.content.text == (  # type: ignore[union-attr]
        "1 new lead for Molenaar\n\n"
        "74 · call · Noor · shop · by Mon 16 Nov 12:00\n“Kunt u mij morgen bellen?”\n"
        "Asks for a call.\nhttps://shop.example/1\n"
    )


@pytest.mark.enable_socket
def test_letter_arrives_once_with_headers_of_ours_only(
    company: Company, desk: Desk, address: str
) -> None:
    put(company, "leads", {"snippet": HOSTILE, "action_reason": "a\r\nBcc: x@y.example"})
    set_up(company, name="desk", type="mail", table="leads", address=address, **FROM)
    assert [(one.outcome, one.status) for one in send(company)] == [("sent", 250)]
    assert send(company) == []
    (letter,) = desk.letters
    ours = {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip
    assert {name for name in letter if not name.startswith("X-")} == ours
    assert letter["To"] == "a@molenaar.example"
    assert NOW <= letter["Date"].datetime < NOW + timedelta(minutes=10)
    assert letter.get_content_type() == "text/plain"
    assert "\nBcc" not in letter.get_content()


@pytest.mark.enable_socket
def test_recipient_that_the_server_refuses_is_told_and_the_others_have_the_letter(
    company: Company, desk: Desk, address: str
) -> None:
    put(company, "leads", {})
    there = {"recipients": ["a@molenaar.example", "b@molenaar.example"]}
    set_up(company, name="desk", type="mail", table="leads", address=address, **FROM | there)
    desk.unknown = "b@molenaar.example"
    with pytest.raises(FatalError, match=r"nothing for 1 recipient \(mend") as caught:
        send(company)
    assert caught.value.where == "deliveries.desk.recipients"
    assert "b@" not in f"{caught.value} {caught.value.mend}"
    assert states(company) == {"lead:shop:1": "sent"}
    assert send(company) == []
    assert len(desk.letters) == 1


@pytest.mark.enable_socket
def test_letter_that_is_refused_is_not_sent_again(
    company: Company, desk: Desk, address: str
) -> None:
    put(company, "leads", {})
    set_up(company, name="desk", type="mail", table="leads", address=address, **FROM)
    desk.answer = "554 spam"
    with pytest.raises(Exception, match="1 row refused"):
        send(company)
    assert states(company) == {"lead:shop:1": "refused"}
    assert send(company) == []
    assert len(desk.letters) == 1
