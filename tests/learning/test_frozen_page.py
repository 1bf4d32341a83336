"""What misses its bar on the frozen sets is said."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.learning import frozen
from pipeline.learning.estimates import Estimate
from pipeline.learning.evaluation import Result, evaluate

ROWS = pl.DataFrame({"set": "frozen", "language": ["en"] * 100, "text": "t"}).with_columns(
    lead=pl.Series([1, 0] * 50), lead_probability=pl.Series(np.tile([0.97, 0.02], 50))
)


def result() -> Result:
    """All leads found, and nothing else."""
    (one,) = evaluate(ROWS.with_columns(lead_detected=pl.col("lead") == 1), ("lead",))
    return one


def test_nothing_is_named_where_all_bars_are_met() -> None:
    assert frozen.missed([result()]) == []


def test_each_figure_under_its_bar_is_named_with_the_bar_of_its_language() -> None:
    low, unknown = Estimate(0.81, 0.7, 0.9), Estimate(math.nan, math.nan, math.nan)
    weak = replace(result(), f1=low, precision=unknown, ece=0.06)
    assert [(one.figure, one.bar) for one in frozen.missed([weak])] == [
        ("F1", 0.82),
        ("precision", 0.80),
        ("ECE", 0.05),
    ]
    assert [one.figure for one in frozen.missed([replace(result(), f1=low, language="nl")])] == []
