"""What a text says of products, rivals, money, time and who is speaking: rules over many texts.

The words are in `vocabulary/terms.<language>.toml` and the names in the settings; here is only how
they combine.
"""

from __future__ import annotations

import polars as pl

from pipeline.opportunities.mentions import mentions, where
from pipeline.settings import Company
from pipeline.text import LANGUAGES, any_of, terms

_GAP = r"\W+(?:[\w'’&]+\W+){0,3}?"
"""Up to three words between a verb and the name that it is about."""


def name_in(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """The first of the names that a text mentions, as the settings write it; null when none."""
    written = {_plain(name): name for name in reversed(names)}
    found = text.str.extract(f"({any_of(names)})", 1).str.to_lowercase()
    return found.str.replace_all(r"\s+", " ").replace_strict(
        written, default=None, return_dtype=pl.String
    )


def with_switch_direction(rows: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Add `switch_direction`: `to_us` or `from_us` when a text says who is left or joined.

    "From a rival", "to us", "my contract with a rival", "away from us" and "to a rival" decide;
    what leads to us wins, except when a text names both ends ("from us to a rival").

    Args:
        rows: `message_id`, `text`, its mentions and `language`.
        company: names of us and of the rivals.
    """
    leave, join, held, since, towards = (
        any_of(terms("switch", name)) for name in ("leave", "join", "held", "between", "towards")
    )
    us = any_of((company.name, *company.aliases, *_handles(company), *terms("switch", "us")))
    rivals = any_of(company.competitors)
    to_us = f"(?:{leave}){_GAP}(?:{rivals})|(?:{join}){_GAP}(?:{us})|(?:{rivals})[\\s-](?:{held})"
    from_us = f"(?:{leave}){_GAP}(?:{us})|(?:{join}){_GAP}(?:{rivals})"
    both = rf"(?:{since})\s+@?(?:{us})\s+(?:{towards})\s+@?(?:{rivals})"
    text = pl.col("text")
    direction = (
        pl.when(text.str.contains(both))
        .then(pl.lit("from_us"))
        .when(text.str.contains(to_us))
        .then(pl.lit("to_us"))
        .when(text.str.contains(from_us))
        .then(pl.lit("from_us"))
    )
    is_about_one = mentions("switch", "leave") | mentions("switch", "join")
    names_rival = text.str.contains(rivals)
    return where(rows, is_about_one | names_rival, switch_direction=direction)


def with_customer(rows: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Add `is_existing_customer`: true or false when a text says so, null when it does not.

    A contract or account that is said to be a rival's does not make a customer.

    Args:
        rows: `message_id`, `text`, its mentions and `language`.
        company: names of the rivals.
    """
    of_rival = f"(?:{any_of(terms('customer', 'existing'))}){_GAP}(?:{any_of(company.competitors)})"
    says_so = pl.when(~pl.col("text").str.contains(of_rival)).then(pl.lit(value=True))
    absent = mentions("customer", "absent")
    rows = where(rows, mentions("customer", "existing") & ~absent, is_existing_customer=says_so)
    is_none = pl.when(absent).then(pl.lit(value=False))
    return rows.with_columns(is_existing_customer=pl.coalesce("is_existing_customer", is_none))


def with_size(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `size`, how many employees, licences and so on a text speaks of, and its `units`.

    Args:
        rows: `message_id`, `text`, its mentions and `language`.
    """
    spelled = {
        word: number
        for language in LANGUAGES
        for number, word in enumerate(terms("size", "numbers", language), 2)
    }
    number = rf"\d{{1,5}}|{any_of(spelled)}"
    units = any_of(terms("size", "units"))
    pattern = rf"(?:^|[\s(])(?P<count>{number})(?P<unit>(?:\s+[\p{{L}}'-]+){{0,2}}?\s+(?:{units}))"
    found = pl.col("text").str.extract_groups(pattern)
    rows = where(rows, mentions("size", "units"), sized=found).with_columns(
        count=pl.col("sized").struct["count"], unit=pl.col("sized").struct["unit"]
    )
    spelt = (
        pl.col("count")
        .str.to_lowercase()
        .replace_strict(spelled, default=None, return_dtype=pl.Int64)
    )
    return rows.with_columns(
        size=pl.coalesce(pl.col("count").cast(pl.Int64, strict=False), spelt),
        units=pl.col("count") + pl.col("unit"),
    ).drop("sized", "count", "unit")


def _handles(company: Company) -> tuple[str, ...]:
    return tuple(f"@{account}" for account in company.own_accounts if "@" not in account)


def _plain(name: str) -> str:
    return " ".join(name.lower().split())
