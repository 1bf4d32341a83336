"""People's labels and outcomes as text to learn from: a row per message, and the weight it has.

Nothing is learned from them unless it is asked for: a lake holds what customers wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from pipeline import labels
from pipeline.learning.corpora import COLUMNS, OWN_WEIGHT, TAGS, fact, fold
from pipeline.storage import Lake, among
from pipeline.text import LANGUAGES

NAME = "people"


@dataclass(frozen=True)
class Taught:
    """Labelled messages (`corpora.COLUMNS`); by tag, when the last answer in them was recorded."""

    rows: pl.DataFrame
    until: dict[str, datetime]

    def facts(self, tag: str) -> list[dict[str, Any]]:
        """What a model's metadata say of them; nothing where nobody answered about its tag."""
        mine = self.rows.filter(pl.col(tag).is_not_null())
        if mine.is_empty():
            return []
        facts = fact(NAME, "private", mine, tag)
        return [facts | {"weight": OWN_WEIGHT, "until": self.until[tag].isoformat()}]


def taught(lake: Lake, since: Mapping[str, datetime] = MappingProxyType({})) -> Taught:
    """Read the labelled messages of a lake, in the languages that the models know.

    Args:
        lake: the lake.
        since: tag to a time; answers about it that were recorded until then are left out. Not
            those given until then: outcomes are often handed in days later.

    The last answer about a text counts, whichever of its reposts it was given to. A tag that
    nobody answered about is null: it teaches nothing.
    """
    answers = labels.latest(lake.read("labels"), lake.read("outcomes")).filter(
        pl.col("tag").is_in(TAGS),
        *(~((pl.col("tag") == tag) & (pl.col("recorded_at") <= at)) for tag, at in since.items()),
    )
    ids = among("message_id", answers["message_id"])
    read = lake.read("messages", ["message_id", "text", "language"], ids)
    messages = pl.DataFrame(read).filter(pl.col("language").is_in(LANGUAGES))
    known = (
        messages.join(answers, on="message_id")
        .sort("labelled_at", "message_id")
        .unique(["text", "language", "tag"], keep="last")
    )
    until = known.group_by("tag").agg(pl.col("recorded_at").max())
    rows = known.group_by("text", lang="language").agg(
        pl.col("is_yes").filter(tag=tag).first().cast(pl.Int8).alias(tag) for tag in TAGS
    )
    rows = rows.with_columns(
        pl.Series("group", [f"{NAME}/{fold(text)}" for text in rows["text"]], pl.String),
        corpus=pl.lit(NAME),
        weight=pl.lit(OWN_WEIGHT),
    )
    return Taught(rows.select(COLUMNS).sort("lang", "text"), dict(until.iter_rows()))
