"""From messages to rows: one per person and matter, whatever number of messages it took."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

STRONGEST = (
    "message_id",
    "conversation_id",
    "source",
    "channel",
    "url",
    "language",
    "model_version",
    "text",
    "sentence_start",
    "sentence_end",
)
"""Columns that a row takes, with its passages, from the message that says it best."""


def voiced(detected: pl.DataFrame) -> pl.DataFrame:
    """Sort by time, add `person`, and leave out what somebody repeats of somebody else.

    An author who is not known is one person within each conversation. The evidence stays behind: it
    is most of what detections hold, and few steps look at it.
    """
    rows = detected.drop("evidence").with_columns(
        person=pl.coalesce("author_id", pl.concat_str(pl.lit("in "), "conversation_id"))
    )
    said = rows.select("duplicate_of", "person")
    originals = rows.select(duplicate_of="message_id", original="person")
    same = said.join(originals, on="duplicate_of", how="left", maintain_order="left").select(
        pl.col("original").is_null() | (pl.col("original") == pl.col("person"))
    )
    return rows.filter(same.to_series()).sort("sent_at", "message_id")


def first_specific(name: str, unspecific: str) -> pl.Expr:
    """What a person is about in a conversation: the first thing that is not `unspecific`.

    The first and not the strongest, so that a later message cannot turn one matter into another.
    """
    told = pl.col(name).filter(pl.col(name) != unspecific).first().over("person", "conversation_id")
    return told.fill_null(unspecific)


def with_row(
    messages: pl.DataFrame,
    matter: str,
    days: int,
    alone: str | None = None,
    settled: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Add `row_id`, the `message_id` of the message that opened the row.

    A person's conversations about the same matter make one row as long as no more than `days`
    days of silence lie between them.

    Args:
        messages: sorted by time; `person`, `conversation_id`, `message_id`, `sent_at`, `matter`.
        matter: column that is the same throughout a person's part in a conversation.
        days: longest silence within a row.
        alone: the matter whose conversations are never put together.
        settled: `message_id` and `settled_at`, when the matter was over: a conversation that begins
            later is about another one.
    """
    of_person = ["person", matter]
    ended = pl.col("until").dt.epoch("us").cum_max().shift(1).over(of_person)
    silence = pl.col("since").dt.epoch("us") - ended
    is_new = silence.is_null() | (silence > days * 86_400_000_000)
    if alone is not None:
        is_new |= pl.col(matter) == alone
    parts = messages.group_by("person", "conversation_id", maintain_order=True).agg(
        pl.col(matter).first(),
        opening=pl.col("message_id").first(),
        since=pl.col("sent_at").first(),
        until=pl.col("sent_at").last(),
    )
    # Most have spoken in one conversation alone: there is nothing to look for before it.
    is_several = parts.select(pl.struct(of_person).is_duplicated()).to_series()
    several = parts.filter(is_several)
    if settled is not None and len(settled):
        several = _with_settled(several, messages, settled, of_person)
        is_new |= (pl.col("settled") != pl.col("settled").shift(1)).over(of_person)
    several = several.with_columns(row_id=pl.when(is_new).then("opening")).with_columns(
        pl.col("row_id").forward_fill().over(of_person)
    )
    single = parts.filter(~is_several).with_columns(row_id="opening")
    named = messages.select("person", "conversation_id").join(
        pl.concat(part.select("person", "conversation_id", "row_id") for part in (several, single)),
        on=["person", "conversation_id"],
        maintain_order="left",
    )
    return messages.with_columns(named["row_id"])


def _with_settled(
    parts: pl.DataFrame, messages: pl.DataFrame, settled: pl.DataFrame, of_person: list[str]
) -> pl.DataFrame:
    """Add `settled`: how often the person's matter was over before each conversation began."""
    ends = (
        messages.join(settled, on="message_id")
        .select(*of_person, "settled_at")
        .unique()
        .sort("settled_at")
        .with_columns(settled=pl.col("settled_at").cum_count().over(of_person))
    )
    found = parts.join_asof(
        ends,
        left_on="since",
        right_on="settled_at",
        by=of_person,
        allow_exact_matches=False,
        check_sortedness=False,
    )
    return found.with_columns(pl.col("settled").fill_null(0)).drop("settled_at")


def rows_of(messages: pl.DataFrame, columns: Iterable[pl.Expr]) -> pl.DataFrame:
    """Make the rows: one per `row_id`, sorted by it.

    Args:
        messages: sorted by time, with `row_id` and `answered_at`.
        columns: further columns, each aggregated over the messages of a row in order of time.
    """
    # Of equal scores the first of the order of time.
    best = (
        messages.select("row_id", "score")
        .with_row_index("at")
        .sort("score", descending=True, maintain_order=True)
        .unique("row_id", keep="first", maintain_order=True)
        .sort("row_id")["at"]
    )
    gathered = messages.group_by("row_id", maintain_order=True).agg(
        pl.col("author_id").first(),
        *columns,
        opened_at=pl.col("sent_at").min(),
        updated_at=pl.col("sent_at").max(),
        messages_count=pl.len().cast(pl.Int32),
        probability=pl.col("score").max(),
    )
    strongest = messages.select(STRONGEST)[best]
    return pl.concat((gathered.sort("row_id"), strongest), how="horizontal")


def latest(*names: str) -> list[pl.Expr]:
    """Columns that belong together, from the latest message that has the first of them.

    What was said in a follow-up counts where no message with the tag says it.
    """
    told = pl.col(names[0]).is_not_null()
    by_tagged = told & ~is_follow_up()
    return [
        pl.when(by_tagged.any())
        .then(pl.col(name).filter(by_tagged).last())
        .otherwise(pl.col(name).filter(told).last())
        for name in names
    ]


def is_follow_up() -> pl.Expr:
    """Whether the tag was not found in a message: its person says it after one with the tag."""
    return pl.col("score").is_null()
