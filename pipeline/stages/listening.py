"""Listen: the records of one source become messages, one partition a day.

Rejected records go to the quarantine with their origin; repeated ones are counted. The stage holds
a few days of one source in memory, never a whole source.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.brands import public_handles
from pipeline.contracts import contract
from pipeline.conversations import links
from pipeline.conversations.language import identify, stated
from pipeline.conversations.noise import excluded_reason, is_staff
from pipeline.conversations.personal import redact, redact_json
from pipeline.conversations.pseudonyms import pseudonyms_of
from pipeline.conversations.queries import is_off_topic
from pipeline.errors import ContractError, unexpected_named
from pipeline.looks import shown
from pipeline.records import DAY, UNDATED, Window
from pipeline.settings import Settings, SourceSettings
from pipeline.sources.base import FETCHED, REJECTED, create
from pipeline.stages import _heard, _kept
from pipeline.stages._audit import audited, quarantine
from pipeline.stages._forgotten import forgotten
from pipeline.stages._horizon import hearable
from pipeline.stages._runs import Counts, Run, accounted, recorded
from pipeline.storage import Lake, Spill

UNREAD = [{"seen_on": "day"}.get(name, name) for name in REJECTED.names]
MEND = "see it whole: engage --debug listen --source {source} --from DAY --dry-run"
GROUP = 20_000
"""Rows from which days are worked on: much of the work costs as much for one row as for many."""


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
        counts, asked = recorder.counts, window
        window = hearable(lake, source, asked, of_source.look_back_days)
        for fetched in listened.fetch(window, not_after=now):
            _put_aside(messages, fetched.messages, "sent_at")
            _put_aside(rejected, fetched.rejected, "seen_on")
            counts.duplicates += fetched.duplicates_count
            counts.rows_in += fetched.records_count
        if of_source.expects_rows and not messages.keys():
            raise ContractError(
                "no messages came, though the source promises some",
                where=f"{source} {window}",
                mend="find out why it is silent, or set expects_rows = false",
            )
        if listened.is_blank and not listened.forgets and _holds(lake, source, window):
            raise ContractError(
                "the files hold not one record, though messages of these days are in the lake",
                where=f"{source} {window}",
                mend="export the files again; where the messages shall go, remove the folder"
                f" messages/source={source} of the lake first",
            )
        days = _days(lake, source, window, {*messages.keys(), *rejected.keys()})
        aside = {day: messages.count(str(day)) + rejected.count(str(day)) for day in days}
        kept = sum(aside.values()) + counts.duplicates
        accounted(counts.rows_in, kept, f"listen {source} {window}")
        for some in _in_groups(days, messages):
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


def arrived(
    fetched: pa.Table, source: SourceSettings, channel: str, settings: Settings
) -> pa.Table:
    """Turn fetched messages (`sources.base.FETCHED`) into rows of the table `messages`.

    Rows are sorted by time and id, so that the order of a source's files does not matter.
    """
    frame = pl.DataFrame(fetched).with_columns(
        pl.col("text", "subject").map_batches(shown, return_dtype=pl.String, is_elementwise=True)
    )
    company = settings.company
    own, staff = (
        [account.lower().lstrip("@") for account in accounts]
        for accounts in (company.own_accounts, company.employees)
    )
    author = pl.col("author").str.to_lowercase().str.strip_prefix("@")
    is_own = (pl.col("is_agent") | author.is_in(own)).fill_null(value=False)
    keeps_handles, url = (
        pl.lit(settings.privacy.keep_handles),
        links.without_parameters(pl.col("url")),
    )
    prefix = pl.lit(f"{source.name}:")
    # Handles and names are topics too, so queries look at what personal data is still in.
    spoken = pl.concat_str("subject", "text", separator="\n", ignore_nulls=True)
    frame = frame.with_columns(
        redact(pl.col("text"), public_handles(company)),
        redact(pl.col("subject")),
        redact_json(pl.col("attributes")),
        url=pl.when(is_own | keeps_handles | ~links.names(url, author)).then(url),
        source=pl.lit(source.name),
        channel=pl.lit(channel),
        message_id=prefix + pl.col("native_id"),
        reply_to_id=prefix + pl.col("reply_to_native_id"),
        thread_id=prefix + pl.col("thread_native_id"),
        author_id=pseudonyms_of(frame["author"], source.name, settings.author_key()),
        author_handle=pl.when(keeps_handles).then("author"),
        is_own=is_own,
        sent_on=pl.col("sent_at").dt.date(),
        seen_at=pl.col("sent_at").dt.truncate("1d") + DAY,
        duplicate_of=_null(pl.String),
        is_staff=is_staff(pl.col("text"), author, (company.name, *company.aliases), own, staff),
        is_off_topic=is_off_topic(settings.queries, source.name, spoken),
    )
    reason = excluded_reason(pl.col("text"), pl.col("is_own") | pl.col("is_staff"))
    off_topic = pl.when("is_off_topic").then(pl.lit("query"))
    frame = _with_language(frame).with_columns(excluded_reason=pl.coalesce(reason, off_topic))
    names = contract("messages").full_schema.names
    return (
        frame.select(names)
        .sort("sent_at", "message_id")
        .to_arrow(compat_level=pl.CompatLevel.oldest())
    )


def _holds(lake: Lake, source: str, window: Window) -> bool:
    """Tell whether the lake holds messages of a source from the days of a window."""
    days = {str(day) for day in window.days()}
    return any(
        one["source"] == source and one["sent_on"] in days for one in lake.partitions("messages")
    )


def _days(lake: Lake, source: str, window: Window, heard: set[str]) -> list[date]:
    """The days of a window that have something to write, or something to clear away.

    What has no day is heard with every window.
    """
    held = {
        *(one["sent_on"] for one in lake.partitions("messages") if one["source"] == source),
        *(one["seen_on"] for one in lake.partitions("quarantine") if one["source"] == source),
    }
    return [day for day in (UNDATED, *window.days()) if str(day) in heard | held]


def _put_aside(spill: Spill, batch: pa.RecordBatch, day_column: str) -> None:
    """Sort a batch into days."""
    if batch.num_rows == 0:
        return
    days = pl.Series(batch[day_column]).cast(pl.Date)
    table = pa.Table.from_batches([batch])
    for day in days.unique():
        spill.add(str(day), table.filter((days == day).to_arrow().cast(pa.bool_())))


def _in_groups(days: list[date], messages: Spill) -> Iterator[list[date]]:
    """Days that follow each other, together until they hold `GROUP` rows."""
    group: list[date] = []
    rows = 0
    for day in days:
        group.append(day)
        rows += messages.count(str(day))
        if rows >= GROUP:
            yield group
            group, rows = [], 0
    if group:
        yield group


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
    repeated = 0
    if forgets:
        repeated = rows.num_rows - pc.count_distinct(rows["message_id"]).as_py()
        rows = _kept.one_each(rows)
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


def _with_language(frame: pl.DataFrame) -> pl.DataFrame:
    """Identify the language of the rows whose source does not state one that is known."""
    given = frame["language"]
    codes = {one: stated(one) for one in given.drop_nulls().unique()}
    known = given.replace_strict(codes, default=None, return_dtype=pl.String)
    if known.null_count() == 0:
        return frame.with_columns(language=known, language_score=_null(pl.Float32))
    unknown = known.is_null()
    texts = frame["text"].filter(unknown).to_arrow().cast(pa.string())
    found, scores = identify(texts)
    rows = unknown.arg_true()
    return frame.with_columns(
        language=known.scatter(rows, pl.Series(found)),
        language_score=pl.repeat(None, len(frame), dtype=pl.Float32, eager=True).scatter(
            rows, pl.Series(scores)
        ),
    )


def _null(kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    return pl.lit(None, dtype=kind)
