"""Listen: the records of one source become messages, one partition a day.

Rejected records go to the quarantine with their origin; repeated ones are counted. The stage holds
a few days of one source in memory, never a whole source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ContractError, unexpected_named
from pipeline.records import UNDATED, Window
from pipeline.settings import Settings
from pipeline.sources.base import FETCHED, REJECTED, create
from pipeline.stages import _heard, _kept
from pipeline.stages._arrived import arrived
from pipeline.stages._audit import audited, quarantine
from pipeline.stages._forgotten import forgotten
from pipeline.stages._groups import in_groups
from pipeline.stages._horizon import hearable
from pipeline.stages._runs import Counts, Run, accounted, recorded
from pipeline.storage import Lake, Spill

UNREAD = [{"seen_on": "day"}.get(name, name) for name in REJECTED.names]
MEND = "see it whole: engage --debug listen --source {source} --from DAY --dry-run"
GROUP = 20_000
"""Rows from which days are worked on."""
NO_MESSAGES = ("withdrawn", "not_a_message")
"""Rules by which a record is right to be no message."""
FEWEST_BROKEN = 2
"""Rejected records without which a day is not broken: a single bad row stops nothing."""


def listen(settings: Settings, source: str, window: Window, *, now: datetime) -> Run:
    """Bring the messages of one source and window into the lake.

    Args:
        settings: the settings.
        source: name of the source.
        window: whole UTC days; each day's partition is replaced, and those of the source's
            `look_back_days` before it.
        now: aware; a message that claims to be sent later is rejected.

    Raises:
        SettingsError: the source cannot be read as the settings say, the day has expired, or the
            window is yet to come.
        ContractError: a day is over its budget of rejected rows, or empty though the source
            promises rows; its old partition stays.
    """
    window.refuse_ahead(now)
    of_source, lake = settings.source(source), Lake(settings.lake_location)
    listened = create(of_source)
    channel = of_source.channel or listened.channel
    gone = forgotten(lake, source, settings.author_key())
    tables = ("messages", "quarantine", "source_days")
    with (
        unexpected_named(f"sources.{source}", MEND.format(source=source)),
        recorded(settings, lake, "listen", window, tables, source) as recorder,
        Spill(FETCHED) as messages,
        Spill(REJECTED) as rejected,
    ):
        counts, asked, broken = recorder.counts, window, Counter[date]()
        window = hearable(lake, source, asked, of_source.look_back_days)
        for fetched in listened.fetch(window, not_after=now):
            _put_aside(messages, fetched.messages, "sent_at")
            _put_aside(rejected, fetched.rejected, "seen_on")
            is_broken = pc.invert(pc.is_in(fetched.rejected["rule_id"], pa.array(NO_MESSAGES)))
            broken.update(fetched.rejected["seen_on"].filter(is_broken).to_pylist())
            counts.duplicates += fetched.duplicates_count
            counts.rows_in += fetched.records_count
        if of_source.expects_rows and not messages.keys():
            raise ContractError(
                "no messages came, though the source promises some",
                where=f"{source} {window}",
                mend="find out why it is silent, or set expects_rows = false",
            )
        if not listened.forgets:
            known = set(lake.days("messages", source))
            held = [day for day in window.days() if day in known]
            lost = [day for day in held if not messages.count(str(day))]
            _refuse_loss(held, lost, broken, source, is_blank=listened.is_blank)
        days = _days(lake, source, window, {*messages.keys(), *rejected.keys()})
        aside = {day: messages.count(str(day)) + rejected.count(str(day)) for day in days}
        kept = sum(aside.values()) + counts.duplicates
        accounted(counts.rows_in, kept, f"listen {source} {window}")
        for some in in_groups(days, lambda day: messages.count(str(day)), GROUP):
            fetched = pa.concat_tables(messages.take(str(day)) for day in some)
            rows = gone.blanked(arrived(fetched, of_source, channel, settings))
            unread = pa.concat_tables(rejected.take(str(day)) for day in some)
            unread = gone.without_words(unread.rename_columns(UNREAD))
            came = sum(aside[day] for day in some)
            _swap(lake, source, some, rows, unread, counts, came, forgets=listened.forgets)
        _heard.remember(lake, source, asked, now)
    return recorder.run


def heard(
    settings: Settings, source: str, window: Window, *, now: datetime
) -> Iterator[tuple[pa.Table, pa.RecordBatch]]:
    """Yield what `listen` would store, as it comes, and store nothing.

    Rows of the table `messages`, and the rejected records (`sources.base.REJECTED`) beside them.
    """
    window.refuse_ahead(now)
    of_source = settings.source(source)
    listened = create(of_source)
    channel = of_source.channel or listened.channel
    gone = forgotten(Lake(settings.lake_location), source, settings.author_key())
    for messages, rejected, *_ in listened.fetch(window, not_after=now):
        table = pa.Table.from_batches([messages])
        yield gone.blanked(arrived(table, of_source, channel, settings)), rejected


def _refuse_loss(
    held: list[date], lost: list[date], broken: Counter[date], source: str, *, is_blank: bool
) -> None:
    """Raise ContractError where an export that is broken would take messages out of the lake.

    Args:
        held: days of which the lake holds messages.
        lost: those of which none came now.
        broken: records that cannot be read, by their day; those without one are on `UNDATED`.
        source: name of the source.
        is_blank: the files hold not one record of any day.
    """
    undated = broken[UNDATED] if held == lost else 0
    bad = [day for day in lost if broken[day] + undated >= FEWEST_BROKEN]
    if is_blank and held:
        bad, what = held, "the files hold not one record"
    else:
        what = "not one record can be read"
    if bad:
        raise ContractError(
            f"{what}, though messages of these days are in the lake",
            where=f"{source} {bad[0]}..{bad[-1]}",
            mend="mend the export, its mapping or time_zone; where the messages shall go, remove"
            f" the folder messages/source={source} of the lake first",
        )


def _days(lake: Lake, source: str, window: Window, heard: set[str]) -> list[date]:
    """The days of a window that have something to write, or something to clear away.

    What has no day is heard with every window.
    """
    held = {*lake.days("messages", source), *lake.days("quarantine", source)}
    return [day for day in (UNDATED, *window.days()) if str(day) in heard or day in held]


def _put_aside(spill: Spill, batch: pa.RecordBatch, day_column: str) -> None:
    """Sort a batch into days."""
    if batch.num_rows == 0:
        return
    days = pl.Series(batch[day_column]).cast(pl.Date)
    table = pa.Table.from_batches([batch])
    for day in days.unique():
        spill.add(str(day), table.filter((days == day).to_arrow().cast(pa.bool_())))


def _swap(
    lake: Lake,
    source: str,
    days: list[date],
    rows: pa.Table,
    unread: pa.Table,
    counts: Counts,
    came: int,
    *,
    forgets: bool,
) -> None:
    """Audit the rows of some days and replace their partitions.

    Where the place forgets, what did not come again stays, and what moved to another day moves.
    `came` is how many records these days had.
    """
    repeated = rows.num_rows
    rows = _kept.one_each(rows)
    repeated -= rows.num_rows
    good, rejected = audited(rows, "messages", where=source, earlier=unread, origin="origin")
    kept = good.num_rows + rejected.num_rows + repeated
    accounted(came, kept, f"listen {source} {days[0]}..{days[-1]}")
    counts.duplicates += repeated
    counts.rows_out += good.num_rows
    counts.quarantined += rejected.num_rows
    counts.excluded += good.num_rows - good["excluded_reason"].null_count
    counts.rows_written += _kept.swap(
        lake, source, days, good, _withdrawn(unread, source), forgets=forgets
    )
    quarantine(lake, rejected, table="messages", stage="listen", days=days, source=source)


def _withdrawn(unread: pa.Table, source: str) -> pa.Array:
    """The `message_id`s of what its author or a moderator took back."""
    ids = unread.filter(pc.equal(unread["rule_id"], "withdrawn"))["native_id"].drop_null()
    return pc.binary_join_element_wise(f"{source}:", ids.combine_chunks(), "")
