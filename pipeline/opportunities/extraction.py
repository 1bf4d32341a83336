"""What a text says of products, rivals, money, time and who is speaking: rules over many texts.

The words are in `vocabulary/terms.<language>.toml` and the names in the settings; here is only how
they combine.
"""

from __future__ import annotations

import polars as pl

from pipeline.opportunities.mentions import mentions
from pipeline.settings import Company
from pipeline.text import any_of, terms

_GAP = r"\W+(?:[\w'’&]+\W+){0,3}?"
"""Up to three words between a verb and the name that it is about."""


def name_in(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """The first of the names that a text mentions, as the settings write it; null when none."""
    written = {_plain(name): name for name in reversed(names)}
    found = text.str.extract(f"({any_of(names)})", 1).str.to_lowercase()
    return found.str.replace_all(r"\s+", " ").replace_strict(
        written, default=None, return_dtype=pl.String
    )


def switch_direction(text: pl.Expr, company: Company) -> pl.Expr:
    """`to_us` or `from_us` when a text says who is left or joined; null when it does not.

    "From a rival", "to us", "away from us" and "to a rival" decide; the first two win.
    """
    leave, join = (any_of(terms("switch", name)) for name in ("leave", "join"))
    us = any_of((company.name, *company.aliases, *_handles(company), *terms("switch", "us")))
    rivals = any_of(company.competitors)
    to_us = f"(?:{leave}){_GAP}(?:{rivals})|(?:{join}){_GAP}(?:{us})"
    from_us = f"(?:{leave}){_GAP}(?:{us})|(?:{join}){_GAP}(?:{rivals})"
    return (
        pl.when(text.str.contains(to_us))
        .then(pl.lit("to_us"))
        .when(text.str.contains(from_us))
        .then(pl.lit("from_us"))
    )


def is_existing_customer(text: pl.Expr, company: Company) -> pl.Expr:
    """True or false when a text says so, null when it does not; reads `words` and `language`.

    A contract or account that is said to be a rival's does not make a customer.
    """
    of_rival = f"(?:{any_of(terms('customer', 'existing'))}){_GAP}(?:{any_of(company.competitors)})"
    return (
        pl.when(mentions("customer", "absent"))
        .then(pl.lit(value=False))
        .when(mentions("customer", "existing") & ~text.str.contains(of_rival))
        .then(pl.lit(value=True))
    )


def _handles(company: Company) -> tuple[str, ...]:
    return tuple(f"@{account}" for account in company.own_accounts if "@" not in account)


def _plain(name: str) -> str:
    return " ".join(name.lower().split())
