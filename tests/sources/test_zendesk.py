"""Comments on the tickets of Zendesk."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request

from pipeline.records import Window
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import DAY, DAYS, PAGE, SECRET, Fake, FetchedConformance

KEY = b64encode(f"webcare@peddel.example/token:{SECRET}".encode()).decode()


class TestZendesk(FetchedConformance):
    """Public comments."""

    type = "zendesk"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"user": "webcare@peddel.example", "token_env": "FAKE_TOKEN"}
    )

    states: ClassVar[Mapping[int, Mapping[str, Any]]] = MappingProxyType({})
    """How tickets stand now; those that are not named were deleted."""

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        assert request.headers["Authorization"] == f"Basic {KEY}"
        if request.path == "/api/v2/tickets/show_many.json":
            return self.tickets(request)
        assert request.path == "/api/v2/incremental/ticket_events.json"
        # Without it there are no comments; the service's own link to the next page has none.
        assert request.args["include"] == "comment_events"
        start = int(request.args["start_time"])
        later = sorted((one for one in sent if epoch(one) >= start), key=epoch)
        shown = [one for one in later if epoch(one) <= max(map(epoch, later[:PAGE]))]
        rest = later[len(shown) :]
        end = epoch(rest[0]) if rest else max(map(epoch, shown), default=start)
        return {
            "ticket_events": [self.event(one) for one in shown],
            "next_page": f"{request.base_url}?start_time={end}",
            "end_time": end,
            "end_of_stream": not rest,
        }

    def tickets(self, request: Request) -> dict[str, Any]:
        assert request.args["include"] == "metric_sets"
        ids = [int(one) for one in request.args["ids"].split(",")]
        assert 0 < len(ids) <= 100
        known = [self.states[one] for one in ids if one in self.states]
        metrics = [{"ticket_id": one["id"], "solved_at": one["solved_at"]} for one in known]
        shown = [{name: one[name] for name in ("id", "status", "updated_at")} for one in known]
        return {"tickets": shown, "metric_sets": metrics, "count": len(shown), "next_page": None}

    def event(self, one: Sent) -> dict[str, Any]:
        comment = {"event_type": "Comment", "id": int(one.id), "public": True}
        comment |= {"author_id": one.author, "body": one.text}
        return {
            "ticket_id": 7,
            "timestamp": epoch(one),
            "created_at": one.time("%Y-%m-%dT%H:%M:%SZ"),
            "child_events": [{"event_type": "Change", "status": "open"}, comment],
        }

    def test_the_ticket_is_the_thread(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert one["thread_native_id"] == "7"
        assert one["url"].endswith("/agent/tickets/7")

    def test_a_ticket_may_be_solved_by_the_event_that_makes_it(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.event(Sent("101"))
        whole["child_events"][0] = {"event_type": "Create", "status": "solved"}
        monkeypatch.setattr(self, "event", lambda _: whole)
        fake.sent = [Sent("101")]
        assert [one["closed_at"] for one in self.read(fake).messages] == [AT]

    @pytest.mark.parametrize(
        ("states", "is_closed"),
        [(["solved"], True), (["solved", "open"], False), (["open", "closed"], True)],
    )
    def test_a_ticket_is_closed_by_an_event_without_a_comment(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, states: list[str], is_closed: bool
    ) -> None:
        whole = self.event
        changes = iter(states)

        def event(one: Sent) -> dict[str, Any]:
            if one.id == "101":
                return whole(one)
            change = {"event_type": "Change", "status": next(changes), "id": int(one.id)}
            return {**whole(one), "child_events": [{**change, "previous_value": "open"}]}

        monkeypatch.setattr(self, "event", event)
        fake.sent = [Sent("101"), *(Sent(str(at), at=AT) for at in range(102, 102 + len(states)))]
        (one,) = self.read(fake, DAY).messages
        assert one["closed_at"] == (AT if is_closed else None)

    def test_a_closing_is_noted_on_its_own_day_however_long_the_window(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.event

        def event(one: Sent) -> dict[str, Any]:
            status = "solved" if one.id == "101" else None
            change = {"event_type": "Change", **({"status": status} if status else {})}
            return {**whole(one), "child_events": [whole(one)["child_events"][1], change]}

        monkeypatch.setattr(self, "event", event)
        fake.sent = [Sent("101"), Sent("102", at=AT + timedelta(days=1))]
        closed = {one["native_id"]: one["closed_at"] for one in self.read(fake, DAYS).messages}
        assert closed == {"101": AT, "102": None}
        second = Window.of_days("2026-11-04")
        assert [one["closed_at"] for one in self.read(fake, second).messages] == [None]

    @pytest.mark.parametrize(
        ("status", "solved_at", "closed_at"),
        [
            ("solved", "2026-11-04T08:30:00Z", AT.replace(day=4, hour=8, minute=30)),
            ("closed", None, AT.replace(day=8, hour=8, minute=30)),
            ("pending", "2026-11-04T08:30:00Z", None),
        ],
    )
    def test_a_ticket_may_be_solved_on_a_later_day_without_a_word(
        self,
        fake: Fake,
        monkeypatch: pytest.MonkeyPatch,
        status: str,
        solved_at: str | None,
        closed_at: datetime | None,
    ) -> None:
        """By telephone, or with what it is a copy of; else its complaint would stay open for ever.

        One that was opened again has been solved, and is not.
        """
        now = {"status": status, "solved_at": solved_at, "updated_at": "2026-11-08T08:30:00Z"}
        monkeypatch.setattr(type(self), "states", {7: {"id": 7, **now}})
        fake.sent = [Sent("101")]
        assert [one["closed_at"] for one in self.read(fake, DAY).messages] == [closed_at]

    def test_a_closing_of_that_day_stays_though_the_ticket_was_opened_and_solved_again(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who came back in between has a fresh clock, which begins after that closing."""
        whole = self.event(Sent("101"))
        whole["child_events"][0] = {"event_type": "Change", "status": "solved"}
        monkeypatch.setattr(self, "event", lambda _: whole)
        now = {"status": "solved", "solved_at": "2026-11-07T08:30:00Z", "updated_at": None}
        monkeypatch.setattr(type(self), "states", {7: {"id": 7, **now}})
        fake.sent = [Sent("101")]
        assert [one["closed_at"] for one in self.read(fake, DAY).messages] == [AT]

    def test_tickets_are_asked_for_by_the_hundred(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.event
        monkeypatch.setattr(self, "event", lambda one: {**whole(one), "ticket_id": int(one.id)})
        solved = {"status": "solved", "solved_at": "2026-11-04T08:30:00Z", "updated_at": None}
        states = {at: {"id": at, **solved} for at in range(101, 302)}
        monkeypatch.setattr(type(self), "states", states)
        fake.sent = [Sent(str(at)) for at in range(101, 302)]
        assert {one["closed_at"] for one in self.read(fake, DAY).messages} == {
            AT.replace(day=4, hour=8, minute=30)
        }
        assert [one.path for one in fake.requests].count("/api/v2/tickets/show_many.json") == 3

    def test_a_page_may_be_empty_before_the_end(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        full, start = self.answer, int(DAY.start.timestamp())

        def answer(request: Request, sent: Sequence[Sent]) -> Any:
            is_first = request.args.get("start_time") == str(start)
            empty = {"ticket_events": [], "end_time": start + 9, "end_of_stream": False}
            return empty if is_first else full(request, sent)

        fake._answer = answer
        assert [one["native_id"] for one in self.read(fake, DAY).messages] == ["101"]

    def test_an_event_of_another_shape_is_rejected_and_the_others_arrive(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.event
        odd: dict[str, Any] = {
            "102": {"timestamp": 0, "child_events": [None]},
            "103": "niets",
            "104": {**whole(Sent("104")), "ticket_id": ["7"]},
        }
        monkeypatch.setattr(self, "event", lambda one: odd.get(one.id) or whole(one))
        got = self.read(fake, DAY)
        assert sorted(got.ids) == ["101", "105"]
        assert sorted(got.rules) == ["not_an_object", "unexpected_shape", "unexpected_shape"]

    def test_internal_notes_are_left_out(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = self.event(Sent("101"))
        whole["child_events"][1]["public"] = False
        monkeypatch.setattr(self, "event", lambda _: whole)
        fake.sent = [Sent("101")]
        assert self.read(fake).records_count == 0

    def test_no_page_is_asked_for_after_the_end_of_the_window(self, fake: Fake) -> None:
        fake.sent += [Sent(f"20{days}", at=AT + timedelta(days=days)) for days in range(5, 14)]
        assert sorted(self.read(fake, DAY).ids) == ["101", "102", "103", "104", "105"]
        paths = [one.path.rpartition("/")[2] for one in fake.requests]
        assert paths == [*["ticket_events.json"] * 3, "show_many.json"]


def epoch(one: Sent) -> int:
    """When the service saw it, whatever the time that it shows."""
    return int((AT if isinstance(one.at, str) else one.at).timestamp())
