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
from pipeline.storage import Lake, among
from pipeline.tagger import Tagger
from pipeline.text import LANGUAGES

ROW = ("tag", "message_id", "source", "sent_on")
MARKED: dict[str, Any] = {
    **dict.fromkeys(ROW, pl.String),
    "sent_on": pl.Date,
    "score": pl.Float64,
    "decision": pl.String,
    "is_reviewed": pl.Boolean,
    "is_true": pl.Boolean,
    "labelled_at": pl.Datetime("us", "UTC"),
}
"""What is known of a row that models are judged by."""
DETECTED, REVIEW, BELOW = "detected", "review", "below"
"""What the models alone make of a row. What is not below lies over a threshold."""
EACH = 5
"""Answers that a stratum has at least, where there are so many."""


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
        taught: tag to when the last answer was recorded that its model was taught, if any.
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
        taught: tag to when the last answer was recorded that its model was taught, if any.

    Returns:
        `MARKED`: `decision` by what the models alone say; `is_reviewed` says that the answer
        counts, `labelled_at` when it was given, `is_true` what it says.
    """
    answers = labels.latest(lake.read("labels"), lake.read("outcomes"))
    known = _known(lake, answers, heard(settings), settings.detection.audit_share)
    columns = [*labels.PAIR, "source", "sent_on", "language", "score", "decision"]
    held = pl.DataFrame(lake.read("detections", columns, pc.field("decision") != "audit"))
    unanswered = held.join(answers, on=labels.PAIR, how="anti")
    parts = [_unanswered(unanswered, tagger.models.values())]
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
    found = [_strata(rows.filter(tag=tag), total) for tag in rows["tag"].unique().sort()]
    return estimates.recall(
        [stratum for detected, *_ in found for stratum in detected],
        [stratum for _, *missed in found for part in missed for stratum in part],
    )


def taught(models: Path, tags: Iterable[str]) -> dict[str, datetime]:
    """When the last answer was recorded that a model was taught, of each that was taught any."""
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
    ids = among("message_id", answers["message_id"])
    columns = ["message_id", "source", "sent_on", "text", "language"]
    table = lake.read("messages", columns, ids & heard)
    drawn = labels.drawn_for_audit(table["message_id"], audit_share)
    return pl.DataFrame(table.append_column("is_drawn", drawn)).rename({"language": "lang"})


def _unanswered(rows: pl.DataFrame, models: Iterable[TagModel]) -> pl.DataFrame:
    """Rows that nobody has answered. What is for review for a grave cue alone is below, too."""
    limits = [
        (one.detector.tag, language, one.thresholds[language]["review"])
        for one in models
        for language in LANGUAGES
    ]
    known = pl.DataFrame(limits, [*("tag", "language"), "limit"], orient="row")
    is_below = pl.col("score") < pl.col("limit").cast(pl.Float32)
    return rows.join(known, on=["tag", "language"], how="left").select(
        *ROW,
        pl.col("score").cast(pl.Float64),
        decision=pl.when(is_below).then(pl.lit(BELOW)).otherwise("decision"),
        is_reviewed=False,
        is_true=False,
        labelled_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )


def _answered(rows: pl.DataFrame, model: TagModel, taught: datetime | None) -> pl.DataFrame:
    """Each answered row, with what the model says alone."""
    tag = model.detector.tag
    limit = pl.Series(model.limits(pa.array(rows["lang"].to_list(), pa.string()), "review"))
    is_below = (pl.col(f"{tag}_probability") < limit) | (pl.col("language") == OTHER)
    over = pl.when(f"{tag}_detected").then(pl.lit(DETECTED)).otherwise(pl.lit(REVIEW))
    is_new = pl.lit(value=True) if taught is None else pl.col("recorded_at") > taught
    return rows.select(
        *ROW,
        score=f"{tag}_probability",
        decision=pl.when(is_below).then(pl.lit(BELOW)).otherwise(over),
        # Below, people are asked about the audit sample; what else they name they came across.
        is_reviewed=is_new & (~is_below | pl.col("is_drawn")),
        is_true=pl.col("is_yes"),
        labelled_at="labelled_at",
    )


def _figures(tag: str, rows: pl.DataFrame, total: int) -> Figures:
    parts = _strata(rows, total)
    detected, review, below = (Stratum(*map(sum, zip(*part, strict=True))) for part in parts)
    return Figures(
        tag=tag,
        detected=detected,
        review=review,
        below=below,
        precision_of_reviewed=estimates.wilson(detected.true, detected.reviewed),
        precision=estimates.precision(parts[0]),
        recall=estimates.recall(parts[0], [*parts[1], *parts[2]]),
    )


def _strata(rows: pl.DataFrame, total: int) -> tuple[list[Stratum], list[Stratum], list[Stratum]]:
    """The strata of the rows of one tag: of those detected, for review, and below.

    Takes what `recall` takes.
    """
    detected, review, (below,) = (
        _cut(rows.filter(decision=name), each)
        for name, each in ((DETECTED, EACH), (REVIEW, EACH), (BELOW, len(rows) + 1))
    )
    over = sum(one.rows for one in (*detected, *review))
    return detected, review, [below._replace(rows=max(total - over, below.rows))]


def _cut(rows: pl.DataFrame, each: int) -> list[Stratum]:
    """Cut rows in order of score so that each part has about so many answers.

    What is doubtful is answered more, so parts are narrow there: within one, doubt is much alike.
    """
    ordered = rows.sort("score", "message_id")
    reviewed = ordered["is_reviewed"].cast(pl.Int64)
    answers = max(reviewed.sum(), 1)
    count = max(answers // each, 1)
    # An answer goes with the rows before it; those behind the last one go with it.
    place = ((reviewed.cum_sum() - reviewed) * count // answers).clip(upper_bound=count - 1)
    parts = ordered.group_by(place.alias("part"), maintain_order=True).agg(
        rows=pl.len(),
        reviewed=pl.col("is_reviewed").sum(),
        true=(pl.col("is_reviewed") & pl.col("is_true")).sum(),
    )
    return [Stratum(*numbers) for _, *numbers in parts.iter_rows()] or [Stratum(0, 0, 0)]
