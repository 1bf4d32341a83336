"""Posts of a live Discourse forum, newest first.

Format:    `/posts.json` of the forum at `address`. A public forum needs no key; else `token_env`
           holds the API key and `user` names whose key it is.
Threading: the topic is the thread. `reply_to_post_number` becomes the id of the replied-to post
           when that came in the same window; else it stays an unknown parent of the topic.
Times:     `created_at`; `updated_at` of a post that was edited. The service takes no time: its
           newest posts are turned back until the window begins.
Text:      `cooked` without its mark-up, as in the files of type `discourse`.
Subject:   the topic's title, with the post that opens it. Likes are those in `actions_summary`.
Closed:    when the accepted answer was written, where that came in the same window. The forum does
           not show its notices here, also not that of a closing.
Late:      an edited or deleted post is so after its day is heard again.
Own:       `username` in `company.own_accounts`; a forum's staff need not be the company's.
Personal:  username, and the text.
Rejected:  deleted or hidden posts (`withdrawn`), items built otherwise than the service promises
           (`unexpected_shape`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.records import Window
from pipeline.sources._documents import as_text
from pipeline.sources._fetched import FetchedSource, Row, down_to
from pipeline.sources.discourse import closings, row_of

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

OLDER = {"type": "cursor", "cursor_path": "latest_posts[-1:].id", "cursor_param": "before"}


class DiscourseSite(FetchedSource):
    """Posts of a forum."""

    channel = "forum"
    needs = ("address",)
    takes = ("user", "token_env")
    asks_by_day = False

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings."""
        super().__init__(settings)
        self._closed: dict[str | None, str | None] = {}
        self._ids: defaultdict[str | None, dict[str | None, str | None]] = defaultdict(dict)

    def auth(self) -> None:
        """Nothing: the key goes into a header of the forum's own."""

    def headers(self) -> dict[str, str]:
        """The key, and whose it is."""
        token = self.settings.token()
        key = {"Api-Key": token} if token else {}
        return {**key, **({"Api-Username": self.settings.user} if self.settings.user else {})}

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the items of a window, page by page."""
        listed = self.api.pages("posts.json", items="latest_posts", paginator=OLDER)
        return down_to(window.start, _without_last(listed), lambda post: post["created_at"])

    def linked(self, pages: Iterator[Iterable[Any]]) -> Iterable[Iterable[Any]]:
        """Note the ids of all posts by their numbers, by which replies name them."""
        held = list(pages)
        for post in (post for page in held for post in page if isinstance(post, dict)):
            topic, number = (as_text(post.get(name)) for name in ("topic_id", "post_number"))
            self._ids[topic][number] = as_text(post.get("id"))
        oldest_first = (post for page in reversed(held) for post in reversed(list(page)))
        self._closed = closings(oldest_first)
        return held

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what a post means."""
        topic = {"title": item.get("topic_title"), "category_id": item.get("category_id")}
        topic["closed_at"] = self._closed.get(as_text(item["topic_id"]))
        path = f"/t/{item['topic_slug']}/{item['topic_id']}/{item['post_number']}"
        row = row_of(item, topic, self._ids[as_text(item["topic_id"])])
        return {**row, "url": self.place.rstrip("/") + path}


def _without_last(pages: Iterable[Iterable[Any]]) -> Iterator[list[Any]]:
    """Older forums begin a page with the last post of the page before: one of no other was all."""
    last: Any = None
    for page in pages:
        items = [post for post in page if post != last]
        yield items
        # By the id: a like or an edit meanwhile makes it another post.
        if all(_id(post) == _id(last) for post in items):
            return
        last = items[-1]


def _id(post: Any) -> Any:  # noqa: ANN401 - JSON values
    return post.get("id") if isinstance(post, dict) else post


SOURCE = DiscourseSite
