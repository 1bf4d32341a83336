"""What every source that asks a service must do, against a fake of the service on 127.0.0.1.

    class TestPostbus(FetchedConformance):
        type = "postbus"
        given = {"query": "fiets"}

        def answer(self, request, sent):
            ...  # the JSON of one answer, as the real service gives it

The fake turns pages of two items (`PAGE`), so that the suite's few messages need several. Faults
(429, 500, a time-out, …) are put before the fake by the suite, in `Fake.faults`.
"""

from __future__ import annotations

import gc
import re
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import orjson
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import http
from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources._page import RULES
from pipeline.sources.base import create
from tests.sources.conformance import AT, Got, Sent

PAGE = 2
DAY = Window.of_days("2026-11-03")
DAYS = Window.of_days("2026-11-02", "2026-11-05")
SECRET = "s3cr3t-and-long"  # noqa: S105 - for the fake
LIMITS = http.Limits(
    attempts=3,
    backoff_seconds=0.001,
    longest_wait_seconds=0.01,
    seconds_between=0,
)
SHORT_SECONDS = 0.15
"""The patience of those tests alone that let a service answer too late: a busy machine would fail
others with it."""
Fault = Callable[[], Response]


def status(code: int, **headers: str) -> Fault:
    """A refusal that quotes somebody."""
    return lambda: Response("Mijn geheim is bekend.", code, headers)


def slow() -> Response:
    """An answer that comes too late."""
    time.sleep(4 * SHORT_SECONDS)
    return Response("{}")


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What was logged; the fake has a log of its own, with whole addresses."""
    return "\n".join(one.getMessage() for one in caplog.records if one.name != "werkzeug")


def page_of(sent: Sequence[Sent], number: int) -> list[Sent]:
    """One page, counted from 0."""
    return list(sent[number * PAGE : (number + 1) * PAGE])


def within(sent: Sequence[Sent], start: float, end: float) -> list[Sent]:
    """Those sent between two epoch seconds; what has no time is always there."""
    return [one for one in sent if isinstance(one.at, str) or start <= one.at.timestamp() < end]


def newest_first(sent: Sequence[Sent]) -> list[Sent]:
    """As most services show them; what has no time stands among those of `AT`."""
    return sorted(sent, key=lambda one: AT if isinstance(one.at, str) else one.at, reverse=True)


class Fake:
    """The service: answers with the messages it holds, after the faults that wait."""

    def __init__(
        self, answer: Callable[[Request, Sequence[Sent]], Any], server: HTTPServer
    ) -> None:
        self._answer, self.server = answer, server
        self.sent: list[Sent] = []
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if self.always:
            return self.always()
        if self.faults:
            return self.faults.popleft()()
        given = self._answer(request, self.sent)
        if isinstance(given, Response):
            return given
        return Response(orjson.dumps(given), content_type="application/json")


ASKS_HERE = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    # The fake's own side of a connection that was given up is closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""Marks of tests that ask a service on this machine."""


