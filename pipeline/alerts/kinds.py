"""The alerts that the tables give rise to, kind by kind, each a row with the same columns."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pipeline.alerts import facts
from pipeline.alerts.baseline import Flags
from pipeline.alerts.surges import SURGE, WHOLE, Sensitivity, surges
from pipeline.settings import Settings

COLUMNS = pl.Schema({"alert_id": pl.String(), "kind": pl.String(), **SURGE})
"""The table `alerts` without its words and its state."""
COMPLAINT = [
    "complaint_id", "message_id", "author_id", "source", "opened_at", "topic", "product",
    "competitor", "severity", "severity_at", "respond_by", "deadline_state", "department",
]  # fmt: skip
LEAD = ["message_id", "source", "respond_by", "deadline_state", "department"]
IDEA = ["idea_id", "message_id", "author_id", "source", "opened_at", "theme_id"]
SPIKE = "complaint_spike"
_UNSPECIFIC = "other"


def of_complaints(
    complaints: pl.DataFrame, settings: Settings, first: datetime, is_heard: Flags
) -> pl.DataFrame:
    """More people complaining than usual: all together, about a topic, a brand, or both.

    Args:
        complaints: the columns `COMPLAINT`.
        settings: names of the company, how sensitive alerts are.
        first: the first midnight UTC that was listened to.
        is_heard: whether each hour from then on was listened to.
    """
    return _of_kind(_complaining(complaints, settings, first, is_heard), SPIKE)


def crises(
    complaints: pl.DataFrame, settings: Settings, first: datetime, is_heard: Flags
) -> pl.DataFrame:
    """The alert of `of_complaints` that a complaint is part of until its last hour.

    Takes what `of_complaints` takes.

    Returns:
        `message_id` and `crisis_id`, the alert's id; of two alerts the first one has a complaint.
    """
    found = _complaining(complaints, settings, first, is_heard).with_columns(kind=pl.lit(SPIKE))
    return (
        found.select(crisis_id=_alert_id(), message_id="all_ids")
        .explode("message_id", empty_as_null=False, keep_nulls=False)
        .unique("message_id", keep="first", maintain_order=True)
        .select("message_id", "crisis_id")
    )


def _complaining(
    complaints: pl.DataFrame, settings: Settings, first: datetime, is_heard: Flags
) -> pl.DataFrame:
    """The surges of complaints, in order of time."""
    rows = complaints.sort("opened_at", "message_id").with_row_index("row")
    brand = pl.coalesce("product", "competitor")
    is_specific = pl.col("topic") != _UNSPECIFIC
    both = pl.concat_str(brand, pl.lit(": "), "topic")
    subjects = [
        _about(rows, WHOLE, pl.lit(settings.company.name)),
        _about(rows, "brand", brand),
        _about(rows, "topic", pl.when(is_specific).then("topic")),
        _about(rows, "brand_topic", pl.when(is_specific).then(both)),
    ]
    events = rows.select(
        "message_id",
        "source",
        person=pl.coalesce("author_id", "complaint_id"),
        at="opened_at",
    )
    return surges(
        events, pl.concat(subjects), first, is_heard, settings.company.zone, _how(settings)
    )


def of_ideas(
    ideas: pl.DataFrame, settings: Settings, first: datetime, is_heard: Flags
) -> pl.DataFrame:
    """More people asking for the same than usual. `ideas` has the columns `IDEA`."""
    # A message is one event, however many wishes it holds.
    rows = ideas.sort("opened_at", "message_id", "idea_id").with_columns(
        row=pl.struct("opened_at", "message_id").rle_id()
    )
    messages = rows.unique("row", keep="first", maintain_order=True)
    subjects = [
        _about(messages, WHOLE, pl.lit(settings.company.name)),
        _about(rows.unique(["row", "theme_id"], maintain_order=True), "theme", pl.col("theme_id")),
    ]
    events = messages.select(
        "message_id", "source", person=pl.coalesce("author_id", "message_id"), at="opened_at"
    )
    found = surges(
        events, pl.concat(subjects), first, is_heard, settings.company.zone, _how(settings)
    )
    return _of_kind(found, "idea_surge")


def severe(complaints: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Complaints that need nobody beside them; those of a topic within the cooldown are one.

    Each counts from the message that made it so grave, however long the problem was known.
    """
    grave = complaints.filter(pl.col("severity") >= settings.alerts.minimum_severity)
    rows = grave.with_columns(at="severity_at")
    found = facts.spells(rows, "topic", settings.alerts.cooldown_hours)
    return _of_kind(found.with_columns(subject_kind=pl.lit("topic")), "severe_message")


def deadlines(leads: pl.DataFrame, complaints: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Promises that a department broke in a week. `leads` has the columns `LEAD`.

    A week and not a day or a spell: a department that is behind is one thing to look at, and it is
    told again next week when it still is.
    """
    rows = facts.missed(pl.concat([leads.select(LEAD), complaints.select(LEAD)]))
    found = facts.weeks(rows, "department", settings.company.zone)
    return _of_kind(found.with_columns(subject_kind=pl.lit("department")), "deadline_missed")


def of_sources(found: pl.DataFrame) -> pl.DataFrame:
    """Silence, floods, new shapes and many rejected records, as `volumes.ROWS` has them."""
    return _of_kind(
        found.with_columns(
            subject_kind=pl.lit("source"),
            message_ids=pl.lit([], COLUMNS["message_ids"]),
            factor=pl.col("observed") / pl.col("expected").clip(0.01),
        )
    )


def _how(settings: Settings) -> Sensitivity:
    known = settings.alerts
    return Sensitivity(known.least_people, known.false_alarms, known.cooldown_hours)


def _about(rows: pl.DataFrame, kind: str, subject: pl.Expr) -> pl.DataFrame:
    named = rows.select("row", subject_kind=pl.lit(kind), subject=subject)
    return named.filter(pl.col("subject").is_not_null())


def _of_kind(found: pl.DataFrame, kind: str | None = None) -> pl.DataFrame:
    """Add the kind, the id and what the kind does not know."""
    unknown = {"expected": None, "factor": None, "chance": None, "is_velocity": False}
    made = found.with_columns(
        pl.lit(value, COLUMNS[name]).alias(name)
        for name, value in unknown.items()
        if name not in found.columns
    )
    if kind is not None:
        made = made.with_columns(kind=pl.lit(kind))
    if "spread_to" not in found.columns:
        made = made.with_columns(spread_to=pl.lit([], COLUMNS["spread_to"]))
    return made.with_columns(alert_id=_alert_id()).select(COLUMNS.names()).cast(COLUMNS)


def _alert_id() -> pl.Expr:
    hour = pl.col("opened_at").dt.strftime("%Y-%m-%dT%H")
    return pl.concat_str("kind", "subject_kind", "subject", hour, separator=":")
