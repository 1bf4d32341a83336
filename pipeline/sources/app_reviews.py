"""Reviews in an app store, one JSON object a line.

Format:    UTF-8 lines of objects with `id`, `author.name`, `updated`, `rating`, `title`,
           `content`, and where there is one the `developerResponse`.
Threading: the developer's response is a message of its own that answers the review.
Times:     `updated`, and `modified` of the response; ISO 8601.
Agents:    responses are messages of the company.
Text:      `content`, or the title where a review has no more than that. The title is the subject.
Also kept: `voteCount` as likes; `version` and `country` as attributes.
Personal:  author.name, and the text.
Rejected:  broken lines one by one; a broken last line without a newline is `truncated`. An object
           that has a key twice with different values (`repeated_key`): either may be meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.sources._documents import as_json, as_text
from pipeline.sources._lines import json_lines
from pipeline.sources._rows import in_batches
from pipeline.sources.base import FileSource

KEPT = ("version", "country")


class AppReviews(FileSource):
    """Reviews and the answers to them."""

    channel = "review"

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        yield from in_batches(_rows(path, self.origin(path)))


def _rows(path: Path, name: str) -> Iterator[Mapping[str, Any]]:
    for block in json_lines(path):
        for review, line, raw, rule in zip(*block, strict=True):
            kept = {"origin": f"{name}:{line}", "raw": raw.decode(errors="replace")}
            if rule:
                yield {**kept, "rule_id": rule}
                continue
            yield {**kept, **_review(review)}
            if response := review.get("developerResponse"):
                # One line, two records: their places must differ as well.
                kept["origin"] += "#developerResponse"
                yield {**kept, **_response(review, response)}


def _review(review: Mapping[str, Any]) -> dict[str, Any]:
    author = review.get("author")
    text, title = as_text(review.get("content")), as_text(review.get("title"))
    attributes = {name: review[name] for name in KEPT if review.get(name)}
    native_id = as_text(review.get("id"))
    return {
        "native_id": native_id,
        "thread_native_id": native_id,
        "author": as_text(author.get("name") if isinstance(author, dict) else author),
        "sent_at": as_text(review.get("updated")),
        "text": text if text and text.strip() else title,
        "subject": title,
        "rating": as_text(review.get("rating")),
        "likes_count": as_text(review.get("voteCount")),
        "attributes": as_json(attributes) if attributes else None,
    }


def _response(review: Mapping[str, Any], response: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    native_id = as_text(review.get("id"))
    row = {"thread_native_id": native_id, "reply_to_native_id": native_id, "is_agent": True}
    if not isinstance(response, dict):
        return {**row, "rule_id": "not_an_object", "column": "developerResponse"}
    return {
        **row,
        "native_id": f"{native_id}/response" if native_id else None,
        "sent_at": as_text(response.get("modified")),
        "text": as_text(response.get("body")),
    }


SOURCE = AppReviews
