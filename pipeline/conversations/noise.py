"""Messages that are no customer's voice: the company's own, spam, job advertisements, press.

Two different phrases of a kind are needed, one is too easily an ordinary word. An excluded row
stays in the table with its reason and is never tagged.
"""

from __future__ import annotations

import polars as pl

from pipeline.text import any_of, terms

KINDS = ("spam", "job_ad", "press")
FEWEST = 2
"""Different phrases of a kind that make a message of that kind."""


def excluded_reason(text: pl.Expr, is_own: pl.Expr) -> pl.Expr:
    """Why a message is not tagged, or null: `own`, `spam`, `job_ad` or `press`."""
    lowered = text.str.to_lowercase()
    kinds = [
        pl.when(_different(lowered, terms("noise", kind)) >= FEWEST).then(pl.lit(kind))
        for kind in KINDS
    ]
    return pl.coalesce(pl.when(is_own).then(pl.lit("own")), *kinds)


def _different(lowered: pl.Expr, phrases: tuple[str, ...]) -> pl.Expr:
    return lowered.str.extract_all(any_of(phrases)).list.unique().list.len()
