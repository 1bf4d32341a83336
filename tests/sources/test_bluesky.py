"""Posts of Bluesky, as the search gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request, Response

from pipeline.errors import RetriableError
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import DAY, PAGE, SECRET, Fake, FetchedConformance, page_of, within

SESSION = "session-of-an-hour"
POST = "at://did:plc:noor/app.bsky.feed.post/"


class TestBluesky(FetchedConformance):
    """Posts that a search finds."""

    type = "bluesky"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"query": "peddel", "user": "peddel.example", "token_env": "FAKE_TOKEN"}
    )
    path = "/xrpc"

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        if request.path == "/xrpc/com.atproto.server.createSession":
            assert request.json == {"identifier": "peddel.example", "password": SECRET}
            return {"accessJwt": SESSION, "refreshJwt": "x", "handle": "x", "did": "did:plc:x"}
        assert request.path == "/xrpc/app.bsky.feed.searchPosts"
        assert request.headers["Authorization"] == f"Bearer {SESSION}"
        told = request.args
        assert (told["q"], told["sort"]) == ("peddel", "latest")
        start, end = (datetime.fromisoformat(told[name]) for name in ("since", "until"))
        found = within(sent, start.timestamp(), end.timestamp())
        at = int(told.get("cursor", 0))
        page: dict[str, Any] = {"posts": [self.item(one) for one in page_of(found, at)]}
        return page | ({"cursor": str(at + 1)} if len(found) > (at + 1) * PAGE else {})

    def item(self, one: Sent) -> dict[str, Any]:
        return {
            "uri": one.id,
            "cid": "bafy",
            "author": {"did": "did:plc:noor", "handle": one.author, "displayName": "Noor"},
            "record": {
                "$type": "app.bsky.feed.post",
                "text": one.text,
                "createdAt": one.time("%Y-%m-%dT%H:%M:%S.000Z"),
                "langs": ["nl"],
            },
            "indexedAt": "2026-11-19T00:00:00.000Z",
            "likeCount": 4,
            "repostCount": 2,
            "replyCount": 1,
        }

    def one(self, fake: Fake, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> dict[str, Any]:
        whole = self.item(Sent(f"{POST}3k"))
        whole |= {name: one for name, one in changed.items() if name in whole}
        whole["record"] |= {name: one for name, one in changed.items() if name not in whole}
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("7")]
        (one,) = self.read(fake).messages
        return one

    def test_a_reply_names_its_parent_and_its_thread(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reply = {"root": {"uri": f"{POST}1a"}, "parent": {"uri": f"{POST}2b"}}
        one = self.one(fake, monkeypatch, reply=reply)
        assert (one["reply_to_native_id"], one["thread_native_id"]) == (f"{POST}2b", f"{POST}1a")
        assert one["url"] == "https://bsky.app/profile/did:plc:noor/post/3k"
        assert (one["likes_count"], one["shares_count"], one["language"]) == (4, 2, "nl")

    def test_a_post_that_answers_nothing_begins_its_own_thread(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = self.one(fake, monkeypatch, langs=["nl", "en"])
        assert (one["reply_to_native_id"], one["thread_native_id"]) == (None, f"{POST}3k")
        assert one["language"] is None

    def test_people_whose_handle_does_not_hold_are_not_one_person(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        author = {"did": "did:plc:noor", "handle": "handle.invalid"}
        assert self.one(fake, monkeypatch, author=author)["author"] == "did:plc:noor"

    def test_a_clock_that_runs_ahead_is_put_right_by_the_service(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = f"{AT:%Y-%m-%dT%H:%M:%S.000Z}"
        ahead = "2026-11-09T09:30:00+02:00"
        assert self.one(fake, monkeypatch, createdAt=ahead, indexedAt=seen)["sent_at"] == AT

    def test_a_session_is_opened_once_for_a_window(self, fake: Fake) -> None:
        self.read(fake)
        paths = [one.path.rpartition(".")[2] for one in fake.requests]
        assert paths.count("createSession") == 1

    def test_a_session_that_ended_is_another_one_when_it_is_run_again(self, fake: Fake) -> None:
        fake.faults.append(lambda: Response(b'{"accessJwt": "old"}', 200))
        fake.faults.append(lambda: Response(b'{"error": "ExpiredToken"}', 400))
        with pytest.raises(RetriableError):
            self.read(fake, DAY)
        assert len(self.read(fake, DAY).ids) == 5
