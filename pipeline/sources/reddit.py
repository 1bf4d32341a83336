"""Posts and comments of Reddit: sub-forums, or a search.

Format:    the API for registered apps: `user` is the app's client id, `token_env` its secret.
           `follow` names sub-forums, whose new posts and comments are heard; with `query` the posts
           that a search finds are heard instead, in those sub-forums or everywhere.
Threading: `parent_id` is what a comment answers, `link_id` the post above it and so the thread.
Times:     `created_utc`, epoch; `edited`. The newest are turned back until the window begins.
Text:      `selftext_html` or `body_html` without its mark-up, below a post's title, which is the
           subject too; quotes are removed. Likes are the score, where it is above zero.
Late:      a list holds its newest 1,000 items only: what it no longer shows stays as it was heard,
           but for what it shows as deleted or removed: that goes.
Own:       author in `company.own_accounts`.
Personal:  author, and the text.
Rejected:  posts that were deleted or removed (`withdrawn`), items built otherwise than the service
           promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.sources._documents import kept
from pipeline.sources._fetched import FetchedSource, Row, down_to
from pipeline.sources._html import text_of

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

MOST_ITEMS = 100
"""The service gives no more in an answer."""
GONE = frozenset(("[deleted]", "[removed]"))
KEPT = ("subreddit", "num_comments", "link_flair_text")


class Reddit(FetchedSource):
    """Posts and comments."""

    channel = "forum"
    needs = ("user", "token_env")
    takes = ("address", "follow", "query")
    address = "https://oauth.reddit.com"
    token_address: ClassVar[str] = "https://www.reddit.com/api/v1/access_token"  # noqa: S105
    asks_by_day = False
    forgets = True

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings. Raises SettingsError when nothing is asked."""
        super().__init__(settings)
        if not (settings.follow or settings.query):
            raise SettingsError(
                "there is nothing to listen for",
                where=f"sources.{settings.name}",
                mend="name sub-forums in `follow`, words in `query`, or both",
            )

    def auth(self) -> Any:  # noqa: ANN401 - dlt's own form
        """Exchange the app's id and secret for a token."""
        app = {"username": self.settings.user, "password": self.settings.token()}
        with closing(self.service(self.token_address, {"type": "http_basic", **app})) as service:
            token = service.token("access_token", form={"grant_type": "client_credentials"})
        return {"type": "bearer", "token": token}

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the items of a window, page by page."""
        names = (quote(name.removeprefix("r/"), safe="") for name in self.settings.follow)
        place = "r/" + "+".join(names) if self.settings.follow else ""
        if self.settings.query:
            words = {"q": self.settings.query, "sort": "new", "t": "all", "type": "link"}
            asked = [(f"{place}/search".lstrip("/"), words | {"restrict_sr": int(bool(place))})]
        else:
            asked = [(f"{place}/new", {}), (f"{place}/comments", {})]
        for path, params in asked:
            listed = self.api.pages(
                path,
                items="data.children",
                # Without raw_json the HTML comes with its own signs written as entities.
                params={"limit": MOST_ITEMS, "raw_json": 1, **params},
                paginator={"type": "cursor", "cursor_path": "data.after", "cursor_param": "after"},
            )
            yield from down_to(window.start, listed, lambda item: item["data"]["created_utc"])

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what a post or a comment means."""
        thing, is_comment = item["data"], item["kind"] == "t1"
        words = thing.get("body_html" if is_comment else "selftext_html")
        text, title = text_of(words, _reading) if words else "", thing.get("title")
        edited = thing.get("edited")
        return {
            "native_id": thing["name"],
            "reply_to_native_id": thing.get("parent_id"),
            "thread_native_id": thing.get("link_id") or thing["name"],
            "author": thing.get("author"),
            "sent_at": thing.get("created_utc"),
            # True is an edit of long ago, of which nobody kept the time.
            "edited_at": None if isinstance(edited, bool) else edited,
            "text": text if is_comment else f"{title}\n\n{text}".strip(),
            "subject": None if is_comment else title,
            "url": f"https://www.reddit.com{thing['permalink']}",
            "likes_count": max(int(thing.get("score") or 0), 0),
            "attributes": kept(thing, KEPT),
            **_withdrawn(thing),
        }


def _withdrawn(thing: Mapping[str, Any]) -> Row:
    by = thing.get("removed_by_category")
    if by or GONE.intersection((thing.get("body"), thing.get("selftext"))):
        return {"rule_id": "withdrawn", "column": "removed_by_category", "value": by}
    return {}


def _reading(element: Any) -> str | None:  # noqa: ANN401 - an element of lxml
    return "" if element.tag == "blockquote" else None


SOURCE = Reddit
