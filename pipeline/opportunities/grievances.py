"""What somebody complains of beside what makes a message a lead: an answer begins with that."""

from __future__ import annotations

import polars as pl

from pipeline.opportunities.mentions import mentions, where
from pipeline.opportunities.severity import GRAVE, level
from pipeline.text import any_of, terms

SURE = 0.5
"""Probability of the tag `complaint` from which words need not bear it out."""


def with_grievance(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `complains` (about us) and `is_grave`; who complains about us and leaves, leaves us.

    So does who takes back a payment and looks for another, where no rival is named.

    Args:
        rows: `message_id`, `text`, `complaint_score` (null where no complaint is detected),
            `competitor`, `switch_direction` with `switch_direction_said`, and the mentions of
            `severity` and `churn`.
    """
    is_complaint, leaving = pl.col("complaint_score").is_not_null(), mentions("churn", "leaving")
    is_sure = (pl.col("complaint_score") >= SURE) | (level() > 1) | leaving
    told = rows.with_columns(
        complains=(is_complaint & is_sure & pl.col("competitor").is_null()).fill_null(value=False),
        is_grave=is_complaint & (level() == GRAVE),
    )
    withdraws = mentions("churn", "withdrawn") & pl.col("competitor").is_null()
    leaves = (pl.col("complains") | withdraws) & leaving
    words = pl.col("text").str.extract(f"({any_of(terms('churn', 'leaving'))})", 1)
    told = where(told, leaves & pl.col("switch_direction").is_null(), leaving=words)
    return told.with_columns(
        switch_direction=pl.when(pl.col("leaving").is_not_null())
        .then(pl.lit("from_us"))
        .otherwise("switch_direction"),
        switch_direction_said=pl.coalesce("switch_direction_said", "leaving"),
    ).drop("leaving")
