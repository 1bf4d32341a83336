"""Sending: what is surely not taken is tried again, what may have been taken never is."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pytest
import requests
from pytest_httpserver import HTTPServer
from urllib3.exceptions import MaxRetryError, SSLError

from pipeline.delivery import outgoing
from pipeline.delivery.outgoing import Answer, Post
from pipeline.errors import SettingsError

pytestmark = pytest.mark.enable_socket

POST = Post(
    sender="engage@molenaar.example",
    recipients=("a@molenaar.example",),
    subject="1 new lead",
    text="Kunt u mij bellen?\n",
    key="0" * 64,
    now=datetime(2026, 11, 16, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "BACKOFF_SECONDS", 0.001)
    monkeypatch.setattr(outgoing, "TIMEOUT_SECONDS", 0.5)


def post(address: str, *, is_idempotent: bool = False) -> Answer:
    return outgoing.request("POST", address, b"{}", {"X": "1"}, is_idempotent=is_idempotent)


@pytest.mark.parametrize(
    ("status", "outcome", "is_settings", "requests"),
    [
        (200, "sent", False, 1),
        (204, "sent", False, 1),
        (207, "refused", False, 1),
        (302, "failed", True, 1),
        (400, "refused", False, 1),
        (401, "failed", True, 1),
        (404, "failed", True, 1),
        (408, "unknown", False, 1),
        (422, "refused", False, 1),
        (429, "failed", False, 4),
        (500, "unknown", False, 1),
        (502, "unknown", False, 1),
        (503, "failed", False, 4),
    ],
)
def test_answer_says_what_is_known_and_only_what_was_not_taken_is_tried_again(
    httpserver: HTTPServer, status: int, outcome: str, is_settings: bool, requests: int
) -> None:
    httpserver.expect_request("/in").respond_with_data("geheim", status)
    answer = post(httpserver.url_for("/in"))
    assert (answer.outcome, answer.status, answer.is_settings) == (outcome, status, is_settings)
    assert len(httpserver.log) == requests


@pytest.mark.parametrize(
    ("body", "headers", "outcome", "requests"),
    [
        ('{"message": "You have exceeded a secondary rate limit."}', {}, "failed", 4),
        ('[{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]', {}, "failed", 4),
        ('{"message": "Wait a moment."}', {"Retry-After": "0"}, "failed", 4),
        ('{"message": "Resource not accessible by personal access token"}', {}, "failed", 1),
    ],
)
def test_too_much_at_once_is_no_closed_door(
    httpserver: HTTPServer, body: str, headers: dict[str, str], outcome: str, requests: int
) -> None:
    httpserver.expect_request("/in").respond_with_data(body, 403, headers)
    answer = post(httpserver.url_for("/in"))
    assert (answer.outcome, answer.is_settings) == (outcome, requests == 1)
    assert len(httpserver.log) == requests


def test_system_that_knows_rows_by_their_key_gets_a_broken_request_again(
    httpserver: HTTPServer,
) -> None:
    httpserver.expect_ordered_request("/in").respond_with_data("", 502)
    httpserver.expect_ordered_request("/in").respond_with_data("", 201)
    assert post(httpserver.url_for("/in"), is_idempotent=True) == Answer("sent", 201)


def test_server_is_given_the_time_that_it_asks_for(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    httpserver.expect_ordered_request("/in").respond_with_data("", 429, {"Retry-After": "17"})
    httpserver.expect_ordered_request("/in").respond_with_data("ok")
    assert post(httpserver.url_for("/in")).outcome == "sent"
    assert waits == [17]


@pytest.fixture
def silent() -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads a request and hangs up: its address, and what it read."""
    heard: list[bytes] = []

    class HangUp(BaseRequestHandler):
        def handle(self) -> None:
            heard.append(self.request.recv(65_536))

    with TCPServer(("127.0.0.1", 0), HangUp) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/in", heard
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("is_idempotent", "requests"), [(False, 1), (True, 4)])
def test_nobody_knows_what_became_of_a_request_without_an_answer(
    silent: tuple[str, list[bytes]], is_idempotent: bool, requests: int
) -> None:
    address, heard = silent
    assert post(address, is_idempotent=is_idempotent) == Answer("unknown")
    assert len(heard) == requests


def test_system_that_is_not_there_has_taken_nothing() -> None:
    assert post("http://127.0.0.1:9/in") == Answer("failed")
    letter = outgoing.letter(POST, "smtp://127.0.0.1:9", "", "")
    assert letter == Answer("failed")


def test_secret_does_not_follow_to_another_host(httpserver: HTTPServer) -> None:
    other = httpserver.url_for("/other")
    httpserver.expect_request("/in").respond_with_data("", 307, {"Location": other})
    assert post(httpserver.url_for("/in")).is_settings
    assert [request.path for request, _ in httpserver.log] == ["/in"]


@pytest.mark.parametrize(
    "address", ["http://desk.example/in", "HTTP://desk.example", "desk.example/in"]
)
def test_nothing_goes_to_another_machine_over_an_open_line(address: str) -> None:
    with pytest.raises(SettingsError, match=r"(http|https://) to another machine can be read"):
        post(address)


