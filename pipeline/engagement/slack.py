"""Slack: a digest through an incoming webhook, whose address is the secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import pyarrow as pa

from pipeline.engagement._digest import Entry, messages, title, told
from pipeline.engagement._escape import slack
from pipeline.engagement.base import IDS, Context, Payload, Request, Target


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one message of blocks for every twenty rows.

    Customers' words stand in `plain_text`, which knows no mark-up, and are escaped beside that.
    """
    for entries in messages(rows, context):
        body = {
            "text": slack(title(len(entries), context)),
            "blocks": list(_blocks(entries, context)),
            "unfurl_links": False,
        }
        yield context.payload([one.row_id for one in entries], Request(orjson.dumps(body)))


def _blocks(entries: Sequence[Entry], context: Context) -> Iterator[dict[str, Any]]:
    yield {"type": "header", "text": _plain(title(len(entries), context)[:150])}
    opens = told(context)["open"]
    for one in entries:
        said = "\n".join(part for part in (one.head, one.quote, one.why) if part)
        yield {"type": "section", "text": _plain(said)}
        if one.url:
            link = f"<{slack(one.url)}|{opens}>".replace("\u2060", "")
            yield {"type": "context", "elements": [{"type": "mrkdwn", "text": link}]}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": slack(text), "emoji": False}


TARGET = Target(build, tables=tuple(IDS), needs=("address_env",))
