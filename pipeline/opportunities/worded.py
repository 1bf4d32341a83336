"""Amounts of money in words, "twenty pounds" or "tweehonderd euro", written as digits."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.opportunities.numerals import FACTORS, spelled, value
from pipeline.text import any_of, terms

_MONEY = r"(?:euro(?:'?s)?|eur|dollars?|pounds?|quid)\b"


def in_digits(rows: pl.DataFrame) -> pl.DataFrame:
    """Write the first amount in words of each text as digits: "20 pounds".

    What only names a size, as "a few hundred euros", stays, and so do words behind digits.

    Args:
        rows: `text`.

    Returns:
        `rows` with the text so written, and `worded` and `digits`: what stood there, and what does
        now; null where nothing was changed.
    """
    likely = pl.when(pl.col("text").str.contains(rf"(?i)[a-z]\s{_MONEY}")).then("text")
    said = rows.select(likely.str.extract_groups(_pattern()).alias("said"))["said"].struct
    worded = pl.select(
        pl.when(said.field("vague").is_null()).then(said.field("number").str.strip_chars())
    ).to_series()
    digits = {one: _digits(one) for one in worded.drop_nulls().unique()}
    told = rows.with_columns(worded=worded).with_columns(
        digits=pl.col("worded").replace_strict(digits, default=None, return_dtype=pl.String)
    )
    return told.with_columns(text=swapped(pl.col("text"), "worded", "digits"))


def swapped(text: pl.Expr, old: str, new: str) -> pl.Expr:
    """A text with what the column `new` says for the first place of what `old` says, if any."""
    parts = text.str.splitn(pl.col(old), 2).struct
    made = parts["field_0"] + pl.col(new) + parts["field_1"]
    return pl.coalesce(made, text)


def _digits(worded: str) -> str:
    return str(value([word for word in worded.lower().split() if word != "and"]))


@cache
def _pattern() -> str:
    number, factor = any_of(spelled().keys() - FACTORS), any_of(FACTORS)
    times = rf"(?:(?:{number})\s)?(?:{factor})\s"
    return (
        rf"(?i)(?:(?P<vague>{any_of(terms('budget', 'vague'))}|\d)\s)?(?P<number>"
        rf"(?:{times})*(?:{number})\s|(?:{times})+and\s(?:{number})\s|(?:{times})+){_MONEY}"
    )
