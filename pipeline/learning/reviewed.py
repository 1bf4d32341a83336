"""How good the models are on a company's own messages, by what people answered.

Labelled messages are scored again by the models in use, as if nobody had labelled them, so the
figures are those of the models alone. Answers that a model was taught say nothing about it and are
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import labels
from pipeline.detectors._model import TagModel
from pipeline.learning import estimates
from pipeline.learning.estimates import Estimate, Stratum
from pipeline.learning.evaluation import OTHER, score
from pipeline.model_store import read_metadata
from pipeline.settings import Settings
from pipeline.storage import Lake
from pipeline.tagger import Tagger

ROW = ("tag", "message_id", "source", "sent_on")
MARKED: dict[str, Any] = {
    **dict.fromkeys(ROW, pl.String),
    "sent_on": pl.Date,
    "stratum": pl.String,
    "is_reviewed": pl.Boolean,
    "is_true": pl.Boolean,
    "labelled_at": pl.Datetime("us", "UTC"),
}
"""What is known of a row that models are judged by."""
SURE, UNSURE, REVIEW, BELOW = "sure", "unsure", "review", "below"
"""Strata. A detected row is sure in the upper half of what lies above the threshold."""


@dataclass(frozen=True)
class Figures:
    """One tag. Estimates are None where answers are missing.

    Attributes:
        tag: the tag.
        detected: the rows that the models detect.
        review: those between the thresholds.
        below: all other messages; reviewed are those drawn for the audit.
        precision_of_reviewed: the share of true ones among the reviewed detected rows.
        precision: the share of true ones among all detected rows.
        recall: the share of detected ones among all messages that are true.
    """

    tag: str
    detected: Stratum
    review: Stratum
    below: Stratum
    precision_of_reviewed: Estimate | None
    precision: Estimate | None
    recall: Estimate | None


def figures(
    settings: Settings, lake: Lake, tagger: Tagger, taught: Mapping[str, datetime]
) -> list[Figures]:
    """Estimate precision and recall of each tag from the answers in a lake.

    Args:
        settings: the settings, for the languages and the audit.
        lake: the lake.
        tagger: the models in use.
        taught: tag to the time of the last answer that its model was taught, where there is one.
    """
    total = lake.read("messages", ["language"], heard(settings)).num_rows
    rows = marked(settings, lake, tagger, taught)
    return [_figures(tag, rows.filter(tag=tag), total) for tag in tagger.models]


def heard(settings: Settings) -> pc.Expression:
    """Which messages the models decide on."""
    languages = list(settings.company.languages)
    return pc.field("excluded_reason").is_null() & pc.field("language").isin(languages)


def marked(
    settings: Settings, lake: Lake, tagger: Tagger, taught: Mapping[str, datetime]
) -> pl.DataFrame:
    """What models are judged by: all rows over the review threshold, and all that is answered.

    Args:
        settings: the settings, for the languages and the audit.
        lake: the lake.
        tagger: the models in use.
        taught: tag to the time of the last answer that its model was taught, where there is one.

    Returns:
        `MARKED`: `stratum` by what the models alone say; `is_reviewed` says that the answer
        counts, `labelled_at` when it was given, `is_true` what it says.
    """
    answers = labels.latest(lake.read("labels"), lake.read("outcomes"))
    known = _known(lake, answers, heard(settings), settings.detection.audit_share)
    columns = [*labels.PAIR, "source", "sent_on", "score", "threshold", "decision"]
    held = pl.DataFrame(lake.read("detections", columns, pc.field("decision") != "audit"))
    parts = [_unanswered(held.join(answers, on=labels.PAIR, how="anti"))]
    if len(known):
        scored = score(known, tagger)
        for tag, model in tagger.models.items():
            mine = scored.join(answers.filter(tag=tag), on="message_id")
            parts.append(_answered(mine, model, taught.get(tag)))
    return pl.concat(parts)


def recall(rows: pl.DataFrame, total: int) -> Estimate | None:
    """Estimate the recall over all tags of some rows together.

    Args:
        rows: what `marked` gives, or a part of it.
        total: how many messages these rows are out of.
    """
    figures = [_figures(tag, rows.filter(tag=tag), total) for tag in rows["tag"].unique().sort()]
    return estimates.recall(
        [one.detected for one in figures],
        [stratum for one in figures for stratum in (one.review, one.below)],
    )


def taught(models: Path, tags: Iterable[str]) -> dict[str, datetime]:
    """When the last answer was given that a model was taught, of each model that was taught any."""
    found = {}
    for tag in tags:
        for one in read_metadata(models / tag).get("data", ()):
            if until := one.get("until"):
                found[tag] = datetime.fromisoformat(until)
    return found


def _known(
    lake: Lake, answers: pl.DataFrame, heard: pc.Expression, audit_share: float
) -> pl.DataFrame:
    """The messages that answers are about, with whether the audit draws them."""
    ids = pc.field("message_id").isin(pa.array(answers["message_id"].to_arrow(), pa.string()))
    columns = ["message_id", "source", "sent_on", "text", "language"]
    table = lake.read("messages", columns, ids & heard)
    drawn = labels.drawn_for_audit(table["message_id"], audit_share)
    return pl.DataFrame(table.append_column("is_drawn", drawn)).rename({"language": "lang"})


def _unanswered(rows: pl.DataFrame) -> pl.DataFrame:
    """Stratum of each row that nobody has answered."""
    stratum = _stratum(pl.col("score"), pl.col("threshold"), pl.col("decision") == "detected")
    return rows.select(
        *ROW,
        stratum=stratum,
        is_reviewed=False,
        is_true=False,
        labelled_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def _answered(rows: pl.DataFrame, model: TagModel, taught: datetime | None) -> pl.DataFrame:
    """Stratum of each answered row, by what the model says alone."""
    tag = model.detector.tag
    languages = pa.array(rows["lang"].to_list(), pa.string())
    detected, review = (pl.Series(model.limits(languages, one)) for one in ("detected", "review"))
    stated = rows.with_columns(threshold=detected, review=review)
    probability = pl.col(f"{tag}_probability")
    is_below = (probability < pl.col("review")) | (pl.col("language") == OTHER)
    over = _stratum(probability, pl.col("threshold"), pl.col(f"{tag}_detected"))
    is_new = pl.lit(value=True) if taught is None else pl.col("labelled_at") > taught
    return stated.select(
        *ROW,
        stratum=pl.when(is_below).then(pl.lit(BELOW)).otherwise(over),
        # Below, people are asked about the audit sample; what else they name they came across.
        is_reviewed=is_new & (~is_below | pl.col("is_drawn")),
        is_true=pl.col("is_yes"),
        labelled_at="labelled_at",
    )


def _stratum(score: pl.Expr, threshold: pl.Expr, is_detected: pl.Expr) -> pl.Expr:
    upper = pl.when(score >= (1 + threshold) / 2).then(pl.lit(SURE)).otherwise(pl.lit(UNSURE))
    return pl.when(is_detected).then(upper).otherwise(pl.lit(REVIEW))


def _figures(tag: str, rows: pl.DataFrame, total: int) -> Figures:
    reviewed = pl.col("is_reviewed")
    counts = rows.group_by("stratum").agg(
        pl.len(), reviewed=reviewed.sum(), true=(reviewed & pl.col("is_true")).sum()
    )
    strata = {name: Stratum(*numbers) for name, *numbers in counts.iter_rows()}
    sure, unsure, review, below = (
        strata.get(name, Stratum(0, 0, 0)) for name in (SURE, UNSURE, REVIEW, BELOW)
    )
    detected = Stratum(*(a + b for a, b in zip(sure, unsure, strict=True)))
    left = max(total - detected.rows - review.rows, below.rows)
    below = below._replace(rows=left)
    return Figures(
        tag=tag,
        detected=detected,
        review=review,
        below=below,
        precision_of_reviewed=estimates.wilson(detected.true, detected.reviewed),
        precision=estimates.precision((sure, unsure)),
        recall=estimates.recall((sure, unsure), (review, below)),
    )
