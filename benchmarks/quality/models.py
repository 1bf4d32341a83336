"""Models over weighted marks, calibrated out of fold, and decisions for another base rate.

Each mark weighs the logarithm of how much likelier it is in one label than in the other (naive
Bayes), and a logistic regression learns on top (Wang and Manning, 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from benchmarks.quality.sets import FOLDS, SEED, Integers

Floats = npt.NDArray[np.float64]
ROUNDS, CLOSE = 500, 1e-6
DRAWS = 500


def regression(
    rows: csr_matrix, labels: Integers, strength: float, weights: Floats | None = None
) -> Any:  # noqa: ANN401 - scikit-learn has no types
    """A fitted logistic regression in which both labels count alike."""
    return unfitted(strength).fit(rows, labels, sample_weight=weights)


def unfitted(strength: float) -> Any:  # noqa: ANN401 - scikit-learn has no types
    """A logistic regression in which both labels count alike."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        C=strength, solver="liblinear", class_weight="balanced", random_state=SEED
    )


def likelier(rows: csr_matrix, labels: Integers) -> Floats:
    """Per column the logarithm of how much likelier it is in rows with the label (naive Bayes)."""
    there = (rows != 0).astype(np.float64)
    yes = 1.0 + np.asarray(there[labels == 1].sum(axis=0)).ravel()
    no = 1.0 + np.asarray(there[labels == 0].sum(axis=0)).ravel()
    found: Floats = np.log((yes / yes.sum()) / (no / no.sum()))
    return found


@dataclass(frozen=True)
class Weighted:
    """Naive-Bayes weights and the logistic regression on top."""

    ratio: Floats
    top: Any

    @classmethod
    def fit(cls, rows: csr_matrix, labels: Integers, strength: float) -> Weighted:
        """Learn from rows and their labels, 0 or 1."""
        ratio = likelier(rows, labels)
        return cls(ratio, regression(rows.multiply(ratio[None, :]).tocsr(), labels, strength))

    def logits(self, rows: csr_matrix) -> Floats:
        """One number per row; above zero speaks for the label."""
        found: Floats = self.top.decision_function(rows.multiply(self.ratio[None, :]).tocsr())
        return found


def out_of_fold(rows: csr_matrix, labels: Integers, fold: Integers, strength: float) -> Floats:
    """Logits of models that have not seen the row's fold."""
    found = np.zeros(len(labels))
    for at in range(FOLDS):
        taught = fold != at
        found[~taught] = Weighted.fit(rows[taught], labels[taught], strength).logits(rows[~taught])
    return found


def calibrated(logits: Floats, labels: Integers, others: Floats) -> Floats:
    """Probabilities for other logits, with slope and bias from logits with labels (Platt)."""
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression(C=1e6, random_state=SEED).fit(logits[:, None], labels)
    found: Floats = platt.predict_proba(others[:, None])[:, 1]
    return found


def shifted(probability: Floats, base: float) -> Floats:
    """Probabilities for the base rate of the text at hand, which its labels do not tell.

    Expectation maximisation on the probabilities alone (Saerens, Latinne and Decaestecker, 2002).

    Args:
        probability: calibrated where the base rate was `base`.
        base: the base rate of the training text.
    """
    odds = probability / np.maximum(1.0 - probability, 1e-12) * (1.0 - base) / base
    rate = base
    for _ in range(ROUNDS):
        found: Floats = odds * rate / (odds * rate + 1.0 - rate)
        before, rate = rate, float(found.mean())
        if abs(rate - before) < CLOSE:
            break
    return found


def likely_best(probability: Floats) -> npt.NDArray[np.bool_]:
    """Which rows to say yes to, for the highest F1 that the probabilities promise."""
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(probability[order])
    promised = 2.0 * hits / (np.arange(1, len(order) + 1) + probability.sum())
    taken = np.zeros(len(order), dtype=np.bool_)
    taken[order[: int(promised.argmax()) + 1]] = True
    return taken


def interval(score: Callable[[Integers], float], rows: int) -> tuple[float, float]:
    """Where 95 % of scores lie when rows are drawn again with replacement (bootstrap).

    Args:
        score: from positions of rows to a score.
        rows: how many rows there are.
    """
    choice = np.random.default_rng(SEED)
    scores = [score(choice.integers(0, rows, rows)) for _ in range(DRAWS)]
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)
