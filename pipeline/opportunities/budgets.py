"""The amount of money that a text names, in Dutch or English notation.

`€ 1.200,-`, `€900 per maand`, `20 euro p/m`, `1.250,50 EUR`, `$1,200.50`, `budget of 5k`,
`twenty pounds`.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.opportunities.extraction import places
from pipeline.opportunities.merging import is_follow_up
from pipeline.opportunities.worded import in_digits, swapped
from pipeline.text import any_of, terms

_SYMBOL = r"\b(?:au?|ca?|hk|nz|sg?|us)\$|\bk[€$£]|€|\$|£|\beuro\b|\b(?:eur|usd|gbp)\b"
_NAME = r"€|\$|£|euro(?:'?s)?\b|(?:eur|usd|gbp|dollars?|pounds?|quid)\b|,(?:--?|–|=)"
_NUMBER = (
    r"\d{1,3}(?: \d{3})+\b(?:[.,]\d{1,2})?"
    r"|\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
)
_SCALE = r"\s?(?:k|mille|duizend|thousand|grand|mln|mio|miljoen|million)\b|m\b|\s?ton\b"
"""Words behind a number that multiply it. A ton is 100,000 euro in Dutch."""
_FACTORS = {"ton": 100_000} | dict.fromkeys(("m", "mln", "mio", "miljoen", "million"), 1_000_000)
_THOUSAND = 1000
_UPTO = r"\s?(?:-|–|à|en|and|tot|to)\s?"
_IS = r"(?:\s*:|\W+(?:is|was|van|of|max|maximaal|ongeveer|circa|around|about))*\s+"
_END = r"(?:[.,;!?)]|\s+(?:voor|for|en|and|max|excl|incl|ex|all-in)\b|\s*$|\s*\n)"
_WHOLE = r"\d{1,3}(?:[.,']\d{3})+|(?:1[0-8]|2[1-9]|[3-9]\d)\d\d|\d{5,}"
"""Digits that are an amount without a currency behind "budget": no year, no number of chairs."""
_DASH = r"(?:\s?[.,](?:--?|–|=))?"
_CURRENCIES = {"€": "EUR", "eur": "EUR", "$": "USD", "usd": "USD", "dol": "USD"}
_CURRENCIES |= dict.fromkeys((",-", ",--", ",–", ",="), "EUR")
_CURRENCIES |= dict.fromkeys(("a$", "au$"), "AUD") | dict.fromkeys(("c$", "ca$"), "CAD")
_CURRENCIES |= dict.fromkeys(("s$", "sg$"), "SGD") | {"hk$": "HKD", "nz$": "NZD"}
_CURRENCIES |= {"us$": "USD", "k€": "EUR", "k$": "USD", "k£": "GBP"}
_STERLING = ("£", "gbp", "pou", "qui")
_NUMBERS = (
    *("upper_after", "after", "upper_before", "before"),
    *("upper_bare", "bare", "bare_first", "whole"),
)
_WORD = r"[\p{L}'’]+"
_PER_YEAR = 12
_MOST = 1_000_000_000
"""What is more is no budget: a number out of a game, or the digits of something else."""


def with_budget(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `budget_amount`, `budget_currency`, `yearly_amount` and `budget_said`, or nulls.

    Of several amounts the one said to be a budget counts, else the largest by the year. Discounts,
    fines, prizes, what we charge and the like are no budgets, nor are prices that somebody tells or
    asks about, unless a word such as "hooguit" makes them one. Without a currency ("5k", "2 ton",
    "15.000") it is one only where a budget is spoken of. In a follow-up such a word is needed: what
    is told there may be about anything.

    Args:
        rows: `message_id`, `text` and `score`.
    """
    columns = {
        "budget_amount": pl.Float64,
        "budget_currency": pl.String,
        "yearly_amount": pl.Float64,
        "budget_said": pl.String,
    }
    read = in_digits(rows.select("message_id", "text", is_beside=is_follow_up()))
    hinted = read.filter(pl.col("text").str.contains(r"\d")).filter(
        pl.col("text").str.contains(_hint())
    )
    asked = pl.col("text").str.contains(any_of(terms("budget", "worth")))
    found = places(hinted.with_columns(is_worth=asked | pl.col("is_beside")), _pattern(), "passage")
    if found.is_empty():
        return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in columns.items())
    amounts = (
        found.filter(
            pl.col("other_before").is_null() & pl.col("other_after").is_null() & ~_is_weight()
        )
        .with_columns(
            _amount().alias("budget_amount"),
            _currency().alias("budget_currency"),
            budget_said=pl.when(pl.col("whole").is_null())
            .then("passage")
            .otherwise(pl.col("passage").str.replace(rf"(?i)(?:{_END})$", ""))
            .str.strip_chars(),
        )
        .with_columns(
            yearly_amount=pl.col("budget_amount")
            * pl.when(pl.coalesce("monthly", "monthly_whole").is_not_null())
            .then(_PER_YEAR)
            .otherwise(1)
        )
        .filter(pl.col("budget_amount").is_between(0, _MOST, closed="right"))
        .with_columns(budget_said=swapped(pl.col("budget_said"), "digits", "worded"))
        .with_columns(is_told=pl.coalesce("cue", "cue_k", "cue_after", "cue_whole").is_not_null())
        .filter(pl.col("is_told") | ~(_is_price() | pl.col("is_worth")))
        .sort("is_told", "yearly_amount", descending=True, maintain_order=True)
        .unique("message_id", keep="first", maintain_order=True)
        .select("message_id", *columns)
    )
    return rows.join(amounts, on="message_id", how="left", maintain_order="left")


