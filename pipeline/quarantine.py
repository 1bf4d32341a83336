"""The rejected rows: look at them, and read them again after a fix.

Replay re-reads the whole of the sources concerned, so that a mended record is found on whatever
day and line it now is, then runs the stages for its old day and its new one. Rows that are rejected
again stay, marked with the time of the replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SettingsError
from pipeline.records import ALL, ALWAYS, DAY, TIMESTAMP, UNDATED, Window, with_column
from pipeline.settings import Settings
from pipeline.storage import Lake

if TYPE_CHECKING:
    from pipeline.sources.base import Source


@dataclass(frozen=True)
class Replayed:
    """What a replay did: rows tried, gone from quarantine, still there, and rejected anew.

    `gone_count` is rows of sources that the settings no longer name: they are not tried.
    """

    tried_count: int
    released_count: int
    remaining_count: int
    new_count: int
    days: tuple[date, ...]
    gone_count: int = 0


def rows(settings: Settings, source: str | None = None, rule: str | None = None) -> pa.Table:
    """The rejected rows, by source, origin and id. Raises SettingsError for an unknown source."""
    where = None
    if source is not None:
        settings.source(source)
        where = pc.field("source") == source
    found = Lake(settings.lake_location).read("quarantine", where=where)
    if rule is not None:
        found = found.filter(pc.equal(found["rule_id"], rule))
    return found.sort_by([(name, "ascending") for name in ("source", "origin", "quarantine_id")])


def row(settings: Settings, quarantine_id: str) -> dict[str, object]:
    """One rejected row, found by its id or the beginning of it.

    Raises SettingsError when no row or more than one is meant.
    """
    found = rows(settings)
    found = found.filter(pc.starts_with(found["quarantine_id"], quarantine_id))
    if found.num_rows == 1:
        named: dict[str, object] = found.to_pylist()[0]
        return named
    raise SettingsError(
        f"{'no row' if not found.num_rows else f'{found.num_rows} rows'} with id '{quarantine_id}'",
        where="quarantine",
        mend="take an id from `engage quarantine list`, as long as needed to be the only one",
    )


def replay(
    settings: Settings,
    *,
    now: datetime,
    source: str | None = None,
    on_progress: Callable[[str, float], None] = lambda _text, _share: None,
) -> Replayed:
    """Read rejected rows again, and run all stages for the days they were on and are on now.

    Args:
        settings: the settings.
        now: the time of the replay; records after it are in the future.
        source: only this source; None means all that have rejected rows, and our own tables.
        on_progress: called with what is being done and the share done.
    """
    from pipeline import stages

    every_row = rows(settings, source)
    before = _of((*settings.source_names, ALL), every_row)
    names = [name for name in settings.source_names if name in set(before["source"].to_pylist())]
    days: dict[str, set[date]] = {}
    for at, name in enumerate(names):
        on_progress(f"looking for the records of {name}", at / (2 * len(names)))
        of_source = before.filter(pc.equal(before["source"], name))
        found = _days_now(settings, name, set(of_source["origin"].to_pylist()), now)
        found |= set(of_source["seen_on"].to_pylist())
        days[name] = _heard_again(settings, name, found)
    ours = before.filter(pc.equal(before["source"], ALL))["seen_on"].unique().to_pylist()
    # An alert of the last hour of a day is on the next one, which may be yet to come.
    every = sorted({min(day, now.date()) for day in ours}.union(*days.values()))
    for at, name in enumerate(names):
        on_progress(f"listening to {name} again", 0.5 + at / (4 * len(names)))
        for window in windows(days[name]):
            stages.listen(settings, name, window, now=now)
    later = [stage for stage in stages.STAGES if stage != "listen"]
    for window in windows(every):
        on_progress(f"running {', '.join(later)} for {window}", 0.75)
        stages.run(settings, window, now=now, stages=tuple(later))
    on_progress("marking what remains", 1.0)
    after = _of((*names, ALL), rows(settings, source))
    gone_count = every_row.num_rows - before.num_rows
    return _outcome(Lake(settings.lake_location), before, after, now, tuple(every), gone_count)


def _of(names: Iterable[str], found: pa.Table) -> pa.Table:
    return found.filter(pc.is_in(found["source"], pa.array(list(names), pa.string())))


def windows(days: Iterable[date]) -> Iterator[Window]:
    """Join days that follow each other into windows, oldest first."""
    first = last = None
    for day in sorted(days):
        if last is not None and day == last + DAY:
            last = day
            continue
        if first is not None:
            yield Window.of_days(first, last)
        first = last = day
    if first is not None:
        yield Window.of_days(first, last)


def _days_now(settings: Settings, name: str, origins: set[str], now: datetime) -> set[date]:
    """The days that a fix changed, as the source stands now.

    Those of the records at these origins; and, since lines move when one is taken out and times
    when their zone is put right, the days heard before that have a record now that they lack.
    """
    from pipeline.sources.base import create
    from pipeline.stages import horizon

    made = create(settings.source(name))
    if made.is_fetched:
        # A service is asked about a day, never about all days: the old day is heard again.
        return set()
    lake, rejected = Lake(settings.lake_location), pa.array(sorted(origins), pa.string())
    held = lake.read("messages", ["message_id", "sent_on"], pc.field("source") == name)
    known = _placed(held["message_id"], held["sent_on"], made).combine_chunks()
    mended, lacking = set[date](), set[date]()
    for fetched in made.fetch(ALWAYS, not_after=now):
        ids = pc.binary_join_element_wise(f"{name}:", fetched.messages["native_id"], "")
        placed = _placed(ids, fetched.messages["sent_at"].cast(pa.date32()), made)
        for batch, day, is_new in (
            (fetched.messages, "sent_at", pc.invert(pc.is_in(placed, known))),
            (fetched.rejected, "seen_on", True),
        ):
            is_there, days = pc.is_in(batch["origin"], rejected), batch[day].cast(pa.date32())
            mended.update(days.filter(is_there).to_pylist())
            lacking.update(days.filter(pc.and_not(is_new, is_there)).to_pylist())
    kept = horizon(lake)
    found = mended | (lacking & _heard(lake, name))
    return {day for day in found if day == UNDATED or day >= kept}


def _placed(ids: pa.Array, days: pa.Array, made: Source) -> pa.Array:
    """Messages with their days. Where a place forgets, a message stays on its first day."""
    return ids if made.forgets else pc.binary_join_element_wise(ids, days.cast(pa.string()), " ")


def _heard(lake: Lake, name: str) -> set[date]:
    """The days that were heard of a source; those with messages too, since today is not over."""
    whole = lake.read_partition("source_days", {"source": name})["heard_on"].to_pylist()
    return {*whole, *lake.days("messages", name)}


def _heard_again(settings: Settings, name: str, days: set[date]) -> set[date]:
    """The days to hear; what has no day comes with any, so with the last one that was heard."""
    if UNDATED not in days:
        return days
    lake = Lake(settings.lake_location)
    heard = lake.read_partition("source_days", {"source": name})["heard_on"].to_pylist()
    return {*(days - {UNDATED}), *heard[-1:]}


def _outcome(
    lake: Lake,
    before: pa.Table,
    after: pa.Table,
    now: datetime,
    days: tuple[date, ...],
    gone_count: int,
) -> Replayed:
    known = set(before["quarantine_id"].to_pylist())
    rejected = set(after["quarantine_id"].to_pylist())
    remaining, added = known & rejected, rejected - known
    _mark(lake, remaining, now)
    return Replayed(
        len(known), len(known - remaining), len(remaining), len(added), days, gone_count
    )


def _mark(lake: Lake, ids: set[str], now: datetime) -> None:
    """Note on rows that stayed when they were read again."""
    wanted = pa.array(sorted(ids), pa.string())
    for partition in lake.partitions("quarantine"):
        here = (
            (pc.field("table_name") == partition["table_name"])
            & (pc.field("source") == partition["source"])
            & (pc.field("seen_on") == date.fromisoformat(partition["seen_on"]))
        )
        held = lake.read("quarantine", where=here)
        tried = pc.is_in(held["quarantine_id"], wanted)
        if not pc.any(tried).as_py():
            continue
        times = pc.if_else(tried, pa.scalar(now, TIMESTAMP), held["replayed_at"])
        lake.write("quarantine", partition, with_column(held, "replayed_at", times))
