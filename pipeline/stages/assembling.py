"""Assemble: messages become conversations, and reposts are marked.

A message of this window can lengthen, join or part conversations that began on any day before it,
and the other way round when days come in the wrong order. So the reply graph is laid over the ids
of the whole lake (hashed, 24 bytes a message), and the partitions it touches are made anew. The
result depends on the messages that are there, not on the order in which they came.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.conversations import duplicates, speech, threads
from pipeline.records import Window, with_column
from pipeline.settings import Settings
from pipeline.stages import _graph, _moved
from pipeline.stages._audit import audited, swap
from pipeline.stages._groups import in_groups
from pipeline.stages._runs import Counts, Run, accounted, recorded
from pipeline.storage import Lake, frames

GROUP = 100_000
"""Messages from which the conversations of some days are built and written."""
WORDS = ["message_id", "sent_at", "sent_on", "source", "author_id", "text", "is_own"]
WORDS += ["duplicate_of"]


def assemble(settings: Settings, window: Window) -> Run:
    """Build the conversations that the messages of a window belong to, and mark reposts.

    Raises ContractError when the conversations break their contract; the old ones stay.
    """
    lake = Lake(settings.lake_location)
    tables = ("messages", "conversations")
    with recorded(settings, lake, "assemble", window, tables) as recorder:
        counts, window = recorder.counts, window.reaching_back(settings.look_back_days)
        unsettled = _moved.unsettled(lake, settings, window)
        with lake.lock():
            for day in _moved.edited_days(unsettled, window):
                _mark_reposts(lake, Window.of_days(day))
            _mark_reposts(lake, window)
        graph, ties = _graph.graph(lake)
        days = _graph.touched_days(lake, graph, window, unsettled)
        messages = Counter(dict(graph.group_by("first").len().iter_rows()))
        # The last day first: a conversation that came apart is in its old row until its later parts
        # are there, where the next run finds what a kill left undone.
        for some in in_groups(reversed(days), messages.__getitem__, GROUP):
            _swap(lake, some, graph, ties, counts)
    return recorder.run


def _swap(
    lake: Lake, days: list[date], graph: pl.DataFrame, ties: pl.DataFrame, counts: Counts
) -> None:
    built = _built(lake, graph, ties, days)
    where = f"{days[-1]}..{days[0]}"
    good, rejected = audited(built, "conversations", where=where, origin="conversation_id")
    linked = len(graph.filter(pl.col("first").is_in(days)))
    taken_up, rows_out = (int(one["messages_count"].to_numpy().sum()) for one in (built, good))
    accounted(linked, taken_up, f"assemble {where}")
    counts.rows_in += linked
    counts.rows_out += rows_out
    counts.quarantined += taken_up - rows_out
    counts.rows_written += swap(lake, "conversations", "assemble", days, good, rejected)


def _built(lake: Lake, graph: pl.DataFrame, ties: pl.DataFrame, days: list[date]) -> pa.Table:
    chosen = graph.filter(pl.col("first").is_in(days))
    sent_on = chosen["sent_on"].unique().sort().to_list()
    wanted = chosen["message"].unique()
    parts = []
    columns = [*threads.COLUMNS, "text", "attributes"]
    for rows in frames(lake, "messages", columns, pc.field("sent_on").isin(sent_on)):
        rows = rows.filter(rows["message_id"].hash().is_in(wanted.implode()))
        facts = speech.facts(pl.col("text"), pl.col("attributes"))
        parts.append(rows.select(*threads.COLUMNS, *facts))
    messages = pl.concat(parts)
    return threads.build(messages.to_arrow(compat_level=pl.CompatLevel.oldest()), ties)


def _mark_reposts(lake: Lake, window: Window) -> None:
    """Bring `duplicate_of` up to date: a repost follows its original by at most `WITHIN`.

    What the lake holds of the days before the window is right already, since messages depend on
    earlier ones only. The days after it are decided anew for as long as a change can reach.
    """
    until = window.end + duplicates.WITHIN
    while True:
        marked = _marked(lake, window.start, until)
        changed = marked.filter(pl.col("duplicate_of").ne_missing(pl.col("original")))
        reached = changed["sent_at"].max()
        if not isinstance(reached, datetime) or reached + duplicates.WITHIN <= until:
            break
        until = reached + duplicates.WITHIN
    # The last day first: what a kill leaves undone is then found as a change by the next run.
    days = changed.sort("sent_on", "source", descending=True)
    for (source, day), rows in days.group_by("source", "sent_on", maintain_order=True):
        _rewrite(lake, str(source), day, rows.select("message_id", "original"))


def _marked(lake: Lake, start: datetime, until: datetime) -> pl.DataFrame:
    """Decide the messages from `start` on: their sketches with `original`, null for originals."""
    sent_at = pc.field("sent_at")
    near = (sent_at >= start - duplicates.WITHIN) & (sent_at < until)
    parts = [duplicates.sketched(batch) for batch in frames(lake, "messages", WORDS, near)]
    sketches = duplicates.ordered(pl.concat(parts))
    since = int(sketches["sent_at"].search_sorted(start, "left"))
    pairs = duplicates.candidates(sketches, since)
    copies = duplicates.verified(pairs, _texts(lake, sketches, pairs, near))
    original = duplicates.mark(sketches, copies, since)
    return sketches.with_columns(original=original).slice(since)


def _texts(
    lake: Lake, sketches: pl.DataFrame, pairs: pl.DataFrame, near: pc.Expression
) -> pl.Series:
    """The texts of the messages in pairs, null elsewhere: all of them would not fit in memory."""
    rows = pl.concat([pairs["row"], pairs["earlier"]]).unique()
    wanted = sketches["message_id"].gather(rows).implode()
    where = near if len(rows) else pc.scalar(False)
    read = frames(lake, "messages", ["message_id", "text"], where)
    texts = pl.concat(batch.filter(pl.col("message_id").is_in(wanted)) for batch in read)
    ids = sketches.select("message_id")
    return ids.join(texts, on="message_id", how="left", maintain_order="left")["text"]


def _rewrite(lake: Lake, source: str, day: object, originals: pl.DataFrame) -> None:
    partition = {"source": source, "sent_on": str(day)}
    held = lake.read_partition("messages", partition)
    ids = pl.DataFrame(held.select(["message_id"]))
    found = ids.join(
        originals.with_columns(is_new=pl.lit(value=True)),
        on="message_id",
        how="left",
        maintain_order="left",
    )
    is_new = found["is_new"].fill_null(value=False).to_arrow().cast(pa.bool_())
    values = pc.if_else(
        is_new, found["original"].to_arrow().cast(pa.string()), held["duplicate_of"]
    )
    lake.write("messages", partition, with_column(held, "duplicate_of", values))
