"""Questions and answers of Stack Exchange, as its API gives them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request, Response

from pipeline import http
from pipeline.errors import RetriableError, SettingsError
from pipeline.sources.base import create
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import (
    DAY,
    LIMITS,
    PAGE,
    SECRET,
    Fake,
    FetchedConformance,
    page_of,
    within,
)


class TestStackExchange(FetchedConformance):
    """Answers of a day to a question of long ago."""

    type = "stack_exchange"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"follow": ("superuser/bitlocker",), "query": "sleutel", "token_env": "FAKE_TOKEN"}
    )
    path = "/2.3"
    backoff: ClassVar[Mapping[str, int]] = MappingProxyType({})

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        told = request.args
        assert (told["key"], told["site"], told["filter"]) == (SECRET, "superuser", "withbody")
        if request.path == "/2.3/search/advanced":
            assert (told["q"], told["tagged"], told["sort"]) == ("sleutel", "bitlocker", "activity")
            assert told["min"].isdecimal()
            return {"items": [self.question()], "has_more": False, **self.backoff}
        assert request.path == "/2.3/questions/99/answers"
        found = within(sent, int(told["fromdate"]), int(told["todate"]))
        at = int(told["page"]) - 1
        items = [self.item(one) for one in page_of(found, at)]
        return {"items": items, "has_more": len(found) > (at + 1) * PAGE, **self.backoff}

    def question(self) -> dict[str, Any]:
        return {
            "question_id": 99,
            "owner": {"user_id": 7, "display_name": "Noor"},
            "creation_date": 1500000000,
            "title": "Where is the &quot;key&quot;?",
            "body": "<p>It asks for <code>48</code> digits.</p>",
            "link": "https://superuser.example/questions/99",
            "tags": ["bitlocker"],
            "answer_count": 5,
            "score": -1,
        }

    def item(self, one: Sent) -> dict[str, Any]:
        is_text = isinstance(one.at, str)
        return {
            "answer_id": one.id,
            "question_id": 99,
            "owner": {"display_name": one.author, "user_type": "does_not_exist"},
            "creation_date": one.at if is_text else int(one.at.timestamp()),  # type: ignore[union-attr]
            "body": f"<p>{escape(one.text)}</p>",
            "score": 3,
        }

    def test_an_accepted_answer_closes_its_question(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.item
        monkeypatch.setattr(self, "item", lambda one: {**whole(one), "is_accepted": True})
        fake.sent = [Sent("101")]
        assert [one["closed_at"] for one in self.read(fake).messages] == [AT]

    def test_an_answer_answers_its_question(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert (one["reply_to_native_id"], one["thread_native_id"]) == ("99", "99")
        assert (one["likes_count"], one["subject"]) == (3, None)

    def test_a_question_is_its_title_and_its_text(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = int(AT.timestamp())
        asked = self.question() | {"creation_date": at, "last_edit_date": at}
        monkeypatch.setattr(self, "question", lambda: asked)
        fake.sent = []
        (one,) = self.read(fake, DAY).messages
        assert one["text"] == 'Where is the "key"?\n\nIt asks for 48 digits.'
        assert (one["subject"], one["thread_native_id"]) == ('Where is the "key"?', "99")
        assert (one["author"], one["likes_count"], one["edited_at"]) == ("7", 0, AT)

    def test_a_pause_that_the_service_asks_for_is_kept(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        naps: list[float] = []
        monkeypatch.setattr(time, "sleep", naps.append)
        monkeypatch.setattr(http, "LIMITS", replace(LIMITS, longest_wait_seconds=60))
        monkeypatch.setattr(self, "backoff", {"backoff": 7})
        assert len(self.read(fake, DAY).ids) == 5
        assert naps.count(7) == len(fake.requests) == 1 + 3

    def test_a_quota_that_is_used_up_is_for_later(self, fake: Fake) -> None:
        fake.always = lambda: Response('{"error_id": 502, "error_name": "throttle_violation"}', 400)
        with pytest.raises(RetriableError):
            self.read(fake, DAY)

    def test_a_source_of_two_sites_is_refused(self, fake: Fake) -> None:
        with pytest.raises(SettingsError, match="several sites"):
            create(self.settings(fake, follow=("superuser/bitlocker", "askubuntu/luks")))
