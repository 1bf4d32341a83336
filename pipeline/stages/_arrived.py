"""Turns what a source gave into rows of the table `messages`: pure, for a stage as for a file."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from pipeline.brands import public_handles
from pipeline.contracts import contract
from pipeline.conversations import links
from pipeline.conversations.language import identify, stated
from pipeline.conversations.noise import excluded_reason, is_staff
from pipeline.conversations.personal import redact, redact_json
from pipeline.conversations.pseudonyms import pseudonyms_of
from pipeline.conversations.queries import is_off_topic
from pipeline.looks import shown
from pipeline.records import DAY
from pipeline.settings import Settings, SourceSettings


def arrived(
    fetched: pa.Table, source: SourceSettings, channel: str, settings: Settings
) -> pa.Table:
    """Turn fetched messages (`sources.base.FETCHED`) into rows of the table `messages`.

    Rows are sorted by time and id, so that the order of a source's files does not matter; those of
    one message keep theirs, the newest last.
    """
    frame = pl.DataFrame(fetched).with_columns(
        pl.col("text", "subject").map_batches(shown, return_dtype=pl.String, is_elementwise=True)
    )
    company = settings.company
    own, staff = (
        [account.lower().lstrip("@") for account in accounts]
        for accounts in (company.own_accounts, company.employees)
    )
    author = pl.col("author").str.to_lowercase().str.strip_prefix("@")
    is_own = (pl.col("is_agent") | author.is_in(own)).fill_null(value=False)
    keeps_handles, url = (
        pl.lit(settings.privacy.keep_handles),
        links.without_parameters(pl.col("url")),
    )
    prefix = pl.lit(f"{source.name}:")
    # Handles and names are topics too, so queries look at what personal data is still in.
    spoken = pl.concat_str("subject", "text", separator="\n", ignore_nulls=True)
    frame = frame.with_columns(
        redact(pl.col("text"), public_handles(company)),
        redact(pl.col("subject")),
        redact_json(pl.col("attributes")),
        url=pl.when(is_own | keeps_handles | ~links.names(url, author)).then(url),
        source=pl.lit(source.name),
        channel=pl.lit(channel),
        message_id=prefix + pl.col("native_id"),
        reply_to_id=prefix + pl.col("reply_to_native_id"),
        thread_id=prefix + pl.col("thread_native_id"),
        author_id=pseudonyms_of(frame["author"], source.name, settings.author_key()),
        author_handle=pl.when(keeps_handles).then("author"),
        is_own=is_own,
        sent_on=pl.col("sent_at").dt.date(),
        seen_at=pl.col("sent_at").dt.truncate("1d") + DAY,
        duplicate_of=_null(pl.String),
        is_staff=is_staff(pl.col("text"), author, (company.name, *company.aliases), own, staff),
        is_off_topic=is_off_topic(settings.queries, source.name, spoken),
    )
    reason = excluded_reason(pl.col("text"), pl.col("is_own") | pl.col("is_staff"))
    off_topic = pl.when("is_off_topic").then(pl.lit("query"))
    frame = _with_language(frame).with_columns(excluded_reason=pl.coalesce(reason, off_topic))
    names = contract("messages").full_schema.names
    return (
        frame.select(names)
        .sort("sent_at", "message_id", maintain_order=True)
        .to_arrow(compat_level=pl.CompatLevel.oldest())
    )


def _with_language(frame: pl.DataFrame) -> pl.DataFrame:
    """Identify the language of the rows whose source does not state one that is known."""
    given = frame["language"]
    codes = {one: stated(one) for one in given.drop_nulls().unique()}
    known = given.replace_strict(codes, default=None, return_dtype=pl.String)
    if known.null_count() == 0:
        return frame.with_columns(language=known, language_score=_null(pl.Float32))
    unknown = known.is_null()
    texts = frame["text"].filter(unknown).to_arrow().cast(pa.string())
    found, scores = identify(texts)
    rows = unknown.arg_true()
    return frame.with_columns(
        language=known.scatter(rows, pl.Series(found)),
        language_score=pl.repeat(None, len(frame), dtype=pl.Float32, eager=True).scatter(
            rows, pl.Series(scores)
        ),
    )


def _null(kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    return pl.lit(None, dtype=kind)
