"""Sending: what is surely not taken is tried again, what may have been taken never is."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pytest
from pytest_httpserver import HTTPServer

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


@pytest.mark.parametrize("address", ["http://desk.example/in", "HTTP://desk.example"])
def test_nothing_goes_to_another_machine_over_an_open_line(address: str) -> None:
    with pytest.raises(SettingsError, match="can be read on the way"):
        post(address)


class Server:
    """An SMTP server in the hand of the test."""

    def __init__(self, error: Exception | None, *, at: str = "send") -> None:
        self.error, self.at, self.tries = error, at, 0

    def __enter__(self) -> Server:
        self.tries += 1
        self._fail("open")
        return self

    def __exit__(self, *_: object) -> None: ...

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
        (None, "", Answer("sent", 250, b"1 refused"), 1),
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
    monkeypatch.setattr(outgoing, "_opened", lambda address: server)
    assert outgoing.letter(POST, "smtps://mail.example", "", "geheim") == answer
    assert server.tries == tries


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
