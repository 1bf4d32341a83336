"""How bad it is: 1 inconvenience, 2 service failure, 3 loss, 4 harm or legal threat."""

from __future__ import annotations

import polars as pl

from pipeline.opportunities.mentions import mentions

GRAVE = 4
"""Level at which nothing else that a message says comes first."""


def level() -> pl.Expr:
    """The worst level that a text mentions; needs the mentions of the group `severity`."""
    worst = pl.lit(1, pl.Int8)
    for at in (2, 3, GRAVE):
        worst = pl.when(mentions("severity", f"level_{at}")).then(at).otherwise(worst)
    return worst.cast(pl.Int8)
