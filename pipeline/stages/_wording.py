"""The words that set alerts apart, and what was said in the hour before each."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.alerts import words
from pipeline.alerts.baseline import Flags
from pipeline.records import DAY, HOUR
from pipeline.settings import Company
from pipeline.storage import Lake, among, frames

BACKGROUND_DAYS = 7
"""Days before an alert whose complaints its words are set apart from."""
BEFORE_SHOWN = 10
SPOKEN = ("complaint_spike", "idea_surge", "severe_message")
"""Kinds that are about what people said."""
_TEXT = ["message_id", "sent_on", "text"]


def with_words(
    lake: Lake, found: pl.DataFrame, complaints: pl.DataFrame, company: Company
) -> pl.DataFrame:
    """Add `words` and `before_message_ids`, empty for alerts that are not about what people said.

    Args:
        lake: the lake.
        found: alerts (`alerts.kinds.COLUMNS`).
        complaints: `message_id` and `opened_at` of all.
        company: its names set nothing apart.
    """
    spoken = found.filter(pl.col("kind").is_in(SPOKEN))
    told = _told(lake, spoken, complaints)
    ours = (company.name, *company.aliases, *company.own_accounts)
    said, before = words.Said(told["text"], ours), _before(lake, spoken["window_start"])
    made: dict[str, tuple[list[str], list[str]]] = {}
    for name, start, ids in spoken.select("alert_id", "window_start", "message_ids").iter_rows():
        apart = said.apart(*_flags(told, start, ids))
        made[name] = (apart, _nearest(before, start, apart))
    texts = pl.List(pl.String())
    parts = [made.get(name, ([], [])) for name in found["alert_id"]]
    return found.with_columns(
        pl.Series("words", [apart for apart, _ in parts], texts),
        pl.Series("before_message_ids", [ids for _, ids in parts], texts),
    )


def _told(lake: Lake, spoken: pl.DataFrame, complaints: pl.DataFrame) -> pl.DataFrame:
    """The messages of alerts and complaints: `message_id`, `sent_on`, `text`, `opened_at`."""
    if spoken.is_empty():
        complaints = complaints.clear()
    named = pl.concat([spoken["message_ids"].explode(), complaints["message_id"]]).drop_nulls()
    rows = pl.DataFrame(lake.read("messages", _TEXT, among("message_id", named.unique())))
    opened = complaints.select("message_id", "opened_at").unique("message_id")
    return rows.join(opened, on="message_id", how="left").sort("message_id")


def _flags(told: pl.DataFrame, start: datetime, ids: list[str]) -> tuple[Flags, Flags]:
    """Whether each message is one of the alert, and whether one of the complaints before it."""
    since = start - timedelta(days=BACKGROUND_DAYS)
    these = pl.col("message_id").is_in(ids) & (pl.col("sent_on") >= start.date() - DAY)
    others = pl.col("opened_at").is_between(since, start, closed="left")
    others &= pl.col("sent_on").is_between(since.date(), start.date())
    flags = told.select(these=these, others=others.fill_null(value=False))
    return flags["these"].to_numpy(), flags["others"].to_numpy()


def _before(lake: Lake, starts: pl.Series) -> pl.DataFrame:
    """What others said in the hours that end at `starts`: `hour`, `message_id`, `text`."""
    wanted = (starts - HOUR).unique().sort()
    days = pa.array(wanted.dt.date().unique().to_arrow(), pa.date32())
    heard = (
        pc.field("sent_on").isin(days) & ~pc.field("is_own") & pc.field("excluded_reason").is_null()
    )
    columns = ["message_id", "text", "sent_at"]
    hour = pl.col("sent_at").dt.truncate("1h")
    return pl.concat(
        part.with_columns(hour=hour).filter(pl.col("hour").is_in(wanted.implode())).drop("sent_at")
        for part in frames(lake, "messages", columns, heard)
    ).sort("hour", "message_id")


def _nearest(before: pl.DataFrame, start: datetime, apart: list[str]) -> list[str]:
    """The messages of the hour before that share most words with the alert."""
    said = before.filter(pl.col("hour") == start - HOUR)
    alike = said.with_columns(shared=words.alike(said["text"], apart))
    alike = alike.filter(pl.col("shared") > 0)
    nearest = alike.sort("shared", "message_id", descending=[True, False]).head(BEFORE_SHOWN)
    return nearest["message_id"].to_list()
