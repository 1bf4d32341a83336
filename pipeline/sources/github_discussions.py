"""Discussions of GitHub repositories, their comments and the replies to those.

Format:    the GraphQL API, https://docs.github.com/graphql/guides/using-the-graphql-api-for-discussions.
Threading: a comment answers its discussion, a reply its comment; the discussion is the thread.
Times:     `createdAt`, UTC; discussions are read from the last one that changed, down to the
           window's start.
Text:      a discussion's title and body, as written in Markdown.
Closed:    when the discussion was closed, or its answer chosen, whichever came first.
Agents:    owners, members and collaborators of the repository are the company.
Limits:    100 comments of a discussion and 100 replies of a comment are read; further ones are not.
Late:      an item that was edited or deleted is so after its day is heard again.
Personal:  author, and the text.
Rejected:  items built otherwise than the service promises (`unexpected_shape`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.records import Window
from pipeline.sources._fetched import FetchedSource, Row, down_to, taken_apart
from pipeline.sources.github_issues import OURS

_SAID = "id url body createdAt lastEditedAt upvoteCount authorAssociation author { login }"
QUERY = f"""
query($owner: String!, $name: String!, $after: String) {{
  repository(owner: $owner, name: $name) {{
    discussions(first: 20, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
      pageInfo {{ endCursor }}
      nodes {{
        title updatedAt closedAt answerChosenAt {_SAID}
        comments(first: 100) {{ nodes {{ {_SAID} replies(first: 100) {{ nodes {{ {_SAID} }} }} }} }}
      }}
    }}
  }}
}}"""
FOUND = "data.repository.discussions"


class GithubDiscussions(FetchedSource):
    """Discussions of repositories."""

    channel = "forum"
    needs = ("follow", "token_env")
    takes = ("address",)
    address = "https://api.github.com/graphql"
    asks_by_day = False

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the discussions that changed since the window's start, with all they hold."""
        for repository in self.settings.follow:
            owner, _, name = repository.partition("/")
            pages = self.api.pages(
                items=f"{FOUND}.nodes",
                json={"query": QUERY, "variables": {"owner": owner, "name": name}},
                paginator={
                    "type": "cursor",
                    "cursor_path": f"{FOUND}.pageInfo.endCursor",
                    "cursor_body_path": "variables.after",
                },
            )
            # The service writes null for what it cannot show.
            shown = (filter(None, page) for page in pages)
            for page in down_to(window.start, shown, lambda one: one["updatedAt"]):
                yield taken_apart(page, _all_of)

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what an item means."""
        title, body = item.get("title"), item["body"]
        return {
            "native_id": item["id"],
            "reply_to_native_id": item.get("answers"),
            "thread_native_id": item["thread"],
            "author": (item.get("author") or {}).get("login"),
            "is_agent": item.get("authorAssociation") in OURS,
            "sent_at": item["createdAt"],
            "edited_at": item.get("lastEditedAt"),
            "closed_at": item["closed_at"],
            "text": f"{title}\n\n{body}".strip() if title else body,
            "subject": title,
            "url": item.get("url"),
            "likes_count": item.get("upvoteCount"),
        }


def _all_of(discussion: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON values
    """A discussion, its comments and their replies, each with its thread and what it answers."""
    closings = [discussion.get(name) for name in ("closedAt", "answerChosenAt")]
    closed_at = min((at for at in closings if at), default=None)
    thread = {"thread": discussion.get("id"), "closed_at": closed_at}
    yield {**{key: one for key, one in discussion.items() if key != "comments"}, **thread}
    for comment in _nodes(discussion, "comments"):
        said = {key: one for key, one in comment.items() if key != "replies"}
        yield {**said, **thread, "answers": discussion.get("id")}
        for reply in _nodes(comment, "replies"):
            yield {**reply, **thread, "answers": comment.get("id")}


def _nodes(said: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    return filter(None, (said.get(name) or {}).get("nodes") or ())


SOURCE = GithubDiscussions
