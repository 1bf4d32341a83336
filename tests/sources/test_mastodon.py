"""Posts of Mastodon, as a server gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request

from pipeline.errors import SettingsError
from pipeline.sources.base import create
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import (
    DAY,
    PAGE,
    SECRET,
    Fake,
    FetchedConformance,
    newest_first,
    page_of,
    within,
)

FIRST_ID = 1 << 50
"""Ids of posts hold their time; the suite's own are small."""
FOREVER = 1e11


class TestMastodon(FetchedConformance):
    """Posts with a hashtag."""

    type = "mastodon"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"follow": ("#peddel",), "token_env": "FAKE_TOKEN"}
    )

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        assert request.headers["Authorization"] == f"Bearer {SECRET}"
        told = request.args
        if request.path == "/api/v1/notifications":
            assert told["types[]"] == "mention"
            found = self.below(newest_first(sent), told.get("max_id"))
            return [self.mention(one) for one in found]
        if request.path == "/api/v2/search":
            assert (told["q"], told["type"], told["limit"]) == ("peddel slot", "statuses", "40")
            found = within(sent, time_of(told["min_id"]), time_of(told["max_id"]))
            found = found[int(told["offset"]) :]
            return {"accounts": [], "statuses": [self.item(one) for one in found], "hashtags": []}
        assert request.path == "/api/v1/timelines/tag/peddel"
        is_first = int(told["max_id"]) > FIRST_ID
        end = time_of(told["max_id"]) if is_first else FOREVER
        found = newest_first(within(sent, time_of(told["since_id"]), end))
        return [self.item(one) for one in self.below(found, None if is_first else told["max_id"])]

    def below(self, found: list[Sent], last: str | None) -> list[Sent]:
        ids = [one.id for one in found]
        return page_of(found[len(ids) - ids[::-1].index(last) if last else 0 :], 0)

    def item(self, one: Sent) -> dict[str, Any]:
        return {
            "id": one.id,
            "created_at": one.time("%Y-%m-%dT%H:%M:%S.000Z"),
            "in_reply_to_id": one.reply_to,
            "spoiler_text": "",
            "visibility": "public",
            "language": "nl",
            "url": f"https://fiets.example/@noor/{one.id}",
            "replies_count": 2,
            "reblogs_count": 3,
            "favourites_count": 11,
            "content": f"<p>{escape(one.text)}</p>",
            "reblog": None,
            "account": {"id": "7", "acct": one.author, "followers_count": 120},
        }

    def mention(self, one: Sent) -> dict[str, Any]:
        time = one.time("%Y-%m-%dT%H:%M:%S.000Z")
        post = {**self.item(one), "visibility": "direct"}
        return {"id": one.id, "type": "mention", "created_at": time, "status": post}

    def test_a_post_has_its_reply_its_reactions_and_its_followers(self, fake: Fake) -> None:
        fake.sent = [Sent("101", reply_to="99")]
        (one,) = self.read(fake).messages
        assert (one["reply_to_native_id"], one["language"]) == ("99", "nl")
        assert (one["likes_count"], one["shares_count"]) == (11, 3)
        assert one["author_followers_count"] == 120

    def test_the_link_to_a_post_does_not_name_its_author(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert one["url"].startswith("http")
        assert one["url"].endswith("/statuses/101")
        assert one["attributes"] == '{"visibility":"public","replies_count":2}'

    def test_a_content_warning_is_the_subject_and_read_with_the_text(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = '<a href="https://peddel.example/slot"><span class="invisible">https://</span>'
        link += (
            '<span class="ellipsis">peddel.example</span><span class="invisible">/slot</span></a>'
        )
        whole = {**self.item(Sent("7")), "spoiler_text": "klacht", "content": f"<p>Zie {link}</p>"}
        whole["edited_at"] = f"{AT:%Y-%m-%dT%H:%M:%S.000Z}"
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("7")]
        (one,) = self.read(fake).messages
        assert (one["subject"], one["edited_at"]) == ("klacht", AT)
        assert one["text"] == "klacht\n\nZie https://peddel.example/slot"

    def test_a_boost_is_no_message(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        boost = {**self.item(Sent("7")), "reblog": self.item(Sent("6"))}
        monkeypatch.setattr(self, "item", lambda _: boost)
        fake.sent = [Sent("7")]
        assert self.read(fake).records_count == 0

    def test_words_are_searched(self, fake: Fake) -> None:
        fake.sent.append(Sent("106", at=DAY.end))
        got = self.read(fake, DAY, follow=(), query="peddel slot")
        assert sorted(got.ids) == ["101", "102", "103", "104", "105"]

    def test_mentions_are_turned_back_to_the_day_and_no_further(self, fake: Fake) -> None:
        fake.sent += [
            Sent(f"20{days}", at=AT - timedelta(days=days, hours=hours))
            for days in range(1, 5)
            for hours in (0, 1)
        ]
        got = self.read(fake, DAY, follow=(), user="peddel")
        assert sorted(got.ids) == ["101", "102", "103", "104", "105"]
        assert "direct" in got.messages[0]["attributes"]
        # Three pages with the day's five, and one that is wholly before it.
        assert len(fake.requests) == -(-5 // PAGE) + 1

    def test_what_two_ways_find_is_one_message(self, fake: Fake) -> None:
        got = self.read(fake, DAY, query="peddel slot")
        assert (len(got.ids), got.duplicates_count) == (5, 5)

    def test_a_source_that_listens_for_nothing_is_refused(self, fake: Fake) -> None:
        with pytest.raises(SettingsError, match="nothing to listen for"):
            create(self.settings(fake, follow=()))


def time_of(number: str) -> float:
    """Epoch seconds of an id, or of the one before the first of a second."""
    return (int(number) + 1 >> 16) / 1000
