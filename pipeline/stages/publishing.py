"""Publish: detections become the tables that teams work from.

Opportunities span days: a second message updates a lead, an answer stops a clock, a vote joins an
old theme. So the tables are made anew from all detections, and only the partitions that come out
different are replaced. "Now" is the end of the last day that was listened to, never the clock.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl
import pyarrow as pa

from pipeline.alerts import kinds
from pipeline.contracts import contract
from pipeline.opportunities import complaints, decisions, ideas, leads, outcomes, themes
from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.stages import _detected, _heard, _moved
from pipeline.stages._audit import all_days, audited, swap
from pipeline.stages._horizon import horizon
from pipeline.stages._runs import Counts, Run, accounted, recorded
from pipeline.storage import Lake
from pipeline.tagger import detectors

TABLES = ("leads", "complaints", "ideas", "idea_themes")
TOGETHER = 14
"""Snapshots that are checked at once: asking once is cheaper, and bounds what lies in memory."""


def publish(settings: Settings, window: Window) -> Run:
    """Make leads, complaints, ideas and idea themes from the detections of the whole lake.

    What people did with them (`outcomes`) is their state.

    Args:
        settings: the settings.
        window: the days whose theme snapshots are made; later snapshots are made anew.

    Raises ContractError when a table breaks its contract; its old partitions stay.
    """
    lake = Lake(settings.lake_location)
    with recorded(settings, lake, "publish", window, TABLES) as recorder:
        counts, listened = recorder.counts, _heard.heard(lake)
        as_of = listened.until if listened.sources else window.end
        window = window.reaching_back(settings.look_back_days)
        needs, decided = detectors()["lead"].needs, lake.read("outcomes")
        detected = _detected.detections(lake)
        known, follow_ups = _detected.known(lake, detected)
        # One tag after the other, since all at once take a gigabyte a million messages; the one
        # with most messages first, whose room is enough for the others.
        _swap(
            lake,
            "complaints",
            complaints.build(
                _taken(detected, "complaint", known, counts),
                settings,
                as_of,
                outcomes.of_kind(decided, "complaint"),
                _crises(listened, settings),
            ),
            counts,
        )
        _swap(
            lake,
            "leads",
            leads.build(
                _taken(detected, "lead", known, counts),
                settings,
                needs,
                as_of,
                outcomes.of_kind(decided, "lead"),
                follow_ups,
            ),
            counts,
        )
        held = decisions.holding(lake.read("theme_decisions"))
        heard, cues = _taken(detected, "idea", known, counts), detectors()["idea"].vocabulary
        refused = outcomes.refused(decided)
        of_ideas, told = ideas.build(heard, settings, held, cues, refused)
        # A further wish of a message is one more row that comes in. Each has one at least, unless
        # people refused it.
        further = int(of_ideas["messages_count"].to_numpy().sum()) - len(heard)
        counts.rows_in += further if refused else max(further, 0)
        _swap(lake, "ideas", of_ideas, counts)
        held = pl.concat((held, outcomes.statuses(decided)), how="diagonal")
        unsettled = _moved.unsettled(lake, settings, window)
        first = min((window.start.date(), *_moved.edited_days(unsettled, window)))
        _swap_themes(lake, settings, of_ideas, told, held, first, counts)
    return recorder.run


def _taken(
    detected: dict[str, pa.Table], tag: str, known: pl.DataFrame, counts: Counts
) -> pl.DataFrame:
    """Take the detected messages of a tag, and count them, reposts left out as duplicates."""
    found = detected.pop(tag)
    heard = _detected.heard(found, known)
    counts.rows_in += len(found)
    counts.duplicates += len(found) - len(heard)
    versions = ", ".join(heard["model_version"].unique().sort())
    counts.model_versions = {**(counts.model_versions or {}), tag: versions}
    return heard


def _crises(listened: _heard.Heard, settings: Settings) -> complaints.Crises:
    """Crises are what `watch` raises alerts about."""
    return partial(kinds.crises, settings=settings, first=listened.first, is_heard=listened.by_any)


def _swap(lake: Lake, table: str, rows: pa.Table, counts: Counts) -> None:
    key = contract(table).key[0]
    good, rejected = audited(rows, table, where="of all days", origin=key)
    came, kept = (int(one["messages_count"].to_numpy().sum()) for one in (rows, good))
    counts.rows_out += kept
    counts.quarantined += came - kept
    accounted(counts.rows_in, counts.kept, f"publish {table}")
    days = all_days(lake, table, good, rejected)
    counts.rows_written += swap(lake, table, "publish", days, good, rejected)


def _swap_themes(
    lake: Lake,
    settings: Settings,
    of_ideas: pa.Table,
    told: pl.DataFrame,
    held: pl.DataFrame,
    first: date,
    counts: Counts,
) -> None:
    """Make the snapshots from the first changed day on: ideas may have come before later ones.

    Every day that has a message has a snapshot, so that the order of the runs does not matter.
    """
    frame = pl.DataFrame(of_ideas)
    said, terms = decisions.standing(frame, held), themes.spoken(frame, told)
    half_life = settings.scoring.momentum_half_life_days
    first, heard = max(first, horizon(lake)), set(lake.days("messages"))
    days = [day for day in sorted(heard.union(lake.days("idea_themes"))) if day >= first]
    for at in range(0, len(days), TOGETHER):
        some = days[at : at + TOGETHER]
        snapshots = [
            themes.snapshot(
                frame.filter((pl.col("opened_on") <= day) & (day in heard)),
                terms, day, said, half_life,
            )
            for day in some
        ]  # fmt: skip
        where = f"{some[0]}..{some[-1]}"
        rows = pa.concat_tables(snapshots)
        good, rejected = audited(rows, "idea_themes", where=where, origin="theme_id")
        counts.rows_written += swap(lake, "idea_themes", "publish", some, good, rejected)
