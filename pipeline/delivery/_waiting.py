"""Which rows a delivery is about: those that wait for somebody and pass its filters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.engagement.base import IDS, Quoted, in_reading_order
from pipeline.records import midnight
from pipeline.settings import DeliverySettings
from pipeline.stages import last_day
from pipeline.storage import Lake, among

_WAITS = pl.col("waiting_since_at").is_not_null()
WAITING: dict[str, pl.Expr] = {
    "leads": _WAITS,
    "complaints": _WAITS,
    "ideas": pl.lit(value=True),
    "idea_themes": pl.col("state") == "new",
    "alerts": pl.col("state") == "open",
}
"""The rows of each table that still wait for somebody."""


def waiting(lake: Lake, delivery: DeliverySettings, owed: Sequence[str] = ()) -> pa.Table:
    """The rows that a delivery is about, sent or not, in reading order.

    Those of its last days, counted from the last day listened to, that wait for somebody
    and pass its filters: opened then, or waiting for us since then; of themes the newest snapshot.

    Args:
        lake: the lake.
        delivery: its settings.
        owed: ids of rows that could not be sent when they were new, whose days may be over.
    """
    known = contract(delivery.table)
    day, newest = known.day_column, last_day(lake)
    if delivery.table == "idea_themes":
        newest = max(lake.days(delivery.table), default=None)
    if newest is None:
        return known.full_schema.empty_table()
    first = newest if day == "as_of" else newest - timedelta(days=delivery.within_days - 1)
    is_recent = pc.field(day) >= first
    if "waiting_since_at" in known.schema.names:
        # Who writes again waits anew, on whatever day the row was opened.
        is_recent = pc.field("waiting_since_at") >= midnight(first)
    if owed and day != "as_of":
        is_recent |= among(IDS[delivery.table], owed)
    rows = lake.read(delivery.table, where=is_recent).cast(known.full_schema)
    # Beside the rows, as what holds for all of them would be one value by itself.
    chosen = pl.DataFrame(rows).select(pl.first(), chosen=_filter(delivery, rows.column_names))
    return in_reading_order(rows.filter(chosen["chosen"].to_arrow()), delivery.table)


def quotes(lake: Lake, table: str) -> dict[str, Quoted]:
    """What alerts about one grave message are about, by their ids; nothing for other tables."""
    if table != "alerts":
        return {}
    is_grave = pc.field("kind") == "severe_message"
    alerts = pl.DataFrame(lake.read("alerts", ["alert_id", "message_ids"], is_grave))
    first = alerts.select("alert_id", message_id=pl.col("message_ids").list.first())
    wanted = among("message_id", first["message_id"])
    said = pl.DataFrame(lake.read("complaints", ["message_id", "snippet", "url"], wanted))
    found = first.join(said, on="message_id")
    return {
        row_id: Quoted(snippet, url)
        for row_id, snippet, url in found.select("alert_id", "snippet", "url").iter_rows()
    }


def _filter(delivery: DeliverySettings, columns: Sequence[str]) -> pl.Expr:
    wanted = [
        ("priority", pl.col("priority") >= delivery.minimum_priority),
        ("votes_count", pl.col("votes_count") >= delivery.minimum_votes),
    ]
    if delivery.departments:
        wanted.append(("department", pl.col("department").is_in(list(delivery.departments))))
    if delivery.owners:
        wanted.append(("owner", pl.col("owner").is_in(list(delivery.owners))))
    held = [expression for column, expression in wanted if column in columns]
    return pl.all_horizontal(WAITING[delivery.table], *held)
