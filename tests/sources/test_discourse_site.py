"""Posts of a live Discourse forum, as its API gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request

from tests.sources.conformance import AT, Sent
from tests.sources.fetched import DAY, PAGE, SECRET, Fake, FetchedConformance, newest_first


class TestDiscourseSite(FetchedConformance):
    """Posts, newest first."""

    type = "discourse_site"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"user": "listener", "token_env": "FAKE_TOKEN"}
    )

    before_counts: ClassVar[bool] = True
    """Older forums show the post that `before` names once more, later ones do not."""

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        assert request.path == "/posts.json"
        assert request.headers["Api-Key"] == SECRET
        assert request.headers["Api-Username"] == "listener"
        found = newest_first(sent)
        ids = [one.id for one in found]
        before = request.args.get("before")
        at = len(ids) - ids[::-1].index(before) if before else 0
        begin = at - self.before_counts if before else at
        return {"latest_posts": [self.item(one) for one in found[begin : at + PAGE]]}

    def item(self, one: Sent) -> dict[str, Any]:
        return {
            "id": one.id,
            "username": one.author,
            "created_at": one.time("%Y-%m-%dT%H:%M:%S.000Z"),
            "updated_at": "2026-11-19T00:00:00.000Z",
            "version": 1,
            "cooked": f"<p>{escape(one.text)}</p>",
            "post_number": int(one.id) - 99,
            "post_type": 1,
            "reply_to_post_number": int(one.reply_to) - 99 if one.reply_to else None,
            "topic_id": 42,
            "topic_slug": "het-slot",
            "topic_title": "Het slot",
            "category_id": 3,
            "actions_summary": [{"id": 2, "count": 6}],
            "hidden": False,
        }

    def test_a_post_answers_one_of_the_same_window_by_its_id(self, fake: Fake) -> None:
        fake.sent = [Sent("101"), Sent("103", reply_to="101"), Sent("104", reply_to="100")]
        rows = {one["native_id"]: one for one in self.read(fake).messages}
        assert rows["103"]["reply_to_native_id"] == "101"
        assert rows["104"]["reply_to_native_id"] == "42/1"
        assert {one["thread_native_id"] for one in rows.values()} == {"42"}
        assert rows["103"]["likes_count"] == 6
        assert rows["103"]["url"].endswith("/t/het-slot/42/4")

    def test_the_post_that_opens_a_topic_has_its_title(self, fake: Fake) -> None:
        fake.sent = [Sent("100"), Sent("101")]
        rows = {one["native_id"]: one["subject"] for one in self.read(fake).messages}
        assert rows == {"100": "Het slot", "101": None}

    def test_hidden_posts_are_rejected(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = self.item(Sent("101")) | {"hidden": True}
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("101")]
        assert self.read(fake).rules == ["withdrawn"]

    def test_an_accepted_answer_closes_the_topic_of_the_posts_around_it(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.item
        changed = {"101": {}, "102": {"accepted_answer": True}, "103": {"topic_id": 43}}
        monkeypatch.setattr(self, "item", lambda one: whole(one) | changed[one.id])
        fake.sent = [Sent("101"), Sent("102", at=AT + timedelta(hours=1)), Sent("103")]
        got = {one["native_id"]: one["closed_at"] for one in self.read(fake).messages}
        assert got == {"101": AT + timedelta(hours=1), "102": AT + timedelta(hours=1), "103": None}

    def test_the_newest_are_turned_back_to_the_window_and_no_further(self, fake: Fake) -> None:
        fake.sent += [Sent(f"20{days}", at=AT - timedelta(days=days)) for days in range(1, 9)]
        assert sorted(self.read(fake, DAY).ids) == ["101", "102", "103", "104", "105"]
        assert len(fake.requests) == 4

    @pytest.mark.parametrize("before_counts", [True, False])
    def test_the_first_post_of_all_ends_the_pages(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, *, before_counts: bool
    ) -> None:
        monkeypatch.setattr(type(self), "before_counts", before_counts)
        got = self.read(fake)
        assert (len(got.ids), got.duplicates_count) == (5, 0)

    def test_a_post_that_gets_likes_while_the_pages_turn_ends_them_too(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole, likes = self.item, iter(range(100))
        monkeypatch.setattr(
            self,
            "item",
            lambda one: whole(one) | {"actions_summary": [{"id": 2, "count": next(likes)}]},
        )
        assert sorted(self.read(fake).ids) == ["101", "102", "103", "104", "105"]
