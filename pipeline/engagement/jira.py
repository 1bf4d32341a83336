"""Jira: every idea theme an issue of a project."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa

from pipeline.engagement._theme import examples, facts, summary
from pipeline.engagement.base import Access, Context, Payload, Request, Target, records

PATH = "/rest/api/3/issue"


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one issue a theme; its description is a document of text nodes, so no mark-up is."""
    for row in records(rows):
        quoted = [_node("listItem", _paragraph(one)) for one in examples(row)]
        content = [
            _paragraph(facts(row, context)),
            *([_node("bulletList", *quoted)] if quoted else ()),
        ]
        fields = {
            "project": {"key": context.delivery.project},
            "issuetype": {"name": "Task"},
            "summary": summary(row),
            "description": {"version": 1, **_node("doc", *content)},
            "labels": ["engage"],
        }
        yield context.payload([row["theme_id"]], Request(orjson.dumps({"fields": fields}), PATH))


def headers(payload: Payload, access: Access, now: datetime) -> Mapping[str, str]:
    """The account and its token."""
    pair = base64.b64encode(f"{access.user}:{access.token}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _paragraph(text: str) -> dict[str, Any]:
    return _node("paragraph", {"type": "text", "text": text})


def _node(kind: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "content": list(content)}


TARGET = Target(
    build,
    tables=("idea_themes",),
    needs=("address", "project", "user", "token_env"),
    headers=headers,
    reference="key",
)
