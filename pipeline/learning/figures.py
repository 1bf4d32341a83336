"""Figures of a model on predictions it was not fitted on, and thresholds chosen from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pipeline.detectors._tokens import Floats
from pipeline.text import LANGUAGES

Labels = np.ndarray[Any, Any]
REVIEW = 0.6
"""The review threshold as a part of the threshold."""
LEAST_RECALL, LEAST_PRECISION = 0.6, 0.5
BASE_RATE = 0.2
"""The share of messages with a tag that probabilities and figures stand for: about a fifth, as in a
mixed feed. Our corpora have more complaints and fewer leads than that."""
BINS = 10
FEWEST = 20
"""Positives below which a language shares the pooled threshold."""


def to_base_rate(labels: Labels, weights: Floats, rate: float = BASE_RATE) -> Floats:
    """Weights under which positives are `rate` of all; as they are where one kind is missing."""
    yes = labels == 1
    if yes.all() or not yes.any():
        return weights
    share = np.where(yes, rate / weights[yes].sum(), (1 - rate) / weights[~yes].sum())
    scaled: Floats = weights * share * weights.sum()
    return scaled


def thresholds(
    labels: Labels,
    probability: Floats,
    languages: list[str],
    corpus: list[str],
    target: float,
    review: float = REVIEW,
    base_rate: float | None = None,
) -> dict[str, dict[str, float]]:
    """Threshold per language for a precision of `target` on the rows whose corpus is `own`.

    On all rows where none is: a tag of one's own may be labelled in the lake alone.

    Rows between `review`, so much of the threshold, and `detected` go to people. `base_rate` is the
    share of positives that the precision is to hold at; None: that of the rows.
    """
    ours = np.array([one == "own" for one in corpus])
    ours |= not ours.any()
    spoken = np.array(languages)
    pooled = _threshold(labels[ours], probability[ours], target, base_rate)
    chosen = {"pooled": pooled}
    for language in LANGUAGES:
        mine = ours & (spoken == language)
        enough = int(labels[mine].sum()) >= FEWEST
        if enough:
            chosen[language] = _threshold(labels[mine], probability[mine], target, base_rate)
        else:
            chosen[language] = pooled
    return {
        name: {"detected": round(one, 4), "review": round(one * review, 4)}
        for name, one in chosen.items()
    }


def measure(
    rows: pl.DataFrame, labels: Labels, probability: Floats, limits: dict[str, dict[str, float]]
) -> list[dict[str, Any]]:
    """Precision, recall, F1, average precision and ECE per corpus and language.

    Our own text counts as if `BASE_RATE` of it had the tag, the others as they are.
    """
    found = []
    keys = rows.select("corpus", "lang").unique().sort("corpus", "lang")
    for corpus, language in keys.rows():
        mine = ((rows["corpus"] == corpus) & (rows["lang"] == language)).to_numpy()
        if not labels[mine].any():
            continue
        limit = limits.get(language, limits["pooled"])["detected"]
        weights = np.ones(int(mine.sum()))
        if corpus == "own":
            weights = to_base_rate(labels[mine], weights)
        figures = _figures(labels[mine], probability[mine], weights, limit)
        found.append({"corpus": corpus, "language": language, **figures})
    return found


def line(metrics: list[dict[str, Any]]) -> str:
    """The figures on our own text in one line, or on what there is."""
    ours = [one for one in metrics if one["corpus"] == "own"] or metrics
    return "; ".join(
        f"{one['language']} P {one['precision']:.2f} R {one['recall']:.2f} F1 {one['f1']:.2f} "
        f"AP {one['average_precision']:.2f} ECE {one['ece']:.3f}"
        for one in ours
    )


def _figures(labels: Labels, probability: Floats, weights: Floats, limit: float) -> dict[str, Any]:
    from sklearn.metrics import average_precision_score

    taken = probability >= limit
    hits = float(weights[taken & (labels == 1)].sum())
    precision = hits / max(float(weights[taken].sum()), 1e-9)
    recall = hits / max(float(weights[labels == 1].sum()), 1e-9)
    average_precision = average_precision_score(labels, probability, sample_weight=weights)
    return {
        "rows": len(labels),
        "positives": int(labels.sum()),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 3),
        "average_precision": round(float(average_precision), 3),
        "ece": round(ece(labels, probability, weights), 3),
    }


def ece(labels: Labels, probability: Floats, weights: Floats | None = None) -> float:
    """Expected calibration error over `BINS` bins of equal width."""
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    counted = np.ones(len(labels)) if weights is None else weights
    gaps = np.bincount(place, counted * (labels - probability), minlength=BINS)
    return float(np.abs(gaps).sum() / counted.sum())


def _threshold(
    labels: Labels, probability: Floats, target: float, base_rate: float | None
) -> float:
    """The probability with the best F1 of those from which on the precision holds the target.

    Not the lowest of them: text of other sources is harder, and the last rows that a target allows
    are the first that are wrong there. Where the target would miss too many, below `LEAST_RECALL`,
    a tag that nobody sees helps nobody: then the best F1 of those that hold `LEAST_PRECISION`. Half
    when not even that is held.

    Midway to the next probability below: of few rows, or where yes and no lie far apart, the next
    message with the tag may well score a little lower than all of them.
    """
    order = np.argsort(-probability, kind="stable")
    falling = probability[order]
    # Rows of equal probability are taken together or not at all.
    ends = np.flatnonzero(np.diff(falling, append=-1.0))
    weights = np.ones(len(labels))
    if base_rate is not None:
        weights = to_base_rate(labels, weights, base_rate)[order]
    hits, taken = np.cumsum(labels[order] * weights)[ends], np.cumsum(weights)[ends]
    precision, recall = hits / taken, hits / max(hits[-1], 1e-9)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    holds = np.flatnonzero(precision >= target)
    is_held = len(holds) > 0 and recall[holds[-1]] >= LEAST_RECALL
    f1[precision < (target if is_held else LEAST_PRECISION)] = 0.0
    if f1.max(initial=0.0) == 0.0:
        return 0.5
    best = np.flatnonzero(f1 == f1.max())[-1]
    above, below = falling[ends[best]], falling[ends[min(best + 1, len(ends) - 1)]]
    return float(np.clip((above + below) / 2, 0.05, 0.95))
