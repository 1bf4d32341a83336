"""Public comments on the tickets of Zendesk, from its incremental export.

Format:    the export of ticket events with their comments,
           https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/.
           `address` is `https://company.zendesk.com`, `user` the agent's mail address, `token_env`
           names the variable with the API token.
Threading: the ticket is the thread.
Times:     `created_at`, UTC; the service is asked from the start of the day on.
Text:      the plain text of a comment, without quoted mail and signature; internal notes are left
           out.
Closed:    when the ticket is solved or closed, as long as it is not opened again: on the day of its
           comments, or later, without a word, as the ticket stands when it is asked for.
Own:       the ids of agents, in `company.own_accounts`.
Late:      a comment that was redacted is so after its day is heard again.
Personal:  the author's id, and the text.
Rejected:  events built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.records import Window
from pipeline.sources._documents import as_text
from pipeline.sources._fetched import FetchedSource, Row, taken_apart
from pipeline.sources._forwarded import forwarded_text
from pipeline.sources._reply import own_text

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

MOST_TICKETS = 100
"""The service shows no more in an answer."""
OVER = ("solved", "closed")


class Zendesk(FetchedSource):
    """Comments on tickets."""

    channel = "ticket"
    needs = ("address", "user", "token_env")

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings."""
        super().__init__(settings)
        self._closed: dict[str | None, Any] = {}

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
            # Not by the link to the next page: that leaves out `include`, and so the comments.
            paginator={"type": "cursor", "cursor_path": "end_time", "cursor_param": "start_time"},
        ):
            yield taken_apart(page, _comments)
            # The service names a next page for ever: at the end it is the page just read.
            said = page.response.json()
            if said.get("end_of_stream", True) or said.get("end_time", 0) >= window.end.timestamp():
                return

    def linked(self, pages: Iterator[Iterable[Any]]) -> Iterable[Iterable[Any]]:
        """Note how the tickets stand at the end; what was only a change of that is no comment."""
        # Each day by itself: a closing of the day before is noted with the comments of that day.
        self._closed = {}
        held = [list(page) for page in pages]
        for one in (one for page in held for one in _objects(page)):
            if status := one.get("status"):
                is_closed = status in OVER
                ticket = as_text(one["ticket_id"])
                self._closed[ticket] = one["created_at"] if is_closed else None
        comments = [[one for one in page if not _is_change(one)] for page in held]
        told = (one.get("ticket_id") for page in comments for one in _objects(page))
        ids = {one for one in told if isinstance(one, int)}
        self._ask_for(sorted(one for one in ids if not self._closed.get(as_text(one))))
        return comments

    def _ask_for(self, tickets: list[int]) -> None:
        """Note how tickets stand now that were open when their day ended."""
        for at in range(0, len(tickets), MOST_TICKETS):
            ids = ",".join(map(str, tickets[at : at + MOST_TICKETS]))
            for page in self.api.pages(
                "api/v2/tickets/show_many.json",
                items="tickets",
                params={"ids": ids, "include": "metric_sets"},
            ):
                metrics = page.response.json().get("metric_sets") or ()
                solved = {one.get("ticket_id"): one.get("solved_at") for one in _objects(metrics)}
                for ticket in _objects(page):
                    if ticket.get("status") in OVER:
                        closed_at = solved.get(ticket.get("id")) or ticket.get("updated_at")
                        self._closed[as_text(ticket.get("id"))] = closed_at

    def row(self, item: Mapping[str, Any]) -> Row | None:
        """Say what a comment means."""
        if not item["public"]:
            return None
        ticket, body = item["ticket_id"], item.get("plain_body") or item["body"]
        return {
            "native_id": item["id"],
            "thread_native_id": ticket,
            "author": item.get("author_id"),
            "sent_at": item["created_at"],
            "closed_at": self._closed.get(as_text(ticket)),
            "text": own_text(body) or forwarded_text(body),
            "url": f"{self.place.rstrip('/')}/agent/tickets/{ticket}",
        }


def _objects(values: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    return (one for one in values if isinstance(one, dict))


def _comments(event: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON values
    """The comments and states among what changed, with the ticket and the time of the event."""
    for change in event.get("child_events", ()):
        if change.get("event_type") == "Comment" or _is_change(change):
            yield {
                "ticket_id": event["ticket_id"],
                "created_at": event["created_at"],
                **change,
            }


def _is_change(one: Any) -> bool:  # noqa: ANN401 - JSON values
    """Whether it sets the state: an agent may also make a ticket that is solved at once."""
    is_set = isinstance(one, dict) and one.get("event_type") in ("Create", "Change")
    return is_set and "status" in one


SOURCE = Zendesk
