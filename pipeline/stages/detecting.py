"""Detect: customers' messages get their tags, with score, decision and evidence.

A message's tags depend on the message and the models alone. Its conversation can still change when
other days come in, so rows of other days that share a conversation with this window are linked
anew, without being scored again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.errors import FatalError
from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.stages._audit import audited, quarantine, replace
from pipeline.stages._runs import Counts, Run, recorded
from pipeline.storage import Lake
from pipeline.tagger import BATCH, Tagger

GROUP = 10_000
"""Rows from which days are audited and written: Great Expectations is slow to begin."""
KEPT = ["message_id", "source", "author_id", "language", "sent_on"]
READ = [*KEPT, "text", "excluded_reason"]


def detect(settings: Settings, window: Window) -> Run:
    """Tag the messages of a window.

    Raises:
        FatalError: a message has no conversation yet, or a model cannot be used.
        ContractError: the detections break their contract; the old ones stay.
    """
    lake = Lake(settings.lake_location)
    tagger = Tagger.load(settings.models_folder)
    with recorded(settings, lake, "detect", window, ("detections",)) as recorder:
        recorder.counts.model_versions = tagger.model_versions
        linked = _conversations(lake, window)
        held = {
            one["sent_on"] for table in ("messages", "detections") for one in lake.partitions(table)
        }
        days = [day for day in window.days() if str(day) in held]
        waiting: list[date] = []
        found: list[pa.Table] = []
        for day in days:
            found += _found(lake, tagger, settings, day, recorder.counts)
            waiting.append(day)
            if sum(map(len, found)) >= GROUP or day == days[-1]:
                _swap(lake, waiting, found, linked, recorder.counts)
                waiting, found = [], []
        _link_other_days(lake, linked, window)
    return recorder.run


def _found(
    lake: Lake, tagger: Tagger, settings: Settings, day: date, counts: Counts
) -> Iterator[pa.Table]:
    """Tag the messages of a day, batch by batch."""
    for batch in lake.scan("messages", READ, pc.field("sent_on") == day):
        counts.rows_in += batch.num_rows
        spoken = pc.is_in(batch["language"], pa.array(settings.company.languages))
        kept = batch.filter(pc.and_(pc.is_null(batch["excluded_reason"]), spoken))
        counts.excluded += batch.num_rows - kept.num_rows
        counts.rows_out += batch.num_rows
        for start in range(0, kept.num_rows, BATCH):
            piece = kept.slice(start, BATCH)
            yield detections(piece, tagger, settings.detection.audit_share)


def _swap(
    lake: Lake, days: list[date], found: list[pa.Table], linked: pl.DataFrame, counts: Counts
) -> None:
    where = f"{days[0]}..{days[-1]}"
    rows = _linked(pa.concat_tables(found), linked, where) if found else _none()
    good, rejected = audited(rows, "detections", where=where)
    counts.rows_written += replace(lake, "detections", good, days)
    quarantine(lake, rejected, table="detections", stage="detect", days=days)


def detections(batch: pa.RecordBatch, tagger: Tagger, audit_share: float) -> pa.Table:
    """Tag a batch of messages (columns `READ`).

    Returns:
        The table `detections` without `conversation_id`: what is over the review threshold, and
        every tag of the messages drawn for the audit.
    """
    drawn = drawn_for_audit(batch["message_id"], audit_share)
    found = tagger.detections(batch["text"], batch["language"], drawn)
    messages = pa.Table.from_batches([batch]).select(KEPT).take(found["row"])
    for name in messages.column_names:
        found = found.append_column(messages.schema.field(name), messages[name])
    return found.drop_columns("row")


def drawn_for_audit(message_ids: pa.Array, share: float) -> pa.Array:
    """Draw a share of the messages by a checksum of their ids: the same ones in every run."""
    limit = int(share * 2**32)
    drawn = [zlib.crc32(name.encode()) < limit for name in message_ids.to_pylist()]
    return pa.array(drawn, pa.bool_())


def _conversations(lake: Lake, window: Window) -> pl.DataFrame:
    """`message_id` to `conversation_id`, for the conversations that a window has part in."""
    overlaps = (pc.field("started_at") < window.end) & (pc.field("last_message_at") >= window.start)
    rows = lake.read("conversations", ["conversation_id", "message_ids"], overlaps)
    return pl.DataFrame(rows).explode("message_ids").rename({"message_ids": "message_id"})


def _linked(found: pa.Table, linked: pl.DataFrame, where: str) -> pa.Table:
    """Add the conversations; sorted by day, message and tag. Evidence never leaves Arrow."""
    names = pl.DataFrame(found.select(["message_id"]))
    ids = names.join(linked, on="message_id", how="left", maintain_order="left")["conversation_id"]
    if ids.null_count():
        raise FatalError(
            "there are messages that are in no conversation yet",
            where=f"detect {where}",
            mend="run the stage assemble for these days first",
        )
    rows = found.append_column("conversation_id", ids.to_arrow().cast(pa.string()))
    return rows.sort_by([(name, "ascending") for name in ("sent_on", "message_id", "tag")])


def _none() -> pa.Table:
    return contract("detections").full_schema.empty_table()


def _link_other_days(lake: Lake, linked: pl.DataFrame, window: Window) -> None:
    ids = pa.array(linked["message_id"].to_arrow(), pa.string())
    inside = {str(day) for day in window.days()}
    sent_on = lake.read("messages", ["sent_on"], pc.field("message_id").isin(ids))["sent_on"]
    for day in sorted({str(one) for one in sent_on.unique().to_pylist()} - inside):
        partition = {"sent_on": day}
        held = lake.read_partition("detections", partition)
        new = pl.DataFrame(held.select(["message_id", "conversation_id"])).join(
            linked, on="message_id", how="left", maintain_order="left"
        )
        values = new.select(pl.coalesce("conversation_id_right", "conversation_id")).to_series()
        at = held.schema.get_field_index("conversation_id")
        column = values.to_arrow().cast(pa.string())
        lake.write("detections", partition, held.set_column(at, held.schema.field(at), column))
