"""What is unusual about whole days of a source: messages of a new shape, many rejected records."""

from __future__ import annotations

import polars as pl

from pipeline.alerts.volumes import ROWS

LEAST_MESSAGES, LEAST_KNOWN, CHANGE, DEVIATIONS = 20, 50, 0.3, 4
"""A shape changed when of so many messages, with so many known before, a column is filled in a
share that differs by so much, and by so many deviations of the days before."""
SHAPE = ("author_id", "reply_to_id", "thread_id", "url", "rating", "language", "excluded_reason")
"""Columns whose share of filled rows is the shape of a source; `language` counts when known."""
_DAY = pl.duration(days=1)
_MIDNIGHT = pl.col("sent_on").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def changed(days: pl.DataFrame) -> pl.DataFrame:
    """Sources whose messages look other than before: `ROWS`, the subject `<source>: <column>`.

    Args:
        days: `source`, `sent_on`, `messages` (their number) and for each of `SHAPE` the number of
            messages in which it is filled.
    """
    long = days.unpivot(SHAPE, index=["source", "sent_on", "messages"], variable_name="column")
    share = pl.col("value") / pl.col("messages")
    usual = long.filter(pl.col("messages") >= LEAST_MESSAGES / 2)
    before = {"index_column": "sent_on", "period": "28d", "closed": "left"}
    known = (
        usual.sort("source", "column", "sent_on")
        .with_columns(share=share)
        .rolling(**before, group_by=["source", "column"])  # type: ignore[arg-type]
        .agg(
            held=pl.col("value").sum(),
            of=pl.col("messages").sum(),
            days=pl.len(),
            deviation=pl.col("share").std(),
        )
    )
    keys = ["source", "column", "sent_on"]
    found = (
        usual.join(known, on=keys)
        .with_columns(difference=(share - pl.col("held") / pl.col("of")).abs())
        .filter(
            pl.col("messages") >= LEAST_MESSAGES,
            pl.col("of") >= LEAST_KNOWN,
            pl.col("days") >= 3,
            pl.col("difference") >= CHANGE,
            pl.col("difference") >= DEVIATIONS * pl.col("deviation").fill_null(0),
        )
        .sort(keys)
    )
    is_new = (pl.col("sent_on").diff().over("source", "column") > _DAY).fill_null(value=True)
    return (
        found.with_columns(start=_MIDNIGHT, spell=is_new.cum_sum().over("source", "column"))
        .group_by("source", "column", "spell", maintain_order=True)
        .agg(
            window_start=pl.col("start").first(),
            opened_at=pl.col("start").first() + _DAY,
            last_at=pl.col("start").last() + _DAY,
            observed=pl.col("value").first(),
            expected=(pl.col("messages") * pl.col("held") / pl.col("of")).first(),
        )
        .with_columns(
            kind=pl.lit("source_changed"),
            subject=pl.concat_str("source", pl.lit(": "), "column"),
            sources=pl.concat_list("source"),
            chance=pl.lit(None, pl.Float64),
        )
        .select(ROWS.names())
        .cast(ROWS)
    )


def near_budget(days: pl.DataFrame) -> pl.DataFrame:
    """Days on which a source used more than half of what may be rejected: `ROWS`.

    Args:
        days: `source`, `sent_on`, `rejected`, `allowed`.
    """
    end = _MIDNIGHT + _DAY
    return (
        days.filter(2 * pl.col("rejected") > pl.col("allowed"))
        .with_columns(
            kind=pl.lit("reject_budget"),
            subject="source",
            sources=pl.concat_list("source"),
            window_start=_MIDNIGHT,
            opened_at=end,
            last_at=end,
            observed="rejected",
            expected=pl.lit(None, pl.Float32),
            chance=pl.lit(None, pl.Float64),
        )
        .select(ROWS.names())
        .cast(ROWS)
        .sort("opened_at", "subject")
    )
