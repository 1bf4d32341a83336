"""Detect: customers' messages get their tags, with score, decision and evidence.

A message's tags depend on the message and the models alone. Its conversation can still change when
other days come in, so rows of other days that share a conversation with this window are linked
anew, without being scored again.
"""

from __future__ import annotations

import zlib
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

READ = ["message_id", "source", "author_id", "text", "language", "sent_on", "excluded_reason"]


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
        for day in window.days():
            _detect_day(lake, tagger, settings, day, linked, recorder.counts)
        _link_other_days(lake, linked, window)
    return recorder.run


def _detect_day(
    lake: Lake,
    tagger: Tagger,
    settings: Settings,
    day: date,
    linked: pl.DataFrame,
    counts: Counts,
) -> None:
    found = []
    for batch in lake.scan("messages", READ, pc.field("sent_on") == day):
        counts.rows_in += batch.num_rows
        spoken = pc.is_in(batch["language"], pa.array(settings.company.languages))
        kept = batch.filter(pc.and_(pc.is_null(batch["excluded_reason"]), spoken))
        counts.excluded += batch.num_rows - kept.num_rows
        counts.rows_out += batch.num_rows
        for start in range(0, kept.num_rows, BATCH):
            piece = kept.slice(start, BATCH)
            found.append(detections(piece, tagger, settings.detection.audit_share))
    rows = _linked(pl.concat(found), linked, day) if found else _none()
    good, rejected = audited(rows, "detections", where=str(day))
    counts.rows_written += replace(lake, "detections", good, [day])
    quarantine(lake, rejected, table="detections", stage="detect", day=day)


def detections(batch: pa.RecordBatch, tagger: Tagger, audit_share: float) -> pl.DataFrame:
    """Tag a batch of messages (columns `READ`).

    Returns:
        The table `detections` without `conversation_id`: what is over the review threshold, and
        every tag of the messages drawn for the audit.
    """
    drawn = drawn_for_audit(batch["message_id"], audit_share)
    found = pl.DataFrame(tagger.detections(batch["text"], batch["language"], drawn))
    rows = found["row"]
    messages = pl.DataFrame(batch.select([n for n in READ if n not in ("text", "excluded_reason")]))
    return pl.concat([messages[rows], found.drop("row")], how="horizontal")


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


def _linked(found: pl.DataFrame, linked: pl.DataFrame, day: date) -> pa.Table:
    rows = found.join(linked, on="message_id", how="left", maintain_order="left")
    if rows["conversation_id"].null_count():
        raise FatalError(
            "there are messages that are in no conversation yet",
            where=f"detect {day}",
            mend="run the stage assemble for these days first",
        )
    return (
        rows.select(contract("detections").full_schema.names)
        .sort("message_id", "tag")
        .to_arrow(compat_level=pl.CompatLevel.oldest())
    )


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
