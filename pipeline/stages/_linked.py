"""Which conversation a message is in, for the rows that `detect` makes."""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import RetriableError
from pipeline.records import Window
from pipeline.storage import Lake, frames


def conversations(lake: Lake, window: Window) -> pl.DataFrame:
    """`message_id` to `conversation_id`, for the conversations that a window has part in."""
    started, ended = pc.field("started_at"), pc.field("last_message_at")
    overlaps = (started < window.end) & (ended >= window.start)
    rows = lake.read("conversations", ["conversation_id", "message_ids"], overlaps)
    linked = pl.DataFrame(rows).explode("message_ids").rename({"message_ids": "message_id"})
    twice = linked.filter(linked["message_id"].is_duplicated())["message_id"]
    if len(twice):
        message_id = twice.sort()[0]
        where = pc.field("message_id") == message_id
        days = lake.read("messages", ["sent_on"], where)["sent_on"].unique().sort().to_pylist()
        # Days that another run has heard were built only where they share a day with a window.
        raise RetriableError(
            "a message is in conversations twice" + "".join(f", {day}" for day in days),
            where=f"messages {message_id}",
            mend="run all stages over its days again, in one window",
        )
    return linked


def stale_days(lake: Lake) -> list[date]:
    """The days with a detection that names another conversation than its message is in now.

    A conversation can come apart on days that are far from those that were heard, so it is asked
    of all: ids are hashed, 16 bytes a message.
    """
    at, said = ["conversation_id", "message_ids"], ["conversation_id", "message_id", "sent_on"]
    conversation = pl.col("conversation_id").hash()
    held = [
        one.select("sent_on", named=conversation, message=pl.col("message_id").hash())
        for one in frames(lake, "detections", said)
    ]
    linked = [
        one.explode("message_ids").select(
            conversation=conversation, message=pl.col("message_ids").hash()
        )
        for one in frames(lake, "conversations", at)
    ]
    both = pl.concat(held).unique().join(pl.concat(linked), on="message")
    stale = both.filter(pl.col("named") != pl.col("conversation"))
    return stale["sent_on"].unique().sort().to_list()


def with_conversations(found: pa.Table, linked: pl.DataFrame, where: str) -> pa.Table:
    """Add the conversations; sorted by day, message and tag. Evidence never leaves Arrow."""
    names = pl.DataFrame(found.select(["message_id"]))
    ids = names.join(linked, on="message_id", how="left", maintain_order="left")["conversation_id"]
    if ids.null_count():
        # Another run heard them after this one assembled; its own `assemble` comes soon.
        raise RetriableError(
            "there are messages that are in no conversation yet",
            where=f"detect {where}",
            mend="run the stage assemble for these days first",
        )
    return ordered(found.append_column("conversation_id", ids.to_arrow().cast(pa.string())))


def ordered(rows: pa.Table) -> pa.Table:
    return rows.sort_by([(name, "ascending") for name in ("sent_on", "message_id", "tag")])
