"""Lists of different lengths that lie end to end in one array."""

from __future__ import annotations

import numpy as np

from pipeline.detectors._tokens import Integers


def ragged(starts: Integers, sizes: Integers) -> tuple[Integers, Integers]:
    """Look up lists.

    Args:
        starts: where each list begins.
        sizes: how many entries it has.

    Returns:
        For each entry of each list, one after the other: which list it is of, and where it lies.
    """
    at = np.repeat(np.arange(len(sizes)), sizes)
    inside = np.arange(len(at)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return at, starts[at] + inside
