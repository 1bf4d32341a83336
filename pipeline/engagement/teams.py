"""Microsoft Teams: a digest as an adaptive card through a workflow's webhook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

from pipeline.engagement._digest import Entry, messages, title, told
from pipeline.engagement._escape import unmentioned
from pipeline.engagement.base import IDS, Context, Payload, Request, Target

MOST_BYTES = 26_000
"""Of a card, in UTF-16: a workflow accepts any, and afterwards fails above some 28 KB."""


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one card for every twenty rows, or more of them where one would be too large.

    Customers' words stand in text runs: a text block would read them as Markdown.
    """
    for entries in messages(rows, context):
        yield from _cards(entries, context)


def _cards(entries: Sequence[Entry], context: Context) -> Iterator[Payload]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": list(_body(entries, context)),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    body = orjson.dumps({"type": "message", "attachments": [attachment]})
    half = len(entries) // 2
    if half and len(body.decode().encode("utf-16-le")) > MOST_BYTES:
        yield from _cards(entries[:half], context)
        yield from _cards(entries[half:], context)
    else:
        yield context.payload([one.row_id for one in entries], Request(body))


def _body(entries: Sequence[Entry], context: Context) -> Iterator[dict[str, Any]]:
    yield _runs(_run(title(len(entries), context), size="large", weight="bolder"))
    opens = told(context)["open"]
    for one in entries:
        yield {**_runs(_run(one.head, weight="bolder")), "separator": True}
        if one.quote:
            yield _runs(_run(one.quote))
        if one.why:
            yield _runs(_run(one.why, isSubtle=True))
        if one.url:
            action = {"type": "Action.OpenUrl", "url": one.url}
            yield _runs(_run(opens, selectAction=action))


def _runs(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **style: object) -> dict[str, Any]:
    return {"type": "TextRun", "text": unmentioned(text), **style}


TARGET = Target(build, tables=tuple(IDS), needs=("address_env",))
