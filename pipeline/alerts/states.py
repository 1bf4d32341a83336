"""What people decided about alerts, replayed: the last word counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

STATE = ("state", "state_reason", "snoozed_until")
_ONCE = ("severe_message",)
"""Kinds that are no less grave when nothing follows: who lets one rest wants to be reminded."""


def with_state(
    alerts: pl.DataFrame, decisions: pl.DataFrame, as_of: datetime, closes_after_days: int
) -> pl.DataFrame:
    """Add `state`, `state_reason` and `snoozed_until`.

    An alert is open until somebody decides otherwise or it has shown nothing for so many days.
    Snoozed is snoozed until then; an alert of the same kind and subject that opens in the meantime
    is snoozed with it. When the snooze has ended, an alert that showed something since it was
    snoozed is open again, and one that did not is closed; a grave message is open again either way,
    until nobody has looked at it for so many days.

    Args:
        alerts: `alert_id`, `kind`, `subject_kind`, `subject`, `opened_at`, `last_at`.
        decisions: the table `alert_decisions`.
        as_of: "now", an aware UTC datetime.
        closes_after_days: days after `last_at` at which what nobody looked at closes.
    """
    last = (
        decisions.sort("decided_at", "alert_id")
        .unique("alert_id", keep="last", maintain_order=True)
        .select("alert_id", "decided_at", "reason", said="state", until="snoozed_until")
    )
    known = alerts.join(last, on="alert_id", how="left", maintain_order="left")
    known = known.join(_resting(known), on="alert_id", how="left", maintain_order="left")
    until = pl.when(pl.col("said").is_null()).then("rests_until").otherwise("until")
    was_snoozed = pl.col("said") == "snoozed"
    is_reminder = was_snoozed & pl.col("kind").is_in(_ONCE)
    reminded_at = pl.when(is_reminder).then("until")
    is_over = pl.max_horizontal("last_at", reminded_at) + timedelta(days=closes_after_days) <= as_of
    is_quiet = was_snoozed & ~is_reminder & (pl.col("last_at") <= pl.col("decided_at"))
    rests = until > as_of
    state = (
        pl.when(rests)
        .then(pl.lit("snoozed"))
        .when(pl.col("said").is_in(["acknowledged", "closed"]))
        .then("said")
        .when(is_quiet | (is_over & (pl.col("said").is_null() | was_snoozed)))
        .then(pl.lit("closed"))
        .otherwise(pl.lit("open"))
    )
    return known.with_columns(
        state=state, state_reason="reason", snoozed_until=pl.when(rests).then(until)
    ).drop("decided_at", "reason", "said", "until", "rests_until")


def _resting(known: pl.DataFrame) -> pl.DataFrame:
    """Until when alerts rest because one of the same kind and subject was snoozed before."""
    same = ["kind", "subject_kind", "subject"]
    snoozed = known.filter(pl.col("said") == "snoozed").select(*same, "decided_at", "until")
    return (
        known.select("alert_id", *same, "opened_at")
        .join(snoozed, on=same)
        .filter(pl.col("opened_at").is_between("decided_at", "until", closed="left"))
        .group_by("alert_id")
        .agg(rests_until=pl.col("until").max())
    )
