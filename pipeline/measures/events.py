"""What happened, as rows to add up: each is about a day, a source and a department.

A thing counts on the day on which it happened: an answer on the day it was given, whenever the
question came. So the figures of a day that is over change no more, but for what comes in late.
"""

from __future__ import annotations

import polars as pl

from pipeline.brands import any_brand
from pipeline.opportunities.outcomes import ACTED
from pipeline.settings import Company

FINAL = ("won", "lost", "solved", "rejected")
"""Outcomes after which nothing is left to do; of an opportunity the last one counts."""


def of_messages(heard: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Messages heard, and those that name us or a competitor.

    Args:
        heard: `sent_on`, `source`, `text` of customers' messages.
        company: the names; a message that names us several times counts once.

    Returns:
        `measured_on`, `source` and the counts, a row per day and source.
    """
    us = (company.name, *company.aliases, *company.products, *_handles(company))
    return heard.group_by("source", measured_on="sent_on").agg(
        heard_count=pl.len().cast(pl.Int64),
        own_mentions_count=pl.col("text").str.contains(any_brand(us)).sum().cast(pl.Int64),
        competitor_mentions_count=pl.col("text")
        .str.contains(any_brand(company.competitors))
        .sum()
        .cast(pl.Int64),
    )


def of_opportunities(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Opportunities opened, answered and due.

    Args:
        rows: `opened_on`, `source`, `department`; of leads and complaints also `opened_at`,
            `answered_at`, `respond_by`, `deadline_state`.
        kind: lead, complaint or idea.

    Returns:
        `measured_on`, `source`, `department`, the counts, and `response_seconds` of each answer.
    """
    keys = ("source", "department")
    opened = rows.select(*keys, _one(f"{kind}s_count"), measured_on="opened_on")
    if "answered_at" not in rows.columns:
        return opened
    answered = rows.filter(pl.col("answered_at").is_not_null()).select(
        *keys,
        _one("answered_count"),
        measured_on=pl.col("answered_at").dt.date(),
        response_seconds=(pl.col("answered_at") - pl.col("opened_at")).dt.total_seconds(),
    )
    due = rows.filter(pl.col("respond_by").is_not_null()).select(
        *keys,
        _one("deadlines_count"),
        measured_on=pl.col("respond_by").dt.date(),
        deadlines_met_count=(pl.col("deadline_state") == "met").cast(pl.Int64),
    )
    return pl.concat((opened, answered, due), how="diagonal")


def of_outcomes(outcomes: pl.DataFrame) -> pl.DataFrame:
    """What people did: who was spoken to for the first time, and what came of it in the end.

    Args:
        outcomes: rows of the table `outcomes`, in any order.

    Returns:
        `measured_on`, `source`, `department` and the counts, a row per opportunity and count.
    """
    keys = ("source", "department")
    ordered = outcomes.sort("decided_at").rename({"decided_on": "measured_on"})
    first = (
        ordered.filter(pl.col("outcome").is_in(ACTED))
        .unique("opportunity_id", keep="first")
        .select("measured_on", *keys, _one("contacted_count"))
    )
    last = ordered.unique("opportunity_id", keep="last").filter(pl.col("outcome").is_in(FINAL))
    is_won = pl.col("outcome") == "won"
    final = last.select(
        "measured_on",
        *keys,
        *((pl.col("outcome") == one).cast(pl.Int64).alias(f"{one}_count") for one in FINAL),
        valued_count=(is_won & pl.col("value").is_not_null()).cast(pl.Int64),
        won_value=pl.when(is_won).then("value").fill_null(0.0),
    )
    return pl.concat((first, final), how="diagonal")


def of_reviews(reviewed: pl.DataFrame) -> pl.DataFrame:
    """Detected rows that people judged.

    Args:
        reviewed: `labelled_at`, `source`, `department`, `is_true`.

    Returns:
        `measured_on`, `source`, `department` and the counts, a row per judgement.
    """
    return reviewed.select(
        "source",
        "department",
        _one("reviewed_count"),
        measured_on=pl.col("labelled_at").dt.date(),
        confirmed_count=pl.col("is_true").cast(pl.Int64),
    )


def _one(name: str) -> pl.Expr:
    return pl.lit(1, pl.Int64).alias(name)


def _handles(company: Company) -> tuple[str, ...]:
    return tuple(f"@{account}" for account in company.own_accounts if "@" not in account)
