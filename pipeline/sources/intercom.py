"""Conversations of Intercom.

Format:    the REST API 2.11, https://developers.intercom.com/docs/references/rest-api/.
Threading: the conversation is the thread.
Times:     `created_at`, epoch seconds; the service is asked for conversations that changed since
           the window's start, those that changed last at the end: what changes meanwhile still
           comes.
Text:      plain text, as the service makes it; notes between colleagues are left out.
Closed:    when the conversation was closed last, while it is.
Agents:    admins and bots are the company.
Limits:    the service gives at most 500 parts of a conversation.
Late:      a part that was edited or redacted is so after its day is heard again.
Personal:  the author's id, and the text.
Rejected:  parts built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pipeline.records import Window
from pipeline.sources._fetched import FetchedSource, Row, taken_apart

MOST_ITEMS = 50
"""Of one page."""
SAID = ("comment", "close", "open")
"""Parts that both sides see: who closes a conversation or opens it again may say something."""


class Intercom(FetchedSource):
    """Parts of conversations."""

    channel = "chat"
    needs = ("token_env",)
    takes = ("address",)
    address = "https://api.intercom.io"
    asks_by_day = False

    def headers(self) -> dict[str, str]:
        """The version of the interface."""
        return {"Intercom-Version": "2.11"}

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask which conversations changed since the window's start, then for each of them."""
        from pipeline.http import NotThereError

        since = int(window.start.timestamp()) - 1
        for page in self.api.pages(
            "conversations/search",
            items="conversations",
            json={
                "query": {"field": "updated_at", "operator": ">", "value": since},
                "sort": {"field": "updated_at", "order": "ascending"},
                "pagination": {"per_page": MOST_ITEMS},
            },
            paginator={
                "type": "cursor",
                "cursor_path": "pages.next.starting_after",
                "cursor_body_path": "pagination.starting_after",
            },
        ):
            for listed in page:
                name = listed.get("id") if isinstance(listed, dict) else None
                if name is None:
                    yield [listed]
                    continue
                # The search shows for a while what was deleted or merged with another.
                with suppress(NotThereError):
                    answer = self.api.get(f"conversations/{name}", display_as="plaintext")
                    yield taken_apart([answer.json()], _all_of)

    def row(self, item: Mapping[str, Any]) -> Row | None:
        """Say what a part means."""
        author = item["author"]
        return {
            "native_id": item["id"],
            "thread_native_id": item["thread"],
            "author": author.get("id"),
            "is_agent": author["type"] in ("admin", "bot"),
            "sent_at": item["created_at"],
            "closed_at": item["closed_at"],
            "text": item["body"],
            "subject": item.get("subject"),
        }


def _all_of(conversation: Mapping[str, Any]) -> Iterator[Any]:
    """What opened a conversation, and what was said in it."""
    parts = (conversation.get("conversation_parts") or {}).get("conversation_parts", ())
    closings = [one.get("created_at", 0) for one in parts if one.get("part_type") == "close"]
    is_closed = conversation.get("state") == "closed" and closings
    thread = {"thread": conversation["id"], "closed_at": max(closings) if is_closed else None}
    opened = {"created_at": conversation["created_at"], **conversation["source"]}
    # Its id is one of messages, not of parts: the same number may be that of another's part.
    opened["id"] = f"{conversation['id']}/{opened['id']}"
    # A conversation that the company opened without a word has no text to read.
    if opened.get("body") is not None:
        yield {**opened, **thread}
    for part in parts:
        if part.get("part_type") in SAID and part.get("body") is not None:
            yield {**part, **thread}


SOURCE = Intercom
