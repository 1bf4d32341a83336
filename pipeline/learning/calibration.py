"""Calibration to people's own messages: probabilities and thresholds that hold for their mix.

How often a message is a complaint differs between a help desk and the open web, so probabilities
made for one are wrong for the other. From some 200 labelled messages the slope and the biases of
the second of a tag's two models are fitted again, and its thresholds are chosen again. What the
words weigh among each other stays, and what the highest sentence weighs beside the message.

What it does to the figures is measured by cross-validation within the sample: on rows that neither
the numbers nor the threshold were fitted on.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.detectors._model import TagModel
from pipeline.detectors._tokens import Floats
from pipeline.errors import SettingsError
from pipeline.learning import evaluation, figures
from pipeline.learning.bootstrap import SEED
from pipeline.learning.card import calibrated_card
from pipeline.learning.evaluation import MEASURES, OTHER, Result
from pipeline.learning.figures import Labels
from pipeline.model_store import load, putting_in_place, save
from pipeline.storage import replace_file
from pipeline.tagger import Tagger

LEAST_ROWS, LEAST_OF_EACH = 50, 10
FOLDS = 5


@dataclass(frozen=True)
class Fit:
    """What is fitted: logit = slope * score + dutch, in Dutch, + bias; and the thresholds.

    The score is the model's logit without its biases.
    """

    slope: float
    dutch: float
    bias: float
    thresholds: dict[str, dict[str, float]]

    def probability(self, rows: pl.DataFrame) -> Floats:
        """Probabilities of rows with `score` and `language`."""
        is_dutch = (rows["language"] == "nl").to_numpy()
        logits = self.slope * rows["score"].to_numpy() + self.dutch * is_dutch + self.bias
        found: Floats = 1.0 / (1.0 + np.exp(-logits))
        return found

    def detected(self, rows: pl.DataFrame) -> Labels:
        """The decision about each row."""
        limits = {name: one["detected"] for name, one in self.thresholds.items()}
        found: Labels = self.probability(rows) >= rows["language"].replace_strict(limits).to_numpy()
        return found


@dataclass(frozen=True)
class Outcome:
    """What became of a tag: `fit`, or None with the reason why it was left as it was.

    `limits_before` are the thresholds as they were; `before` and `after` are the figures in each
    language, on rows not fitted on.
    """

    tag: str
    fit: Fit | None
    left_because: str
    limits_before: dict[str, dict[str, float]]
    before: list[Result]
    after: list[Result]


def calibrate(
    sample: pl.DataFrame, tagger: Tagger, tags: Sequence[str], target: float
) -> list[Outcome]:
    """Fit calibration and thresholds of tags to a labelled sample.

    Args:
        sample: what `labelled.read` gives.
        tagger: the models as they are.
        tags: tags to calibrate.
        target: precision to choose the thresholds for.

    Raises:
        SettingsError: the sample is too small, or says too little about every tag.
    """
    scored = evaluation.score(sample, tagger).filter(pl.col("language") != OTHER)
    if len(scored) < LEAST_ROWS:
        raise SettingsError(
            f"{len(scored)} rows in Dutch or English are too few to calibrate on",
            mend=f"label {LEAST_ROWS} at least, drawn at random; 200 are a good number",
        )
    outcomes = [_outcome(scored, tag, tagger.models[tag], target) for tag in tags]
    if not any(one.fit for one in outcomes):
        reasons = "; ".join(f"{one.tag}: {one.left_because}" for one in outcomes)
        raise SettingsError(
            f"no tag can be calibrated ({reasons})", mend="label more messages, drawn at random"
        )
    return outcomes


def write(
    outcomes: Sequence[Outcome], models: Path, folder: Path, sample: dict[str, Any], target: float
) -> None:
    """Write the models of all tags into a folder, those that were left as they are.

    Args:
        outcomes: what `calibrate` found.
        models: folder of the models that were calibrated.
        folder: where to write; may be `models` itself.
        sample: `rows` and `sha256` of the sample, for the metadata.
        target: precision that the thresholds were chosen for.
    """
    fits = {one.tag: one for one in outcomes if one.fit}
    with putting_in_place(folder) as made:
        for metadata_file in sorted(models.glob("*/metadata.json")):
            tag = metadata_file.parent.name
            if tag in fits:
                _write_one(fits[tag], models / tag, made / tag, sample, target)
            elif folder.resolve() != models.resolve():
                for file in sorted((models / tag).iterdir()):
                    replace_file(made / tag / file.name, [file.read_bytes()])


def fit(
    rows: pl.DataFrame,
    labels: Labels,
    shift: float,
    target: float,
    review: float = figures.REVIEW,
) -> Fit:
    """Fit slope, biases and thresholds.

    Args:
        rows: `score` and `language`.
        labels: 0 or 1 per row.
        shift: what Dutch adds to a score so far; kept when the sample says too little of it.
        target: precision to choose the thresholds for.
        review: the review threshold as a part of the threshold.
    """
    from sklearn.linear_model import LogisticRegression

    score, is_dutch = rows["score"].to_numpy(), (rows["language"] == "nl").to_numpy()
    both = not any(_too_few(labels[one], 0) for one in (is_dutch, ~is_dutch))
    seen = np.column_stack([score, is_dutch] if both else [score + shift * is_dutch])
    found = LogisticRegression(C=10.0, max_iter=1000, random_state=SEED).fit(seen, labels)
    slope, *dutch = found.coef_[0].tolist()
    fitted = Fit(slope, dutch[0] if both else slope * shift, float(found.intercept_[0]), {})
    languages = rows["language"].to_list()
    chosen = figures.thresholds(
        labels, fitted.probability(rows), languages, ["own"] * len(rows), target, review
    )
    return Fit(fitted.slope, fitted.dutch, fitted.bias, chosen)


def _outcome(scored: pl.DataFrame, tag: str, model: TagModel, target: float) -> Outcome:
    # A text that stands twice must not be fitted on in one fold and measured in another.
    rows = scored.filter(pl.col(tag).is_not_null()).unique(
        "text", keep="first", maintain_order=True
    )
    probability = rows[f"{tag}_probability"].to_numpy().clip(1e-12, 1 - 1e-12)
    is_dutch = (rows["language"] == "nl").to_numpy()
    logits = np.log(probability) - np.log1p(-probability)
    rows = rows.with_columns(score=pl.Series(logits - model.dutch * is_dutch - model.bias))
    labels = rows[tag].to_numpy().astype(np.int64)
    if reason := _too_few(labels):
        return Outcome(tag, None, reason, model.thresholds, [], [])
    shift = model.dutch
    review = 1.0 if model.detector.shadow else figures.REVIEW
    whole = fit(rows, labels, shift, target, review)
    if whole.slope <= 0:
        reason = "a higher score is no more often a yes in this sample; look at its labels"
        return Outcome(tag, None, reason, model.thresholds, [], [])
    after, detected = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
    for taught, tested in _folds(labels):
        one = fit(rows[taught], labels[taught], shift, target, review)
        after[tested], detected[tested] = one.probability(rows[tested]), one.detected(rows[tested])
    rows = rows.with_columns(set=pl.lit("sample"))
    held_out = rows.with_columns(
        pl.Series(f"{tag}_probability", after), pl.Series(f"{tag}_detected", detected)
    )
    before_and_after = (evaluation.evaluate(one, (tag,)) for one in (rows, held_out))
    return Outcome(tag, whole, "", model.thresholds, *before_and_after)


def _too_few(labels: Labels, least: int = LEAST_ROWS) -> str:
    """What is missing to be fitted on; empty when nothing is."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if len(labels) < least:
        return f"{len(labels)} labelled rows; {least} are needed"
    if min(positives, negatives) < LEAST_OF_EACH:
        answer = "yes" if positives < LEAST_OF_EACH else "no"
        return f"{min(positives, negatives)} rows say {answer}; {LEAST_OF_EACH} are needed"
    return ""


