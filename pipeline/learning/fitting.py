"""Fitting the two small linear models of a tag, calibrated on text they have not seen.

1. A logistic regression on the features of `detectors/_features.py`: words, classes of words, signs
   and cues of the whole message. Words whose meanings are alike share what is learnt (`meaning`).
2. A second one on that model's out-of-fold scores of the message and of its highest sentence, and
   the language. It calibrates. Folds never share a trade.

Thresholds are chosen on predictions that neither model was fitted on. The same data give the same
bytes, on any processor: fitting goes on until processors differ in the twelfth digit, and what is
kept is rounded to the sixth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from pipeline.detectors._features import Found, Sentences
from pipeline.detectors._tokens import Floats, Integers
from pipeline.detectors.base import Detector
from pipeline.errors import SettingsError
from pipeline.learning import figures, meaning
from pipeline.learning.figures import Labels

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

FOLDS = 5
LEAST = 20
"""Rows of yes and of no below which a tag is not trained."""
SEED = 20261102
STRENGTH = 3.0
"""How freely the classifier follows the training text (the inverse of its penalty)."""
TOLERANCE, EXACT = 1e-8, 1e-13
DIGITS = 6
"""Decimals of the numbers that are kept."""


def of_rows(found: Found, rows: Integers, columns: Integers) -> tuple[csr_matrix, Sentences]:
    """The features of some messages and of their sentences, in some columns."""
    place = np.full(found.count, -1)
    place[rows] = np.arange(len(rows))
    of = place[found.sentences.rows]
    kept = np.flatnonzero(of >= 0)
    sentences = found.sentences
    return found.matrix[rows][:, columns], Sentences(
        of[kept],
        sentences.start[kept],
        sentences.end[kept],
        sentences.vectors[:, columns],
        sentences.places[kept],
    )


def fit_tag(
    detector: Detector,
    rows: pl.DataFrame,
    seen: tuple[csr_matrix, Sentences],
    meant: Floats,
    target: float,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fit the models of a tag.

    Args:
        detector: that of the tag.
        rows: labelled text, `corpora.COLUMNS`.
        seen: its features (`of_rows`).
        meant: what the words mean (`meaning.vectors`).
        target: precision to choose the thresholds for.

    Returns:
        The parts of the model, and its thresholds and metrics.

    Raises SettingsError when too few rows are labelled.
    """
    vectors, sentences = seen
    labels = _labels(rows, detector.tag)
    weights = rows["weight"].to_numpy()
    is_dutch = (rows["lang"] == "nl").to_numpy().astype(np.float64)
    folds = _folds(rows, labels)
    whole, highest, probability = np.zeros((3, len(rows)))
    for fold in range(FOLDS):
        taught = folds != fold
        first = _fit_classifier(vectors[taught], labels[taught], weights[taught], meant)
        whole[~taught] = first.decision_function(vectors[~taught])
        best, _ = sentences.best(first.decision_function(sentences.matrix))
        highest[~taught] = best[~taught]
    scores = np.column_stack([whole, highest, is_dutch])
    # What calibrates stands for a feed as it usually is, not for the mix that teaches best.
    usual = weights.copy()
    for language in (0.0, 1.0):
        mine = is_dutch == language
        usual[mine] = figures.to_base_rate(labels[mine], weights[mine])
    for fold in range(FOLDS):
        taught = folds != fold
        second = _fit_calibrator(scores[taught], labels[taught], usual[taught])
        probability[~taught] = second.predict_proba(scores[~taught])[:, 1]
    model = {
        "classifier": _fit_classifier(vectors, labels, weights, meant),
        "calibrator": _fit_calibrator(scores, labels, usual),
    }
    thresholds = figures.thresholds(
        labels,
        probability,
        rows["lang"].to_list(),
        rows["corpus"].to_list(),
        target,
        1.0 if detector.shadow else figures.REVIEW,
        detector.base_rate,
    )
    facts = {
        "thresholds": thresholds,
        "metrics": figures.measure(rows, labels, probability, thresholds),
    }
    return model, facts


def _labels(rows: pl.DataFrame, tag: str) -> Labels:
    """0 or 1 per row. Raises SettingsError when there are too few to train and to measure on."""
    labels: Labels = rows[tag].to_numpy().astype(np.int64)
    yes, trades = int(labels.sum()), rows.filter(pl.col(tag) == 1)["group"].n_unique()
    if min(yes, len(labels) - yes) < LEAST or trades < FOLDS:
        raise SettingsError(
            f"too few rows are labelled {tag}: {yes} yes, in {trades} of the corpora's files, "
            f"and {len(labels) - yes} no",
            where="models/corpora",
            mend=f"label {LEAST} of each, in {FOLDS} files or in one that labels nothing else",
        )
    return labels


def _folds(rows: pl.DataFrame, labels: Labels) -> Labels:
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    folds = np.zeros(len(rows), dtype=np.int64)
    for fold, (_, tested) in enumerate(splitter.split(labels, labels, rows["group"].to_list())):
        folds[tested] = fold
    return folds


def _fit_classifier(
    vectors: csr_matrix, labels: Labels, weights: Floats, meant: Floats
) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    # Newton's steps go on to the last digits; coordinate descent and trust regions stop before.
    model = LogisticRegression(
        C=STRENGTH,
        tol=EXACT,
        max_iter=500,
        class_weight="balanced",
        solver="newton-cg",
        random_state=SEED,
    )
    return _rounded(meaning.fit(model, vectors, labels, weights, meant))


def _fit_calibrator(scores: Floats, labels: Labels, weights: Floats) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, tol=TOLERANCE, max_iter=1000, random_state=SEED)
    return _rounded(model.fit(scores, labels, sample_weight=weights))


def _rounded(model: LogisticRegression) -> LogisticRegression:
    # Adding zero makes -0.0 the same bytes as 0.0.
    model.coef_ = model.coef_.round(DIGITS) + 0.0
    model.intercept_ = model.intercept_.round(DIGITS) + 0.0
    # The last step more or less that a processor takes changes no digit that is kept.
    del model.n_iter_
    return model
