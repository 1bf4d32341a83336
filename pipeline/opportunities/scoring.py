"""Priority: which row to act on first, from factors that stand in the table.

Every factor is a column between 0 and 1 and the same number comes out of SQL; with the default
exponents of `[scoring]`:

    SELECT 100 * pow(probability, 1.0) * pow(value, 1.0) * pow(urgency, 0.75)
               * pow(reach, 0.1) * pow(recency, 0.5) AS priority
    FROM leads
"""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import mul

import polars as pl

from pipeline.settings import Scoring

FACTORS = ("probability", "value", "urgency", "reach", "recency")
PRIVATE_CHANNELS = ("chat", "email", "ticket", "call_transcript")
_MILLION = 6.0
READERS_A_REACTION = 20
"""Readers that one like or share is taken to stand for."""


def is_public() -> pl.Expr:
    """Whether anyone can read what is written in the row's `channel`."""
    return ~pl.col("channel").is_in(PRIVATE_CHANNELS)


def reach() -> pl.Expr:
    """Reach of a row by its `audience`: .1 where few can read it, .3 in public, 1 for a million."""
    floor = pl.when(is_public()).then(0.3).otherwise(0.1)
    return pl.max_horizontal(floor, breadth(pl.col("audience").cast(pl.Float64))).clip(0, 1)


def breadth(readers: pl.Expr) -> pl.Expr:
    """1 for a million readers, a sixth less for each tenth of them."""
    return (readers + 1).log10() / _MILLION


def audience() -> pl.Expr:
    """How many people a message may have come to, from followers, likes and shares."""
    return pl.col("author_followers_count").fill_null(0) + READERS_A_REACTION * reactions()


def reactions() -> pl.Expr:
    """How many people liked or shared a message."""
    return pl.col("likes_count").fill_null(0) + pl.col("shares_count").fill_null(0)


def recency(as_of: datetime, half_life_days: float) -> pl.Expr:
    """1 for a row of now, halved with each half-life since its latest message."""
    age = (pl.lit(as_of) - pl.col("updated_at")).dt.total_seconds().clip(lower_bound=0) / 86_400
    return 0.5 ** (age / half_life_days)


def either(*chances: pl.Expr) -> pl.Expr:
    """How much independent reasons between 0 and 1 come to together: each adds to what is left."""
    return 1 - reduce(mul, [1 - chance for chance in chances])


def with_priority(rows: pl.DataFrame, weights: Scoring, as_of: datetime) -> pl.DataFrame:
    """Add `reach`, `recency` and `priority`, 0 to 100.

    It is made of the factors as the table holds them: rounded.
    """
    rows = rows.with_columns(reach=reach(), recency=recency(as_of, weights.recency_half_life_days))
    rows = rows.with_columns(pl.col(name).cast(pl.Float32).clip(0, 1) for name in FACTORS)
    powers = [pl.col(name).cast(pl.Float64).pow(getattr(weights, name)) for name in FACTORS]
    return rows.with_columns(priority=(100 * reduce(mul, powers)).cast(pl.Float32))
