"""Brands in a text: ours, our products and our rivals, by name or by the handle of an account.

"@Ziggo" and "@ZiggoWebcare" speak to Ziggo: no handle of a person, and as good as the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

import polars as pl

from pipeline.settings import Company
from pipeline.text import account_ends, any_of

_SIGNS = r"[\W_]+"
_LEAST = 2
"""Letters and digits of a name below which any handle might be meant."""


def handles(names: Iterable[str]) -> frozenset[str]:
    """The handles of brands, as `plain_handle` makes them.

    Args:
        names: as the settings write them; "American Air" has `americanair` and `americanairhelp`.
    """
    joined = {plain_handle(name) for name in names}
    ends = ("", *account_ends())
    return frozenset(name + end for name in joined if len(name) >= _LEAST for end in ends)


def plain_handle(handle: str) -> str:
    """A handle, or a name, as its letters and digits in lower case: `KPN_Webcare`, `kpnwebcare`."""
    return re.sub(_SIGNS, "", handle.lower())


def public_handles(company: Company) -> frozenset[str]:
    """Handles that are nobody's personal data: the company's own, and those of all its brands."""
    names = (company.name, *company.aliases, *company.products, *company.competitors)
    own = (account.lower().lstrip("@") for account in company.own_accounts)
    return handles(names) | frozenset(own)


def is_public(handle: str, public: Set[str]) -> bool:
    """Whether a handle is one of some (`public_handles`), with or without signs in it."""
    return handle.lower() in public or plain_handle(handle) in public


def any_brand(names: Iterable[str]) -> str:
    """A pattern that finds any of the names, in any case, and any of their handles."""
    listed = tuple(names)
    ends = "|".join(sorted(account_ends(), key=lambda end: (-len(end), end)))
    joined = ["_?".join(re.split(_SIGNS, name.strip(" @"))) for name in listed]
    accounts = [one for one in joined if len(plain_handle(one)) >= _LEAST]
    if not accounts:
        return any_of(listed)
    accounts.sort(key=lambda one: (-len(one), one))
    return rf"{any_of(listed)}|@(?:{'|'.join(accounts)})(?:_?(?:{ends}))?\b"


def with_handles(*names: str) -> tuple[str, ...]:
    """Names, and their plainest handles: "Grijze Lucht" and "@GrijzeLucht"."""
    accounts = ("@" + re.sub(_SIGNS, "", name) for name in names if not name.startswith("@"))
    return tuple(dict.fromkeys([*names, *accounts]))


def brand_in(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """The first of the names that a text mentions, as the settings write it; null when none."""
    return brand_of(passage_of(text, names), names)


def passage_of(text: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """The first passage of a text that mentions one of the names, as it is written there."""
    return text.str.extract(f"({any_brand(names)})", 1)


def brand_of(passage: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """The name that `passage_of` found, as the settings write it."""
    written = {" ".join(name.lower().split()): name for name in reversed(names)}
    of_handle = {one: name for name in reversed(names) for one in handles([name])}
    # A name that is another one's with an ending ("Ziggo Help") is itself.
    of_handle |= {plain_handle(name): name for name in reversed(names)}
    said = passage.str.to_lowercase().str.replace_all(r"\s+", " ")
    return pl.coalesce(
        one.replace_strict(known, default=None, return_dtype=pl.String)
        for one, known in ((said, written), (said.str.replace_all(_SIGNS, ""), of_handle))
    )
