"""Names of products and rivals in a text, and where a field was read."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.text import any_of, terms


def name_in(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """The first of the names that a text mentions, as the settings write it; null when none."""
    written = {_plain(name): name for name in reversed(names)}
    found = text.str.extract(f"({any_of(names)})", 1).str.to_lowercase()
    return found.str.replace_all(r"\s+", " ").replace_strict(
        written, default=None, return_dtype=pl.String
    )


def passage_of(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """The passage of a text in which `name_in` found a name, as it is written there."""
    return text.str.extract(f"({any_of(names)})", 1)


def beside_held(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """A text without the names of what somebody has already, "we already use …", to find others."""
    return text.str.replace_all(
        rf"(?:{any_of(terms('customer', 'use'))})\s+(?:{any_of(names)})", ""
    )


def span(field: str, said: str) -> pl.Expr:
    """Where the words of column `said` stand: a struct of `SPAN`, null when there are none.

    Characters are counted in the message's text, or in its subject where only that has them.

    Reads `message_id`, `message` and `subject`.
    """
    passage = pl.col(said)
    start = _place(pl.col("message"), passage)
    in_subject = _place(pl.col("subject"), passage)
    first = pl.coalesce(start, in_subject).cast(pl.Int32)
    made = pl.struct(
        field=pl.lit(field),
        message_id=pl.col("message_id"),
        part=pl.when(start.is_not_null()).then(pl.lit("text")).otherwise(pl.lit("subject")),
        start=first,
        end=first + passage.str.len_chars().cast(pl.Int32),
        text=passage,
    )
    return pl.when(first.is_not_null()).then(made)


SPAN = pl.Struct(
    {
        "field": pl.String,
        "message_id": pl.String,
        "part": pl.String,
        "start": pl.Int32,
        "end": pl.Int32,
        "text": pl.String,
    }
)


def spans_of(rows: pl.DataFrame, fields: Iterable[str]) -> pl.Series:
    """The spans of each row, in the order of the fields: a list of `SPAN`.

    Most are null, and looking at those that are not is thirty times as fast as lists of all.

    Args:
        rows: `<field>_span` for each of the fields.
        fields: their names.
    """
    numbered = rows.with_row_index("at")
    told = pl.concat(
        numbered.select("at", spans=f"{field}_span").filter(pl.col("spans").is_not_null())
        for field in fields
    )
    listed = told.sort("at", maintain_order=True).group_by("at", maintain_order=True).agg("spans")
    return (
        numbered.select("at")
        .join(listed, on="at", how="left", maintain_order="left")
        .with_columns(pl.col("spans").fill_null(pl.lit([], pl.List(SPAN))))["spans"]
    )


def _place(text: pl.Expr, passage: pl.Expr) -> pl.Expr:
    """Characters before the first place of a passage; null where it does not stand."""
    found = text.str.contains(passage, literal=True)
    before = text.str.splitn(passage, 2).struct["field_0"].str.len_chars()
    return pl.when(found).then(before)


def _plain(name: str) -> str:
    return " ".join(name.lower().split())
