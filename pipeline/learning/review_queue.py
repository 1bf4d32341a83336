"""The order in which rows are shown to a person: doubt first, and a share by chance.

Where the models are unsure an answer teaches most. Without the share by chance, which takes in the
audit sample of what was not tagged, nothing would be known of the rows that they are sure of.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

import polars as pl
import pyarrow.compute as pc

from pipeline import labels
from pipeline.storage import Lake, among, frames

RANDOM_SHARE = 0.2
"""Share of the queue that is drawn by chance: every fifth row."""
CONTRADICTED = 0.5
"""A row whose cues speak against the decision counts as so much nearer to the threshold."""
SHOWN = ["message_id", "sent_on", "channel", "language", "subject", "text"]
COLUMNS = [*labels.PAIR, "score", "threshold", "decision", "evidence"]


def weighed(rows: pl.DataFrame) -> pl.DataFrame:
    """Replace `evidence` by `has_clash`: whether the cues together speak against the decision.

    The evidence is nine tenths of a detection, and is shown of the few that are asked about.
    """
    part = pl.element().struct
    is_cue = part.field("kind").str.starts_with("cue:")
    cues = pl.col("evidence").list.eval(part.field("weight").filter(is_cue)).list.sum()
    has_clash = pl.when(pl.col("decision") == "detected").then(cues < 0).otherwise(cues > 0)
    return rows.with_columns(has_clash=has_clash).drop("evidence")


def waiting(lake: Lake, tags: list[str], *, audit: bool = False) -> pl.DataFrame:
    """Read the detections that nobody has answered, `weighed`.

    Reposts of what somebody else said are left out: they become nothing in the tables, and an
    answer about one would leave the row of the original as it is.

    Args:
        lake: the lake.
        tags: the tags asked about.
        audit: only the audit sample.
    """
    where = pc.field("tag").isin(tags)
    if audit:
        where &= pc.field("decision") == "audit"
    rows = pl.concat(weighed(one) for one in frames(lake, "detections", COLUMNS, where))
    return rows.join(
        labels.latest(lake.read("labels"), lake.read("outcomes")), on=labels.PAIR, how="anti"
    ).join(_reposts(lake), on="message_id", how="anti")


def queue(rows: pl.DataFrame, count: int, random_share: float = RANDOM_SHARE) -> pl.DataFrame:
    """Put rows into the order in which they are shown.

    Drawn by chance means: by a checksum of message and tag, so that the same rows come until they
    are answered, whatever is answered meanwhile.

    Args:
        rows: what `waiting` gives, in any order.
        count: how many to take at most.
        random_share: share of them that is drawn from all rows; the audit sample comes by chance
            alone.

    Returns:
        `rows` with `why` (near the threshold, cues disagree, by chance).
    """
    known = rows.with_columns(doubt=_doubt(), chance=_chance(rows))
    by_chance = known.sort("chance").head(math.ceil(count * random_share))
    doubtful = (
        known.filter(pl.col("decision") != "audit")
        .join(by_chance, on=labels.PAIR, how="anti")
        .sort("doubt", "chance")
        .head(count - len(by_chance))
    )
    # Without enough doubtful rows chance fills the queue.
    rest = known.join(pl.concat([by_chance, doubtful]), on=labels.PAIR, how="anti").sort("chance")
    by_chance = pl.concat([by_chance, rest.head(count - len(by_chance) - len(doubtful))])
    clash = (
        pl.when("has_clash").then(pl.lit("cues disagree")).otherwise(pl.lit("near the threshold"))
    )
    step = max(len(doubtful) // max(len(by_chance), 1), 1)
    return (
        pl.concat(
            [
                doubtful.with_columns(why=clash).with_row_index("at"),
                by_chance.with_columns(why=pl.lit("by chance"))
                .with_row_index("at")
                .with_columns(at=(pl.col("at") + 1) * step - 1),
            ]
        )
        .sort("at", maintain_order=True)
        .drop("at", "doubt", "has_clash", "chance")
    )


def evidence(lake: Lake, rows: pl.DataFrame) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The evidence of the detections of a queue, by message_id and tag."""
    where = among("message_id", rows["message_id"])
    held = lake.read("detections", [*labels.PAIR, "evidence"], where).to_pylist()
    return {(row["message_id"], row["tag"]): row["evidence"] for row in held}


def messages(lake: Lake, rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """What is shown of the messages of a queue, by message_id."""
    held = lake.read("messages", SHOWN, among("message_id", rows["message_id"])).to_pylist()
    return {row["message_id"]: row for row in held}


def _reposts(lake: Lake) -> pl.DataFrame:
    """Ids of the messages that somebody else said first; to repeat oneself is no repost."""
    columns, is_copy = ["message_id", "author_id"], pc.field("duplicate_of").is_valid()
    copies = pl.DataFrame(lake.read("messages", [*columns, "duplicate_of"], is_copy))
    first = among("message_id", copies["duplicate_of"])
    originals = pl.DataFrame(lake.read("messages", columns, first)).rename(
        {"message_id": "duplicate_of"}
    )
    return copies.join(originals, on=["duplicate_of", "author_id"], how="anti")


def _doubt() -> pl.Expr:
    """Distance to the threshold, in probability."""
    distance = (pl.col("score") - pl.col("threshold")).abs()
    return pl.when("has_clash").then(distance * CONTRADICTED).otherwise(distance)


def _chance(rows: pl.DataFrame) -> pl.Series:
    names = rows.select(pl.concat_str(*labels.PAIR, separator="\x1f")).to_series()
    sums = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    return pl.Series([int.from_bytes(one) for one in sums], dtype=pl.UInt64)
