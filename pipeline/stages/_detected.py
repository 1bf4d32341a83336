"""What `publish` reads: messages with a tag, and what is known of message and conversation."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.errors import FatalError
from pipeline.opportunities.heard import EVIDENCE
from pipeline.storage import Lake

TAGS = ("lead", "complaint", "idea")
SHOWING = ("lead", "complaint")
"""Tags whose rows show evidence: it is two thirds of what reading takes."""
DETECTED = (pc.field("decision") == "detected") & pc.field("tag").isin(TAGS)
DETECTION = [
    "message_id",
    "conversation_id",
    "score",
    "threshold",
    "sentence_start",
    "sentence_end",
    "evidence",
    "language",
    "model_version",
]
MESSAGE = [
    "message_id",
    "source",
    "channel",
    "author_id",
    "author_followers_count",
    "sent_at",
    "text",
    "subject",
    "url",
    "rating",
    "likes_count",
    "shares_count",
    "duplicate_of",
    "attributes",
]


def heard(lake: Lake, tag: str, known: pl.DataFrame) -> tuple[int, pl.DataFrame]:
    """The detected messages of a tag, without reposts of what somebody else said.

    Args:
        lake: the lake.
        tag: one of `TAGS`.
        known: what `known` gives.

    Returns:
        How many there are with the reposts, and the others (`opportunities.heard.SCHEMA`); those
        of a tag whose rows show no evidence have none.
    """
    reposts = pa.array(known.filter(_is_repost_by_other())["message_id"].to_arrow(), pa.string())
    count, found = _detected(lake, tag, reposts)
    rows = found.drop("evidence", strict=False).join(
        known, on="message_id", how="left", maintain_order="left"
    )
    # Evidence is most of what is held: it is put beside the rest, so that no join copies it.
    evidence = found["evidence"] if tag in SHOWING else pl.lit(None, EVIDENCE)
    return count, rows.with_columns(evidence.alias("evidence")).drop("original_author_id")


def known(lake: Lake) -> pl.DataFrame:
    """All messages in which something was detected, with what is known of each conversation."""
    found = lake.read("detections", ["message_id", "conversation_id", "tag", "score"], DETECTED)
    of_complaint = pl.col("score").filter(pl.col("tag") == "complaint")
    said = (
        pl.DataFrame(found)
        .group_by("message_id")
        .agg(pl.col("conversation_id").first(), complaint_score=of_complaint.first())
    )
    messages = _messages(lake, said["message_id"])
    conversations = _conversations(lake, said["conversation_id"].unique())
    own = _own_messages(lake, conversations)
    # Texts and all the rest of messages are most of what is held: they are joined last, once.
    rows = (
        said.join(messages.select("message_id", "sent_at"), on="message_id", how="inner")
        .join(conversations.drop("message_ids"), on="conversation_id", how="left")
        .sort("sent_at", "message_id")
    )
    if len(rows) != len(said) or rows["conversation_state"].null_count():
        raise FatalError(
            "there are detections whose message or conversation is gone",
            where="detections",
            mend="run the stages assemble and detect again for the days that were replaced",
        )
    told = _answered(rows, own).drop("conversation_id", "sent_at")
    is_other = pl.col("author_id") != pl.col("customer_id")
    return (
        told.join(messages, on="message_id", maintain_order="left")
        .with_columns(written_again_at=pl.when(is_other.not_()).then("written_again_at"))
        .drop("customer_id")
    )


def _detected(lake: Lake, tag: str, reposts: pa.Array) -> tuple[int, pl.DataFrame]:
    """How many messages have a tag, and the detections of those that are no reposts."""
    columns = [name for name in DETECTION if name != "evidence" or tag in SHOWING]
    none = contract("detections").full_schema.empty_table().select(columns)
    count, kept = 0, [pl.DataFrame(none)]
    for batch in lake.scan("detections", columns, DETECTED & (pc.field("tag") == tag)):
        others = batch.filter(pc.invert(pc.is_in(batch["message_id"], reposts)))
        kept.append(pl.DataFrame(_speaking(others) if tag in SHOWING else others))
        count += len(batch)
    return count, pl.concat(kept)


def _speaking(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Detections with the evidence that rows are made of: cues, and what speaks for the tag.

    The rest is half of what they hold. It is left out before Polars sees it, which would share the
    texts of all.
    """
    spans = batch["evidence"].flatten()
    start, end, weight, kind = (spans.field(name) for name in ("start", "end", "weight", "kind"))
    speaks = pc.or_(pc.greater(weight, 0), pc.starts_with(kind, "cue:"))
    is_kept = pc.and_(speaks, pc.less(start, end))
    kept_before = np.concatenate([[0], np.cumsum(is_kept)])
    ends = np.cumsum(pc.fill_null(pc.list_value_length(batch["evidence"]), 0))
    offsets = pa.array(kept_before[np.concatenate([[0], ends])], pa.int32())
    evidence = pa.ListArray.from_arrays(offsets, spans.filter(is_kept))
    return batch.set_column(batch.schema.names.index("evidence"), "evidence", evidence)


def _messages(lake: Lake, wanted: pl.Series) -> pl.DataFrame:
    ids = pa.array(wanted.to_arrow(), pa.string())
    held = pl.DataFrame(lake.read("messages", MESSAGE, pc.field("message_id").isin(ids)))
    originals = pa.array(held["duplicate_of"].drop_nulls().unique().to_arrow(), pa.string())
    authors = pl.DataFrame(
        lake.read("messages", ["message_id", "author_id"], pc.field("message_id").isin(originals))
    ).rename({"message_id": "duplicate_of", "author_id": "original_author_id"})
    return held.join(authors, on="duplicate_of", how="left")


def _is_repost_by_other() -> pl.Expr:
    """Whether somebody else said it first; a repost of one's own is one more message."""
    same = pl.col("author_id").eq(pl.col("original_author_id")).fill_null(value=False)
    return pl.col("duplicate_of").is_not_null() & ~same


def _conversations(lake: Lake, wanted: pl.Series) -> pl.DataFrame:
    ids = pa.array(wanted.to_arrow(), pa.string())
    columns = [
        "conversation_id", "state", "message_ids", "closed_at", "customer_id", "written_again_at",
    ]  # fmt: skip
    held = lake.read("conversations", columns, pc.field("conversation_id").isin(ids))
    return pl.DataFrame(held).rename({"state": "conversation_state"})


def _own_messages(lake: Lake, conversations: pl.DataFrame) -> pl.DataFrame:
    """When the company spoke, by conversation."""
    own = pl.DataFrame(lake.read("messages", ["message_id", "sent_at"], pc.field("is_own")))
    return (
        conversations.select("conversation_id", "message_ids")
        .explode("message_ids")
        .join(own, left_on="message_ids", right_on="message_id", how="inner")
        .select("conversation_id", answered_at="sent_at")
        .sort("answered_at")
    )


def _answered(rows: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Add the first own message in the conversation after each message."""
    return rows.join_asof(
        own.with_columns(sent_at="answered_at"),
        on="sent_at",
        by="conversation_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
