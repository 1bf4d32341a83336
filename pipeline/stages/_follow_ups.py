"""What the person of a lead says next in its conversation, in which nothing was detected.

"For 40 people, 5,000 at most", as an answer to our question, is no lead by itself, and what a sales
person wants to know.
"""

from __future__ import annotations

import polars as pl


def beside(
    leads: pl.DataFrame, detected: pl.DataFrame, conversations: pl.DataFrame
) -> pl.DataFrame:
    """The messages of the conversations of leads in which nothing was detected.

    Args:
        leads: `conversation_id`.
        detected: `message_id` of all messages in which something was.
        conversations: `conversation_id` and `message_ids`.

    Returns:
        `conversation_id` and `message_id`.
    """
    return (
        conversations.join(leads, on="conversation_id", how="semi")
        .select("conversation_id", message_id="message_ids")
        .explode("message_id")
        .join(detected, on="message_id", how="anti")
    )


def follow_ups(leads: pl.DataFrame, others: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Those that come from a person of a lead, after it.

    Args:
        leads: `conversation_id` and `message_id`.
        others: what `beside` gives.
        messages: what is known of both, `is_repost` too; none of the company's.

    Returns:
        Columns of `messages` without `is_repost`, and `conversation_id`; sorted by `message_id`.
    """
    of_person = ["conversation_id", "author_id"]
    since = (
        leads.join(messages.select("message_id", "author_id", "sent_at"), on="message_id")
        .group_by(of_person)
        .agg(since=pl.col("sent_at").min())
    )
    said = others.join(messages, on="message_id").join(since, on=of_person, nulls_equal=True)
    is_next = (pl.col("sent_at") > pl.col("since")) & ~pl.col("is_repost")
    return said.filter(is_next).drop("since", "is_repost").sort("message_id")
