"""Publish: detections become the tables that teams work from.

Opportunities span days: a second message updates a lead, an answer stops a clock, a vote joins an
old theme. So the tables are made anew from all detections, and only the partitions that come out
different are replaced. "Now" is the end of the last day that has a message, never the clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import chain

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import contract
from pipeline.errors import FatalError
from pipeline.opportunities import complaints, decisions, ideas, leads, outcomes, themes
from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.stages._audit import audited, day_column, quarantine, replace
from pipeline.stages._runs import Counts, Run, recorded
from pipeline.storage import Lake
from pipeline.tagger import detectors

TABLES = ("leads", "complaints", "ideas", "idea_themes")
TOGETHER = 14
"""Snapshots that are checked at once: asking once is cheaper, and bounds what lies in memory."""
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


def publish(settings: Settings, window: Window) -> Run:
    """Make leads, complaints, ideas and idea themes from the detections of the whole lake.

    What people did with them (`outcomes`) is their state.

    Args:
        settings: the settings.
        window: the days whose theme snapshots are made; later snapshots are made anew.

    Raises ContractError when a table breaks its contract; its old partitions stay.
    """
    lake = Lake(settings.lake_location)
    with recorded(settings, lake, "publish", window, TABLES) as recorder:
        counts, as_of = recorder.counts, _as_of(lake, window)
        needs, decided = detectors()["lead"].needs, lake.read("outcomes")
        # One tag after the other: all detections at once take a gigabyte a million messages.
        _swap(
            lake,
            "leads",
            leads.build(
                _heard(lake, "lead", counts),
                settings,
                needs,
                as_of,
                outcomes.of_kind(decided, "lead"),
            ),
            counts,
        )
        _swap(
            lake,
            "complaints",
            complaints.build(
                _heard(lake, "complaint", counts),
                settings,
                as_of,
                outcomes.of_kind(decided, "complaint"),
            ),
            counts,
        )
        held = decisions.holding(lake.read("theme_decisions"))
        of_ideas = ideas.build(_heard(lake, "idea", counts), settings, held)
        _swap(lake, "ideas", of_ideas, counts)
        held = pl.concat((held, outcomes.statuses(decided)), how="diagonal").sort("decided_at")
        _swap_themes(lake, settings, of_ideas, held, window, counts)
    return recorder.run


def _heard(lake: Lake, tag: str, counts: Counts) -> pl.DataFrame:
    """The detected messages of a tag, without reposts of what somebody else said."""
    found = _detected(lake, tag)
    known = _known(lake, found.drop("evidence"))
    # Evidence is most of what is held: it is put beside the rest, so that no join copies it.
    heard = known.with_columns(found["evidence"]).filter(~_is_repost_by_other(known))
    counts.rows_in += len(found)
    counts.duplicates += len(found) - len(heard)
    versions = ", ".join(heard["model_version"].unique().sort())
    counts.model_versions = {**(counts.model_versions or {}), tag: versions}
    return heard.drop("original_author_id")


def _swap(lake: Lake, table: str, rows: pa.Table, counts: Counts) -> None:
    key = contract(table).key[0]
    good, rejected = audited(rows, table, where="of all days", origin=key)
    counts.rows_out += int(good["messages_count"].to_numpy().sum())
    counts.quarantined += int(rows["messages_count"].to_numpy().sum()) - int(
        good["messages_count"].to_numpy().sum()
    )
    by = day_column(table)
    days = {date.fromisoformat(partition[by]) for partition in lake.partitions(table)}
    days |= {*good[by].unique().to_pylist(), *rejected["day"].unique().to_pylist()}
    counts.rows_written += replace(lake, table, good.sort_by(key), sorted(days))
    quarantine(lake, rejected, table=table, stage="publish", days=sorted(days))


def _swap_themes(
    lake: Lake,
    settings: Settings,
    of_ideas: pa.Table,
    held: pl.DataFrame,
    window: Window,
    counts: Counts,
) -> None:
    """Make the snapshots from the window's first day on: ideas may have come before later ones.

    Every day that has a message has a snapshot, so that the order of the runs does not matter.
    """
    frame = pl.DataFrame(of_ideas)
    said, terms = decisions.standing(frame, held), themes.spoken(frame)
    half_life = settings.scoring.momentum_half_life_days
    first = str(window.start.date())
    heard = {one["sent_on"] for one in lake.partitions("messages")}
    known = {one["as_of"] for one in lake.partitions("idea_themes")}
    days = [date.fromisoformat(day) for day in sorted(heard | known) if day >= first]
    for at in range(0, len(days), TOGETHER):
        some = days[at : at + TOGETHER]
        snapshots = [
            themes.snapshot(
                frame.filter((pl.col("opened_on") <= day) & (str(day) in heard)),
                terms, day, said, half_life,
            )
            for day in some
        ]  # fmt: skip
        where = f"{some[0]}..{some[-1]}"
        rows = pa.concat_tables(snapshots)
        good, rejected = audited(rows, "idea_themes", where=where, origin="theme_id")
        counts.rows_written += replace(lake, "idea_themes", good, some)
        quarantine(lake, rejected, table="idea_themes", stage="publish", days=some)


def _as_of(lake: Lake, window: Window) -> datetime:
    """The end of the last day that has a message; of the window when no day has one."""
    days = [partition["sent_on"] for partition in lake.partitions("messages")]
    if not days:
        return window.end
    last = date.fromisoformat(max(days))
    return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)


def _detected(lake: Lake, tag: str) -> pl.DataFrame:
    """All detections of a tag."""
    chosen = (pc.field("decision") == "detected") & (pc.field("tag") == tag)
    none = contract("detections").full_schema.empty_table().select(DETECTION)
    batches = lake.scan("detections", DETECTION, chosen)
    return pl.concat(_speaking(batch) for batch in chain((none,), batches))


def _known(lake: Lake, found: pl.DataFrame) -> pl.DataFrame:
    """Detections, in their order, with what is known of message and conversation."""
    messages = _messages(lake, found["message_id"].unique())
    conversations = _conversations(lake, found["conversation_id"].unique())
    rows = (
        found.with_row_index("at")
        .join(messages, on="message_id", how="inner")
        .join(conversations, on="conversation_id", how="left")
        .sort("sent_at", "message_id")
    )
    if len(rows) != len(found) or rows["conversation_state"].null_count():
        raise FatalError(
            "there are detections whose message or conversation is gone",
            where="detections",
            mend="run the stages assemble and detect again for the days that were replaced",
        )
    return _answered(rows, _own_messages(lake, conversations)).sort("at").drop("at")


def _speaking(batch: pa.RecordBatch | pa.Table) -> pl.DataFrame:
    """Detections with the evidence that rows are made of: cues, and what speaks for the tag.

    The rest is half of what they hold, and every join would copy it.
    """
    span = pl.element().struct
    speaks = (span.field("weight") > 0) | span.field("kind").str.starts_with("cue:")
    has_place = span.field("start") < span.field("end")
    return pl.DataFrame(batch).with_columns(pl.col("evidence").list.filter(speaks & has_place))


def _messages(lake: Lake, wanted: pl.Series) -> pl.DataFrame:
    ids = pa.array(wanted.to_arrow(), pa.string())
    held = pl.DataFrame(lake.read("messages", MESSAGE, pc.field("message_id").isin(ids)))
    originals = pa.array(held["duplicate_of"].drop_nulls().unique().to_arrow(), pa.string())
    authors = pl.DataFrame(
        lake.read("messages", ["message_id", "author_id"], pc.field("message_id").isin(originals))
    ).rename({"message_id": "duplicate_of", "author_id": "original_author_id"})
    return held.join(authors, on="duplicate_of", how="left")


def _is_repost_by_other(rows: pl.DataFrame) -> pl.Series:
    """Whether somebody else said it first; a repost of one's own is one more message."""
    same = pl.col("author_id").eq(pl.col("original_author_id")).fill_null(value=False)
    return rows.select(pl.col("duplicate_of").is_not_null() & ~same).to_series()


def _conversations(lake: Lake, wanted: pl.Series) -> pl.DataFrame:
    ids = pa.array(wanted.to_arrow(), pa.string())
    columns = ["conversation_id", "state", "message_ids", "closed_at"]
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
    return rows.drop("message_ids").join_asof(
        own.with_columns(sent_at="answered_at"),
        on="sent_at",
        by="conversation_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