@pytest.mark.parametrize("is_idempotent", [False, True])
@pytest.mark.parametrize(
    ("address", "token"),
    [
        ("https://desk.example:poort/in", "geheim"),
        ("https://desk .example/in", "geheim"),
        ("https://[::1/in", "geheim"),
        ("http://127.0.0.1:9/in", "geheim\nvan ons"),
        ("http://127.0.0.1:9/in", "‘geheim’"),
    ],
)
def test_what_cannot_be_written_down_as_a_request_has_surely_not_arrived(
    address: str, token: str, is_idempotent: bool
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = outgoing.request("POST", address, b"{}", headers, is_idempotent=is_idempotent)
    assert answer == Answer("failed", is_settings=True)


def test_server_whose_certificate_is_not_trusted_has_taken_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def send(*_: object, **__: object) -> None:
        distrusted = SSLError(ssl.SSLCertVerificationError("self-signed certificate"))
        reason = MaxRetryError(None, "/in", distrusted)  # type: ignore[arg-type]
        raise requests.exceptions.SSLError(reason)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    assert post("https://desk.example/in") == Answer("failed", is_settings=True)


class Server:
    """An SMTP server in the hand of the test."""

    def __init__(self, error: Exception | None, *, at: str = "send") -> None:
        self.error, self.at, self.tries, self.closed = error, at, 0, 0

    def open(self, address: str) -> Server:
        self.tries += 1
        self._fail("open")
        return self

    def close(self) -> None:
        self.closed += 1

    def quit(self) -> None:
        self._fail("quit")

    def login(self, user: str, password: str) -> None:
        self._fail("login")

    def send_message(self, *_: object) -> dict[str, object]:
        self._fail("send")
        return {"b@molenaar.example": (550, b"no")}

    def _fail(self, at: str) -> None:
        if self.error and at == self.at:
            raise self.error


@pytest.mark.parametrize(
    ("error", "at", "answer", "tries"),
    [
        (None, "", Answer("sent", 250, left_out_count=1), 1),
        (ConnectionRefusedError(), "open", Answer("failed"), 4),
        (smtplib.SMTPServerDisconnected("gone"), "open", Answer("failed"), 4),
        (
            smtplib.SMTPAuthenticationError(535, b"no"),
            "login",
            Answer("failed", 535, is_settings=True),
            1,
        ),
        (smtplib.SMTPDataError(451, b"busy"), "send", Answer("failed", 451), 4),
        (smtplib.SMTPDataError(554, b"spam"), "send", Answer("refused", 554), 1),
        (
            smtplib.SMTPResponseException(421, b"bye"),
            "quit",
            Answer("sent", 250, left_out_count=1),
            1,
        ),
        (TimeoutError(), "quit", Answer("sent", 250, left_out_count=1), 1),
        (smtplib.SMTPServerDisconnected("gone"), "quit", Answer("sent", 250, left_out_count=1), 1),
        (smtplib.SMTPNotSupportedError("AUTH"), "login", Answer("failed", is_settings=True), 1),
        (smtplib.SMTPNotSupportedError("UTF8"), "send", Answer("failed", is_settings=True), 1),
        (smtplib.SMTPServerDisconnected("gone"), "send", Answer("unknown"), 1),
        (TimeoutError(), "send", Answer("unknown"), 1),
        (
            smtplib.SMTPRecipientsRefused({"a@molenaar.example": (550, b"no")}),
            "send",
            Answer("refused", 550),
            1,
        ),
        (
            smtplib.SMTPRecipientsRefused({"a@molenaar.example": (450, b"later")}),
            "send",
            Answer("failed", 450),
            4,
        ),
    ],
)
def test_letter_is_tried_again_only_when_it_was_surely_not_taken(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
    at: str,
    answer: Answer,
    tries: int,
) -> None:
    server = Server(error, at=at)
    monkeypatch.setattr(outgoing, "_opened", server.open)
    assert outgoing.letter(POST, "smtps://mail.example", "", "geheim") == answer
    assert server.tries == tries
    assert server.closed == (0 if at == "open" else tries)


def test_password_that_no_mail_server_can_be_told_is_one_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(UnicodeEncodeError("ascii", "geheím", 4, 5, "ordinal not in range"), at="login")
    monkeypatch.setattr(outgoing, "_opened", server.open)
    answer = outgoing.letter(POST, "smtps://mail.example", "", "geheím")
    assert answer == Answer("failed", is_settings=True)


def test_mail_server_without_a_port_of_digits_is_one_of_the_settings() -> None:
    answer = outgoing.letter(POST, "smtp://mail.example:poort", "", "")
    assert answer == Answer("failed", is_settings=True)


@pytest.fixture
def without_tls(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Plain:
        def __init__(self, *_: object, **__: object) -> None: ...
        def ehlo(self) -> None: ...
        def close(self) -> None: ...
        def has_extn(self, name: str) -> bool:
            return False

    monkeypatch.setattr(smtplib, "SMTP", Plain)
    yield


def test_mail_server_elsewhere_must_offer_tls(without_tls: None) -> None:
    with pytest.raises(SettingsError, match="can be read on the way"):
        outgoing.letter(POST, "smtp://mail.example", "", "")


def test_letter_is_known_again_by_its_id() -> None:
    assert POST.message()["Message-ID"] == f"<{'0' * 40}@molenaar.example>"
    assert bytes(POST.message()) == bytes(POST.message())
