"""Crises: many people with the same complaint within hours, far more than on the days before."""

from __future__ import annotations

import polars as pl

HOURS = 6
LEAST = 5
"""Different people within `HOURS` below which nothing is a crisis."""
FACTOR = 4
"""How many times the complaints of an average day before there must be."""
DAYS_BEFORE = 28


def with_crisis(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `crisis_id`, null for a complaint that is part of none.

    There is a crisis at an hour when the different people who complained about one topic in the
    last `HOURS` hours are at least `LEAST`, and at least `FACTOR` times the number on an average
    day of the `DAYS_BEFORE` days before (those since the very first complaint). Its members are
    the complaints of those hours; crises that share an hour are one. Only earlier days are looked
    at and the id derives from the first member, so that later complaints change neither.

    Args:
        rows: complaints with `row_id`, `person`, `topic`, `opened_at`.
    """
    timed = rows.select(
        "row_id", "person", "topic", "opened_at", hour=pl.col("opened_at").dt.truncate("1h")
    ).sort("hour", "opened_at", "row_id")
    first_hour = timed["hour"].min()
    hourly = (
        timed.filter(pl.col("topic") != "other")
        .group_by("topic", "hour", maintain_order=True)
        .agg(pl.col("person").unique())
        .sort("topic", "hour")
    )
    if hourly.is_empty():
        return rows.with_columns(crisis_id=pl.lit(None, pl.String))
    recent = hourly.rolling("hour", period=f"{HOURS}h", group_by="topic").agg(
        people=pl.col("person").explode(empty_as_null=False, keep_nulls=False).n_unique()
    )
    before = hourly.rolling(
        "hour", period=f"{DAYS_BEFORE}d", offset=f"-{DAYS_BEFORE * 24 + HOURS}h", group_by="topic"
    ).agg(earlier=pl.col("person").list.len().sum())
    days = ((pl.col("hour") - first_hour).dt.total_hours() / 24).clip(1, DAYS_BEFORE)
    flagged = recent.join(before, on=["topic", "hour"]).filter(
        pl.col("people") >= LEAST, pl.col("people") >= FACTOR * pl.col("earlier") / days
    )
    return _members(rows, timed, _spells(flagged))


def _spells(flagged: pl.DataFrame) -> pl.DataFrame:
    """Put flagged hours whose windows touch together: `topic`, `hour` (the first), `until`."""
    is_new = (pl.col("hour").diff() >= pl.duration(hours=HOURS)).fill_null(value=True)
    return (
        flagged.sort("topic", "hour")
        .with_columns(spell=is_new.over("topic").cast(pl.Int64).cum_sum().over("topic"))
        .group_by("topic", "spell", maintain_order=True)
        .agg(hour=pl.col("hour").min() - pl.duration(hours=HOURS - 1), until=pl.col("hour").max())
        .sort("hour", "topic")
    )


def _members(rows: pl.DataFrame, timed: pl.DataFrame, spells: pl.DataFrame) -> pl.DataFrame:
    """Give the complaints of each spell its id."""
    members = (
        timed.join_asof(spells, on="hour", by="topic", check_sortedness=False)
        .filter(pl.col("hour") <= pl.col("until"))
        .with_columns(first=pl.col("row_id").first().over("topic", "spell"))
        .select("row_id", crisis_id=pl.concat_str(pl.lit("crisis:"), "first"))
    )
    return rows.join(members, on="row_id", how="left", maintain_order="left")
