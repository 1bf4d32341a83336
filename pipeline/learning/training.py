"""Training: two small linear models per tag, calibrated on text they have not seen.

1. A logistic regression on the features of `detectors/_features.py`: words, classes of words, signs
   and cues of the whole message. Words whose meanings are alike share what is learnt (`meaning`).
2. A second one on that model's out-of-fold scores of the message and of its highest sentence, and
   the language. It calibrates. Folds never share a trade.
Thresholds are chosen on predictions that neither model was fitted on. The same data give the same
bytes, on any processor: fitting goes on until processors differ in the twelfth digit, and what is
kept is rounded to the sixth.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline import __version__
from pipeline.detectors import _tokens
from pipeline.detectors._features import Features, Found, Sentences, weighed
from pipeline.detectors._wording import wording
from pipeline.detectors.base import Detector
from pipeline.errors import SettingsError
from pipeline.learning import corpora, elsewhere, figures, meaning, training_text, vocabulary
from pipeline.learning.card import card
from pipeline.learning.people import Taught
from pipeline.model_store import putting_in_place, save
from pipeline.registry import lookup
from pipeline.storage import replace_file
from pipeline.tagger import detectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

FOLDS = 5
LEAST = 20
"""Rows of yes and of no below which a tag is not trained."""
SEED = 20261102
TARGET_PRECISION = 0.80
STRENGTH = 3.0
"""How freely the classifier follows the training text (the inverse of its penalty)."""
TOLERANCE, EXACT = 1e-8, 1e-13
DIGITS = 6
"""Decimals of the numbers that are kept."""
LICENCES = ("permissive", "unstated")
"""Licence classes of other people's sets that the shipped models train on."""
LIBRARIES = ("numpy", "scikit-learn", "scipy", "skops")
"""Whose versions may change a model's bytes."""
Floats = _tokens.Floats


def train(
    models: Path,
    labelled: Path | None = None,
    *,
    licences: tuple[str, ...] = LICENCES,
    tags: tuple[str, ...] = (),
    into: Path | None = None,
    people: Taught | None = None,
    target: float = TARGET_PRECISION,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, dict[str, Any]]:
    """Train the models of all tags, or of those named, and write them under `models/<tag>/`.

    Nothing is written before all are trained: a training that is stopped changes nothing.

    Args:
        models: folder of models; `corpora/` in it holds our own text, else that of the shipped one.
        labelled: folder with the sets of others; None trains on our own text alone.
        licences: licence classes of those sets that may be used.
        tags: tags to train, on the vocabulary of the other models that are there; none named: all.
        into: folder to write to instead of `models`.
        people: what people labelled in a lake; None: nothing of it.
        target: precision to choose the thresholds for.
        say: is told what happens, a line at a time.

    Returns:
        Tag to its metadata.

    Raises:
        SettingsError: a tag is not registered, or too few rows are labelled for it; and as
            `training_text.read` does.
    """
    known = detectors()
    wanted = sorted({lookup(known, tag, kind="tag", where="--tag").tag for tag in tags or known})
    text = training_text.read(
        training_text.home(models) / "corpora", labelled, licences, people, say
    )
    data, used = text.rows, text.used
    vectorizer = vocabulary.held(models, set(known) - set(wanted)) or vocabulary.fitted(data)
    features = Features(vectorizer, (known[tag] for tag in sorted(known)))
    seen = features.transform(
        pa.array(data["text"].to_list(), pa.string()), pa.array(data["lang"].to_list(), pa.string())
    )
    meant = meaning.vectors(vectorizer.get_feature_names_out().tolist())
    made = {}
    for tag in wanted:
        detector = known[tag]
        rows = data.with_row_index("at").filter(pl.col(tag).is_not_null())
        columns = features.columns_of(tag)
        model, facts = _train_tag(
            detector, rows, of_rows(seen, rows["at"].to_numpy(), columns), meant, target
        )
        metadata = {
            "tag": tag,
            "detector": detector.version,
            "code_version": __version__,
            "settings": {
                "folds": FOLDS,
                "seed": SEED,
                "strength": STRENGTH,
                "target_precision": target,
                "base_rate": figures.BASE_RATE,
                "threshold_base_rate": detector.base_rate,
                "licences": list(licences),
                "weights": {"own": corpora.OWN_WEIGHT, **{one.name: one.weight for one in used}},
            },
            "libraries": {name: version(name) for name in LIBRARIES},
            "features": [features.names[at] for at in weighed(tag, features.names)],
            "wording": wording(tag, known),
            "meaning": meaning.facts(),
            "data": text.facts(tag),
            **facts,
        }
        made[tag] = {"vectorizer": vectorizer, **model}, metadata
        say(f"{tag}: " + figures.line(facts["metrics"]))
        rest = elsewhere.unlabelled(data, tag)
        if len(rest):
            there = of_rows(seen, rest["at"].to_numpy(), columns)
            found = elsewhere.share(model, facts["thresholds"], rest["lang"], there)
            say(f"{tag}: {elsewhere.line(found, len(rest))}")
    with putting_in_place(into or models) as folder:
        for tag, (model, metadata) in made.items():
            save(folder / tag, model, metadata)
            replace_file(folder / tag / "README.md", [card(metadata, known[tag]).encode()])
    return {tag: metadata for tag, (_, metadata) in made.items()}


def of_rows(
    found: Found, rows: _tokens.Integers, columns: _tokens.Integers
) -> tuple[csr_matrix, Sentences]:
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


def _train_tag(
    detector: Detector,
    rows: pl.DataFrame,
    seen: tuple[csr_matrix, Sentences],
    meant: Floats,
    target: float,
) -> tuple[dict[str, Any], dict[str, Any]]:
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


def _labels(rows: pl.DataFrame, tag: str) -> np.ndarray[Any, Any]:
    """0 or 1 per row. Raises SettingsError when there are too few to train and to measure on."""
    labels: np.ndarray[Any, Any] = rows[tag].to_numpy().astype(np.int64)
    yes, trades = int(labels.sum()), rows.filter(pl.col(tag) == 1)["group"].n_unique()
    if min(yes, len(labels) - yes) < LEAST or trades < FOLDS:
        raise SettingsError(
            f"too few rows are labelled {tag}: {yes} yes, in {trades} of the corpora's files, "
            f"and {len(labels) - yes} no",
            where="models/corpora",
            mend=f"label {LEAST} of each, in {FOLDS} files or in one that labels nothing else",
        )
    return labels


def _folds(rows: pl.DataFrame, labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    folds = np.zeros(len(rows), dtype=np.int64)
    for fold, (_, tested) in enumerate(splitter.split(labels, labels, rows["group"].to_list())):
        folds[tested] = fold
    return folds


def _fit_classifier(
    vectors: csr_matrix, labels: np.ndarray[Any, Any], weights: Floats, meant: Floats
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


def _fit_calibrator(
    scores: Floats, labels: np.ndarray[Any, Any], weights: Floats
) -> LogisticRegression:
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
