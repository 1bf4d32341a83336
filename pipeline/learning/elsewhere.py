"""What a tag detects in text that nobody labelled for it: figures on a few labelled rows hide that.

A tag that was taught hits and what looks like one, and no ordinary message, takes whatever is
strange to it for a hit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipeline.detectors._features import Sentences
from pipeline.text import LANGUAGES

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def unlabelled(data: pl.DataFrame, tag: str) -> pl.DataFrame:
    """Our own text that is not labelled for a tag, with its place `at`.

    Nothing where there is less of it than of what is labelled: then the figures say enough.
    """
    ours = data.with_row_index("at").filter(corpus="own")
    rest = ours.filter(pl.col(tag).is_null())
    return rest if 2 * len(rest) > len(ours) else rest.clear()


def share(
    model: dict[str, Any],
    thresholds: dict[str, dict[str, float]],
    languages: pl.Series,
    seen: tuple[csr_matrix, Sentences],
) -> float:
    """The share of messages that a model detects."""
    vectors, sentences = seen
    classifier = model["classifier"]
    highest, _ = sentences.best(classifier.decision_function(sentences.matrix))
    is_dutch = (languages == LANGUAGES[0]).to_numpy()
    scores = np.column_stack([classifier.decision_function(vectors), highest, is_dutch])
    limits = {name: one["detected"] for name, one in thresholds.items()}
    limit = languages.replace_strict(limits, default=limits["pooled"]).to_numpy()
    return float((model["calibrator"].predict_proba(scores)[:, 1] >= limit).mean())


def line(found: float, count: int) -> str:
    """What to say of it."""
    return (
        f"detects {found:.0%} of {count:,} messages of ours that nobody labelled for it; "
        "where that is more than there can be, label ordinary messages, with 0"
    )
