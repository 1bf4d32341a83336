"""Conversations from reply and thread ids, and from ties that `subjects` finds.

Messages that name each other, directly or through a message nobody has, belong together: the
connected components of the reply graph. A missing parent keeps its replies together and marks the
conversation partial; a reply cycle is one conversation that begins with its earliest message.
The result depends on the messages alone, not on the order in which they came in.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipeline.conversations.speech import ASKS, AUTOMATIC, DECLINES, REQUESTS, THANKS

COLUMNS = (
    "message_id",
    "source",
    "channel",
    "reply_to_id",
    "thread_id",
    "author_id",
    "is_own",
    "sent_at",
    "closed_at",
    "subject",
    "language",
)
MOST_STEPS = 100
"""Replies behind each other that follow the clock of the first; a cycle has no end."""
TIES = {"message_id": pl.String, "earlier_id": pl.String}
Labels = np.ndarray[tuple[int], np.dtype[np.int32]]


def build(messages: pa.Table, ties: pl.DataFrame | None = None) -> pa.Table:
    """Group messages into conversations.

    Args:
        messages: `COLUMNS` plus the booleans `speech.FACTS`; `message_id` is unique.
        ties: `message_id` and `earlier_id` of what belongs together besides, as of
            `subjects.ties`; pairs without their message are left.

    Returns:
        One row per conversation with the columns of the table `conversations`, `started_on`
        included, sorted by start and id.
    """
    frame = pl.from_arrow(messages)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a Table never makes a Series
    if frame.is_empty():
        return _conversations(
            frame.with_columns(
                component=pl.lit(0), is_orphan=pl.lit(value=False), said_at="sent_at"
            )
        )
    present = pl.col("reply_to_id").is_in(frame["message_id"].implode())
    tied = pl.DataFrame(schema=TIES) if ties is None else ties
    return _conversations(
        frame.with_columns(
            component=pl.Series(_components(frame, tied)),
            is_orphan=(present.not_()).fill_null(False),
            has_parent=(present & (pl.col("reply_to_id") != pl.col("message_id"))).fill_null(False)
            | pl.col("message_id").is_in(tied["message_id"].implode()),
            said_at=_said_at(frame),
        )
    )


def _said_at(frame: pl.DataFrame) -> pl.Series:
    """When each message was said: behind what it answers, whatever the clocks of both say."""
    ids = frame.select("message_id").with_row_index("parent")
    parent = frame.select(message_id="reply_to_id").join(
        ids, on="message_id", how="left", maintain_order="left"
    )["parent"]
    rows = parent.is_not_null().arg_true().to_numpy()
    parents = parent.drop_nulls().to_numpy()
    said = frame["sent_at"].to_physical().to_numpy().copy()
    for _ in range(MOST_STEPS):
        is_early = said[rows] < said[parents]
        if not is_early.any():
            break
        said[rows[is_early]] = said[parents[is_early]] + 1
    return pl.Series(said).cast(frame.schema["sent_at"])


def _components(frame: pl.DataFrame, ties: pl.DataFrame) -> Labels:
    """The component of each message, over messages, missing parents and threads alike."""
    reply, thread = frame["reply_to_id"], frame["thread_id"]
    # A thread and a message may bear the same id without being the same thing.
    named = frame.select(pl.lit("thread ") + pl.col("thread_id").drop_nulls()).to_series()
    tied = positions(frame["message_id"], ties)
    return components(
        frame["message_id"],
        pl.concat([reply.drop_nulls(), named.alias(reply.name), tied["earlier_id"]]),
        pl.concat([reply.is_not_null().arg_true(), thread.is_not_null().arg_true(), tied["row"]]),
    )


def positions(messages: pl.Series, ties: pl.DataFrame) -> pl.DataFrame:
    """The ties of some messages (ids, or hashes of them): `row` of the message and `earlier_id`."""
    rows = messages.alias("message_id").to_frame().with_row_index("row")
    return ties.join(rows, on="message_id", maintain_order="left").select("row", "earlier_id")


def components(messages: pl.Series, targets: pl.Series, rows: pl.Series) -> Labels:
    """The connected component of each message.

    Args:
        messages: ids, or hashes of them.
        targets: ids of what messages point at: parents, there or not, and threads.
        rows: for each target the position of the message that points at it.

    Returns:
        One number per message; equal numbers belong together.
    """
    ranks = pl.concat([messages, targets.alias(messages.name)]).rank("dense")
    codes = ranks.cast(pl.Int64).to_numpy() - 1
    count, start = len(messages), codes[: len(messages)][rows.to_numpy()]
    size = int(codes.max(initial=-1)) + 1
    ones = np.ones(len(start), dtype=np.int8)
    graph = coo_matrix((ones, (start, codes[count:])), shape=(size, size))
    labels: Labels = connected_components(graph, directed=False)[1]
    own: Labels = labels[codes[:count]]
    return own


def _conversations(frame: pl.DataFrame) -> pa.Table:
    if "has_parent" not in frame.columns:
        frame = frame.with_columns(has_parent=pl.lit(False))
    customer = pl.col("is_own").not_()
    # Who is away has said nothing, and a machine of ours has answered nothing: whose turn it is
    # stays as it was.
    is_said = pl.col(AUTOMATIC).not_()
    is_ours = pl.col("is_own") & is_said
    messages = (
        frame.sort("has_parent", "sent_at", "message_id")
        .with_columns(conversation_id=pl.col("message_id").first().over("component"))
        .sort("said_at", "sent_at", "has_parent", "message_id")
        .with_row_index("at")
    )
    begun = messages.group_by("conversation_id", maintain_order=True).agg(
        pl.col("source").first(),
        pl.col("channel").first(),
        pl.col("subject").drop_nulls().first(),
        started_at=pl.col("sent_at").min(),
        last_message_at=pl.col("sent_at").max(),
        messages_count=pl.len().cast(pl.Int32),
        authors_count=pl.col("author_id").drop_nulls().n_unique().cast(pl.Int32),
        customer_id=pl.col("author_id").filter(customer).first(),
        language=pl.coalesce(
            pl.col("language").filter(customer).first(), pl.col("language").first()
        ),
        message_ids=pl.col("message_id")
        if messages["said_at"].equals(messages["sent_at"])
        else pl.col("message_id").sort_by("sent_at", "has_parent", "message_id"),
        is_partial=pl.col("is_orphan").any(),
        last_is_own=pl.coalesce(pl.col("is_own").filter(is_said).last(), pl.col("is_own").any()),
        last_own=pl.col("at").filter(is_ours).last(),
        we_ask=pl.col(ASKS).filter(is_ours).last(),
        we_request=pl.col(REQUESTS).filter(is_ours).last(),
        asked_at=pl.col("said_at").filter(customer & is_said).min(),
        closed_at=pl.col("closed_at").max(),
    )
    rows = (
        pl.concat([begun, _answered(messages, begun)], how="horizontal")
        .with_columns(
            started_on=pl.col("started_at").dt.date(),
            first_response_seconds=(
                pl.col("first_response_at") - pl.col("asked_at")
            ).dt.total_seconds(),
            # What a customer says after a closing, other than thanks, opens the case again.
            closed_at=pl.when(pl.col("is_reopened").not_()).then("closed_at"),
        )
        .with_columns(
            state=pl.when(pl.col("closed_at").is_not_null())
            .then(pl.lit("closed"))
            .when(pl.col("last_is_own") & pl.col("we_ask"))
            .then(pl.lit("waiting_for_customer"))
            # Thanks for a request are no answer to it, and leave nothing for us to do.
            .when(pl.col("we_request") & pl.col("has_own") & pl.col("is_ended"))
            .then(pl.lit("waiting_for_customer"))
            .when(pl.col("last_is_own"))
            .then(pl.lit("answered"))
            .when(pl.col("has_own").not_())
            .then(pl.lit("unanswered"))
            .when("is_ended")
            .then(pl.lit("answered"))
            .otherwise(pl.lit("waiting_for_us")),
        )
        .with_columns(
            written_again_at=pl.when(pl.col("state") == "waiting_for_us").then("written_again_at")
        )
        .drop("last_own", "has_own", "we_ask", "we_request", "is_ended", "is_reopened", "asked_at")
        .sort("started_at", "conversation_id")
    )
    return rows.to_arrow()


def _answered(messages: pl.DataFrame, begun: pl.DataFrame) -> pl.DataFrame:
    """What was said to whom, by conversation: a row for each of `begun`, in its order."""
    of_all = ("last_own", "we_ask", "asked_at", "customer_id", "closed_at")
    # Beside each message, not within each group: that takes ten times as long.
    beside = begun.select("conversation_id", pl.col(of_all).name.prefix("its_"))
    spoken = messages.join(beside, on="conversation_id", how="left", maintain_order="left")
    we_ask = pl.col("its_we_ask")
    is_said = pl.col(AUTOMATIC).not_()
    is_answer = pl.col("is_own") & is_said & (pl.col("said_at") >= pl.col("its_asked_at"))
    is_behind = (pl.col("at") > pl.col("its_last_own")).fill_null(value=True)
    # Thanks are no answer to a question; turning down what was offered is one.
    is_end = (we_ask & pl.col(DECLINES)) | (we_ask.not_() & pl.col(THANKS))
    goes_on = is_behind & is_end.not_() & is_said
    is_theirs = (pl.col("author_id") == pl.col("its_customer_id")).fill_null(value=True)
    wants = pl.col("is_own").not_() & (pl.col(THANKS) | pl.col(DECLINES) | pl.col(AUTOMATIC)).not_()
    return (
        spoken.select(
            "conversation_id",
            "said_at",
            is_answer=is_answer,
            goes_on=goes_on,
            wants_again=goes_on & is_theirs,
            is_reopening=wants & (pl.col("said_at") > pl.col("its_closed_at")),
        )
        .group_by("conversation_id", maintain_order=True)
        .agg(
            first_response_at=pl.col("said_at").filter("is_answer").min(),
            has_own=pl.col("is_answer").any(),
            is_ended=pl.col("goes_on").any().not_(),
            written_again_at=pl.col("said_at").filter("wants_again").first(),
            is_reopened=pl.col("is_reopening").any(),
        )
        .drop("conversation_id")
    )
