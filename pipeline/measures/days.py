"""A row per day, source and department, and rows for all sources and all departments together."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.records import ALL

KEYS = ("measured_on", "source", "department")
OF_MESSAGES = ("heard_count", "own_mentions_count", "competitor_mentions_count")
"""Counts of messages, which belong to no department."""
COUNTS = (
    *OF_MESSAGES, "leads_count", "complaints_count", "ideas_count", "answered_count",
    "deadlines_count", "deadlines_met_count", "contacted_count", "won_count", "lost_count",
    "solved_count", "rejected_count", "valued_count", "reviewed_count", "confirmed_count",
)  # fmt: skip
SHARES = {
    "deadlines_met_share": ("deadlines_met_count", "deadlines_count"),
    "precision": ("confirmed_count", "reviewed_count"),
}
"""Column to what it is the share of, and of how many."""
_SCHEMA = {
    "measured_on": pl.Date,
    "source": pl.String,
    "department": pl.String,
    **dict.fromkeys(COUNTS, pl.Int64),
    "won_value": pl.Float64,
    "response_seconds": pl.Int64,
}


def rows(events: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Add up what happened.

    Args:
        events: what the functions of `events` give; rows of messages have no department.

    Returns:
        The columns of the table `measurements` but the recall, a row per day, source and
        department that anything happened in, sorted by them.
    """
    happened = pl.concat((pl.DataFrame(schema=_SCHEMA), *events), how="diagonal")
    each = (
        happened.with_columns(
            pl.lit(ALL).alias(name) for name in KEYS[1:] if is_total & (1 << KEYS.index(name))
        )
        for is_total in (0, 2, 4, 6)
    )
    whole = pl.concat(each).filter(pl.col("department").is_not_null())
    seconds = pl.col("response_seconds")
    ours, theirs = "own_mentions_count", "competitor_mentions_count"
    return (
        whole.group_by(KEYS)
        .agg(
            pl.col(COUNTS).sum(),
            # Sorted, so that the sum is the same to the last bit in any order of the rows.
            pl.col("won_value").sort().sum(),
            first_response_median_seconds=seconds.median().round().cast(pl.Int64),
            first_response_p90_seconds=seconds.quantile(0.9, "linear").round().cast(pl.Int64),
        )
        .with_columns(
            pl.when(pl.col("department") == ALL).then(pl.col(name)).alias(name)
            for name in OF_MESSAGES
        )
        .with_columns(
            *(
                _share(pl.col(part), pl.col(whole)).alias(name)
                for name, (part, whole) in SHARES.items()
            ),
            share_of_voice=_share(pl.col(ours), pl.col(ours) + pl.col(theirs)),
        )
        .sort(KEYS)
    )


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole).cast(pl.Float32)
