"""GitHub: every idea theme an issue of a repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson
import pyarrow as pa

from pipeline.engagement._escape import fenced, markdown, unmentioned
from pipeline.engagement._theme import examples, facts, summary
from pipeline.engagement.base import Access, Context, Payload, Request, Target, bearer, records


def build(rows: pa.Table, context: Context) -> Iterator[Payload]:
    """Make one issue a theme; what customers said stands in a block that mentions nobody."""
    for row in records(rows):
        body = f"{markdown(facts(row, context))}\n\n{fenced(chr(10).join(examples(row)))}\n"
        issue = {"title": unmentioned(summary(row)), "body": body, "labels": ["engage"]}
        path = f"/repos/{context.delivery.project}/issues"
        yield context.payload([row["theme_id"]], Request(orjson.dumps(issue), path))


def headers(payload: Payload, access: Access, now: datetime) -> Mapping[str, str]:
    """The token, and the version of the interface that this file is written for."""
    return {
        **bearer(payload, access, now),
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


TARGET = Target(
    build,
    tables=("idea_themes",),
    needs=("address", "project", "token_env"),
    headers=headers,
    reference="number",
)
