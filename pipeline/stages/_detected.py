"""What `publish` reads: messages with a tag, and what is known of message and conversation."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.conversations import speech
from pipeline.errors import RetriableError
from pipeline.opportunities.heard import EVIDENCE
from pipeline.stages import _follow_ups
from pipeline.stages._twice import refuse_twice
from pipeline.storage import Lake, among

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
    "language",
    "subject",
    "url",
    "rating",
    "likes_count",
    "shares_count",
    "duplicate_of",
    "attributes",
]


def detections(lake: Lake) -> dict[str, pa.Table]:
    """The detections of each tag: `DETECTION`, without evidence where the tag's rows show none.

    They are read at once: taking evidence out of its files costs as much for one tag as for all.

    Raises FatalError where one is there twice.
    """
    columns = [*DETECTION, "tag"]
    schema = contract("detections").full_schema
    none = pa.RecordBatch.from_pylist([], pa.schema([schema.field(name) for name in columns]))
    kept: dict[str, list[pa.RecordBatch]] = {tag: [] for tag in TAGS}
    for batch in itertools.chain([none], lake.scan("detections", columns, DETECTED)):
        for tag, held in kept.items():
            of_tag = batch.filter(pc.equal(batch["tag"], tag)).select(DETECTION)
            held.append(_speaking(of_tag) if tag in SHOWING else of_tag.drop_columns("evidence"))
    found = {tag: pa.Table.from_batches(held) for tag, held in kept.items()}
    for of_tag in found.values():
        refuse_twice(lake, "detections", of_tag["message_id"])
    return found


def heard(detected: pa.Table, known: pl.DataFrame) -> pl.DataFrame:
    """The detected messages of a tag, without reposts of what somebody else said.

    Args:
        detected: those of one tag, of what `detections` gives.
        known: what `known` gives.

    Returns:
        Columns of `opportunities.heard.SCHEMA`; the evidence of a tag whose rows show none is null.
    """
    reposts = pa.array(known.filter("is_repost")["message_id"].to_arrow(), pa.string())
    found = pl.DataFrame(detected.filter(pc.invert(pc.is_in(detected["message_id"], reposts))))
    rows = found.drop("evidence", strict=False).join(
        known, on="message_id", how="left", maintain_order="left"
    )
    # Evidence is most of what is held: it is put beside the rest, so that no join copies it.
    evidence = found["evidence"] if "evidence" in found.columns else pl.lit(None, EVIDENCE)
    return rows.with_columns(evidence.alias("evidence")).drop("is_repost")


def known(lake: Lake, detected: Mapping[str, pa.Table]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All messages in which something was detected, with what is known of each conversation.

    And beside them the follow-ups of leads (`_follow_ups`).

    Args:
        lake: the lake.
        detected: what `detections` gives.

    Raises RetriableError where a message or a conversation is gone, FatalError where one is there
    twice.
    """
    ids = ["message_id", "conversation_id"]
    every = pl.concat(pl.DataFrame(of_tag.select(ids)) for of_tag in detected.values())
    scores = pl.DataFrame(detected["complaint"].select(["message_id", "score"]))
    said = every.unique("message_id").join(
        scores.rename({"score": "complaint_score"}), on="message_id", how="left"
    )
    conversations = _conversations(lake, said["conversation_id"].unique())
    leads = pl.DataFrame(detected["lead"].select(ids))
    beside = _follow_ups.beside(leads, said, conversations)
    messages = _messages(lake, said["message_id"], beside["message_id"])
    own = _own_messages(lake, conversations)
    # Texts and all the rest of messages are most of what is held: they are joined last, once.
    rows = (
        said.join(messages.select("message_id", "sent_at"), on="message_id", how="inner")
        .join(conversations.drop("message_ids"), on="conversation_id", how="left")
        .sort("sent_at", "message_id")
    )
    if len(rows) != len(said) or rows["conversation_state"].null_count():
        # Another run is between its `assemble` and its `detect`, or was stopped there.
        raise RetriableError(
            "there are detections whose message or conversation is gone",
            where="detections",
            mend="run the stages assemble and detect again for the days that were replaced",
        )
    told = _answered(rows, own).drop("conversation_id", "sent_at")
    # Who is not known is one person within a conversation.
    is_theirs = pl.col("author_id").eq_missing(pl.col("customer_id"))
    detections = (
        told.join(messages.drop("language"), on="message_id", maintain_order="left")
        .with_columns(written_again_at=pl.when(is_theirs).then("written_again_at"))
        .drop("customer_id")
    )
    return detections, _follow_ups.follow_ups(leads, beside, messages)


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


def _messages(lake: Lake, detected: pl.Series, beside: pl.Series) -> pl.DataFrame:
    """What is known of messages, and `is_repost`: whether somebody else said it first.

    A repost of one's own is one more message. Of those beside what was detected only customers'.
    """
    is_detected, is_beside = (among("message_id", ids) for ids in (detected, beside))
    is_heard = ~pc.field("is_own") & pc.field("excluded_reason").is_null()
    read = lake.read("messages", MESSAGE, is_detected | (is_beside & is_heard))
    refuse_twice(lake, "messages", read["message_id"])
    held = pl.DataFrame(read)
    said = held.select("duplicate_of", "author_id")
    originals = among("message_id", said["duplicate_of"].drop_nulls().unique())
    authors = pl.DataFrame(lake.read("messages", ["message_id", "author_id"], originals)).rename(
        {"message_id": "duplicate_of", "author_id": "original"}
    )
    of_both = said.join(authors, on="duplicate_of", how="left", maintain_order="left")
    same = pl.col("author_id").eq(pl.col("original")).fill_null(value=False)
    is_repost = of_both.select(is_repost=pl.col("duplicate_of").is_not_null() & ~same)
    return held.with_columns(is_repost)


def _conversations(lake: Lake, wanted: pl.Series) -> pl.DataFrame:
    columns = [
        "conversation_id", "state", "message_ids", "closed_at", "customer_id", "written_again_at",
    ]  # fmt: skip
    held = lake.read("conversations", columns, among("conversation_id", wanted))
    refuse_twice(lake, "conversations", held["conversation_id"])
    return pl.DataFrame(held).rename({"state": "conversation_state"})


def _own_messages(lake: Lake, conversations: pl.DataFrame) -> pl.DataFrame:
    """When the company spoke, and to what, by conversation; what a machine said answers nothing."""
    columns = ["message_id", "reply_to_id", "sent_at"]
    is_automatic = pc.coalesce(pc.match_substring(pc.field("attributes"), speech.MARK), False)
    own = pl.DataFrame(lake.read("messages", columns, pc.field("is_own") & ~is_automatic))
    return (
        conversations.select("conversation_id", "message_ids")
        .explode("message_ids")
        .join(own, left_on="message_ids", right_on="message_id", how="inner")
        .select("conversation_id", "reply_to_id", answered_at="sent_at")
    )


def _answered(rows: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Add the first own message in the conversation after each message.

    An answer comes after what it answers, whatever the clocks of both say.
    """
    asked = rows.select(reply_to_id="message_id", asked_at="sent_at")
    own = own.join(asked, on="reply_to_id", how="left").select(
        "conversation_id",
        answered_at=pl.max_horizontal("answered_at", "asked_at"),
        sent_at=pl.max_horizontal("answered_at", pl.col("asked_at").dt.offset_by("1us")),
    )
    return rows.join_asof(
        own.sort("sent_at"),
        on="sent_at",
        by="conversation_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
