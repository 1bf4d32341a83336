"""What sources brought in, from the table `messages` and the quarantine: by hour, and by day."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pyarrow.compute as pc

from pipeline.alerts import kinds, source_days, volumes
from pipeline.alerts.baseline import Floats, Hours, Ints
from pipeline.contracts import contract
from pipeline.conversations.forgetting import FORGOTTEN
from pipeline.records import HOUR, UNDATED
from pipeline.settings import Settings
from pipeline.stages._heard import Heard
from pipeline.storage import Lake, frames

UNKNOWN = "und"


def of_sources(lake: Lake, settings: Settings, heard: Heard) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The table `source_hours`, and the alerts about sources (`kinds.COLUMNS`)."""
    hourly, daily = _counts(lake)
    rejected = _rejected(lake)
    counts = np.zeros(heard.by_source.shape, np.int64)
    at = {name: number for number, name in enumerate(heard.sources)}
    for source, hour, count in hourly.filter(pl.col("hour") >= heard.first).iter_rows():
        counts[(hour - heard.first) // HOUR, at[source]] += count
    begun = heard.by_source & np.logical_or.accumulate(counts > 0, axis=0)
    known = settings.alerts
    made = volumes.volumes(
        Hours(heard.first, counts, begun),
        heard.sources,
        settings.company.zone,
        false_alarms=known.false_alarms,
        cooldown=known.cooldown_hours,
    )
    found = pl.concat(
        [
            volumes.rows_of(made.spells, heard.first),
            source_days.changed(daily),
            source_days.near_budget(_budgets(daily, rejected)),
        ]
    )
    return _hours(heard, counts, made.expected), kinds.of_sources(found)


def _counts(lake: Lake) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Messages by `source` and `hour`, and by `source` and `sent_on` with what is filled."""
    hourly, daily = [], []
    names = ["source", "sent_on", "sent_at", *source_days.SHAPE]
    filled = [
        (pl.col(name) != UNKNOWN if name == "language" else pl.col(name).is_not_null())
        .sum()
        .cast(pl.Int64)
        .alias(name)
        for name in source_days.SHAPE
    ]
    for rows in frames(lake, "messages", names):
        hour = pl.col("sent_at").dt.truncate("1h").alias("hour")
        hourly.append(rows.group_by("source", hour).agg(count=pl.len().cast(pl.Int64)))
        # What was blanked here says nothing about what the source sends.
        kept = rows.filter(pl.col("excluded_reason").ne_missing(FORGOTTEN))
        daily.append(
            kept.group_by("source", "sent_on").agg(
                pl.len().cast(pl.Int64).alias("messages"), *filled
            )
        )
    return (
        pl.concat(hourly)
        .group_by("source", "hour")
        .agg(pl.col("count").sum())
        .sort("source", "hour"),
        pl.concat(daily)
        .group_by("source", "sent_on")
        .agg(pl.col("messages", *source_days.SHAPE).sum())
        .sort("source", "sent_on"),
    )


def _rejected(lake: Lake) -> pl.DataFrame:
    of_day = (pc.field("table_name") == "messages") & (pc.field("seen_on") > UNDATED)
    rows = lake.read("quarantine", ["source", "seen_on"], of_day)
    return (
        pl.DataFrame(rows)
        .group_by("source", sent_on="seen_on")
        .agg(rejected=pl.len().cast(pl.Int32))
    )


def _budgets(daily: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    """What was rejected by source and day, and what may be."""
    rows = rejected.join(daily, on=["source", "sent_on"], how="left")
    came = pl.col("messages").fill_null(0) + pl.col("rejected")
    known = contract("messages")
    allowed = pl.max_horizontal(pl.lit(known.reject_rows), (came * known.reject_share).floor())
    return rows.select("source", "sent_on", "rejected", allowed=allowed)


def _hours(heard: Heard, counts: Ints, expected: Floats) -> pl.DataFrame:
    """A row for each hour and source that was listened to."""
    at, source = np.nonzero(heard.by_source)
    hours: list[datetime] = [heard.first + int(one) * HOUR for one in at]
    return (
        pl.DataFrame(
            {
                "source": [heard.sources[one] for one in source],
                "hour_at": hours,
                "messages_count": counts[at, source],
                "expected": expected[at, source],
            },
            schema={
                "source": pl.String,
                "hour_at": pl.Datetime("us", "UTC"),
                "messages_count": pl.Int32,
                "expected": pl.Float32,
            },
        )
        .with_columns(pl.col("expected").fill_nan(None), heard_on=pl.col("hour_at").dt.date())
        .sort("hour_at", "source")
    )
