"""Mattermost: a digest through an incoming webhook, whose address is the secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson
import pyarrow as pa

from pipeline.engagement._digest import Entry, messages, title, told
from pipeline.engagement._escape import markdown
from pipeline.engagement.base import IDS, Context, Payload, Request, Target


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one message of Markdown for every twenty rows; a bare `@here` would ring there."""
    for entries in messages(rows, context):
        body = {"text": "\n\n".join(_paragraphs(entries, context))}
        yield context.payload([one.row_id for one in entries], Request(orjson.dumps(body)))


def _paragraphs(entries: Sequence[Entry], context: Context) -> Iterator[str]:
    yield f"#### {markdown(title(len(entries), context))}"
    opens = told(context)["open"]
    for one in entries:
        lines = [f"**{markdown(one.head)}**"]
        lines += [f"> {markdown(one.words)}"] if one.words else []
        lines += [markdown(one.why)] if one.why else []
        lines += [f"[{opens}](<{one.url}>)"] if one.url else []
        yield "\n\n".join(lines)


TARGET = Target(build, tables=tuple(IDS), needs=("address_env",))
