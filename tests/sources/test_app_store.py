"""Reviews of apps in the App Store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request, Response

from tests.sources.conformance import Sent
from tests.sources.fetched import PAGE, Fake, FetchedConformance, page_of


class TestAppStore(FetchedConformance):
    """Reviews of an app."""

    type = "app_store"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType({"follow": ["nl/310633997"]})

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        asked = re.fullmatch(
            r"/nl/rss/customerreviews/page=(\d+)/id=310633997/sortby=mostrecent/json", request.path
        )
        assert asked
        if int(asked[1]) > 10:
            return Response("CustomerReviews RSS page depth is limited to 10", 400)
        shown = [self.review(one) for one in page_of(sent, int(asked[1]) - 1)]
        feed: dict[str, Any] = {"id": {"label": "https://itunes.apple.com/nl/rss"}}
        if shown:
            feed["entry"] = shown if len(shown) > 1 else shown[0]
        return {"feed": feed}

    def review(self, one: Sent) -> dict[str, Any]:
        return {
            "id": {"label": one.id},
            "author": {"name": {"label": one.author}},
            "updated": {"label": one.time("%Y-%m-%dT%H:%M:%S-00:00")},
            "im:rating": {"label": "2"},
            "im:version": {"label": "4.1"},
            "title": {"label": ""},
            "content": {"label": one.text},
        }

    def test_no_more_than_ten_pages_are_asked_for(self, fake: Fake) -> None:
        fake.sent = [Sent(str(at)) for at in range(25)]
        assert len(self.read(fake).ids) == len(fake.requests) * PAGE == 20

    def test_the_app_itself_is_no_review(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        app = {"im:name": {"label": "Peddel"}, "id": {"label": "https://apps.example/id310633997"}}
        whole = self.review
        monkeypatch.setattr(self, "review", lambda one: app if one.id == "101" else whole(one))
        got = self.read(fake)
        assert (sorted(got.ids), got.rules) == (["102", "103", "104", "105"], [])

    def test_stars_and_version_are_kept(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert (one["rating"], one["attributes"]) == (2.0, '{"version":"4.1"}')