def _folds(labels: Labels) -> list[tuple[Labels, Labels]]:
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return list(splitter.split(labels, labels))


def _write_one(
    outcome: Outcome, models: Path, folder: Path, sample: dict[str, Any], target: float
) -> None:
    assert outcome.fit is not None  # noqa: S101 - `write` chose those that have one
    model, metadata = load(models)
    calibrator = copy.deepcopy(model["calibrator"])
    whole, sentence, _ = calibrator.coef_[0]
    slope = outcome.fit.slope
    calibrator.coef_ = np.array([[slope * whole, slope * sentence, outcome.fit.dutch]])
    calibrator.intercept_ = np.array([outcome.fit.bias])
    held = {
        **metadata,
        "settings": {**metadata.get("settings", {}), "target_precision": target},
        "thresholds": outcome.fit.thresholds,
        "metrics": [_metric(one) for one in outcome.after],
        "calibrated": {
            **sample,
            "model": metadata["sha256"],
            "folds": FOLDS,
            "before": [_metric(one) for one in outcome.before],
        },
    }
    save(folder, {**model, "calibrator": calibrator}, held)
    replace_file(folder / "README.md", [calibrated_card(held).encode()])


def _metric(one: Result) -> dict[str, Any]:
    """The figures as the metadata of a trained model hold them."""
    said = one.as_json()
    return {
        "corpus": one.set,
        "language": one.language,
        "rows": one.rows,
        "positives": one.positives,
        "ece": said["ece"],
        **{name: said[name]["value"] for name in MEASURES},
    }
