"""Conversations from reply and thread ids.

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
Labels = np.ndarray[tuple[int], np.dtype[np.int32]]

ASKS, THANKS = "asks", "thanks"
"""Two facts about the text that the state needs: it has a question mark; it is only a thank-you."""

_THANKS = (
    r"(?i)^[\s@\w]{0,30}"
    r"\b(thanks?|thank you|thx|cheers|bedankt|dank ?je( ?wel)?|dank u( wel)?|merci)\b.{0,60}$"
)
_YET = (
    r"(?i)\b(but|however|still|not|never|nothing|maar|niet|niets|niks|geen|helaas|nog steeds)\b"
    r"|n['’]t\b|\?"
)


def facts(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The columns `asks` and `thanks` that `build` needs, from the text of each message."""
    thanks = text.str.contains(_THANKS) & text.str.contains(_YET).not_()
    return text.str.contains("?", literal=True).alias(ASKS), thanks.alias(THANKS)


def build(messages: pa.Table) -> pa.Table:
    """Group messages into conversations.

    Args:
        messages: `COLUMNS` plus the booleans `asks` and `thanks`; `message_id` is unique.

    Returns:
        One row per conversation with the columns of the table `conversations`, `started_on`
        included, sorted by start and id.
    """
    frame = pl.from_arrow(messages)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a Table never makes a Series
    if frame.is_empty():
        return _conversations(frame.with_columns(component=pl.lit(0), is_orphan=pl.lit(False)))
    present = pl.col("reply_to_id").is_in(frame["message_id"].implode())
    return _conversations(
        frame.with_columns(
            component=pl.Series(_components(frame)),
            is_orphan=(present.not_()).fill_null(False),
            has_parent=present.fill_null(False) & (pl.col("reply_to_id") != pl.col("message_id")),
        )
    )


def _components(frame: pl.DataFrame) -> Labels:
    """The component of each message, over messages, missing parents and threads alike."""
    reply, thread = frame["reply_to_id"], frame["thread_id"]
    # A thread and a message may bear the same id without being the same thing.
    named = frame.select(pl.lit("thread ") + pl.col("thread_id").drop_nulls()).to_series()
    return components(
        frame["message_id"],
        pl.concat([reply.drop_nulls(), named.alias(reply.name)]),
        pl.concat([reply.is_not_null().arg_true(), thread.is_not_null().arg_true()]),
    )


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
    asked_at = pl.col("sent_at").filter(customer).min()
    closed_at = pl.col("closed_at").max()
    asked_again = customer & pl.col(THANKS).not_() & (pl.col("sent_at") > closed_at)
    rows = (
        frame.sort("has_parent", "sent_at", "message_id")
        .with_columns(conversation_id=pl.col("message_id").first().over("component"))
        .sort("sent_at", "has_parent", "message_id")
        .group_by("conversation_id", maintain_order=True)
        .agg(
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
            message_ids=pl.col("message_id"),
            is_partial=pl.col("is_orphan").any(),
            first_response_at=pl.col("sent_at")
            .filter(pl.col("is_own") & (pl.col("sent_at") >= asked_at))
            .min(),
            last_is_own=pl.col("is_own").last(),
            has_own=(pl.col("is_own") & (pl.col("sent_at") >= asked_at)).any(),
            last_asks=pl.col(ASKS).last(),
            last_thanks=pl.col(THANKS).last(),
            asked_at=asked_at,
            # What a customer says after a closing, other than thanks, opens the case again.
            closed_at=pl.when(asked_again.any().not_()).then(closed_at),
        )
        .with_columns(
            started_on=pl.col("started_at").dt.date(),
            first_response_seconds=(
                pl.col("first_response_at") - pl.col("asked_at")
            ).dt.total_seconds(),
            state=pl.when(pl.col("closed_at").is_not_null())
            .then(pl.lit("closed"))
            .when(pl.col("last_is_own") & pl.col("last_asks"))
            .then(pl.lit("waiting_for_customer"))
            .when(pl.col("last_is_own"))
            .then(pl.lit("answered"))
            .when(pl.col("has_own") & pl.col("last_thanks"))
            .then(pl.lit("answered"))
            .when(pl.col("has_own"))
            .then(pl.lit("waiting_for_us"))
            .otherwise(pl.lit("unanswered")),
        )
        .drop("has_own", "last_asks", "last_thanks", "asked_at")
        .sort("started_at", "conversation_id")
    )
    return rows.to_arrow()