class FetchedConformance:
    """Subclass it, name the type and its settings, and answer as the service does."""

    pytestmark: ClassVar = ASKS_HERE

    type: ClassVar[str]
    given: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    path: ClassVar[str] = "/"
    """What comes behind the host in the address."""
    knows_authors: ClassVar[bool] = True
    rejects_bad_times: ClassVar[bool] = True

    # --- what a subclass says

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        """The answer to one request: what becomes JSON, or a werkzeug Response."""
        raise NotImplementedError

    # --- the means

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(http, "LIMITS", LIMITS)
        monkeypatch.setenv("FAKE_TOKEN", SECRET)
        gc.freeze()  # looked at are the connections of this test, not all that others have left
        yield
        gc.collect()

    @pytest.fixture
    def fake(self, httpserver: HTTPServer) -> Fake:
        """The service, with five messages of one day."""
        made = Fake(self.answer, httpserver)
        made.sent = [Sent(str(at), at=AT - timedelta(minutes=at)) for at in range(101, 106)]
        httpserver.expect_request(re.compile(".*")).respond_with_handler(made)
        return made

    def settings(self, fake: Fake, **changed: Any) -> SourceSettings:
        """Settings of a source that asks the fake."""
        address = fake.server.url_for(self.path).rstrip("/")
        return SourceSettings.model_validate(
            {"name": self.type, "type": self.type, "address": address, **self.given, **changed}
        )

    def read(self, fake: Fake, window: Window = DAYS, **changed: Any) -> Got:
        """Read a window."""
        return Got.of(create(self.settings(fake, **changed)), window)

    # --- what comes

    def test_every_message_of_every_page_arrives(self, fake: Fake) -> None:
        got = self.read(fake)
        assert sorted(got.ids) == ["101", "102", "103", "104", "105"]
        assert (got.rules, got.duplicates_count) == ([], 0)
        (one,) = (one for one in got.messages if one["native_id"] == "101")
        assert one["text"] == "De bel van de voordeur doet het weer."
        assert one["author"] == ("noor" if self.knows_authors else None)

    def test_times_are_utc(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        assert [one["sent_at"] for one in self.read(fake).messages] == [AT]
        assert self.read(fake).messages[0]["sent_at"].utcoffset() == timedelta(0)

    def test_a_window_holds_its_own_messages_only(self, fake: Fake) -> None:
        second = timedelta(seconds=1)
        at = (DAY.start - second, DAY.start, DAY.end - second, DAY.end)
        fake.sent = [Sent(f"10{number}", at=one) for number, one in enumerate(at)]
        assert sorted(self.read(fake, DAY).ids) == ["101", "102"]

    def test_days_one_by_one_give_the_rows_of_one_long_window(self, fake: Fake) -> None:
        fake.sent = [
            Sent(f"20{day}", at=AT + timedelta(days=day - 1, hours=day)) for day in range(4)
        ]
        fake.sent += [Sent("301", at=DAY.start), Sent("302", at=DAY.end - timedelta(seconds=1))]
        days = [self.read(fake, Window.of_days(day)) for day in DAYS.days()]
        whole = self.read(fake)
        assert sorted(one for got in days for one in got.ids) == sorted(whole.ids)
        assert len(whole.ids) == 6

    def test_a_window_without_messages_is_no_error(self, fake: Fake) -> None:
        fake.sent = []
        assert self.read(fake).records_count == 0

    def test_the_same_answer_gives_the_same_rows(self, fake: Fake) -> None:
        assert self.read(fake) == self.read(fake)

    def test_an_item_that_comes_again_on_a_later_page_adds_no_row(self, fake: Fake) -> None:
        fake.sent = [*fake.sent, fake.sent[0]]
        got = self.read(fake)
        assert sorted(got.ids) == ["101", "102", "103", "104", "105"]
        assert (got.rules, got.duplicates_count) == ([], 1)

    def test_an_item_that_is_edited_while_its_pages_turn_comes_with_both_texts_the_new_one_last(
        self, fake: Fake
    ) -> None:
        fake.sent = [*fake.sent, replace(fake.sent[0], text="De bel doet het toch niet.")]
        got = self.read(fake)
        assert (got.rules, got.duplicates_count, len(got.ids)) == ([], 0, 6)
        texts = {one["native_id"]: one["text"] for one in got.messages}
        assert texts["101"] == "De bel doet het toch niet."

    def test_an_id_that_comes_again_with_another_author_is_no_edit(self, fake: Fake) -> None:
        if not self.knows_authors:
            pytest.skip("the service names no authors")
        fake.sent = [*fake.sent, replace(fake.sent[0], author="piet")]
        got = self.read(fake)
        assert (got.rules, len(got.ids)) == (["conflicting_duplicate"], 5)

    def test_an_edited_item_has_its_new_text_when_heard_again(self, fake: Fake) -> None:
        self.read(fake)
        fake.sent[0] = replace(fake.sent[0], text="De bel doet het toch niet.")
        texts = {one["native_id"]: one["text"] for one in self.read(fake).messages}
        assert texts["101"] == "De bel doet het toch niet."
        assert len(texts) == 5

    def test_a_deleted_item_is_gone_when_heard_again(self, fake: Fake) -> None:
        self.read(fake)
        del fake.sent[0]
        assert sorted(self.read(fake).ids) == ["102", "103", "104", "105"]

    def test_a_late_item_is_in_the_window_of_its_own_time(self, fake: Fake) -> None:
        self.read(fake)
        fake.sent.append(Sent("106", at=DAY.start))
        assert "106" in self.read(fake, DAY).ids

    def test_text_arrives_without_mark_up_and_with_its_signs(self, fake: Fake) -> None:
        fake.sent = [Sent("101", 'Zij zei "nee, dank u" & ging; 1 < 2 🚲 tot €5.')]
        (one,) = self.read(fake).messages
        assert one["text"] == 'Zij zei "nee, dank u" & ging; 1 < 2 🚲 tot €5.'

    # --- what cannot be read

    def test_an_item_without_a_readable_time_is_rejected_with_its_origin(self, fake: Fake) -> None:
        if not self.rejects_bad_times:
            pytest.skip("the service has times of its own making")
        fake.sent.append(Sent("106", at="gisteren"))
        got = self.read(fake, DAY)
        assert sorted(got.ids) == ["101", "102", "103", "104", "105"]
        assert got.rules == ["unreadable_time"]
        (one,) = got.rejected
        assert one["origin"].endswith("#106")
        assert one["origin"].startswith(fake.server.url_for(self.path).rstrip("/"))
        assert one["seen_on"] == AT.date()
        assert one["raw"]

    def test_a_message_without_text_is_rejected(self, fake: Fake) -> None:
        fake.sent = [Sent("101", " "), Sent("102")]
        got = self.read(fake)
        assert (got.ids, got.rules) == (["102"], ["empty_text"])
        assert set(got.rules) <= RULES.keys()

    # --- what goes wrong

    def test_we_wait_as_long_as_the_service_asks_and_go_on(self, fake: Fake) -> None:
        fake.faults.append(status(429, **{"Retry-After": "1"}))
        assert len(self.read(fake, DAY).ids) == 5

    def test_a_service_that_goes_on_refusing_is_asked_again_later(self, fake: Fake) -> None:
        fake.always = status(429, **{"Retry-After": "900"})
        with pytest.raises(RetriableError, match="asks to wait 900 seconds"):
            self.read(fake, DAY)
        assert len(fake.requests) == LIMITS.attempts

    @pytest.mark.parametrize("fault", [status(500), status(503), slow])
    def test_a_service_that_fails_and_comes_back_costs_nothing(
        self, fake: Fake, fault: Fault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if fault is slow:
            monkeypatch.setattr(http, "LIMITS", replace(LIMITS, timeout_seconds=SHORT_SECONDS))
        fake.faults.append(fault)
        assert len(self.read(fake, DAY).ids) == 5

    @pytest.mark.parametrize("fault", [status(502), slow])
    def test_a_service_that_stays_down_is_retriable(
        self, fake: Fake, fault: Fault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if fault is slow:
            monkeypatch.setattr(http, "LIMITS", replace(LIMITS, timeout_seconds=SHORT_SECONDS))
        fake.always = fault
        with pytest.raises(RetriableError) as caught:
            self.read(fake, DAY)
        assert caught.value.where == f"sources.{self.type}"

    @pytest.mark.parametrize("code", [401, 403])
    def test_a_key_that_is_refused_names_its_variable(self, fake: Fake, code: int) -> None:
        fake.always = status(code)
        with pytest.raises(SettingsError, match=f"refuses us \\({code}\\)") as caught:
            self.read(fake, DAY)
        assert caught.value.where == f"sources.{self.type}.token_env"
        assert self.given.get("token_env", "token_env") in caught.value.mend

    def test_a_key_that_is_not_set_names_its_variable(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if "token_env" not in self.given:
            pytest.skip("the service needs no key")
        monkeypatch.delenv("FAKE_TOKEN")
        with pytest.raises(SettingsError, match="FAKE_TOKEN is not set"):
            self.read(fake, DAY)

    def test_an_answer_that_is_cut_off_stops_the_source(self, fake: Fake) -> None:
        fake.always = lambda: Response('{"hits": [{"text": "Mijn geheim', 200)
        with pytest.raises(FatalError, match="unexpected shape"):
            self.read(fake, DAY)

    def test_an_answer_of_another_shape_stops_the_source(self, fake: Fake) -> None:
        fake.always = lambda: Response('{"fault": "Mijn geheim is bekend."}', 200)
        with pytest.raises(FatalError, match="unexpected shape"):
            self.read(fake, DAY)

    @pytest.mark.parametrize("code", [400, 401, 404, 429, 500])
    def test_errors_hold_neither_secrets_nor_texts(
        self, fake: Fake, code: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        fake.always = status(code)
        with pytest.raises(EngageError) as caught:
            self.read(fake, DAY)
        shown = "".join(traceback.format_exception(caught.value)) + caught.value.mend
        shown += logged(caplog)
        assert SECRET not in shown
        assert "geheim" not in shown
        assert "?" not in str(caught.value)

    def test_a_key_is_sent_and_we_say_who_we_are(self, fake: Fake) -> None:
        self.read(fake, DAY)
        assert all(one.headers["User-Agent"].startswith("engage/") for one in fake.requests)

    def test_the_connection_is_tried_with_a_request_or_two(self, fake: Fake) -> None:
        source = create(self.settings(fake))
        assert "answers" in source.connect(DAY)
        assert len(fake.requests) <= 2

    def test_what_the_type_does_not_take_is_refused(self, fake: Fake) -> None:
        with pytest.raises(SettingsError, match="takes no path"):
            create(self.settings(fake, path="berichten.csv"))
