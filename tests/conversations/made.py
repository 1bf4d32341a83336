"""Messages, and the conversations that they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

from pipeline.conversations import speech
from pipeline.conversations.threads import build

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SCHEMA = {
    "message_id": pl.String,
    "source": pl.String,
    "channel": pl.String,
    "reply_to_id": pl.String,
    "thread_id": pl.String,
    "author_id": pl.String,
    "is_own": pl.Boolean,
    "sent_at": pl.Datetime("us", "UTC"),
    "closed_at": pl.Datetime("us", "UTC"),
    "subject": pl.String,
    "language": pl.String,
    "asks": pl.Boolean,
    "requests": pl.Boolean,
    "thanks": pl.Boolean,
    "declines": pl.Boolean,
    "automatic": pl.Boolean,
}


@cache
def facts_of(text: str, attributes: str) -> dict[str, bool]:
    return pl.select(*speech.facts(pl.lit(text), pl.lit(attributes))).row(0, named=True)


def said(
    name: str,
    to: str | None = None,
    *,
    at: int = 0,
    by: str | None = "ann",
    own: bool = False,
    text: str = "Hallo.",
    thread: str | None = None,
    subject: str | None = None,
    language: str = "nl",
    closed: int | None = None,
    attributes: str = "{}",
) -> dict[str, Any]:
    """One message, `at` minutes after noon."""
    return {
        "message_id": name,
        "source": "shop",
        "channel": "forum",
        "reply_to_id": to,
        "thread_id": thread,
        "author_id": "molenaar" if own else by,
        "is_own": own,
        "sent_at": NOON + timedelta(minutes=at),
        "closed_at": None if closed is None else NOON + timedelta(minutes=closed),
        "subject": subject,
        "language": language,
        **facts_of(text, attributes),
    }


def built(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    frame = pl.DataFrame(list(messages), schema=SCHEMA)
    return build(frame.to_arrow(compat_level=pl.CompatLevel.oldest())).to_pylist()


def one(*messages: dict[str, Any]) -> dict[str, Any]:
    (conversation,) = built(*messages)
    return conversation
