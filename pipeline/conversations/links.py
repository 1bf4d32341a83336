"""Links to messages without what leads to a person: addresses in parameters, authors' handles."""

from __future__ import annotations

import polars as pl

_MAIL = r"[^&#;]*(?:@|%40)"
_PHONE = r"(?:\+|%2B|00?)[1-9](?:[-. +()]|%20|\d){7,14}"
_PERSONAL = rf"(?i)([?&#;])[^=?&#;]*=(?:{_MAIL}|{_PHONE})[^&#;]*"
"""A parameter that holds a mail address or a telephone; numbers that begin otherwise are ids."""


def without_parameters(url: pl.Expr) -> pl.Expr:
    """Links without the parameters that hold a mail address or a telephone."""
    left = url.str.replace_all(_PERSONAL, "$1").str.replace_all(r"([?&;#])[&;]+", "$1")
    return left.str.replace(r"[?&;]+#", "#").str.replace(r"[?&;#]+$", "")


def names(url: pl.Expr, author: pl.Expr) -> pl.Expr:
    """Whether a link holds the author's handle as a whole word; false where either is null.

    Args:
        url: links.
        author: handles in lower case, without the first @; of `name@server` the name counts.
    """
    words = url.str.to_lowercase().str.replace_all("%40", "/", literal=True)
    words = pl.format("/{}/", words.str.replace_all(r"[^\w.-]+", "/"))
    name = author.str.split("@").list.first()
    found = words.str.contains(pl.format("/{}/", name), literal=True)
    return (found & (name != "")).fill_null(value=False)
