"""Posts and comments of Reddit, as its API gives them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request, Response

from pipeline.errors import FatalError, SettingsError
from pipeline.sources.base import create
from pipeline.sources.reddit import Reddit
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import DAY, PAGE, SECRET, Fake, FetchedConformance, newest_first, page_of

TOKEN = "token-of-a-day"  # noqa: S105 - for the fake
APP = b64encode(f"peddel-app:{SECRET}".encode()).decode()


class TestReddit(FetchedConformance):
    """Comments in two sub-forums, and posts."""

    type = "reddit"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"follow": ("r/fietsen", "peddel"), "user": "peddel-app", "token_env": "FAKE_TOKEN"}
    )

    @pytest.fixture(autouse=True)
    def _token_at_the_fake(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Reddit, "token_address", fake.server.url_for("/api/v1/access_token"))

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        if request.path == "/api/v1/access_token":
            assert request.headers["Authorization"] == f"Basic {APP}"
            assert request.form.to_dict() == {"grant_type": "client_credentials"}
            return {"access_token": TOKEN, "token_type": "bearer", "expires_in": 86400}
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        told = request.args
        assert (told["raw_json"], told["limit"]) == ("1", "100")
        if request.path == "/r/fietsen+peddel/new":
            return self.listing([self.post()] if sent else [], None)
        if request.path in ("/search", "/r/fietsen+peddel/search"):
            assert (told["q"], told["sort"], told["type"]) == ("slot", "new", "link")
            assert told["restrict_sr"] == ("0" if request.path == "/search" else "1")
        else:
            assert request.path == "/r/fietsen+peddel/comments"
        at = int(told.get("after", "t1_0").removeprefix("t1_"))
        found = newest_first(sent)
        after = f"t1_{at + 1}" if len(found) > (at + 1) * PAGE else None
        return self.listing([self.item(one) for one in page_of(found, at)], after)

    def listing(self, items: list[Any], after: str | None) -> dict[str, Any]:
        return {"kind": "Listing", "data": {"after": after, "dist": len(items), "children": items}}

    def post(self) -> dict[str, Any]:
        """One that is long past, so that the suite counts the comments only."""
        past = {"name": "t3_1", "created_utc": 1500000000.0, "title": "Hoi", "permalink": "/r/x/"}
        return {"kind": "t3", "data": past}

    def item(self, one: Sent) -> dict[str, Any]:
        is_text = isinstance(one.at, str)
        data = {
            "name": one.id,
            "parent_id": "t1_99",
            "link_id": "t3_98",
            "author": one.author,
            "created_utc": one.at if is_text else one.at.timestamp(),  # type: ignore[union-attr]
            "edited": False,
            "body": one.text,
            "body_html": f'<div class="md"><p>{escape(one.text)}</p></div>',
            "permalink": f"/r/fietsen/comments/98/slot/{one.id}/",
            "subreddit": "fietsen",
            "score": 5,
        }
        return {"kind": "t1", "data": data}

    def test_a_comment_answers_its_parent_in_the_thread_of_its_post(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert (one["reply_to_native_id"], one["thread_native_id"]) == ("t1_99", "t3_98")
        assert (one["likes_count"], one["edited_at"], one["subject"]) == (5, None, None)
        assert one["url"] == "https://www.reddit.com/r/fietsen/comments/98/slot/101/"
        assert one["attributes"] == '{"subreddit":"fietsen"}'

    def test_a_post_is_its_title_and_its_text_without_quotes(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        html = "<blockquote><p>Het slot is stuk.</p></blockquote><p>Bij mij ook.</p>"
        post = {"name": "t3_7", "title": "Slot van Peddel", "selftext": "x", "selftext_html": html}
        post |= {"created_utc": AT.timestamp(), "edited": AT.timestamp() + 60}  # type: ignore[dict-item]
        post |= {"author": "noor", "permalink": "/r/fietsen/comments/7/", "score": -3}  # type: ignore[dict-item]
        monkeypatch.setattr(self, "post", lambda: {"kind": "t3", "data": post})
        fake.sent = [Sent("101")]
        (one,) = (one for one in self.read(fake).messages if one["native_id"] == "t3_7")
        assert one["text"] == "Slot van Peddel\n\nBij mij ook."
        assert (one["thread_native_id"], one["reply_to_native_id"]) == ("t3_7", None)
        assert (one["likes_count"], one["edited_at"]) == (0, AT + timedelta(minutes=1))

    def test_an_edit_of_which_reddit_does_not_know_the_time_costs_no_message(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.item(Sent("101"))
        whole["data"]["edited"] = True
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("101")]
        assert [one["edited_at"] for one in self.read(fake, DAY).messages] == [None]

    @pytest.mark.parametrize(
        "gone", [{"body": "[deleted]"}, {"body": "[removed]"}, {"removed_by_category": "spam"}]
    )
    def test_what_was_taken_back_is_rejected(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch, gone: dict[str, str]
    ) -> None:
        whole = self.item(Sent("101"))
        whole["data"] |= gone
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("101")]
        got = self.read(fake)
        assert (got.ids, got.rules) == ([], ["withdrawn"])

    def test_the_newest_are_turned_back_to_the_window_and_no_further(self, fake: Fake) -> None:
        fake.sent += [Sent(f"20{days}", at=AT - timedelta(days=days)) for days in range(1, 9)]
        assert sorted(self.read(fake, DAY).ids) == ["101", "102", "103", "104", "105"]
        # A token, the posts, three pages with the day's five, and one that is wholly before it.
        assert len(fake.requests) == 1 + 1 + 3 + 1

    @pytest.mark.parametrize("follow", [(), ("fietsen", "peddel")])
    def test_words_are_searched_everywhere_or_in_the_sub_forums(
        self, fake: Fake, follow: tuple[str, ...]
    ) -> None:
        got = self.read(fake, DAY, follow=follow, query="slot")
        assert sorted(got.ids) == ["101", "102", "103", "104", "105"]

    def test_a_refusal_that_is_called_fine_is_noticed(self, fake: Fake) -> None:
        fake.faults.append(lambda: Response('{"error": "unsupported_grant_type"}'))
        with pytest.raises(FatalError, match="no 'access_token'"):
            self.read(fake, DAY)

    def test_a_source_that_listens_for_nothing_is_refused(self, fake: Fake) -> None:
        with pytest.raises(SettingsError, match="nothing to listen for"):
            create(self.settings(fake, follow=()))
