"""Messages of places that forget, which a window can have changed on other days than its own.

There an edit reaches a row of an earlier day, and a row that was on a later day can have moved to
this one (`_kept`). The stages after `listen` see it by the rows themselves: those of the window,
and those that were edited in it.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.sources.base import source_types
from pipeline.storage import Lake, among


def unsettled(lake: Lake, settings: Settings, window: Window) -> pl.DataFrame:
    """`message_id` and `sent_on` of what such places hold of a window, or had edited in it."""
    kinds = source_types()
    names = [one.name for one in settings.sources if kinds[one.type].forgets]
    inside = (pc.field("sent_at") >= window.start) & (pc.field("sent_at") < window.end)
    edited = (pc.field("edited_at") >= window.start) & (pc.field("edited_at") < window.end)
    of_sources = among("source", names)
    rows = lake.read("messages", ["message_id", "sent_on"], of_sources & (inside | edited))
    return pl.DataFrame(rows).sort("sent_on", "message_id")


def edited_days(rows: pl.DataFrame, window: Window) -> list[date]:
    """The days before a window on which rows (`unsettled`) have changed."""
    days = rows["sent_on"].unique().sort()
    return days.filter(days < window.start.date()).to_list()


def drop_left_behind(lake: Lake, rows: pl.DataFrame) -> None:
    """Remove the detections of messages that are on another day now.

    Args:
        lake: the lake.
        rows: `unsettled` messages.
    """
    if rows.is_empty():
        return
    where = among("message_id", rows["message_id"])
    held = pl.DataFrame(lake.read("detections", ["message_id", "sent_on"], where)).unique()
    left = held.join(rows, on="message_id", suffix="_now").filter(
        pl.col("sent_on") != pl.col("sent_on_now")
    )
    for (day,), gone in left.group_by("sent_on"):
        partition = {"sent_on": str(day)}
        of_day = lake.read_partition("detections", partition)
        is_gone = pc.is_in(of_day["message_id"], gone["message_id"].to_arrow().cast(pa.string()))
        lake.write("detections", partition, of_day.filter(pc.invert(is_gone)))
