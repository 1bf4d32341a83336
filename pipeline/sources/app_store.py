"""Customer reviews of apps, from the feed of Apple's App Store.

Format:    the feed of customer reviews, https://itunes.apple.com/nl/rss/customerreviews/…/json; it
           needs no key. `follow` names apps with their country: `nl/310633997`.
Threading: none.
Times:     `updated`, with its zone. When a review that was heard is edited, it stays on its first
           day, and `edited_at` is the new time.
Text:      the title and the review.
Late:      the feed shows the newest 500 reviews of an app only: older ones stay in the tables as
           they were heard. A review that was edited is so while the feed shows it; a deleted stays.
Personal:  author, and the text.
Rejected:  entries built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.records import Window
from pipeline.sources._documents import as_json
from pipeline.sources._fetched import FetchedSource, Row

LAST_PAGE = 10
"""The feed has no more."""


class AppStore(FetchedSource):
    """Reviews of apps."""

    channel = "review"
    needs = ("follow",)
    takes = ("address",)
    address = "https://itunes.apple.com"
    asks_by_day = False
    forgets = True

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the newest reviews, app by app, page by page."""
        for app in self.settings.follow:
            country, _, number = app.rpartition("/")
            for page in range(1, LAST_PAGE + 1):
                path = (
                    f"{country}/rss/customerreviews/page={page}/id={number}/sortby=mostrecent/json"
                )
                ((feed,),) = self.api.pages(path, items="feed")
                entries = feed.get("entry", [])
                # One entry alone stands there without its list.
                entries = entries if isinstance(entries, list) else [entries]
                if not entries:
                    break
                yield entries

    def row(self, item: Mapping[str, Any]) -> Row | None:
        """Say what an entry means; some of the feeds begin with the app itself."""
        if "im:name" in item:
            return None
        title, review = _said(item, "title"), _said(item, "content")
        version = _said(item, "im:version")
        return {
            "native_id": _said(item, "id"),
            "author": _said(item["author"], "name"),
            "sent_at": _said(item, "updated"),
            "text": f"{title or ''}\n\n{review or ''}".strip(),
            "subject": title,
            "rating": _said(item, "im:rating"),
            "attributes": as_json({"version": version}) if version else None,
        }


def _said(item: Mapping[str, Any], name: str) -> str | None:
    """What the feed says under a name; each value lies in a `label`."""
    value = item.get(name)
    return None if value is None else value["label"]


SOURCE = AppStore
