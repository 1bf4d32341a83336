"""Where in a text a field was read."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from pipeline.brands import any_brand
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
    # Digits of other scripts fit nowhere: numbers are made of those of ASCII alone.
    pattern = pattern.replace(r"\d", _IN_ASCII[r"\d"])
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


def beside_held(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """A text without the names of what somebody has already, "we already use …", to find others."""
    return text.str.replace_all(
        rf"(?:{any_of(terms('customer', 'use'))})\s+(?:{any_brand(names)})", ""
    )


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


def with_spans(rows: pl.DataFrame, fields: Iterable[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find where the words stand that say each field.

    Characters are counted in the message's text, or in its subject where only that has them.

    Args:
        rows: `message_id`, `message`, `subject`, and for each field `<field>_said`.
        fields: their names.

    Returns:
        `rows` with `<field>_span`, the number of a span, null where there is none; and the spans:
        the columns of `SPAN`, of which the numbers are the positions. Rows are taken apart and put
        together a number at a time, not a span.
    """
    told = [pl.DataFrame(schema={"at": pl.UInt32, **SPAN.to_schema()})]
    numbers, count = {}, 0
    numbered = rows.with_row_index("at")
    for field in fields:
        found = _found(numbered.filter(pl.col(f"{field}_said").is_not_null()), field)
        number = pl.int_range(count, count + len(found), dtype=pl.UInt32, eager=True)
        places = found.select("at").with_columns(number=number)
        numbers[f"{field}_span"] = numbered.select("at").join(
            places, on="at", how="left", maintain_order="left"
        )["number"]
        told.append(found)
        count += len(found)
    return rows.with_columns(**numbers), pl.concat(told).drop("at")


def spans_of(rows: pl.DataFrame, spans: pl.DataFrame, fields: Iterable[str]) -> pl.Series:
    """The spans of each row, in the order of the fields: a list of `SPAN`.

    Args:
        rows: `<field>_span` for each of the fields.
        spans: what `with_spans` gives beside.
        fields: their names.
    """
    numbered = rows.with_row_index("at")
    told = pl.concat(
        numbered.select("at", number=f"{field}_span").drop_nulls() for field in fields
    ).sort("at", maintain_order=True)
    listed = (
        told.select("at", spans=spans.to_struct()[told["number"]])
        .group_by("at", maintain_order=True)
        .agg("spans")
    )
    return (
        numbered.select("at")
        .join(listed, on="at", how="left", maintain_order="left")
        .with_columns(pl.col("spans").fill_null(pl.lit([], pl.List(SPAN))))["spans"]
    )


def _found(told: pl.DataFrame, field: str) -> pl.DataFrame:
    """The spans of a field, `at` beside, where its words stand in the text or in the subject."""
    passage = pl.col(f"{field}_said")
    start = _place(pl.col("message"), passage)
    first = pl.coalesce(start, _place(pl.col("subject"), passage)).cast(pl.Int32)
    return (
        told.select(
            "at",
            "message_id",
            field=pl.lit(field),
            part=pl.when(start.is_not_null()).then(pl.lit("text")).otherwise(pl.lit("subject")),
            start=first,
            end=first + passage.str.len_chars().cast(pl.Int32),
            text=passage,
        )
        .select("at", *SPAN.to_schema())
        .filter(pl.col("start").is_not_null())
    )


def _place(text: pl.Expr, passage: pl.Expr) -> pl.Expr:
    """Characters before the first place of a passage; null where it does not stand."""
    found = text.str.contains(passage, literal=True)
    before = text.str.splitn(passage, 2).struct["field_0"].str.len_chars()
    return pl.when(found).then(before)
