"""Issues of GitHub repositories and the comments on them.

Format:    the REST API, https://docs.github.com/rest/issues; public repositories need no key, but
           are answered sixty times an hour only.
Threading: an issue is `owner/name#number`; its comments are in its thread and answer it.
Times:     `created_at`, UTC; the service is asked for what changed since the window's start.
Text:      title and body, as written in Markdown. Pull requests are left out.
Closed:    `closed_at` of the issue, also with the comments that come together with it.
Agents:    owners, members and collaborators of the repository are the company.
Late:      an item that was edited or deleted is so after its day is heard again.
Personal:  author, and the text.
Rejected:  items built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.records import Window
from pipeline.sources._documents import as_json
from pipeline.sources._fetched import FetchedSource, Row

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

OURS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
MOST_ITEMS = 100
"""Of one page."""


class GithubIssues(FetchedSource):
    """Issues and comments of repositories."""

    channel = "forum"
    needs = ("follow",)
    takes = ("address", "token_env")
    address = "https://api.github.com"
    asks_by_day = False

    def __init__(self, settings: SourceSettings) -> None:
        """Keep the settings."""
        super().__init__(settings)
        self._closed: dict[Any, str | None] = {}

    def headers(self) -> dict[str, str]:
        """The version of the interface."""
        return {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for issues and comments, repository by repository."""
        since = {"since": f"{window.start:%Y-%m-%dT%H:%M:%SZ}", "per_page": MOST_ITEMS}
        for repository in self.settings.follow:
            for path, more in (("issues", {"state": "all"}), ("issues/comments", {})):
                yield from self.api.pages(
                    f"repos/{repository}/{path}",
                    items="$[*]",
                    params={**since, **more, "sort": "created", "direction": "desc"},
                    paginator={"type": "header_link"},
                )

    def linked(self, pages: Iterator[Iterable[Any]]) -> Iterable[Iterable[Any]]:
        """Note which issues are closed: they come before their comments."""
        for page in pages:
            for one in page:
                if isinstance(one, dict) and "title" in one:
                    self._closed[one.get("html_url")] = one.get("closed_at")
            yield page

    def row(self, item: Mapping[str, Any]) -> Row | None:
        """Say what an item means."""
        link = item["html_url"]
        if "/pull/" in link:
            return None
        issue = link.partition("#")[0]
        repository, _, number = issue.rpartition("/issues/")
        thread = f"{'/'.join(repository.split('/')[-2:])}#{number}"
        is_issue, title, body = "title" in item, item.get("title"), item.get("body")
        # An issue changes with whatever is done about it, a comment with its text only.
        updated = None if is_issue else item.get("updated_at")
        return {
            "native_id": thread if is_issue else item["id"],
            "reply_to_native_id": None if is_issue else thread,
            "thread_native_id": thread,
            "author": (item.get("user") or {}).get("login"),
            "is_agent": item.get("author_association") in OURS,
            "sent_at": item["created_at"],
            "edited_at": updated if updated != item["created_at"] else None,
            "closed_at": self._closed.get(issue),
            "text": f"{title}\n\n{body or ''}".strip() if is_issue else body,
            "subject": title,
            "url": link,
            "likes_count": (item.get("reactions") or {}).get("+1"),
            "attributes": as_json({"labels": _labels(item)}) if item.get("labels") else None,
        }


def _labels(item: Mapping[str, Any]) -> list[str]:
    return [one if isinstance(one, str) else one["name"] for one in item["labels"]]


SOURCE = GithubIssues
