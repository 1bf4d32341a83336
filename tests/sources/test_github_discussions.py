"""Discussions of GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

import orjson
import pytest
from werkzeug import Request, Response

from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import Fake, FetchedConformance, page_of

TIME = "%Y-%m-%dT%H:%M:%SZ"


class TestGithubDiscussions(FetchedConformance):
    """Discussions, comments, replies."""

    type = "github_discussions"
    path = "/graphql"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"follow": ["peddel/app"], "token_env": "FAKE_TOKEN"}
    )

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        assert (request.method, request.path) == ("POST", "/graphql")
        asked = request.get_json()["variables"]
        assert (asked["owner"], asked["name"]) == ("peddel", "app")
        number = int(asked.get("after") or 0)
        nodes = [self.discussion(one) for one in page_of(sent, number)]
        # The last page has a cursor too, behind which there is nothing.
        found = {"pageInfo": {"endCursor": str(number + 1) if nodes else None}, "nodes": nodes}
        return {"data": {"repository": {"discussions": found}}}

    def discussion(self, one: Sent) -> dict[str, Any]:
        return {**self.said(one), "title": None, "updatedAt": "2026-12-01T00:00:00Z"}

    def said(self, one: Sent) -> dict[str, Any]:
        return {
            "id": one.id,
            "body": one.text,
            "createdAt": one.time(TIME),
            "author": {"login": one.author},
            "authorAssociation": "NONE",
            "url": f"https://github.com/peddel/app/discussions/{one.id}",
        }

    def test_comments_answer_the_discussion_and_replies_the_comment(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reply = self.said(Sent("3"))
        comment = {**self.said(Sent("2")), "replies": {"nodes": [reply]}}
        whole = {**self.discussion(Sent("1")), "title": "Wens", "comments": {"nodes": [comment]}}
        monkeypatch.setattr(self, "discussion", lambda _: whole)
        fake.sent = [Sent("1")]
        got = {one["native_id"]: one for one in self.read(fake).messages}
        assert {name: one["reply_to_native_id"] for name, one in got.items()} == {
            "1": None,
            "2": "1",
            "3": "2",
        }
        assert {one["thread_native_id"] for one in got.values()} == {"1"}
        assert got["1"]["text"].startswith("Wens\n\n")

    @pytest.mark.parametrize(
        "said",
        [
            {"closedAt": "2026-11-04T08:00:00Z"},
            {"answerChosenAt": "2026-11-04T08:00:00Z", "closedAt": "2026-11-05T08:00:00Z"},
        ],
    )
    def test_a_discussion_is_closed_when_it_is_answered_or_shut(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
    ) -> None:
        comment = self.said(Sent("2"))
        whole = {**self.discussion(Sent("1")), "comments": {"nodes": [comment]}, **said}
        monkeypatch.setattr(self, "discussion", lambda _: whole)
        fake.sent = [Sent("1")]
        closed_at = [one["closed_at"] for one in self.read(fake).messages]
        assert closed_at == [datetime(2026, 11, 4, 8, tzinfo=UTC)] * 2

    def test_what_the_service_cannot_show_keeps_nothing_else_from_being_heard(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        comment = {**self.said(Sent("2")), "replies": {"nodes": None}}
        whole = {**self.discussion(Sent("1")), "comments": {"nodes": [None, comment]}}
        monkeypatch.setattr(self, "discussion", lambda one: whole if one.id == "1" else None)
        fake.sent = [Sent("1"), Sent("9")]
        got = self.read(fake)
        assert (got.ids, got.rules) == (["1", "2"], [])

    def test_a_discussion_of_another_shape_is_rejected_and_the_others_arrive(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.discussion
        odd: dict[str, Any] = {"102": {"id": "102", "comments": "niets"}, "104": "niets"}
        monkeypatch.setattr(self, "discussion", lambda one: odd.get(one.id) or whole(one))
        got = self.read(fake)
        assert got.ids == ["101", "103", "105"]
        assert got.rules == ["unexpected_shape", "not_an_object"]

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            ({"type": "RATE_LIMITED", "message": "Mijn geheim is bekend."}, RetriableError),
            ({"message": "Something went wrong while executing your query."}, RetriableError),
            ({"type": "NOT_FOUND", "path": ["repository"]}, SettingsError),
            ({"message": "Field 'upvotes' doesn't exist"}, FatalError),
        ],
    )
    def test_a_refusal_that_is_called_fine_is_noticed(
        self, fake: Fake, said: dict[str, Any], error: type[EngageError]
    ) -> None:
        fake.always = lambda: Response(orjson.dumps({"data": None, "errors": [said]}))
        with pytest.raises(error) as caught:
            self.read(fake)
        assert "geheim" not in str(caught.value)
        assert caught.value.where == "sources.github_discussions"

    def test_discussions_that_did_not_change_since_are_not_asked_for(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = {"updatedAt": "2026-01-01T00:00:00Z", "createdAt": "2026-01-01T00:00:00Z"}
        whole = self.discussion
        monkeypatch.setattr(self, "discussion", lambda one: {**whole(one), **old})
        fake.sent = [Sent(str(at), at=AT) for at in range(9)]
        assert self.read(fake).messages == []
        assert len(fake.requests) == 1
