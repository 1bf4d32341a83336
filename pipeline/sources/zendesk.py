"""Public comments on the tickets of Zendesk, from its incremental export.

Format:    the export of ticket events with their comments,
           https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/.
           `address` is `https://company.zendesk.com`, `user` the agent's mail address, `token_env`
           names the variable with the API token.
Threading: the ticket is the thread.
Times:     `created_at`, UTC; the service is asked from the start of the day on.
Text:      the plain text of a comment, without quoted mail and signature; internal notes are left
           out.
Own:       the ids of agents, in `company.own_accounts`.
Late:      a comment that was redacted is so after its day is heard again.
Personal:  the author's id, and the text.
Rejected:  events built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.records import Window
from pipeline.sources._fetched import FetchedSource, Row
from pipeline.sources._reply import own_text


class Zendesk(FetchedSource):
    """Comments on tickets."""

    channel = "ticket"
    needs = ("address", "user", "token_env")

    def auth(self) -> Any:  # noqa: ANN401 - dlt's own form
        """An API token goes with the address of the agent that it belongs to."""
        name = f"{self.settings.user}/token"
        return {"type": "http_basic", "username": name, "password": self.settings.token()}

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the events from the start of the window on, until one is after its end."""
        for page in self.api.pages(
            "api/v2/incremental/ticket_events.json",
            items="ticket_events",
            params={"start_time": int(window.start.timestamp()), "include": "comment_events"},
            paginator={"type": "json_link", "next_url_path": "next_page"},
        ):
            yield [comment for event in page for comment in _comments(event)]
            # The service names a next page for ever: at the end it is the page just read.
            is_over = page.response.json().get("end_of_stream", True)
            if is_over or page[-1]["timestamp"] >= window.end.timestamp():
                return

    def row(self, item: Mapping[str, Any]) -> Row | None:
        """Say what a comment means."""
        if not item["public"]:
            return None
        ticket = item["ticket_id"]
        return {
            "native_id": item["id"],
            "thread_native_id": ticket,
            "author": item.get("author_id"),
            "sent_at": item["created_at"],
            "text": own_text(item.get("plain_body") or item["body"], ""),
            "url": f"{self.place.rstrip('/')}/agent/tickets/{ticket}",
        }


def _comments(event: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON values
    """The comments among what changed, each with the ticket and the time of the event."""
    if not isinstance(event, dict):
        yield event
        return
    for change in event.get("child_events", ()):
        if change.get("event_type") == "Comment":
            yield {
                "ticket_id": event["ticket_id"],
                "created_at": event["created_at"],
                **change,
            }


SOURCE = Zendesk
