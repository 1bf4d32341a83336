"""The amount of money that a text names, in Dutch or English notation.

`€ 1.200,-`, `€900 per maand`, `20 euro p/m`, `1.250,50 EUR`, `$1,200.50`, `budget of 5k`.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.text import any_of, terms

_SYMBOL = r"€|\$|£|\beuro\b|\b(?:eur|usd|gbp)\b"
_NAME = r"€|\$|£|euro(?:'?s)?\b|(?:eur|usd|gbp|dollars?|pounds?|quid)\b"
_NUMBER = r"\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_THOUSANDS = r"\s?(?:k|mille|duizend|thousand|grand)\b"
_DASH = r"(?:\s?[.,](?:--?|–|=))?"
_CURRENCIES = {"€": "EUR", "eur": "EUR", "$": "USD", "usd": "USD", "dol": "USD"}
_STERLING = ("£", "gbp", "pou", "qui")
_NUMBERS = ("upper_after", "after", "upper_before", "before", "bare", "bare_first")
_WORD = r"[\p{L}'’]+"
_PER_YEAR = 12


def with_budget(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `budget_amount`, `budget_currency`, `yearly_amount` and `budget_said`, or nulls.

    Of several amounts the one said to be a budget counts, else the largest by the year. Discounts,
    fines, prizes and the like are no budgets. Five thousand without a currency ("5k") is one only
    where a budget is spoken of.

    Args:
        rows: `message_id` and `text`.
    """
    columns = {
        "budget_amount": pl.Float64,
        "budget_currency": pl.String,
        "yearly_amount": pl.Float64,
        "budget_said": pl.String,
    }
    found = (
        rows.filter(pl.col("text").str.contains(r"\d") & pl.col("text").str.contains(_hint()))
        .select("message_id", passage=pl.col("text").str.extract_all(_pattern()))
        .explode("passage", empty_as_null=False, keep_nulls=False)
        .with_columns(pl.col("passage").str.extract_groups(_pattern()).alias("groups"))
        .unnest("groups")
    )
    if found.is_empty():
        return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in columns.items())
    amounts = (
        found.filter(pl.col("other_before").is_null() & pl.col("other_after").is_null())
        .with_columns(
            _amount().alias("budget_amount"),
            _currency().alias("budget_currency"),
            budget_said=pl.col("passage").str.strip_chars(),
        )
        .with_columns(
            yearly_amount=pl.col("budget_amount")
            * pl.when(pl.col("monthly").is_not_null()).then(_PER_YEAR).otherwise(1)
        )
        .filter(pl.col("budget_amount") > 0)
        .with_columns(is_told=pl.coalesce("cue", "cue_k", "cue_after").is_not_null())
        .sort("is_told", "yearly_amount", descending=True, maintain_order=True)
        .unique("message_id", keep="first", maintain_order=True)
        .select("message_id", *columns)
    )
    return rows.join(amounts, on="message_id", how="left", maintain_order="left")


def _amount() -> pl.Expr:
    number = pl.coalesce(*_NUMBERS).str.replace_all("['\u00a0\u202f]", "")
    grouped = number.str.contains(r"^\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?$")
    whole = number.str.extract(r"^(\d{1,3}(?:[.,]\d{3})+)").str.replace_all("[.,]", "")
    cents = number.str.extract(r"[.,](\d{1,2})$").fill_null("0")
    plain = pl.when(grouped).then(whole + "." + cents).otherwise(number.str.replace(",", "."))
    is_thousands = pl.coalesce("k_after", "k_before", "bare", "bare_first").is_not_null()
    return plain.cast(pl.Float64) * pl.when(is_thousands).then(1000).otherwise(1)


def _currency() -> pl.Expr:
    sign = pl.coalesce("symbol", "name").str.to_lowercase().str.head(3)
    codes = _CURRENCIES | dict.fromkeys(_STERLING, "GBP")
    return sign.replace_strict(codes, default=None, return_dtype=pl.String)


@cache
def _hint() -> str:
    return rf"(?i){_SYMBOL}|\d\s?(?:{_NAME})|\dk?,?-? ?(?:{_NAME})|\d(?:{_THOUSANDS})"


@cache
def _pattern() -> str:
    listed = {
        name: any_of(terms("budget", name))
        for name in ("cue", "after", "other", "monthly", "yearly")
    }
    few = rf"\W+(?:{_WORD}\W+){{0,2}}?"
    first = (
        rf"(?P<symbol>{_SYMBOL})\s*(?P<before>{_NUMBER})(?:\s?(?:-|–|à)\s?(?:{_SYMBOL})?\s?"
        rf"(?P<upper_before>{_NUMBER}))?(?P<k_before>{_THOUSANDS})?{_DASH}"
    )
    last = (
        rf"\b(?P<after>{_NUMBER})(?:\s?(?:-|–|à|en|and|tot|to)\s?(?P<upper_after>{_NUMBER}))?"
        rf"(?P<k_after>{_THOUSANDS})?{_DASH}\s?(?P<name>{_NAME})"
    )
    bare = (
        rf"(?P<cue_k>{listed['cue']})(?:{few})(?P<bare>{_NUMBER})(?:{_THOUSANDS})"
        rf"|\b(?P<bare_first>{_NUMBER})(?:{_THOUSANDS})(?:{few})(?P<cue_after>{listed['after']})"
    )
    return (
        rf"(?i)(?:(?P<other_before>{listed['other']})(?:{few}))?"
        rf"(?:(?P<cue>{listed['cue']})(?:{few}))?(?:{first}|{last}|{bare})"
        rf"(?:\s*(?:(?P<monthly>{listed['monthly']})|(?P<yearly>{listed['yearly']})))?"
        rf"(?:\W{{1,2}}(?:{_WORD}\W)?(?P<other_after>{listed['other']}))?"
    )
