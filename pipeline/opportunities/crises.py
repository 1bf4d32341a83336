"""Crises: many people complaining within hours, far more than on the days before."""

from __future__ import annotations

import polars as pl

HOURS = 6
LEAST = 6
"""Different people within `HOURS` below which nothing is a crisis."""
FACTOR, DEVIATIONS = 3, 5
"""How many times the people to be expected there must be, and how many standard deviations more."""
QUIET_HOURS = 12
"""Hours between two peaks up to which they are one crisis: an outage in both rush hours."""
DAYS_BEFORE = 28
_SHARE_OF_DAY = 0.5
"""Share of a day's complaints that falls into `HOURS` when people are awake."""
_ANY = ""


def with_crisis(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `crisis_id`, null for a complaint that is part of none.

    There is a crisis at an hour when the different people who complained in the last `HOURS` hours
    are at least `LEAST` and far more than what the mean of the `DAYS_BEFORE` days before (those
    since the very first complaint) makes one expect: by `FACTOR`, and by `DEVIATIONS` of a count
    that varies by chance. On the first day there is nothing to compare with. Counted are the
    complaints about one topic, and all together: people who walk home in the rain do not name the
    topic. The members are the complaints of those hours; of two crises the one that showed first
    has them. Only earlier days are looked at and the id derives from the first member, so that
    later complaints change neither.

    Args:
        rows: complaints with `row_id`, `person`, `topic`, `opened_at`.
    """
    timed = rows.select(
        "row_id", "person", "topic", "opened_at", hour=pl.col("opened_at").dt.truncate("1h")
    ).sort("hour", "opened_at", "row_id")
    if timed.is_empty():
        return rows.with_columns(crisis_id=pl.lit(None, pl.String))
    all_topics = timed.with_columns(topic=pl.lit(_ANY))
    spells = _spells(pl.concat([timed, all_topics]), timed["hour"][0])
    of_all, of_topic = (_members(part, spells) for part in (all_topics, timed))
    members = (
        pl.concat([of_all, of_topic])
        .sort("since", maintain_order=True)
        .unique("row_id", keep="first", maintain_order=True)
        .select("row_id", "crisis_id")
    )
    return rows.join(members, on="row_id", how="left", maintain_order="left")


def _spells(timed: pl.DataFrame, first_hour: object) -> pl.DataFrame:
    """Hours that belong together: `topic`, `spell`, `since`, `until` (the last)."""
    hourly = (
        timed.group_by("topic", "hour", maintain_order=True)
        .agg(pl.col("person").unique())
        .sort("topic", "hour")
    )
    recent = hourly.rolling("hour", period=f"{HOURS}h", group_by="topic").agg(
        people=pl.col("person").explode(empty_as_null=False, keep_nulls=False).n_unique()
    )
    offset = f"-{DAYS_BEFORE * 24 + HOURS}h"
    before = hourly.rolling("hour", period=f"{DAYS_BEFORE}d", offset=offset, group_by="topic").agg(
        earlier=pl.col("person").list.len().sum()
    )
    days = (pl.col("hour") - pl.lit(first_hour)).dt.total_hours() / 24
    expected = pl.col("earlier") / days.clip(1, DAYS_BEFORE) * _SHARE_OF_DAY
    chance = DEVIATIONS * expected.sqrt()
    least = pl.max_horizontal(pl.lit(LEAST), FACTOR * expected, expected + chance)
    pause = pl.duration(hours=HOURS + QUIET_HOURS)
    is_new = (pl.col("hour").diff() >= pause).fill_null(value=True)
    return (
        recent.join(before, on=["topic", "hour"])
        .filter(pl.col("people") >= least, days >= 1)
        .sort("topic", "hour")
        .with_columns(spell=is_new.over("topic").cast(pl.Int64).cum_sum().over("topic"))
        .group_by("topic", "spell", maintain_order=True)
        .agg(since=pl.col("hour").min() - pl.duration(hours=HOURS - 1), until=pl.col("hour").max())
        .sort("since", "topic")
    )


def _members(timed: pl.DataFrame, spells: pl.DataFrame) -> pl.DataFrame:
    """The `row_id` of each complaint within a spell of its topic, its `crisis_id` and `since`."""
    first = pl.col("row_id").first().over("topic", "spell")
    return (
        timed.join_asof(
            spells, left_on="hour", right_on="since", by="topic", check_sortedness=False
        )
        .filter(pl.col("hour") <= pl.col("until"))
        .select("row_id", "since", crisis_id=pl.concat_str(pl.lit("crisis:"), first))
    )
