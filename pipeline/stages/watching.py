"""Watch: what somebody should look at before it is a crisis, what sources bring, and who speaks.

An alert depends on what came before it, and it goes on while new messages join it. So all alerts
are made anew from the whole of the tables, hour by hour in the time of the messages, and only the
partitions that come out different are replaced: a day, an hour or a backfill give the same bytes.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pyarrow.compute as pc

from pipeline.alerts import kinds
from pipeline.alerts.states import STATE, with_state
from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.stages import _heard, _horizon, _speakers, _volumes
from pipeline.stages._audit import all_days, audited, swap
from pipeline.stages._runs import Run, accounted, recorded
from pipeline.stages._wording import with_words
from pipeline.storage import Lake

TABLES = ("alerts", "source_hours", "authors")


def watch(settings: Settings, window: Window) -> Run:
    """Make the tables `alerts`, `source_hours` and `authors`, from the whole lake.

    Args:
        settings: the settings.
        window: the days that the run is about; alerts of all days are made anew.

    Raises ContractError when a table breaks its contract; its old partitions stay.
    """
    lake = Lake(settings.lake_location)
    with recorded(settings, lake, "watch", window, TABLES) as recorder:
        counts = recorder.counts
        heard = _heard.heard(lake)
        kept = pc.field("opened_on") >= _horizon.horizon(lake)
        tables = {
            name: pl.DataFrame(lake.read(name, columns, kept))
            for name, columns in (
                ("complaints", kinds.COMPLAINT),
                ("leads", kinds.LEAD),
                ("ideas", kinds.IDEA),
            )
        }
        found = _found(tables, settings, heard)
        hours, of_sources = _volumes.of_sources(lake, settings, heard)
        counts.rows_in = lake.dataset("messages").count_rows()
        counts.rows_out = int(hours["messages_count"].sum())
        accounted(counts.rows_in, counts.kept, f"watch {window}")
        every = pl.concat([found, of_sources])
        said = with_words(lake, every, tables["complaints"], settings.company)
        rows = _with_state(lake, said, settings, heard.until)
        counts.rows_written = _swap(lake, "alerts", rows, "alert_id")
        counts.rows_written += _swap(lake, "source_hours", hours, "source")
        counts.rows_written += _speakers.swap(lake, heard)
    return recorder.run


def restate(settings: Settings) -> None:
    """Put what people decided into the alerts that are there, without looking for others."""
    lake = Lake(settings.lake_location)
    with lake.lock("run"):
        rows = pl.DataFrame(lake.read("alerts")).drop(*STATE, "opened_on")
        stated = _with_state(lake, rows, settings, _heard.heard(lake).until)
        _swap(lake, "alerts", stated, "alert_id")


def _with_state(
    lake: Lake, rows: pl.DataFrame, settings: Settings, as_of: datetime
) -> pl.DataFrame:
    decided = pl.DataFrame(lake.read("alert_decisions"))
    stated = with_state(rows, decided, as_of, settings.alerts.closes_after_days)
    return stated.sort("opened_at", "alert_id").with_columns(
        opened_on=pl.col("opened_at").dt.date()
    )


def _found(
    tables: dict[str, pl.DataFrame], settings: Settings, heard: _heard.Heard
) -> pl.DataFrame:
    """All alerts, without their words and their state."""
    complaints = tables["complaints"]
    return pl.concat(
        [
            kinds.of_complaints(complaints, settings, heard.first, heard.by_any),
            kinds.of_ideas(tables["ideas"], settings, heard.first, heard.by_any),
            kinds.severe(complaints, settings),
            kinds.deadlines(tables["leads"], complaints, settings),
        ]
    )


def _swap(lake: Lake, table: str, rows: pl.DataFrame, origin: str) -> int:
    """Replace all partitions of a table that has one a day, but those that have expired."""
    made = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    good, rejected = audited(made, table, where="of all days", origin=origin)
    days = all_days(lake, table, good, rejected, since=_horizon.horizon(lake))
    return swap(lake, table, "watch", days, good, rejected)