def _amount() -> pl.Expr:
    """The upper end of a range; of "€ 100 en € 20" the larger."""
    by = _scale().replace_strict(_FACTORS, default=_THOUSAND, return_dtype=pl.Int64)
    largest = pl.max_horizontal(_number(pl.coalesce(*_NUMBERS)), _number(pl.col("before")))
    return pl.when(_scale().is_null()).then(largest).otherwise(_number(pl.coalesce(*_NUMBERS)) * by)


def _number(written: pl.Expr) -> pl.Expr:
    """What digits say; a mark before three of them parts thousands, before fewer it is decimal."""
    cents = written.str.extract(r"[.,](\d{1,2})$").fill_null("0")
    whole = written.str.replace(r"[.,]\d{1,2}$", "").str.replace_all(r"\D", "")
    return (whole + "." + cents).cast(pl.Float64)


def _is_price() -> pl.Expr:
    """Whether a price is told; what may cost so much is a budget: "het mag € 2.000 kosten"."""
    price = pl.coalesce("price_before", "fee_after").is_not_null()
    # "From €29" is what something costs, "from €500 to €800" what somebody has.
    is_range = pl.coalesce("upper_before", "upper_after").is_not_null()
    price |= pl.col("from_before").is_not_null() & ~is_range
    return price & ~pl.col("passage").str.contains(any_of(terms("budget", "may")))


def _is_weight() -> pl.Expr:
    """Whether a ton is one of sand: without a currency only a budget has tons."""
    has_currency = pl.coalesce("symbol_bare", "name_bare").is_not_null()
    is_budget = pl.col("cue_k").str.to_lowercase().is_in(terms("budget", "sure"))
    return ((_scale() == "ton") & ~has_currency & ~is_budget).fill_null(value=False)


def _scale() -> pl.Expr:
    """The word that multiplies the number, or the letter in "k€"; null when there is none."""
    by_sign = pl.coalesce("symbol", "symbol_bare").str.extract(r"(?i)^(k)[€$£]$")
    said = pl.coalesce("k_after", "k_before", "k_bare", "k_first", by_sign)
    return said.str.strip_chars().str.to_lowercase()


def _currency() -> pl.Expr:
    sign = pl.coalesce("symbol", "name", "symbol_bare", "name_bare").str.to_lowercase().str.head(3)
    codes = _CURRENCIES | dict.fromkeys(_STERLING, "GBP")
    told = sign.replace_strict(codes, default=None, return_dtype=pl.String)
    return pl.coalesce(told, pl.when(_scale() == "ton").then(pl.lit("EUR")))


@cache
def _hint() -> str:
    sure = any_of(terms("budget", "sure"))
    return rf"(?i){_SYMBOL}|\d\s?(?:{_NAME})|\dk?,?-? ?(?:{_NAME})|\d(?:{_SCALE})|{sure}"


@cache
def _pattern() -> str:
    listed = {
        name: any_of(terms("budget", name))
        for name in ("cue", "sure", "after", "other", "monthly", "yearly", "fee", "from")
    }
    price = any_of((*terms("budget", "price"), *terms("budget", "fee")))
    # As few marks as can be: what comes first may be the sign of a currency.
    few = rf"\W+?(?:{_WORD}\W+?){{0,2}}?"
    first = (
        rf"(?P<symbol>{_SYMBOL})\s*(?P<before>{_NUMBER})(?:(?:{_SCALE})?(?:\s?(?:-|–|à)\s?"
        rf"(?:{_SYMBOL})?|{_DASH}{_UPTO}(?:{_SYMBOL}))\s?(?P<upper_before>{_NUMBER}))?(?P<k_before>{_SCALE})?{_DASH}"
    )
    last = (
        rf"\b(?P<after>{_NUMBER})(?:(?:{_SCALE})?{_UPTO}(?P<upper_after>{_NUMBER}))?"
        rf"(?P<k_after>{_SCALE})?{_DASH}\s?(?P<name>{_NAME})"
    )
    bare = (
        rf"(?P<cue_k>{listed['cue']})(?:{few})(?P<symbol_bare>{_SYMBOL})?\s*(?P<bare>{_NUMBER})"
        rf"(?:(?:{_SCALE})?{_UPTO}(?P<upper_bare>{_NUMBER}))?(?P<k_bare>{_SCALE})"
        rf"(?:{_DASH}\s?(?P<name_bare>{_NAME}))?"
        rf"|\b(?P<bare_first>{_NUMBER})(?P<k_first>{_SCALE})(?:{few})(?P<cue_after>{listed['after']})"
        rf"|(?P<cue_whole>{listed['sure']}){_IS}(?P<whole>{_WHOLE})"
        rf"(?:\s*(?:(?P<monthly_whole>{listed['monthly']})|{listed['yearly']})|{_END})"
    )
    # No mark stands between a price and what it is for: "wat kost dat, 500 euro hebben wij".
    return (
        rf"(?i)(?:(?P<price_before>{price}|\d\s+naar\b)(?:[\s:]+(?:{_WORD}\s+){{0,3}}?)"
        rf"|(?P<from_before>{listed['from']})\s+)?"
        rf"(?:(?P<other_before>{listed['other']})(?:{few}))?"
        rf"(?:(?P<cue>{listed['cue']})(?:{few}))?(?:{first}|{last}|{bare})"
        rf"(?:\s*(?:(?P<monthly>{listed['monthly']})|(?P<yearly>{listed['yearly']})))?"
        rf"(?:\W{{1,2}}(?:{_WORD}\W)?(?:(?P<other_after>{listed['other']})|(?P<fee_after>{listed['fee']})))?"
    )
