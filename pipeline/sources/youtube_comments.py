"""Comments below videos of YouTube, and their replies.

Format:    the Data API, version 3. `follow` names videos by their id, or channels by theirs
           (`UC…`), all of whose videos are heard; `query` names words that a comment must hold. The
           key in `token_env` needs no account.
Threading: `parentId` is what a reply answers; a comment with its replies is a thread.
Times:     `publishedAt`, UTC; `updatedAt` of a comment that was edited. The service takes no time,
           and an old thread may hold a new reply: all its pages are turned, 100 threads a request,
           and one request more for a thread of more replies than come with it.
Text:      plain, as the service writes it.
Late:      an edited or deleted comment is so after its day is heard again.
Limits:    10,000 requests a day; a quota that is used up is for later. A video whose comments are
           turned off has none.
Own:       author's name, `@name`, in `company.own_accounts`.
Personal:  author's name, and the text.
Rejected:  items built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pipeline.records import Window
from pipeline.sources._documents import kept
from pipeline.sources._fetched import FetchedSource, Row, taken_apart

MOST_ITEMS = 100
"""The service gives no more in an answer."""
CHANNEL_ID_LENGTH = 24
TURNED = {"type": "cursor", "cursor_path": "nextPageToken", "cursor_param": "pageToken"}
KEPT = ("videoId", "channelId")


class YoutubeComments(FetchedSource):
    """Comments and replies."""

    channel = "social_network"
    needs = ("follow", "token_env")
    takes = ("address", "query")
    address = "https://www.googleapis.com/youtube/v3"
    asks_by_day = False

    def auth(self) -> Any:  # noqa: ANN401 - dlt's own form
        """The key goes into the query."""
        form = {"type": "api_key", "name": "key", "location": "query"}
        return {**form, "api_key": self.settings.token()}

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for all comments, page by page."""
        from pipeline.http import TurnedOffError

        del window
        for name in self.settings.follow:
            is_channel = name.startswith("UC") and len(name) == CHANNEL_ID_LENGTH
            place = {"allThreadsRelatedToChannelId" if is_channel else "videoId": name}
            # A video without comments keeps no other from being heard.
            with suppress(TurnedOffError):
                yield from self._threads(place)

    def _threads(self, place: Mapping[str, Any]) -> Iterator[Iterable[Any]]:
        from pipeline.http import NotThereError

        words = {"part": "snippet,replies", "order": "time", "searchTerms": self.settings.query}
        for threads in self._turned("commentThreads", {**words, **place}):
            yield taken_apart(threads, _comments)
            for thread in filter(_holds_more, threads):
                replies = {"part": "snippet", "parentId": thread["id"]}
                # The thread may be deleted meanwhile.
                with suppress(NotThereError):
                    yield from self._turned("comments", replies)

    def _turned(self, path: str, params: Mapping[str, Any]) -> Iterator[Iterable[Any]]:
        every = {"textFormat": "plainText", "maxResults": MOST_ITEMS}
        return self.api.pages(path, items="items", params={**every, **params}, paginator=TURNED)

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what a comment means."""
        said, video = item["snippet"], item["snippet"].get("videoId")
        sent, updated = said["publishedAt"], said.get("updatedAt")
        return {
            "native_id": item["id"],
            "reply_to_native_id": said.get("parentId"),
            "thread_native_id": said.get("parentId") or item["id"],
            "author": said.get("authorDisplayName"),
            "sent_at": sent,
            "edited_at": updated if updated != sent else None,
            "text": said["textDisplay"],
            "url": f"https://www.youtube.com/watch?v={video}&lc={item['id']}" if video else None,
            "likes_count": said.get("likeCount"),
            "attributes": kept(said, KEPT),
        }


def _comments(thread: Any) -> list[Any]:  # noqa: ANN401 - JSON values
    """The comment that opens a thread, and the replies that came with it, unless there are more."""
    replies = [] if _holds_more(thread) else thread.get("replies", {}).get("comments", [])
    return [thread["snippet"]["topLevelComment"], *replies]


def _holds_more(thread: Any) -> bool:  # noqa: ANN401 - JSON values
    try:
        came = len(thread.get("replies", {}).get("comments", []))
        return bool(thread["id"] and thread["snippet"]["totalReplyCount"] > came)
    except (AttributeError, KeyError, TypeError):
        return False


SOURCE = YoutubeComments
