"""How good the models are on labelled text: figures with intervals, slices, what they confuse.

Pure functions over frames and arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.conversations.language import identify
from pipeline.detectors._tokens import Floats
from pipeline.learning.bootstrap import Measure, estimates
from pipeline.learning.estimates import Estimate, wilson
from pipeline.learning.figures import Labels, ece
from pipeline.tagger import BATCH, Tagger
from pipeline.text import LANGUAGES

OTHER = "other"
"""Name of all languages that the models do not know."""
SHORT, LONG = 80, 280
"""Bounds of the slices by length, in characters."""
MEASURES = ("precision", "recall", "f1", "average_precision")


@dataclass(frozen=True)
class Result:
    """Figures of one tag on the rows of one set and language, or on a slice of them.

    `by` is what it is sliced by (`channel`, `length`, `kind`) and `part` which; both empty: whole.
    """

    tag: str
    set: str
    language: str
    by: str
    part: str
    rows: int
    positives: int
    false_positives: int
    false_negatives: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    average_precision: Estimate
    ece: float

    @property
    def wrong_share(self) -> float:
        """Share of rows that are decided wrongly."""
        return (self.false_positives + self.false_negatives) / self.rows

    def as_json(self) -> dict[str, Any]:
        """The same for JSON: intervals as objects, null where there is nothing."""
        return {name: _as_json(value) for name, value in vars(self).items()}


def score(rows: pl.DataFrame, tagger: Tagger) -> pl.DataFrame:
    """Score labelled rows.

    Args:
        rows: with `text` and `lang`; a language that is null is identified.
        tagger: the models.

    Returns:
        The rows with `language` (nl, en or `other`) and per tag `<tag>_probability` and
        `<tag>_detected`, the decision at the threshold; other languages are never detected.
    """
    done = []
    for part in rows.iter_slices(BATCH):
        texts = pa.array(part["text"].to_list(), pa.string())
        spoken = _languages(texts, part["lang"])
        languages = pa.array(spoken.to_list(), pa.string())
        scores = tagger.score(texts, languages)
        known = spoken.is_in(LANGUAGES)
        columns = [spoken.set(~known, OTHER).alias("language")]
        for tag, model in tagger.models.items():
            probability = pl.Series(f"{tag}_probability", scores.tags[tag].probability)
            is_over = probability >= pl.Series(model.limits(languages, "detected"))
            columns += [probability, (is_over & known).alias(f"{tag}_detected")]
        done.append(part.with_columns(columns))
    return pl.concat(done)


def evaluate(scored: pl.DataFrame, tags: Sequence[str], by: Sequence[str] = ()) -> list[Result]:
    """Figures per tag, language and set, weakest F1 first.

    Args:
        scored: what `score` gives, with a column `set`.
        tags: tags to look at; rows where one is null do not count for it.
        by: slice by these columns too, of `channel`, `kind` and `length`; then per slice alone,
            the largest share of wrong decisions first.
    """
    frame = scored.with_columns(length=_length(pl.col("text")))
    found = []
    for tag in tags:
        judged = frame.filter(pl.col(tag).is_not_null())
        for name in by or ("",):
            keys = ["set", "language", *([name] if name else [])]
            parts = judged.drop_nulls(keys).partition_by(
                keys, as_dict=True, include_key=False, maintain_order=True
            )
            for key, part in parts.items():
                whose, language, value = (*map(str, key), "")[:3]
                found.append(_result(part, tag, whose, language, name, value))
    return sorted(
        found, key=lambda one: (*_weakness(one), one.tag, one.set, one.language, one.part)
    )


def confusions(scored: pl.DataFrame, tag: str, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The false positives and the false negatives that the model is surest of, at most `count`.

    Columns: `set`, `language`, `line`, `probability`, `text`.
    """
    columns = ("set", "language", "line", "probability", "text")
    frame = scored.rename({f"{tag}_probability": "probability"})
    said = pl.col(f"{tag}_detected")
    taken = frame.filter(said & (pl.col(tag) == 0)).sort("probability", descending=True)
    missed = frame.filter(~said & (pl.col(tag) == 1)).sort("probability")
    return taken.head(count).select(columns), missed.head(count).select(columns)


