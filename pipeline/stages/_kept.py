"""What of the rows that are held stays when days are heard again.

A day is replaced whole; only what `assemble` decided of its rows stays. A place that forgets
(`sources.base.Source.forgets`) does not show for ever what it showed, so there rows that did not
come again stay as they were heard, unless they came as withdrawn. One message is one row over all
days of its source: where its time is that of its last edit, or two folders took it in on two days,
it belongs to its first day.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.records import with_column
from pipeline.storage import Lake

KEPT = ["message_id", "text", "duplicate_of"]
SAID = ("text", "subject", "rating")
"""What an edit changes."""


def swap(
    lake: Lake, source: str, days: list[date], heard: pa.Table, gone: pa.Array, *, forgets: bool
) -> int:
    """Replace the days of a source by what was heard, and by what stays of what they held.

    Args:
        lake: the lake.
        source: name of the source.
        days: the days that were heard. Where the place forgets, other days are replaced too that
            hold one of the messages.
        heard: rows of the table `messages`, each id once.
        gone: `message_id`s that were withdrawn.
        forgets: whether the place forgets.

    Returns:
        The number of rows written.
    """
    written = 0
    with lake.lock():
        if forgets:
            ids = pa.concat_arrays([*heard["message_id"].chunks, gone])
            days = sorted({*days, *_days_of(lake, source, ids)})
            rows = settled(_held(lake, source, days), heard, gone)
        else:
            rows = reposts_kept(heard, _held(lake, source, days, KEPT))
        # The first day first: rows move to earlier days, and a kill between must lose none.
        for day in days:
            of_day = rows.filter(pc.equal(rows["sent_on"], pa.scalar(day, pa.date32())))
            lake.write("messages", {"source": source, "sent_on": str(day)}, of_day)
            written += of_day.num_rows
    return written


def settled(held: pa.Table, heard: pa.Table, gone: pa.Array) -> pa.Table:
    """Decide the rows of some days. In any order of hearing, the same two rows give the same one.

    Args:
        held: rows of the table `messages`: all that those days hold.
        heard: rows that came for those days, each id once.
        gone: `message_id`s of held rows that do not stay.

    Returns:
        Rows of the same columns, each id once, sorted by time and id.
    """
    held = held.filter(pc.invert(pc.is_in(held["message_id"], gone)))
    rows = one_each(pa.concat_tables([held, heard.select(held.column_names).cast(held.schema)]))
    return reposts_kept(rows, held).sort_by([("sent_at", "ascending"), ("message_id", "ascending")])


def one_each(rows: pa.Table) -> pa.Table:
    """Make one row of the rows with the same `message_id`.

    It is that of the newest version (the last of the table, where versions are of the same time),
    with the day and time of the first; `edited_at` is the time of that version. One that came
    later and says the same is a copy, no edit: there the first row stays.
    """
    frame = pl.DataFrame(rows)
    if not frame["message_id"].is_duplicated().any():
        return rows
    version = pl.coalesce("edited_at", "sent_at")
    ordered = frame.with_columns(version=version, said=pl.struct(SAID)).sort(
        "version", maintain_order=True
    )
    newest = ordered.unique("message_id", keep="last")
    first = ordered.sort("sent_at", maintain_order=True).unique("message_id", keep="first")
    both = newest.join(first, on="message_id", suffix="_first")
    is_later = pl.col("sent_at") != pl.col("sent_at_first")
    is_edit = is_later & pl.col("said").ne_missing(pl.col("said_first"))
    is_copy = is_later & ~is_edit & pl.col("edited_at_first").is_null()
    copies = both.filter(is_copy)["message_id"].implode()
    dated = both.filter(~is_copy).with_columns(
        edited_at=pl.when(is_edit)
        .then("version")
        .otherwise(pl.max_horizontal("edited_at", "edited_at_first")),
        **{name: pl.col(f"{name}_first") for name in ("sent_at", "sent_on", "seen_at")},
    )
    made = pl.concat(
        one.select(rows.column_names)
        for one in (dated, first.filter(pl.col("message_id").is_in(copies)))
    )
    arrow = made.sort("sent_at", "message_id").to_arrow(compat_level=pl.CompatLevel.oldest())
    return arrow.cast(rows.schema)


def reposts_kept(rows: pa.Table, held: pa.Table) -> pa.Table:
    """Keep what `assemble` decided of rows (`duplicate_of`) whose text is still the same.

    Args:
        rows: rows of the table `messages`.
        held: at least its columns `message_id`, `text` and `duplicate_of`.
    """
    if held["duplicate_of"].null_count == held.num_rows:
        return rows
    known = pl.DataFrame(held.select(["message_id", "text", "duplicate_of"])).drop_nulls()
    marked = pl.DataFrame(rows.select(["message_id", "text"])).join(
        known.unique(["message_id", "text"], keep="first", maintain_order=True),
        on=["message_id", "text"],
        how="left",
        maintain_order="left",
    )
    return with_column(rows, "duplicate_of", marked["duplicate_of"].to_arrow().cast(pa.string()))


def _days_of(lake: Lake, source: str, message_ids: pa.Array) -> list[date]:
    """The days on which a source holds any of these messages."""
    these = pc.field("message_id").isin(message_ids)
    found = lake.read("messages", ["sent_on"], (pc.field("source") == source) & these)
    days: list[date] = found["sent_on"].unique().to_pylist()
    return days


def _held(lake: Lake, source: str, days: list[date], columns: list[str] | None = None) -> pa.Table:
    of_days = pc.field("sent_on").isin(pa.array(days, pa.date32()))
    return lake.read("messages", columns, (pc.field("source") == source) & of_days)
