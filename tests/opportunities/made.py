"""Makes detected messages for the tests: what is not given is as plain as possible."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from pipeline.opportunities.heard import SCHEMA
from pipeline.opportunities.mentions import with_mentions, words
from pipeline.opportunities.timeframes import named_times
from pipeline.settings import Settings

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""A working Monday, ten o'clock in Amsterdam."""


def detected(*messages: dict[str, Any]) -> pl.DataFrame:
    """One row per message; a message needs a `text` only.

    `author` is a letter that stands for an author_id; `best` is the deciding sentence, the whole
    text when not given; `cues` maps the name of a cue to its words.
    """
    return pl.DataFrame([_row(at, one) for at, one in enumerate(messages)], schema=SCHEMA)


def _row(at: int, given: dict[str, Any]) -> dict[str, Any]:
    text = given["text"]
    best = given.get("best", text)
    start = text.index(best)
    row = {
        "message_id": f"made:{at:03d}",
        "conversation_id": f"made:{at:03d}",
        "score": 0.8,
        "threshold": 0.5,
        "sentence_start": start,
        "sentence_end": start + len(best),
        "evidence": [
            {
                "start": text.index(said),
                "end": text.index(said) + len(said),
                "text": said,
                "weight": 1.0,
                "kind": f"cue:{name}",
            }
            for name, said in given.get("cues", {}).items()
        ],
        "language": "en",
        "model_version": "made.v1",
        "source": "made",
        "channel": "microblog",
        "author_id": f"{at:032x}",
        "sent_at": MONDAY,
        "conversation_state": "unanswered",
    }
    if "author" in given:
        row["author_id"] = None if given["author"] is None else f"{ord(given['author']):032x}"
    return {**row, **{name: value for name, value in given.items() if name in SCHEMA}}


def read(*texts: str, language: str = "en", sent_at: datetime = MONDAY) -> pl.DataFrame:
    """Texts as the extractors see them."""
    rows = detected(*({"text": text, "language": language, "sent_at": sent_at} for text in texts))
    groups = ("contact", "customer", "date", "size", "switch", "timeframe")
    return with_mentions(rows, words(pl.col("text")), groups, named_times()).with_columns(
        sentence=pl.col("text")
    )


def settings(**values: Any) -> Settings:
    """Settings of an invented company; `values` replace or add top-level keys."""
    company = {
        "name": "Wolk & Co",
        "aliases": ["Wolk"],
        "own_accounts": ["wolkhelpt"],
        "products": ["Wolk Thuis", "Wolk Zakelijk"],
        "competitors": ["Nimbus", "Grijze Lucht"],
        "calendar": {"opens": "09:00", "closes": "17:00"},
    }
    return Settings.model_validate({"company": company, "sources": (), **values})