def measure(labels: Labels, probability: Floats, detected: Labels) -> Measure:
    """Make the function from weights of rows to figures.

    Args:
        labels: 0 or 1 per row.
        probability: per row.
        detected: decision per row.

    Returns:
        A function that takes weights (draws, rows) and gives each of `MEASURES` per draw, NaN
        where it is not defined: precision when nothing is detected, recall without positives.
    """
    order = np.argsort(-probability, kind="stable")
    positive = labels[order].astype(np.float64)
    # Rows of equal probability are one step of the curve, whatever their order.
    ends = np.flatnonzero(np.diff(probability[order], append=-1.0))
    yes, hit = detected.astype(np.float64), (detected & (labels == 1)).astype(np.float64)

    def measured(weights: Floats) -> dict[str, Floats]:
        drawn = weights[:, order]
        taken, hits = weights @ yes, weights @ hit
        positives = drawn @ positive
        rows_above = np.cumsum(drawn, axis=1)[:, ends]
        hits_above = np.cumsum(drawn * positive, axis=1)[:, ends]
        steps = np.diff(hits_above, axis=1, prepend=0.0)
        area = (steps * hits_above / np.maximum(rows_above, 1e-12)).sum(axis=1)
        with np.errstate(invalid="ignore"):
            return {
                "precision": hits / taken,
                "recall": hits / positives,
                "f1": 2 * hits / (taken + positives),
                "average_precision": area / positives,
            }

    return measured


def _result(part: pl.DataFrame, tag: str, whose: str, language: str, by: str, value: str) -> Result:
    labels = part[tag].to_numpy().astype(np.int64)
    probability = part[f"{tag}_probability"].to_numpy()
    detected = part[f"{tag}_detected"].to_numpy()
    found = estimates(measure(labels, probability, detected), len(part))
    hits = int((detected & (labels == 1)).sum())
    found["precision"] = _honest(found["precision"], hits, int(detected.sum()))
    found["recall"] = _honest(found["recall"], hits, int(labels.sum()))
    return Result(
        tag=tag,
        set=whose,
        language=language,
        by=by,
        part=value,
        rows=len(part),
        positives=int(labels.sum()),
        false_positives=int((detected & (labels == 0)).sum()),
        false_negatives=int((~detected & (labels == 1)).sum()),
        ece=ece(labels, probability),
        **found,
    )


def _honest(one: Estimate, hits: int, rows: int) -> Estimate:
    """A share with Wilson's interval where it is none or all: then all draws are alike."""
    known = wilson(hits, rows) if one.value in (0.0, 1.0) else None
    return known or one


def _languages(texts: pa.StringArray, given: pl.Series) -> pl.Series:
    if not given.null_count():
        return given
    silent = given.is_null()
    found, _ = identify(texts.filter(pa.array(silent.to_list())))
    return given.scatter(silent.arg_true(), pl.Series(found))


def _length(text: pl.Expr) -> pl.Expr:
    characters = text.str.len_chars()
    return (
        pl.when(characters <= SHORT)
        .then(pl.lit(f"to {SHORT}"))
        .when(characters <= LONG)
        .then(pl.lit(f"{SHORT + 1} to {LONG}"))
        .otherwise(pl.lit(f"over {LONG}"))
    )


def _weakness(one: Result) -> tuple[float, ...]:
    """Sorts what is weakest first; of slices, which seldom have an F1, what is most often wrong."""
    if one.by:
        return -one.wrong_share, -one.rows
    return (math.inf if math.isnan(one.f1.value) else one.f1.value,)


def _as_json(value: object) -> object:
    if isinstance(value, Estimate):
        return {name: _as_json(one) for name, one in value._asdict().items()}
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    return None if value == "" else value
