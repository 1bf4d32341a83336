"""Teaching the models in use what people labelled since, without unlearning anything.

Training anew needs all text that taught a model, and much of what taught the shipped ones is text
of others, which a company does not have: what it said would be forgotten. So answers move the
weights of the model in use only as far as they must: a logistic regression on the same features is
fitted to them with the model's own score beside the features, and what it adds is added to the
weights. A word that stands in no answer keeps its weight. Calibration, thresholds and the mean
score of the answers stay, since these are no sample of what is heard: people are mostly asked where
the models are in doubt.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.detectors._tokens import Floats, Integers
from pipeline.learning.card import adapted_card
from pipeline.learning.fitting import DIGITS, FOLDS, SEED, TOLERANCE
from pipeline.learning.people import Taught
from pipeline.model_store import load, save
from pipeline.storage import replace_file
from pipeline.tagger import Tagger

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

LEAST = 20
"""Answers of yes and of no to a tag below which its model stays as it is."""
STRENGTH = 1.0
"""How freely weights move (the inverse of their penalty)."""
_LARGE = 10.0
"""What the model's own score is multiplied by: the weight it gets then costs hardly a penalty."""


def adapt(
    champion: Path, people: Taught, into: Path, say: Callable[[str], None] = lambda _: None
) -> bool:
    """Write a set of models that is the champion, and knows what people labelled.

    Args:
        champion: folder of the models in use.
        people: what people labelled since those were taught.
        into: folder to write to.
        say: is told what happens, a line for each tag that is taught.

    Returns:
        Whether any tag had enough answers of both kinds; else nothing is written.
    """
    tagger = Tagger.load(champion)
    rows = people.rows.with_row_index("at")
    asked = {tag: rows.filter(pl.col(tag).is_not_null()) for tag in tagger.tags}
    enough = [tag for tag, mine in asked.items() if _fewer(mine[tag]) >= LEAST]
    for tag, mine in asked.items():
        if tag not in enough and len(mine):
            yes = int(mine[tag].sum())
            say(f"{tag}: {yes} yes and {len(mine) - yes} no; {LEAST} of each teach it")
    if not enough:
        return False
    found = tagger.features.transform(
        pa.array(rows["text"].to_list(), pa.string()), pa.array(rows["lang"].to_list(), pa.string())
    )
    for tag in tagger.tags:
        if tag not in enough:
            shutil.copytree(champion / tag, into / tag)
            continue
        mine, (model, metadata) = asked[tag], load(champion / tag)
        vectors = found.vectors[mine["at"].to_numpy()][:, tagger.features.columns_of(tag)]
        labels = mine[tag].to_numpy().astype(np.int64)
        before, after = _average_precisions(model["classifier"], vectors, labels)
        del metadata["sha256"]
        metadata["data"] += [fact | {"weight": 1.0} for fact in people.facts(tag)]
        metadata["adapted"] = {
            "model": tagger.models[tag].version,
            "rows": len(mine),
            "positives": int(labels.sum()),
            "folds": FOLDS,
            "average_precision": {"before": before, "after": after},
        }
        model["classifier"] = _moved(model["classifier"], vectors, labels)
        save(into / tag, model, metadata)
        replace_file(into / tag / "README.md", [adapted_card(metadata).encode()])
        say(
            f"{tag}: {len(mine)} answers, average precision on those not taught "
            f"{before:.2f} before, {after:.2f} after"
        )
    return True


def _fewer(labels: pl.Series) -> int:
    """How many there are of the rarer answer."""
    yes = int(labels.sum())
    return min(yes, len(labels) - yes)


def _moved(held: LogisticRegression, vectors: csr_matrix, labels: Integers) -> LogisticRegression:
    """A classifier that knows these labels, too."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    own = csr_matrix(_LARGE * held.decision_function(vectors)[:, None])
    fitted = LogisticRegression(
        C=STRENGTH, tol=TOLERANCE, max_iter=500, solver="newton-cg", random_state=SEED
    ).fit(hstack([vectors, own]).tocsr(), labels)
    *way, scale = fitted.coef_[0]
    # Answers near a threshold say little of the model's scale, or by chance the contrary: weights
    # move no further for it. What answers say of scale and base is left to `engage calibrate`.
    further = np.array(way) / max(1.0, _LARGE * scale)
    moved = copy.deepcopy(held)
    moved.coef_ = (held.coef_ + further).round(DIGITS) + 0.0
    # Common words move, too: the answers shall score as high as before on the mean.
    moved.intercept_ = (held.intercept_ - (vectors @ further).mean()).round(DIGITS) + 0.0
    return moved


def _average_precisions(
    held: LogisticRegression, vectors: csr_matrix, labels: Integers
) -> tuple[float, float]:
    """Average precision of a classifier on answers, and out of fold of what they make of it."""
    from sklearn.metrics import average_precision_score
    from sklearn.model_selection import StratifiedKFold

    after = np.zeros(len(labels))
    folds: Any = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for taught, tested in folds.split(labels, labels):
        moved = _moved(held, vectors[taught], labels[taught])
        after[tested] = moved.decision_function(vectors[tested])
    scores: tuple[Floats, Floats] = held.decision_function(vectors), after
    before, now = (float(average_precision_score(labels, one)) for one in scores)
    return before, now
