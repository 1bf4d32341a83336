"""Makes detected messages for the tests: what is not given is as plain as possible."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from pipeline.opportunities.mentions import words
from pipeline.settings import Settings

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""A working Monday, ten o'clock in Amsterdam."""
EVIDENCE = pl.List(
    pl.Struct(
        {
            "start": pl.Int32,
            "end": pl.Int32,
            "text": pl.String,
            "weight": pl.Float64,
            "kind": pl.String,
        }
    )
)
SCHEMA: dict[str, Any] = {
    "message_id": pl.String,
    "conversation_id": pl.String,
    "score": pl.Float32,
    "threshold": pl.Float32,
    "sentence_start": pl.Int32,
    "sentence_end": pl.Int32,
    "evidence": EVIDENCE,
    "language": pl.String,
    "model_version": pl.String,
    "source": pl.String,
    "channel": pl.String,
    "author_id": pl.String,
    "author_followers_count": pl.Int64,
    "sent_at": pl.Datetime("us", "UTC"),
    "text": pl.String,
    "subject": pl.String,
    "url": pl.String,
    "rating": pl.Float64,
    "likes_count": pl.Int64,
    "shares_count": pl.Int64,
    "duplicate_of": pl.String,
    "attributes": pl.String,
    "conversation_state": pl.String,
    "answered_at": pl.Datetime("us", "UTC"),
}


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
    return detected(
        *({"text": text, "language": language, "sent_at": sent_at} for text in texts)
    ).with_columns(words=words(pl.col("text")), sentence=pl.col("text"))


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
