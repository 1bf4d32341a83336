"""Training: two small linear models per tag, calibrated on text they have not seen.

1. A logistic regression on TF-IDF word n-grams. It is fitted on whole messages first; then on
   sentences, where a positive message is its best sentence and a negative one all of its sentences.
2. A second logistic regression on that model's out-of-fold logits, the cues found, the language and
   the length. It calibrates. Folds never share a trade.
Thresholds are chosen on predictions that neither model was fitted on. The same data give the same
bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline import __version__
from pipeline.detectors import _ngrams
from pipeline.detectors._cues import CueFinder
from pipeline.detectors.base import Detector
from pipeline.learning import corpora, figures
from pipeline.learning.card import card
from pipeline.model_store import save
from pipeline.storage import replace_file
from pipeline.tagger import detectors, fixed_features

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

FOLDS = 5
SEED = 20261102
TARGET_PRECISION = 0.80
GATE_RECALL = 0.99
LICENCES = ("permissive", "unstated")
"""Licence classes of other people's sets that the shipped models train on."""
Floats = _ngrams.Floats


def train(
    models: Path,
    labelled: Path | None = None,
    *,
    licences: tuple[str, ...] = LICENCES,
    tags: tuple[str, ...] = (),
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, dict[str, Any]]:
    """Train the models of all tags, or of those named, and write them under `models/<tag>/`.

    Args:
        models: folder of models; `corpora/` in it holds our own text.
        labelled: folder with the sets of others; None trains on our own text alone.
        licences: licence classes of those sets that may be used.
        tags: tags to write; none named: all.
        say: is told what happens, a line at a time.

    Returns:
        Tag to its metadata.
    """
    ours = corpora.own(models / "corpora")
    others, used = corpora.external(labelled, licences)
    data = pl.concat([ours, others])
    say(f"{len(ours)} messages of our own, {len(others)} of {len(used)} other sets")
    vectorizer = _fitted_vectorizer(data)
    known = detectors()
    cues = _cues(data, known)
    written = {}
    for tag, detector in sorted(known.items()):
        if tags and tag not in tags:
            continue
        rows = data.with_row_index("at").filter(pl.col(tag).is_not_null())
        model, facts = _train_tag(detector, rows, vectorizer, [cues[at] for at in rows["at"]])
        metadata = {
            "tag": tag,
            "detector": detector.version,
            "code_version": __version__,
            "settings": {"folds": FOLDS, "seed": SEED, "target_precision": TARGET_PRECISION},
            "data": [
                {
                    "name": "own",
                    "licence": "Apache-2.0",
                    "rows": len(ours),
                    "sha256": corpora.digest(ours),
                },
                *(
                    {
                        "name": one.name,
                        "licence": one.licence,
                        "rows": int((rows["corpus"] == one.name).sum()),
                        "sha256": corpora.digest(others.filter(pl.col("corpus") == one.name)),
                    }
                    for one in used
                    if tag in one.tags
                ),
            ],
            **facts,
        }
        save(models / tag, {"vectorizer": vectorizer, **model}, metadata)
        replace_file(models / tag / "README.md", [card(metadata, detector).encode()])
        written[tag] = metadata
        say(f"{tag}: " + figures.line(facts["metrics"]))
    return written


def _fitted_vectorizer(data: pl.DataFrame) -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    shape = {"ngram_range": (1, 2), "token_pattern": _ngrams.TOKEN}
    ours = TfidfVectorizer(min_df=2, **shape).fit(data.filter(pl.col("corpus") == "own")["text"])
    # Words that two of our own messages use always count; others must be common to be worth a row.
    common = TfidfVectorizer(min_df=12, **shape).fit(data["text"])
    terms = sorted({*ours.vocabulary_, *common.vocabulary_})
    return TfidfVectorizer(vocabulary=terms, **shape).fit(data["text"])


def _cues(data: pl.DataFrame, known: dict[str, Detector]) -> list[dict[str, set[str]]]:
    finder = CueFinder(known.values())
    found: list[dict[str, set[str]]] = [{} for _ in range(len(data))]
    for (language,), group in data.with_row_index("at").group_by("lang", maintain_order=True):
        for row, cues in finder.find(group["text"], str(language)).items():
            names = {tag: {cue.name for cue in listed} for tag, listed in cues.items()}
            found[group["at"][row]] = names
    return found


