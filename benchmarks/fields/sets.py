"""The labelled messages: invented one by one, none of them seen by a model.

Every second trade is for reporting: rules are written after looking at the others alone. The date
of a time frame is its last day, counted from Friday 13 November 2026, on which all is sent; `worth`
is what a sales person would give a lead, from 0 (nothing) to 3 (call it today).
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

HERE = Path(__file__).parent
SENT = datetime(2026, 11, 13, 8, tzinfo=UTC)
PARTS = ("development", "report")
LEADS: dict[str, Any] = {
    "trade": pl.String,
    "language": pl.String,
    "text": pl.String,
    "need": pl.String,
    "product": pl.String,
    "competitor": pl.String,
    "switch_direction": pl.String,
    "budget_amount": pl.Float64,
    "budget_currency": pl.String,
    "team_size": pl.Int64,
    "timeframe_on": pl.String,
    "is_existing_customer": pl.Boolean,
    "contact_channel": pl.String,
    "worth": pl.Int64,
}
COMPLAINTS: dict[str, Any] = {
    "trade": pl.String,
    "language": pl.String,
    "text": pl.String,
    "topic": pl.String,
    "severity": pl.Int64,
    "is_repeat": pl.Boolean,
    "leaves": pl.Boolean,
}


def leads() -> pl.DataFrame:
    """The labelled leads, each with its `part` and `sent_at`."""
    return _parted(pl.read_ndjson(HERE / "leads.jsonl", schema=LEADS)).with_columns(
        pl.col("timeframe_on").str.to_date()
    )


def follow_ups() -> pl.DataFrame:
    """What somebody says next in the conversation of a lead, labelled like `leads`."""
    return _parted(pl.read_ndjson(HERE / "follow_ups.jsonl", schema=LEADS)).with_columns(
        pl.col("timeframe_on").str.to_date()
    )


def complaints() -> pl.DataFrame:
    """The labelled complaints, each with its `part` and `sent_at`."""
    return _parted(pl.read_ndjson(HERE / "complaints.jsonl", schema=COMPLAINTS))


def companies() -> dict[str, dict[str, Any]]:
    """Trade to the settings of the company that its leads are written to."""
    return tomllib.loads((HERE / "companies.toml").read_text(encoding="utf-8"))


def _parted(rows: pl.DataFrame) -> pl.DataFrame:
    trade = pl.col("trade").rank("dense") % 2
    # They come in by a fixed shuffle, so that their order says nothing.
    arrival = pl.Series(rows["text"].hash(seed=7)).rank("ordinal").cast(pl.Int64)
    return rows.with_columns(
        part=pl.when(trade == 0).then(pl.lit(PARTS[0])).otherwise(pl.lit(PARTS[1])),
        sent_at=pl.lit(SENT) + arrival * timedelta(seconds=60),
    )
