"""Figures of a model on predictions it was not fitted on, and thresholds chosen from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pipeline.detectors._ngrams import Floats
from pipeline.text import LANGUAGES

Labels = np.ndarray[Any, Any]
REVIEW = 0.6
"""The review threshold as a part of the threshold."""
LEAST_RECALL, LEAST_PRECISION = 0.5, 0.7
FEWEST = 20
"""Positives below which a language shares the pooled threshold."""


def thresholds(
    labels: Labels,
    probability: Floats,
    languages: list[str],
    corpus: list[str],
    target: float,
    review: float = REVIEW,
) -> dict[str, dict[str, float]]:
    """Threshold per language for a precision of `target` on our own text, which has our base rate.

    Rows between `review`, so much of the threshold, and `detected` go to people.
    """
    ours = np.array([one == "own" for one in corpus])
    spoken = np.array(languages)
    pooled = _threshold(labels[ours], probability[ours], target)
    chosen = {"pooled": pooled}
    for language in LANGUAGES:
        mine = ours & (spoken == language)
        enough = int(labels[mine].sum()) >= FEWEST
        chosen[language] = _threshold(labels[mine], probability[mine], target) if enough else pooled
    return {
        name: {"detected": round(one, 4), "review": round(one * review, 4)}
        for name, one in chosen.items()
    }


def measure(
    rows: pl.DataFrame, labels: Labels, probability: Floats, limits: dict[str, dict[str, float]]
) -> list[dict[str, Any]]:
    """Precision, recall, F1, average precision and ECE per corpus and language."""
    found = []
    keys = rows.select("corpus", "lang").unique().sort("corpus", "lang")
    for corpus, language in keys.rows():
        mine = ((rows["corpus"] == corpus) & (rows["lang"] == language)).to_numpy()
        if not labels[mine].any():
            continue
        limit = limits.get(language, limits["pooled"])["detected"]
        found.append(
            {
                "corpus": corpus,
                "language": language,
                **_figures(labels[mine], probability[mine], limit),
            }
        )
    return found


def line(metrics: list[dict[str, Any]]) -> str:
    """The figures on our own text in one line."""
    return "; ".join(
        f"{one['language']} P {one['precision']:.2f} R {one['recall']:.2f} F1 {one['f1']:.2f} "
        f"AP {one['average_precision']:.2f} ECE {one['ece']:.3f}"
        for one in metrics
        if one["corpus"] == "own"
    )


def _figures(labels: Labels, probability: Floats, limit: float) -> dict[str, Any]:
    from sklearn.metrics import average_precision_score

    taken = probability >= limit
    hits = int((taken & (labels == 1)).sum())
    precision = hits / max(int(taken.sum()), 1)
    recall = hits / max(int(labels.sum()), 1)
    return {
        "rows": len(labels),
        "positives": int(labels.sum()),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 3),
        "average_precision": round(float(average_precision_score(labels, probability)), 3),
        "ece": round(ece(labels, probability), 3),
    }


def ece(labels: Labels, probability: Floats, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    total = 0.0
    for at in range(bins):
        mine = place == at
        if mine.any():
            total += mine.sum() * abs(float(labels[mine].mean()) - float(probability[mine].mean()))
    return total / len(labels)


def _threshold(labels: Labels, probability: Floats, target: float) -> float:
    """The lowest probability from which on the precision holds the target.

    Where that would miss more than half, a tag that nobody sees helps nobody: then the best F1 of
    those that hold `LEAST_PRECISION`. Half when not even that is held.
    """
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(labels[order])
    precision, recall = hits / np.arange(1, len(order) + 1), hits / max(int(labels.sum()), 1)
    holds = np.flatnonzero(precision >= target)
    if not len(holds) or recall[holds[-1]] < LEAST_RECALL:
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
        f1[precision < LEAST_PRECISION] = 0.0
        holds = np.flatnonzero(f1 == f1.max()) if f1.max() > 0 else holds
    return float(np.clip(probability[order][holds[-1]], 0.05, 0.95)) if len(holds) else 0.5
