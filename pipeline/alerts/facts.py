"""Alerts that need no statistics: a grave message, a broken promise, a source near its budget."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl


def spells(rows: pl.DataFrame, by: str, hours: int) -> pl.DataFrame:
    """Gather rows with the same `by` that follow each other within so many hours.

    Args:
        rows: `at`, `message_id`, `source` and the column that `by` names.
        by: what the alert is about.
        hours: the cooldown.

    Returns:
        A row per spell: `subject`, `window_start` (the hour in which it began), `opened_at` (the
        end of that hour), `last_at` (the end of the hour of its last row), `observed`,
        `message_ids`, `sources`.
    """
    pause = pl.col("at").diff().over("subject") > pl.duration(hours=hours)
    spell = pause.fill_null(value=True).cum_sum().over("subject")
    ordered = rows.sort("at", "message_id").with_columns(subject=pl.col(by))
    return _gathered(ordered.with_columns(spell=spell))


def weeks(rows: pl.DataFrame, by: str, zone: ZoneInfo) -> pl.DataFrame:
    """Gather rows with the same `by` of the same week, which begins on the zone's Monday.

    Takes and returns what `spells` does.
    """
    week = pl.col("at").dt.convert_time_zone(zone.key).dt.date().dt.truncate("1w")
    ordered = rows.sort("at", "message_id").with_columns(subject=pl.col(by))
    return _gathered(ordered.with_columns(spell=week))


def _gathered(ordered: pl.DataFrame) -> pl.DataFrame:
    """A row per `subject` and `spell` of rows in order of time."""
    hour = pl.duration(hours=1)
    return (
        ordered.group_by("subject", "spell", maintain_order=True)
        .agg(
            window_start=pl.col("at").first().dt.truncate("1h"),
            last_at=pl.col("at").last().dt.truncate("1h") + hour,
            observed=pl.len().cast(pl.Int32),
            message_ids=pl.col("message_id"),
            sources=pl.col("source").unique(maintain_order=True),
        )
        .with_columns(opened_at=pl.col("window_start") + hour)
        .sort("opened_at", "subject")
        .drop("spell")
    )


def missed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of leads or complaints whose promise was broken, `at` the moment it was.

    Args:
        rows: `respond_by`, `deadline_state` and more.
    """
    is_missed = pl.col("deadline_state").is_in(["red", "missed"])
    return rows.filter(is_missed).with_columns(at="respond_by")
