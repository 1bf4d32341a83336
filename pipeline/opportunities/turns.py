"""Whose turn it is: which of somebody's messages were answered, and since when they wait for us.

`waiting_since_at` is the one place that says who waits. Views, report, page and deliveries read it,
so that none of them has an opinion of its own.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pipeline.opportunities.deadlines import with_deadlines
from pipeline.settings import Company

_COUNTS_FIRST = {"green": 0, "orange": 0, "red": 0, "missed": 1, "met": 2}
"""Of several turns the one that still waits counts, then one whose promise was broken."""


def known(as_of: datetime) -> dict[str, pl.Expr]:
    """`answered_at` and `closed_at` of a message's conversation, where they are not yet to come."""
    return {
        name: pl.when(pl.col(name) <= as_of).then(name) for name in ("answered_at", "closed_at")
    }


def with_turns(rows: pl.DataFrame, messages: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Add what we answered, and when.

    A turn is what somebody says until we speak; what is said elsewhere after a conversation was
    closed is another one. An answer to a later message is one to those before it too: who asks
    three times is answered once.

    Args:
        rows: `row_id`.
        messages: sorted by time; `row_id`, `sent_at`, and of the message's conversation
            `answered_at` and `closed_at` (null: not yet) and `written_again_at`: what is said after
            our last word may be no lead or complaint by itself ("Yes, Tuesday will do").
        acts: `row_id` and `acted_at`, when somebody spoke to the customer elsewhere.

    Returns:
        `rows` in their order with `turns` (a list of `asked_at`, `answered_at`, `closed_at`),
        `answered_at` (the first answer), `is_waiting` (there is none to the last turn) and
        `unanswered_at` (when the turn was begun that was neither answered nor closed).
    """
    again = messages.select("row_id", sent_at="written_again_at").drop_nulls().unique()
    messages = pl.concat(
        (messages.select("row_id", "sent_at", "answered_at", "closed_at"), again), how="diagonal"
    ).sort("sent_at", maintain_order=True)
    later = pl.col("answered_at").backward_fill().cum_min(reverse=True).over("row_id")
    said = messages.select("row_id", "sent_at", "closed_at", answered_at=later).join_asof(
        acts.sort("acted_at"),
        left_on="sent_at",
        right_on="acted_at",
        by="row_id",
        strategy="forward",
        check_sortedness=False,
    )
    turns = (
        said.with_columns(answered_at=pl.min_horizontal("answered_at", "acted_at"))
        .group_by("row_id", "answered_at", "closed_at", maintain_order=True)
        .agg(asked_at=pl.col("sent_at").first())
        .group_by("row_id", maintain_order=True)
        .agg(
            turns=pl.struct("asked_at", "answered_at", "closed_at"),
            is_waiting=pl.col("answered_at").last().is_null(),
            unanswered_at=pl.col("asked_at")
            .filter(pl.col("answered_at").is_null() & pl.col("closed_at").is_null())
            .first(),
            answered_at=pl.col("answered_at").first(),
        )
    )
    return rows.join(turns, on="row_id", how="left", maintain_order="left")


def is_theirs() -> pl.Expr:
    """Whether we answered all that was said, so that it is the customer's turn."""
    return pl.col("answered_at").is_not_null() & ~pl.col("is_waiting")


def with_clock(rows: pl.DataFrame, company: Company, as_of: datetime) -> pl.DataFrame:
    """Add `respond_by` and `deadline_state` of the turn that counts, as they stand at `as_of`.

    That is the turn that waits for us; where none does the first whose promise was broken, else the
    first of all. So an answer starts a fresh clock for what is said after it, and a promise that
    was kept does not hide one that was not.

    Args:
        rows: `turns` and `promise_hours`.
        company: whose calendar counts.
        as_of: "now", an aware UTC datetime.
    """
    each = (
        rows.select("turns", "promise_hours")
        .with_row_index("row")
        .explode("turns")
        .unnest("turns")
        .rename({"asked_at": "opened_at"})
    )
    clocked = with_deadlines(each, company, as_of)
    rank = pl.col("deadline_state").replace_strict(_COUNTS_FIRST, return_dtype=pl.Int8)
    counts = (
        clocked.sort("row", rank, "opened_at")
        .unique("row", keep="first", maintain_order=True)
        .select("respond_by", "deadline_state")
    )
    return pl.concat((rows, counts), how="horizontal")


def waiting_since(states: tuple[str, ...]) -> pl.Expr:
    """Since when a row waits for us; null where it does not.

    It waits when its last turn is unanswered, its conversation is open, its `state` is one of
    `states`, and there is something to do: `recommended_action` is not `none`.
    """
    waits = (
        pl.col("is_waiting")
        & (pl.col("conversation_state") != "closed")
        & pl.col("state").is_in(states)
        & (pl.col("recommended_action") != "none")
    )
    return pl.when(waits).then("unanswered_at")
