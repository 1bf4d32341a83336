"""Topics of a Discourse forum, as its API gives them.

Format:    one JSON file a topic (`/t/<id>.json`), with the posts in `post_stream.posts`.
Threading: the topic is the thread; `reply_to_post_number` becomes the id of the replied-to post.
           A post number that is not in the file stays an unknown parent.
Times:     `created_at`; `updated_at` of a post that was edited (`version` above 1).
Text:      `cooked` without its mark-up. Quotes are removed; code, mentions and the addresses of
           previewed links stay; pictures go.
Closed:    when the topic was closed, or its accepted answer was written.
Subject:   the topic's title, with the post that opens it. Likes are those in `actions_summary`.
Own:       `username` in `company.own_accounts`; a forum's staff need not be the company's.
Personal:  username, and the text.
Rejected:  the forum's own notices (`not_a_message`), deleted or hidden posts (`withdrawn`), a
           file that is broken (one record, with the line) or that holds no topic. A post that has
           a key twice with different values, or whose topic has (`repeated_key`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.sources._documents import Document, as_json, as_text, read_document, shown, sound
from pipeline.sources._html import Element, classes, text_of
from pipeline.sources._rows import in_batches
from pipeline.sources.base import FileSource

MESSAGES = (1, 2, 4)
"""Types of posts that a person wrote: regular, by a moderator, whispered among staff."""
LIKE = 2
CLOSING = ("closed.enabled", "autoclosed.enabled")
OPENING = ("closed.disabled", "autoclosed.disabled")
KEPT = ("post_number", "accepted_answer")


class Discourse(FileSource):
    """Posts of topics."""

    channel = "forum"

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        document = read_document(path, self.origin(path))
        if document is not None:
            rows = _rows(document, self.origin(path))
            yield from in_batches(sound(row, document) for row in rows)


def _rows(document: Document, name: str) -> Iterator[Mapping[str, Any]]:
    if document.broken:
        yield document.broken
        return
    topic = document.value
    stream = topic.get("post_stream") if isinstance(topic, dict) else None
    posts = stream.get("posts") if isinstance(stream, dict) else None
    if not isinstance(posts, list):
        yield {"origin": f"{name}:1", **shown(topic, document), "rule_id": "not_a_topic"}
        return
    numbers = {
        as_text(one.get("post_number")): as_text(one.get("id"))
        for one in posts
        if isinstance(one, dict)
    }
    around = (topic, stream)
    topic = {**topic, "closed_at": closings(posts).get(as_text(topic.get("id")))}
    for at, post in enumerate(posts):
        row = {"origin": f"{name}#post_stream.posts[{at}]", **shown(post, document, around)}
        yield {**row_of(post, topic, numbers), **row} if isinstance(post, dict) else row


def row_of(
    post: Mapping[str, Any], topic: Mapping[str, Any], numbers: Mapping[str | None, str | None]
) -> dict[str, Any]:
    """Say what a post means: columns of `records.RECORD`.

    Args:
        post: As the forum gives it.
        topic: Its `title`, `category_id`, `tags`, and when it was closed (`closed_at`).
        numbers: The topic's post numbers to ids, as far as they are known.
    """
    thread = as_text(post.get("topic_id") or topic.get("id"))
    parent = as_text(post.get("reply_to_post_number") or None)
    is_edited = post.get("version") not in (None, 1)
    return {
        "native_id": as_text(post.get("id")),
        "reply_to_native_id": numbers.get(parent, f"{thread}/{parent}") if parent else None,
        "thread_native_id": thread,
        "author": as_text(post.get("username")),
        "sent_at": as_text(post.get("created_at")),
        "edited_at": as_text(post.get("updated_at")) if is_edited else None,
        "closed_at": topic.get("closed_at"),
        "text": text_of(post["cooked"], reading) if isinstance(post.get("cooked"), str) else None,
        "subject": as_text(topic.get("title")) if post.get("post_number") == 1 else None,
        "likes_count": _likes(post.get("actions_summary")),
        "attributes": _attributes(post, topic),
        **_withdrawn(post),
    }


def closings(posts: Iterable[Any]) -> dict[str | None, str | None]:
    """When topics were closed, by their ids, as the posts say in their order; null when not."""
    found: dict[str | None, str | None] = {}
    resumed: set[str | None] = set()
    for post in posts:
        if not isinstance(post, dict):
            continue
        topic, code = as_text(post.get("topic_id")), post.get("action_code")
        if code in CLOSING or post.get("accepted_answer") is True:
            # Forums close a topic long after its answer was accepted: that is no news.
            if topic in resumed or not found.get(topic):
                found[topic] = as_text(post.get("created_at"))
            resumed.discard(topic)
        elif code in OPENING:
            found[topic] = None
        else:
            resumed.add(topic)
    return found


def _withdrawn(post: Mapping[str, Any]) -> dict[str, Any]:
    kind = post.get("post_type", 1)
    if kind not in MESSAGES:
        value = as_text(post.get("action_code")) or as_text(kind)
        return {"rule_id": "not_a_message", "column": "post_type", "value": value}
    for column in ("deleted_at", "user_deleted", "hidden"):
        if post.get(column):
            return {"rule_id": "withdrawn", "column": column, "value": as_text(post[column])}
    return {}


def _likes(actions: Any) -> str | None:  # noqa: ANN401 - JSON values
    if not isinstance(actions, list):
        return None
    counts = [
        one.get("count", 0) for one in actions if isinstance(one, dict) and one.get("id") == LIKE
    ]
    return as_text(counts[0]) if counts else "0"


def _attributes(post: Mapping[str, Any], topic: Mapping[str, Any]) -> str:
    kept = {name: post[name] for name in KEPT if post.get(name)}
    kept |= {name: topic[name] for name in ("category_id", "tags") if topic.get(name)}
    return as_json(kept)


def reading(element: Element) -> str | None:
    """What stands for an element of a post; see `text_of`."""
    tag, named = element.tag, classes(element)
    if tag == "img":
        return element.get("alt") or "" if "emoji" in named else ""
    if tag == "blockquote" or (tag == "aside" and "quote" in named) or "elided" in named:
        return ""
    if tag == "aside" and "onebox" in named:
        link = element.find(".//a[@href]")
        return str(element.get("data-onebox-src") or ("" if link is None else link.get("href")))
    # A picture's file name and size, which stand below it.
    return "" if tag == "div" and "meta" in named else None


SOURCE = Discourse
