"""Names of products and rivals in a text, and where a field was read."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from pipeline.text import any_of, terms

_BEYOND_ASCII = r"[\w--\p{ascii}]"
_IN_ASCII = {
    r"\b": r"(?-u:\b)",
    r"\W": "[^a-zA-Z0-9_]",
    r"\p{L}": "[a-zA-Z]",
    r"\d": "[0-9]",
}
"""What marks of a pattern mean where letters and digits are those of ASCII. The automaton for the
words of all scripts is too large to be kept, and searching without it takes ten times as long."""


def places(rows: pl.DataFrame, pattern: str, name: str) -> pl.DataFrame:
    """A row for each place that a pattern fits, those of one text in their order.

    Args:
        rows: `text`, and what is kept beside the places.
        pattern: may name groups; no class of it excludes words or digits.
        name: that of the column with the words that it fits.

    Returns:
        `rows` without `text`, with the column `name` and one for each group that has a name.
    """
    is_beyond = pl.col("text").str.contains(_BEYOND_ASCII)
    plain = pattern
    for mark, meaning in _IN_ASCII.items():
        plain = plain.replace(mark, meaning)
    parts = [(rows.filter(~is_beyond), plain), (rows.filter(is_beyond), pattern)]
    # To make an automaton takes longer than to search some messages with it.
    return pl.concat(
        some.with_columns(pl.col("text").str.extract_all(_nameless(one)).alias(name))
        .drop("text")
        .explode(name, empty_as_null=False, keep_nulls=False)
        .with_columns(groups=pl.col(name).str.extract_groups(one))
        .unnest("groups")
        for some, one in [part for part in parts if len(part[0])] or parts[:1]
    )


def _nameless(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


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
