"""Intervals of the bootstrap: rows are drawn again with replacement.

The seed is fixed, so that the same predictions give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from pipeline.detectors._tokens import Floats
from pipeline.learning.estimates import Estimate

DRAWS = 1_000
SEED = 20261102
LEVEL = 0.95
CELLS = 4_000_000
"""Numbers held at once while rows are drawn: 32 MB."""
Measure = Callable[[Floats], dict[str, Floats]]
"""From weights (draws, rows) to figures by name, one a draw; NaN where one is not defined."""


def estimates(measured: Measure, rows: int) -> dict[str, Estimate]:
    """Figures of `rows` rows with their intervals; any function of weights to figures will do."""
    return {name: estimate(*one) for name, one in drawn(measured, rows).items()}


def drawn(measured: Measure, rows: int) -> dict[str, tuple[float, Floats]]:
    """Figures of `rows` rows, and what they are in each draw of the bootstrap that defines them."""
    point = measured(np.ones((1, rows)))
    draws = [measured(weights) for weights in _draws(rows)]
    found = {}
    for name, (value,) in point.items():
        values = np.concatenate([one[name] for one in draws])
        found[name] = (float(value), values[~np.isnan(values)])
    return found


def estimate(value: float, values: Floats) -> Estimate:
    """A figure with the interval that its draws give."""
    if math.isnan(value) or not len(values):
        return Estimate(math.nan, math.nan, math.nan)
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def _draws(rows: int) -> Iterator[Floats]:
    """How often each row is drawn, `DRAWS` times, in blocks of bounded size."""
    generator = np.random.default_rng(SEED)
    most = max(CELLS // rows, 1)
    for first in range(0, DRAWS, most):
        count = min(most, DRAWS - first)
        picked = generator.integers(0, rows, (count, rows)) + rows * np.arange(count)[:, None]
        times = np.bincount(picked.ravel(), minlength=count * rows)
        yield times.reshape(count, rows).astype(np.float64)