def _train_tag(
    detector: Detector,
    rows: pl.DataFrame,
    vectorizer: TfidfVectorizer,
    cues: list[dict[str, set[str]]],
) -> tuple[dict[str, Any], dict[str, Any]]:
    labels = rows[detector.tag].to_numpy().astype(np.int64)
    weights = rows["weight"].to_numpy()
    pieces = _ngrams.sentences(rows["text"])
    vectors = vectorizer.transform(pieces["sentence"].to_list())
    owner = pieces["row"].to_numpy()
    counts = np.bincount(owner, minlength=len(rows))
    folds = _folds(rows, labels)
    unseen = np.zeros(len(rows))
    for fold in range(FOLDS):
        taught = folds != fold
        first = _fit_sentences(vectors, owner, labels, weights, taught)
        unseen[~taught] = _tops(first, vectors, owner, len(rows))[~taught]
    features = _features(detector, unseen, rows, counts, cues)
    probability = np.zeros(len(rows))
    for fold in range(FOLDS):
        taught = folds != fold
        second = _fit_calibrator(features[taught], labels[taught], weights[taught])
        probability[~taught] = second.predict_proba(features[~taught])[:, 1]
    gate = float(np.quantile(unseen[(labels == 1)], 1 - GATE_RECALL))
    model = {
        "classifier": _fit_sentences(vectors, owner, labels, weights, np.ones(len(rows), bool)),
        "calibrator": _fit_calibrator(features, labels, weights),
    }
    thresholds = figures.thresholds(
        labels, probability, rows["lang"].to_list(), rows["corpus"].to_list(), TARGET_PRECISION
    )
    facts = {
        "gate": gate,
        "cues": list(detector.cue_names),
        "thresholds": thresholds,
        "metrics": figures.measure(rows, labels, probability, thresholds),
    }
    return model, facts


def _folds(rows: pl.DataFrame, labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    folds = np.zeros(len(rows), dtype=np.int64)
    for fold, (_, tested) in enumerate(splitter.split(labels, labels, rows["group"].to_list())):
        folds[tested] = fold
    return folds


def _fit_sentences(
    vectors: csr_matrix,
    owner: np.ndarray[Any, Any],
    labels: np.ndarray[Any, Any],
    weights: Floats,
    taught: np.ndarray[Any, Any],
) -> LogisticRegression:
    """Fit on sentences; the first round takes every sentence of a positive message for positive."""
    from sklearn.linear_model import LogisticRegression

    def fit(chosen: np.ndarray[Any, Any]) -> LogisticRegression:
        model = LogisticRegression(
            C=8.0, max_iter=400, class_weight="balanced", solver="liblinear", random_state=SEED
        )
        return model.fit(
            vectors[chosen], labels[owner[chosen]], sample_weight=weights[owner[chosen]]
        )

    candidates = np.flatnonzero(taught[owner])
    model = fit(candidates)
    for _ in range(2):
        raw = model.decision_function(vectors)
        tops = _segment_max(raw, owner, len(labels))
        is_best = raw >= tops[owner] - 1e-12
        model = fit(np.flatnonzero(taught[owner] & ((labels[owner] == 0) | is_best)))
    return model


def _tops(
    model: LogisticRegression, vectors: csr_matrix, owner: np.ndarray[Any, Any], count: int
) -> Floats:
    return _segment_max(model.decision_function(vectors), owner, count)


def _segment_max(raw: Floats, owner: np.ndarray[Any, Any], count: int) -> Floats:
    tops = np.full(count, -np.inf)
    np.maximum.at(tops, owner, raw)
    return tops


def _features(
    detector: Detector,
    tops: Floats,
    rows: pl.DataFrame,
    counts: np.ndarray[Any, Any],
    cues: list[dict[str, set[str]]],
) -> Floats:
    languages = pa.array(rows["lang"].to_list(), pa.string())
    found = np.array(
        [[name in one.get(detector.tag, ()) for name in detector.cue_names] for one in cues],
        dtype=np.float64,
    )
    return np.column_stack([*fixed_features(tops, languages, counts), found])


def _fit_calibrator(
    features: Floats, labels: np.ndarray[Any, Any], weights: Floats
) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.5, max_iter=1000, random_state=SEED).fit(
        features, labels, sample_weight=weights
    )
