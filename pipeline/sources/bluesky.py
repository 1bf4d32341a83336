"""Posts of Bluesky that hold the words of a query.

Format:    `app.bsky.feed.searchPosts`, asked through the server of an account. `user` is its handle
           and `token_env` an app password: without one the service shows its first page only.
Threading: `reply.parent` is what a post answers, `reply.root` the thread.
Times:     UTC: `createdAt`, which is what the author's program says, unless the service saw the
           post earlier than that (`indexedAt`). One UTC day is asked at a time.
Text:      as it stands. Likes are likes, shares are reposts. A post cannot be edited.
Late:      a deleted post is gone after its day is heard again.
Own:       handle in `company.own_accounts`.
Personal:  handle, or the author's number where their handle does not hold; and the text.
Rejected:  items built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from pipeline.records import Window
from pipeline.sources._documents import kept
from pipeline.sources._fetched import FetchedSource, Row

MOST_ITEMS = 100
"""The service gives no more in an answer."""
KEPT = ("replyCount", "quoteCount")
NO_HANDLE = "handle.invalid"
"""What the service writes for all whose handle is not theirs any more."""


class Bluesky(FetchedSource):
    """Posts that a search finds."""

    channel = "microblog"
    needs = ("query", "user", "token_env")
    takes = ("address",)
    address = "https://bsky.social/xrpc"

    def auth(self) -> Any:  # noqa: ANN401 - dlt's own form
        """Open a session, and send its token."""
        name = {"identifier": str(self.settings.user), "password": str(self.settings.token())}
        with closing(self.service(self.place)) as service:
            token = service.token("accessJwt", "com.atproto.server.createSession", json=name)
        return {"type": "bearer", "token": token}

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the items of a window, page by page."""
        return self.api.pages(
            "app.bsky.feed.searchPosts",
            items="posts",
            params={
                "q": self.settings.query,
                "sort": "latest",
                "since": f"{window.start:%Y-%m-%dT%H:%M:%SZ}",
                "until": f"{window.end:%Y-%m-%dT%H:%M:%SZ}",
                "limit": MOST_ITEMS,
            },
            paginator={"type": "cursor", "cursor_path": "cursor", "cursor_param": "cursor"},
        )

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what a post means."""
        post, uri, author = item["record"], item["uri"], item["author"]
        reply, languages = post.get("reply") or {}, post.get("langs") or [None]
        return {
            "native_id": uri,
            "reply_to_native_id": reply["parent"]["uri"] if reply else None,
            "thread_native_id": reply["root"]["uri"] if reply else uri,
            "author": author["did"] if author["handle"] == NO_HANDLE else author["handle"],
            "sent_at": _earlier(post.get("createdAt"), item.get("indexedAt")),
            "text": post.get("text"),
            "language": languages[0] if len(languages) == 1 else None,
            # By the author's number: a handle would name them.
            "url": f"https://bsky.app/profile/{author['did']}/post/{uri.rpartition('/')[2]}",
            "likes_count": item.get("likeCount"),
            "shares_count": item.get("repostCount"),
            "attributes": kept(item, KEPT),
        }


def _earlier(created: str | None, indexed: str | None) -> str | None:
    """The time by which the service sorts; what cannot be read stays as it stands."""
    if not created or not indexed:
        return created
    try:
        return min(created, indexed, key=datetime.fromisoformat)
    except (TypeError, ValueError):
        return created


SOURCE = Bluesky
