"""Who speaks: fans to cherish, and people who complain again, each with how far they are heard.

An author is a pseudonym within one source. What was said long ago counts less: praise and
complaints halve in weight every `HALF_LIFE_DAYS`.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.opportunities.scoring import READERS_A_REACTION, breadth, reactions

HALF_LIFE_DAYS = 90
LEANS = 0.25
"""Leaning from which an author is an advocate, or below minus which a detractor.

Either says so in more than one conversation.
"""
KEY = ["source", "author_id"]
TAGS = ("praise", "complaint", "idea")


def counted(messages: pl.DataFrame) -> pl.DataFrame:
    """What messages say of their authors; the parts of several batches add up by `joined`.

    Args:
        messages: `source`, `author_id`, `sent_at`, `author_followers_count`, `likes_count`,
            `shares_count`.
    """
    return messages.group_by(KEY).agg(
        messages_count=pl.len().cast(pl.Int32),
        first_sent_at=pl.col("sent_at").min(),
        last_sent_at=pl.col("sent_at").max(),
        author_followers_count=pl.col("author_followers_count").max(),
        reactions_count=reactions().sum().cast(pl.Int64),
    )


def joined(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """One row per author, from what `counted` made of each batch."""
    return (
        pl.concat(parts)
        .group_by(KEY)
        .agg(
            pl.col("messages_count", "reactions_count").sum(),
            pl.col("first_sent_at").min(),
            pl.col("last_sent_at", "author_followers_count").max(),
        )
    )


def build(heard: pl.DataFrame, detected: pl.DataFrame, last: date) -> pl.DataFrame:
    """Make the table `authors`.

    Args:
        heard: what `joined` made.
        detected: `source`, `author_id`, `conversation_id`, `tag`, `sent_on` of what was detected;
            what nobody known said counts for nobody.
        last: the last day that is counted; weights are as of its end.

    Returns:
        The columns of the contract, one row per author, sorted by source and author.
    """
    age = (pl.lit(last) - pl.col("sent_on")).dt.total_days()
    weighed = detected.with_columns(weight=0.5 ** (age / HALF_LIFE_DAYS))
    is_tag = {tag: pl.col("tag") == tag for tag in TAGS}
    said = weighed.group_by(KEY).agg(
        praised_count=is_tag["praise"].sum().cast(pl.Int32),
        complained_count=is_tag["complaint"].sum().cast(pl.Int32),
        wished_count=is_tag["idea"].sum().cast(pl.Int32),
        # Sorted, so that the sum is the same to the last bit in any order of the rows.
        praise=pl.col("weight").filter(is_tag["praise"]).sort().sum(),
        blame=pl.col("weight").filter(is_tag["complaint"]).sort().sum(),
        praises=pl.col("conversation_id").filter(is_tag["praise"]).n_unique(),
        complaints=pl.col("conversation_id").filter(is_tag["complaint"]).n_unique(),
    )
    rows = heard.join(said, on=KEY, how="left").with_columns(
        pl.col("praised_count", "complained_count", "wished_count").fill_null(0),
        pl.col("praises", "complaints").fill_null(0),
        pl.col("praise", "blame").fill_null(0.0),
    )
    leaning = (pl.col("praise") - pl.col("blame")) / (pl.col("praise") + pl.col("blame") + 1)
    readers = pl.col("author_followers_count").fill_null(0) + READERS_A_REACTION * pl.col(
        "reactions_count"
    ) / pl.col("messages_count")
    return (
        rows.with_columns(
            leaning=leaning.cast(pl.Float32),
            influence=breadth(readers).clip(0, 1).cast(pl.Float32),
            is_returning=pl.col("complaints") > 1,
            counted_on=pl.lit(last),
        )
        .with_columns(
            # Whoever says something nice, or complains, once is neither.
            role=pl.when((pl.col("leaning") >= LEANS) & (pl.col("praises") > 1))
            .then(pl.lit("advocate"))
            .when((pl.col("leaning") <= -LEANS) & (pl.col("complaints") > 1))
            .then(pl.lit("detractor"))
            .otherwise(pl.lit("neutral"))
        )
        .drop("praise", "blame", "praises", "complaints")
        .sort(KEY)
    )
