"""Which messages belong together, over the whole lake, and which days a window can change."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pyarrow.compute as pc

from pipeline.conversations import subjects, threads
from pipeline.records import DAY, Window
from pipeline.storage import Lake, among, frames

LINKS = ["message_id", "reply_to_id", "thread_id", "sent_on"]


def graph(lake: Lake) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lay the reply graph over all messages.

    Returns:
        Each message's `message` (hash), `component`, `sent_on`, the component's `first` day, and
        `is_tied`: whether its subject could tie it; and the ties (`threads.TIES`).
    """
    parts = [
        pl.DataFrame(batch).select(
            pl.col("message_id").hash().alias("message"),
            pl.col("reply_to_id").hash().alias("reply"),
            (pl.lit("thread ") + pl.col("thread_id")).hash().alias("thread"),
            has_reply=pl.col("reply_to_id").is_not_null(),
            has_thread=pl.col("thread_id").is_not_null(),
            sent_on="sent_on",
        )
        for batch in lake.scan("messages", LINKS)
    ]
    if not parts:
        schema = {"message": pl.UInt64, "component": pl.Int32, "sent_on": pl.Date}
        return pl.DataFrame(
            schema={**schema, "first": pl.Date, "is_tied": pl.Boolean}
        ), pl.DataFrame(schema=threads.TIES)
    links = pl.concat(parts)
    mails = _mails(lake)
    ties = subjects.ties(mails)
    tied = threads.positions(links["message"], ties.select(pl.all().hash()))
    component = threads.components(
        links["message"],
        pl.concat(
            [
                links["reply"].filter(links["has_reply"]),
                links["thread"].filter(links["has_thread"]).alias("reply"),
                tied["earlier_id"].alias("reply"),
            ]
        ),
        pl.concat([links["has_reply"].arg_true(), links["has_thread"].arg_true(), tied["row"]]),
    )
    could_be = mails.filter("is_open")["message_id"].hash().implode()
    return links.select(
        "message", "sent_on", component=component, is_tied=pl.col("message").is_in(could_be)
    ).with_columns(first=pl.col("sent_on").min().over("component")), ties


def _mails(lake: Lake) -> pl.DataFrame:
    found = frames(lake, "messages", list(subjects.COLUMNS), pc.field("channel") == "email")
    return pl.concat([subjects.keyed(one) for one in found])


def touched_days(
    lake: Lake, graph: pl.DataFrame, window: Window, unsettled: pl.DataFrame
) -> list[date]:
    """The days whose conversations a window can change: those that begin there now or did.

    `unsettled` are the messages that are on another day now, or were edited; see `_moved`.
    """
    last = (window.end - DAY).date()
    inside = pl.col("sent_on").is_between(window.start.date(), last)
    moved = pl.col("message").is_in(unsettled["message_id"].hash().implode())
    # A mail can tie, untie or tie otherwise what answers by its subject later.
    later = pl.col("sent_on").is_between(window.start.date(), last + subjects.WITHIN)
    is_loose = pl.col("is_tied") & later
    reach = subjects.WITHIN if graph.select(is_loose.any()).item() else timedelta(0)
    changed = graph.filter(inside | moved | is_loose)["message"]
    before = _before(lake, window, unsettled["message_id"], reach)
    # What a message held together that is gone may have come apart, on whatever days.
    may_change = pl.col("member").is_in(changed.implode())
    is_gone = ~pl.col("member").is_in(graph["message"].implode())
    # Asked of each group at once, a list of all messages would be held for each of them.
    may_open = before.filter(may_change | is_gone)["conversation_id"].unique()
    before = before.filter(pl.col("conversation_id").is_in(may_open.implode()))
    is_touched = pl.col("message").is_in(pl.concat([changed, before["member"]]).implode())
    components = graph.filter(is_touched)["component"].unique()
    touched = graph.filter(pl.col("component").is_in(components.implode()))
    # A message can only have been the root of a conversation on its own day.
    return sorted({*touched["sent_on"].unique(), *before["started_on"].unique()})


def _before(lake: Lake, window: Window, moved: pl.Series, reach: timedelta) -> pl.DataFrame:
    """The members of the conversations that there were in a window, and `reach` beyond it.

    Those that a message began which is on another day now count too.
    """
    overlaps = (pc.field("last_message_at") >= window.start) & (
        pc.field("started_at") < window.end + reach
    )
    was_root = among("conversation_id", moved)
    columns = ["started_on", "conversation_id", "message_ids"]
    held = pl.DataFrame(lake.read("conversations", columns, overlaps | was_root))
    members = held.explode("message_ids")
    return members.select("started_on", "conversation_id", member=pl.col("message_ids").hash())
