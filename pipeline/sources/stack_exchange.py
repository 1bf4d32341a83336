"""Questions of a Stack Exchange site, and their answers.

Format:    the API, version 2.3. `follow` names the site and its tags: `superuser/bitlocker`, or
           `superuser` alone; `query` names words that the question must hold. A source hears one
           site. `token_env` holds an app's key; without one the service allows 300 requests a day
           and 25 pages.
Threading: the question is the thread, and what its answers answer.
Times:     `creation_date` and `last_edit_date`, epoch. One UTC day is asked at a time: questions
           with something new since that day, then what was answered on it; the further back, the
           more requests.
Text:      `body` without its mark-up, below a question's title, which is the subject too. Likes
           are the score, where it is above zero. Comments are not heard.
Closed:    when the accepted answer was written.
Late:      an edited or deleted post is so after its day is heard again.
Limits:    `backoff` in an answer is waited for. A quota that is used up is for later.
Own:       the author is the number of the account, or the name of one that was deleted.
Personal:  author, and the text.
Rejected:  items built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.sources._documents import kept
from pipeline.sources._fetched import FetchedSource, Row
from pipeline.sources._html import text_of

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

MOST_ITEMS = 100
"""The service gives no more in an answer."""
TURNED = {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": None}
TURNED |= {"has_more_path": "has_more"}
KEPT = ("tags", "is_answered", "is_accepted", "answer_count")


class StackExchange(FetchedSource):
    """Questions and answers."""

    channel = "question_and_answer"
    needs = ("follow",)
    takes = ("address", "query", "token_env")
    address = "https://api.stackexchange.com/2.3"

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings. Raises SettingsError for more than one site: ids are a site's own."""
        super().__init__(settings)
        sites = {name.partition("/")[0] for name in settings.follow}
        if len(sites) > 1:
            raise SettingsError(
                "these are several sites",
                where=f"sources.{settings.name}.follow",
                mend="make a source of each site",
            )
        (self._site,) = sites

    def auth(self) -> Any:  # noqa: ANN401 - dlt's own form
        """An app's key goes into the query."""
        key = self.settings.token()
        form = {"type": "api_key", "name": "key", "location": "query"}
        return {**form, "api_key": key} if key else None

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the items of a window, page by page."""
        start, end = int(window.start.timestamp()), int(window.end.timestamp())
        for name in self.settings.follow:
            tag = name.partition("/")[2] or None
            words = {"q": self.settings.query, "tagged": tag}
            # `max` would leave out what was answered on that day and once more since.
            since = {"sort": "activity", "min": start}
            for page in self._turned("search/advanced", words | since):
                yield page
                asked = [one for one in page if isinstance(one, dict) and one.get("answer_count")]
                ids = ";".join(str(one["question_id"]) for one in asked if "question_id" in one)
                day = {"sort": "creation", "fromdate": start, "todate": end}
                if ids:
                    yield from self._turned(f"questions/{ids}/answers", day)

    def _turned(self, path: str, params: Mapping[str, Any]) -> Iterator[list[Any]]:
        every = {"site": self._site, "order": "desc", "filter": "withbody", "pagesize": MOST_ITEMS}
        for page in self.api.pages(
            path, items="items", params={**every, **params}, paginator=TURNED
        ):
            yield page
            self.api.leave_alone(page.response.json().get("backoff", 0))

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what a question or an answer means."""
        is_answer, owner = "answer_id" in item, item.get("owner") or {}
        text, title = _plain(item["body"]), _plain(item.get("title") or "")
        return {
            "native_id": item["answer_id"] if is_answer else item["question_id"],
            "reply_to_native_id": item["question_id"] if is_answer else None,
            "thread_native_id": item["question_id"],
            "author": owner.get("user_id") or owner.get("display_name"),
            "sent_at": item.get("creation_date"),
            "edited_at": item.get("last_edit_date"),
            "closed_at": item.get("creation_date") if item.get("is_accepted") else None,
            "text": text if is_answer else f"{title}\n\n{text}".strip(),
            "subject": None if is_answer else title or None,
            "url": item.get("link"),
            "likes_count": max(int(item.get("score") or 0), 0),
            "attributes": kept(item, KEPT),
        }


def _plain(html: str) -> str:
    return text_of(html, lambda _: None) if html else ""


SOURCE = StackExchange
