"""Items of Hacker News, as Algolia's search gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request

from pipeline.sources import hacker_news
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import DAY, PAGE, Fake, FetchedConformance, page_of, within


class TestHackerNews(FetchedConformance):
    """Items of Hacker News."""

    type = "hacker_news"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType({"query": "peddel"})
    path = "/api/v1"

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        assert (request.path, request.args["query"]) == ("/api/v1/search_by_date", "peddel")
        bounds = re.fullmatch(
            r"created_at_i>=(\d+),created_at_i<(\d+)", request.args["numericFilters"]
        )
        assert bounds
        found = within(sent, *map(int, bounds.groups()))
        hits = [self.item(one) for one in page_of(found, int(request.args["page"]))]
        return {"hits": hits, "nbHits": len(found), "nbPages": -(-len(found) // PAGE)}

    def item(self, one: Sent) -> dict[str, Any]:
        return {
            "objectID": one.id,
            "author": one.author,
            "comment_text": f"<p>{escape(one.text)}</p>",
            "created_at": one.time("%Y-%m-%dT%H:%M:%SZ"),
            "parent_id": 100,
            "story_id": 99,
        }

    def test_a_comment_answers_its_parent_in_the_thread_of_its_story(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert (one["reply_to_native_id"], one["thread_native_id"]) == ("100", "99")
        assert one["url"] == "https://news.ycombinator.com/item?id=101"

    def test_a_story_is_its_title_and_its_text(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        story = {"objectID": "7", "title": "Peddel opens its lock", "created_at_i": 1, "points": 12}
        story |= {"created_at": f"{AT:%Y-%m-%dT%H:%M:%SZ}", "story_text": "No more <i>app</i>."}
        monkeypatch.setattr(self, "item", lambda _: story)
        fake.sent = [Sent("7")]
        (one,) = self.read(fake).messages
        assert one["text"] == "Peddel opens its lock\n\nNo more app."
        assert (one["subject"], one["thread_native_id"]) == ("Peddel opens its lock", "7")
        assert (one["reply_to_native_id"], one["attributes"]) == (None, '{"points":12}')

    def test_an_item_of_another_shape_is_rejected_and_the_others_arrive(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.item
        odd = {"102": {"author": "noor"}, "103": "niets", "104": {"objectID": {"a": 1}}}
        odd["105"] = {**whole(Sent("105")), "created_at": True}
        monkeypatch.setattr(self, "item", lambda one: odd.get(one.id) or whole(one))
        got = self.read(fake, DAY)
        assert got.ids == ["101"]
        rules = ["unexpected_shape", "not_an_object", "unexpected_shape", "unreadable_time"]
        assert got.rules == rules

    def test_a_day_with_more_than_the_service_gives_is_asked_in_parts(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(hacker_news, "MOST_ITEMS", 2)
        got = self.read(fake, DAY)
        assert sorted(got.ids) == ["101", "102", "103", "104", "105"]
        assert got.duplicates_count == 0
