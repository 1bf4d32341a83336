"""Stories and comments of Hacker News that hold the words of a query.

Format:    the search of Algolia, https://hn.algolia.com/api; it needs no key.
Threading: `parent_id` is what a comment answers, `story_id` the thread.
Times:     `created_at`, UTC; the service is asked for one UTC day at a time.
Text:      `comment_text`, or a story's title and text, without mark-up.
Late:      an item that was edited or deleted is so after its day is heard again.
Limits:    1,000 items an answer; a day with more is asked in halves.
Personal:  author, and the text.
Rejected:  items built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.records import Window
from pipeline.sources._documents import kept
from pipeline.sources._fetched import FetchedSource, Row
from pipeline.sources._html import text_of

MOST_ITEMS = 1_000
"""The service does not turn pages beyond this."""
KEPT = ("points", "num_comments")


class HackerNews(FetchedSource):
    """Items that a search finds."""

    channel = "forum"
    needs = ("query",)
    takes = ("address",)
    address = "https://hn.algolia.com/api/v1"

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the items of a window, page by page."""
        return self._between(int(window.start.timestamp()), int(window.end.timestamp()))

    def _between(self, start: int, end: int) -> Iterator[Iterable[Any]]:
        params = {
            "query": self.settings.query,
            "tags": "(story,comment)",
            "numericFilters": f"created_at_i>={start},created_at_i<{end}",
            "hitsPerPage": MOST_ITEMS,
        }
        turned = {"type": "page_number", "base_page": 0, "total_path": "nbPages"}
        for page in self.api.pages("search_by_date", items="hits", params=params, paginator=turned):
            if page.response.json().get("nbHits", 0) > MOST_ITEMS and end - start > 1:
                middle = (start + end) // 2
                yield from self._between(start, middle)
                yield from self._between(middle, end)
                return
            yield page

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what an item means."""
        title, words = item.get("title"), item.get("comment_text") or item.get("story_text")
        text = text_of(words, lambda _: None) if words else ""
        native_id, is_comment = item["objectID"], item.get("comment_text") is not None
        return {
            "native_id": native_id,
            "reply_to_native_id": item.get("parent_id") if is_comment else None,
            "thread_native_id": item.get("story_id") or native_id,
            "author": item.get("author"),
            "sent_at": item.get("created_at"),
            "text": text if is_comment or not title else f"{title}\n\n{text}".strip(),
            "subject": None if is_comment else title,
            "url": f"https://news.ycombinator.com/item?id={native_id}",
            "attributes": kept(item, KEPT),
        }


SOURCE = HackerNews
