"""Measure: what came in, what was done with it and what came of it, by day.

A day's figures depend on the tables, people's answers and the models in use alone, so the same
lake gives the same bytes. Late answers and outcomes belong to the day on which they were given.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import polars as pl
import pyarrow.compute as pc

from pipeline.learning import reviewed
from pipeline.measures import days, events
from pipeline.model_sets import champion
from pipeline.opportunities.routing import DEFAULTS
from pipeline.records import ALL, DAY, Window
from pipeline.settings import Settings
from pipeline.stages import horizon, last_day
from pipeline.stages._audit import replace, sound
from pipeline.storage import Lake
from pipeline.tagger import Tagger

WEEKS = 4
"""So many weeks are measured anew where nobody says which days."""
_ROW = ["opened_on", "message_id", "source"]
_CLOCK = ["opened_at", "answered_at", "respond_by", "deadline_state"]
_OPENED = {
    "lead": ("leads", [*_ROW, "department", *_CLOCK]),
    "complaint": ("complaints", [*_ROW, "department", *_CLOCK]),
    "idea": ("ideas", [*_ROW, "department"]),
}


def recent(lake: Lake) -> Window | None:
    """The last four weeks that were listened to; None where nothing was."""
    last = last_day(lake)
    if last is None:
        return None
    return Window.of_days(last - timedelta(weeks=WEEKS) + DAY, last)


def after_run(settings: Settings, window: Window) -> int:
    """Measure what stages that ran over a window may have changed: its days and the last weeks.

    Returns the number of rows. Raises ContractError when figures break their contract.
    """
    last = recent(Lake(settings.lake_location))
    made = 0 if last is None else measure(settings, last)
    is_within = last is not None and last.start <= window.start and window.end <= last.end
    return made if is_within else made + measure(settings, window)


def measure(settings: Settings, window: Window) -> int:
    """Measure the days of a window anew, and replace their partitions of `measurements`.

    Days that have expired keep the figures they have.
    Returns the number of rows. Raises ContractError when figures break their contract.
    """
    lake = Lake(settings.lake_location)
    kept = horizon(lake)
    wanted = [day for day in window.days() if day >= kept]
    if not wanted:
        return 0
    opened = {kind: _opportunities(lake, kind) for kind in _OPENED}
    marked = _marked(settings, lake)
    happened = [
        *_of_messages(settings, lake, wanted),
        *(events.of_opportunities(rows.drop("message_id"), kind) for kind, rows in opened.items()),
        events.of_outcomes(pl.DataFrame(lake.read("outcomes"))),
        events.of_reviews(_reviewed(marked, opened)),
    ]
    made = days.rows([one.filter(pl.col("measured_on").is_in(wanted)) for one in happened])
    recalls = _recalls(settings, lake, marked, made)
    rows = made.join(recalls, on=list(days.KEYS), how="left")
    good = sound(rows, "measurements", where=f"{wanted[0]}..{wanted[-1]}")
    return replace(lake, "measurements", good, wanted)


def _opportunities(lake: Lake, kind: str) -> pl.DataFrame:
    table, columns = _OPENED[kind]
    return pl.DataFrame(lake.read(table, columns))


def _of_messages(settings: Settings, lake: Lake, wanted: list[date]) -> Iterator[pl.DataFrame]:
    is_heard = pc.field("excluded_reason").is_null()
    for day in wanted:
        columns = ["sent_on", "source", "text"]
        heard = lake.read("messages", columns, is_heard & (pc.field("sent_on") == day))
        yield events.of_messages(pl.DataFrame(heard), settings.company)


def _marked(settings: Settings, lake: Lake) -> pl.DataFrame:
    """Rows that models are judged by; none where nobody has answered."""
    if not (lake.partitions("labels") or lake.partitions("outcomes")):
        return pl.DataFrame(schema=reviewed.MARKED)
    folder = champion(settings.models_folder)
    tagger = Tagger.load(folder)
    found = reviewed.marked(settings, lake, tagger, reviewed.taught(folder, tagger.tags))
    return found.filter(pl.col("tag").is_in(list(_OPENED)))


def _reviewed(marked: pl.DataFrame, opened: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Detected rows that were judged, each with the department that has or would have the row."""
    departments = pl.concat(
        rows.select("message_id", "department", tag=pl.lit(kind)) for kind, rows in opened.items()
    ).unique(["message_id", "tag"], keep="first", maintain_order=True)
    return (
        marked.filter("is_reviewed", decision=reviewed.DETECTED)
        .join(departments, on=["message_id", "tag"], how="left", maintain_order="left")
        .with_columns(pl.col("department").fill_null(pl.col("tag").replace_strict(dict(DEFAULTS))))
    )


def _recalls(
    settings: Settings, lake: Lake, marked: pl.DataFrame, made: pl.DataFrame
) -> pl.DataFrame:
    """The recall as it could be estimated at the end of each day, by source and of all."""
    schema: dict[str, Any] = {
        **{name: made.schema[name] for name in days.KEYS},
        "audited_count": pl.Int64,
        **dict.fromkeys(("recall", "recall_low", "recall_high"), pl.Float32),
    }
    if marked["is_reviewed"].sum() == 0:
        return pl.DataFrame(schema=schema)
    columns = ["source", "sent_on"]
    heard = pl.DataFrame(lake.read("messages", columns, reviewed.heard(settings)))
    found = []
    for day, source, department in made.select(days.KEYS).iter_rows():
        if department != ALL:
            continue
        mine = pl.lit(value=True) if source == ALL else pl.col("source") == source
        rows = marked.filter(mine, pl.col("sent_on") <= day).with_columns(
            pl.col("is_reviewed") & (pl.col("labelled_at").dt.date() <= day)
        )
        total = heard.filter(mine, pl.col("sent_on") <= day).height
        audited = rows.filter("is_reviewed", decision=reviewed.BELOW).height
        estimate = reviewed.recall(rows, total)
        found.append((day, source, department, audited, *(estimate or (None, None, None))))
    return pl.DataFrame(found, schema=schema, orient="row")
