"""Posts of Mastodon: hashtags, words, and mentions of an account.

Format:    the API of one server, which knows its own posts and those it follows elsewhere.
           `follow` names hashtags, `query` words to search, `user` the account of the token, whose
           mentions are heard. Searching and mentions need a token (`read:search`,
           `read:notifications`); hashtags do on some servers.
Threading: `in_reply_to_id` is what a post answers.
Times:     `created_at`, UTC, and `edited_at`. Hashtags and words are asked for one UTC day at a
           time: a post's id holds its time, on Mastodon and not on all that speaks its language.
           Mentions are turned back from the newest until that day.
Text:      the content without its mark-up, below the content warning, which is the subject too.
           Likes are favourites, shares are boosts; a boost itself is no message.
Late:      an edited or deleted post is so after its day is heard again.
Own:       `acct` in `company.own_accounts`: `name`, or `name@server` from elsewhere.
Personal:  acct, and the text. Mentions may be private: `visibility` in the attributes says so.
Rejected:  items built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.sources._documents import kept
from pipeline.sources._fetched import FetchedSource, Row, down_to
from pipeline.sources._html import text_of

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

MOST_ITEMS = 40
"""The service gives no more in an answer."""
OLDER = {"type": "cursor", "cursor_path": "$[-1:].id", "cursor_param": "max_id"}
KEPT = ("visibility", "replies_count")


class Mastodon(FetchedSource):
    """Posts that a server knows."""

    channel = "microblog"
    needs = ("address",)
    takes = ("follow", "query", "user", "token_env")

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings. Raises SettingsError when nothing is asked."""
        super().__init__(settings)
        if not (settings.follow or settings.query or settings.user):
            raise SettingsError(
                "there is nothing to listen for",
                where=f"sources.{settings.name}",
                mend="name hashtags in `follow`, words in `query` or the account in `user`",
            )

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the items of a window, page by page."""
        after, before = _id_at(window.start) - 1, _id_at(window.end)
        for tag in self.settings.follow:
            yield from self.api.pages(
                f"api/v1/timelines/tag/{quote(tag.removeprefix('#'), safe='')}",
                items="$[*]",
                params={"since_id": after, "max_id": before, "limit": MOST_ITEMS},
                paginator=OLDER,
            )
        if self.settings.query:
            yield from self.api.pages(
                "api/v2/search",
                items="statuses",
                params={
                    "q": self.settings.query,
                    "type": "statuses",
                    "min_id": after,
                    "max_id": before,
                },
                paginator={"type": "offset", "limit": MOST_ITEMS, "total_path": None},
            )
        if self.settings.user:
            mentions = self.api.pages(
                "api/v1/notifications",
                items="$[*]",
                params={"types[]": "mention", "limit": MOST_ITEMS},
                paginator=OLDER,
            )
            yield from down_to(window.start, mentions, lambda mention: mention["created_at"])

    def row(self, item: Mapping[str, Any]) -> Row | None:
        """Say what a post, or a mention that holds one, means."""
        post = item.get("status", item)
        if post.get("reblog"):
            return None
        warning, text = post.get("spoiler_text"), text_of(post["content"], lambda _: None)
        return {
            "native_id": post["id"],
            "reply_to_native_id": post.get("in_reply_to_id"),
            "author": post["account"].get("acct"),
            "author_followers_count": post["account"].get("followers_count"),
            "sent_at": post.get("created_at"),
            "edited_at": post.get("edited_at"),
            "text": f"{warning}\n\n{text}".strip() if warning else text,
            "subject": warning,
            "language": post.get("language"),
            # The link of the post itself names its author.
            "url": f"{self._shown_place.rstrip('/')}/statuses/{post['id']}",
            "likes_count": post.get("favourites_count"),
            "shares_count": post.get("reblogs_count"),
            "attributes": kept(post, KEPT),
        }


def _id_at(time: datetime) -> int:
    """The least id of a post of that time: milliseconds, then two bytes."""
    return int(time.timestamp()) * 1000 << 16


SOURCE = Mastodon
