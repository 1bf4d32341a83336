"""What a row shows of a message: a short passage to read, and what the detector rested on."""

from __future__ import annotations

import polars as pl

from pipeline.text import stop_words

LONGEST = 280
"""Characters of a snippet, the marks for what is left out included."""
SHOWN = 6
"""Passages of evidence that a row shows."""
SLICE = 10_000
"""Rows whose spans are laid out at once."""


def snippet() -> pl.Expr:
    """A readable passage of `text` around the deciding sentence, in whole words.

    The whole text where it is short enough; else the sentence with as much before as after it.
    """
    is_short = pl.col("text").str.len_chars() <= LONGEST
    # Nothing is cut of short texts, which most are: where there is no text, nothing is spent.
    text = pl.when(~is_short).then("text")
    start, end = pl.col("sentence_start").cast(pl.Int64), pl.col("sentence_end").cast(pl.Int64)
    room = (LONGEST - 2 - (end - start)).clip(lower_bound=0)
    begin = (start - room // 2).clip(lower_bound=0)
    # What the beginning of the text leaves unused goes to the end, and the other way round.
    begin = pl.min_horizontal(begin, (text.str.len_chars() - (LONGEST - 2))).clip(lower_bound=0)
    cut = text.str.slice(begin, LONGEST - 2)
    cut = pl.when(begin > 0).then(pl.lit("…") + cut.str.replace(r"^\S*\s+", "")).otherwise(cut)
    is_cut = text.str.len_chars() > begin + LONGEST - 2
    cut = pl.when(is_cut).then(cut.str.replace(r"\s+\S*$", "") + "…").otherwise(cut)
    return _one_line(pl.when(is_short).then("text").otherwise(cut))


def whole() -> pl.Expr:
    """All that a message says: its subject, if it has one, and its text."""
    return pl.concat_str("subject", "text", separator="\n", ignore_nulls=True)


def sentence() -> pl.Expr:
    """The deciding sentence of `text`, an exact part of it."""
    length = (pl.col("sentence_end") - pl.col("sentence_start")).clip(lower_bound=0)
    return pl.col("text").str.slice(pl.col("sentence_start"), length).str.strip_chars()


def with_context() -> pl.Expr:
    """The deciding sentence with the one before it, or the one behind it when it is the first."""
    start, end = pl.col("sentence_start"), pl.col("sentence_end")
    before = pl.col("text").str.slice(0, start).str.extract(r"([^.!?\n]*[.!?\n]*\s*)$")
    begin = start - before.str.len_chars()
    behind = pl.col("text").str.slice(end).str.extract(r"^(\s*[^.!?\n]*[.!?\n]*)").str.len_chars()
    last = pl.when(begin < start).then(end).otherwise(end + behind)
    return pl.col("text").str.slice(begin, last - begin).str.strip_chars()


def with_evidence(rows: pl.DataFrame, detected: pl.DataFrame) -> pl.DataFrame:
    """Add `evidence`, the passages of a row's message that spoke for the tag, strongest first.

    Cues come before single words, words that say nothing are left out, and so is what a longer
    passage already shows. Without any of these the deciding sentence stands.

    Args:
        rows: one row each, with the `message_id` of the message that says it best.
        detected: `message_id` and `evidence`, weighed spans.
    """
    spans = detected.select("message_id", "evidence")
    parts = list(rows.select("row_id", "message_id").iter_slices(SLICE)) or [rows]
    listed = pl.concat(_passages(part, spans) for part in parts)
    return (
        rows.with_columns(deciding=pl.concat_list(sentence()))
        .join(listed, on="row_id", how="left", maintain_order="left")
        .with_columns(pl.coalesce("evidence", "deciding").alias("evidence"))
        .drop("deciding")
    )


def _passages(rows: pl.DataFrame, detected: pl.DataFrame) -> pl.DataFrame:
    """The passages of some rows: `row_id` and `evidence`, for those that have any."""
    is_cue = pl.col("kind").str.starts_with("cue:")
    spans = (
        rows.select("row_id", "message_id")
        .join(detected, on="message_id", maintain_order="left")
        .select("row_id", "evidence")
        .explode("evidence", empty_as_null=True, keep_nulls=False)
        .unnest("evidence")
        .filter(pl.col("weight") > 0, pl.col("start") < pl.col("end"))
    )
    # The same words speak in many rows: each is looked at once.
    telling = _telling(spans["text"].unique())
    spans = (
        spans.filter(is_cue | pl.col("text").is_in(telling.implode()))
        .sort(
            "row_id",
            ~is_cue,
            "weight",
            "start",
            "end",
            descending=[False, False, True, False, True],
        )
        .unique(["row_id", "text"], keep="first", maintain_order=True)
    )
    return (
        _outermost(spans)
        .group_by("row_id", maintain_order=True)
        .agg(evidence=pl.col("text").head(SHOWN))
    )


def _telling(texts: pl.Series) -> pl.Series:
    """The passages that have a word of three letters that is not a stop word."""
    words = pl.col("text").str.to_lowercase().str.extract_all(r"[\p{L}'’-]{3,}")
    return (
        texts.to_frame("text")
        .select("text", word=words)
        .explode("word", empty_as_null=False)
        .filter(~pl.col("word").is_in(list(stop_words())))["text"]
        .unique()
    )


def _outermost(spans: pl.DataFrame) -> pl.DataFrame:
    """Leave out each span that lies within another of the same row."""
    numbered = spans.with_row_index("at")
    pairs = numbered.join(numbered, on="row_id", suffix="_other").filter(
        pl.col("at") != pl.col("at_other"),
        pl.col("start_other") <= pl.col("start"),
        pl.col("end") <= pl.col("end_other"),
        (pl.col("start_other") < pl.col("start"))
        | (pl.col("end") < pl.col("end_other"))
        | (pl.col("at_other") < pl.col("at")),
    )
    return numbered.join(pairs, on="at", how="anti", maintain_order="left")


def _one_line(text: pl.Expr) -> pl.Expr:
    # One space between words, as most have it, is left alone: three times as fast.
    return text.str.replace_all(r" \s+|[^\S ]\s*", " ").str.strip_chars()
