"""People's answers: which rows people are asked about, and what their answers do to the rows.

The last answer for a message and tag counts. A yes makes the row detected and nearly certain, and
its evidence says so; a no takes the row out, also out of the audit.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.opportunities.outcomes import judged
from pipeline.records import with_column

ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "ja", "j"), True),
    **dict.fromkeys(("no", "n", "false", "0", "nee"), False),
}
"""What people write for yes and no, in lower case."""
SURE = 0.99
"""The least score of what a person said yes to: people err too."""
KIND = "label"
"""The kind of the evidence that a label adds."""
PAIR = ["message_id", "tag"]
ANSWER = [*PAIR, "is_yes", "labelled_at", "recorded_at"]


def drawn_for_audit(message_ids: pa.Array, share: float) -> pa.Array:
    """Draw a share of the messages by a checksum of their ids: the same ones in every run."""
    limit = int(share * 2**32)
    drawn = [zlib.crc32(name.encode()) < limit for name in message_ids.to_pylist()]
    return pa.array(drawn, pa.bool_())


def latest(labels: pa.Table, outcomes: pa.Table) -> pl.DataFrame:
    """The last answer for each message and tag; an outcome is an answer too.

    Args:
        labels: rows of the table `labels`, in any order.
        outcomes: rows of the table `outcomes`, in any order.

    Returns:
        `message_id`, `tag`, `is_yes`, `labelled_at` and `recorded_at`, sorted by message and tag.
    """
    said = pl.DataFrame(labels.select(ANSWER))
    return _last(pl.concat((said, judged(outcomes).select(ANSWER))))


def ruling(labels: pa.Table, outcomes: pa.Table) -> pl.DataFrame:
    """As `latest`, for deciding on rows: what people took up stays a row, under its name.

    A rejected lead or complaint keeps its row, which says so; a rejected idea has no state, so it
    goes.
    """
    said = pl.DataFrame(labels.select(ANSWER)).with_columns(rules=pl.lit(value=True))
    done = judged(outcomes).with_columns(rules=pl.col("is_yes") | (pl.col("tag") == "idea"))
    named = done.with_columns(message_id="opening_id")
    parts = (part.select(*ANSWER, "rules") for part in (said, named, done))
    return _last(pl.concat(parts)).filter("rules").drop("rules")


def _last(answers: pl.DataFrame) -> pl.DataFrame:
    last = answers.sort("labelled_at", maintain_order=True).unique(PAIR, keep="last").sort(PAIR)
    return last.with_columns(pl.col("recorded_at").fill_null(pl.col("labelled_at")))


def unheeded(answers: pl.DataFrame, detections: pa.Table) -> pl.Series:
    """Ids of the messages whose detections are not yet as people say.

    Args:
        answers: what `latest` gives.
        detections: `message_id`, `tag`, `decision`, `score` of these messages.
    """
    held = answers.join(pl.DataFrame(detections), on=PAIR, how="left")
    # As float32, like the column: there .99 is a little less.
    is_sure = (pl.col("decision") == "detected") & (pl.col("score") >= float(np.float32(SURE)))
    is_heeded = pl.when("is_yes").then(is_sure).otherwise(pl.col("decision").is_null())
    return held.filter(~is_heeded.fill_null(value=False))["message_id"].unique().sort()


def outrank(
    found: pa.Table,
    message_ids: pa.Array,
    answers: pl.DataFrame,
    *,
    drawn: pa.Array,
    heard: pa.Array,
) -> pa.Table:
    """Let people's answers outrank the models.

    Args:
        found: what the tagger found in a batch (`detectors._tables.DETECTIONS`), with all tags of
            the messages that have a yes.
        message_ids: ids of the messages of the batch.
        answers: what `latest` gives.
        drawn: which messages are drawn for the audit.
        heard: which messages the models decide on; of the others only a yes is kept.

    Returns:
        The rows that stay, those with a yes last.
    """
    at = found["row"].to_numpy()
    pairs = pl.DataFrame(pa.table([message_ids.take(found["row"]), found["tag"]], names=PAIR))
    said = pairs.join(answers, on=PAIR, how="left", maintain_order="left")["is_yes"].to_arrow()
    is_yes = np.asarray(said.fill_null(False))
    is_no = np.asarray(said.is_valid()) & ~is_yes
    is_drawn, is_heard = np.asarray(drawn)[at], np.asarray(heard)[at]
    is_over = np.asarray(pc.not_equal(found["decision"], "audit"))
    by_model = is_heard & (is_over | is_drawn) & ~is_no & ~is_yes
    rest, confirmed = (found.filter(pa.array(mask)) for mask in (by_model, is_yes))
    return pa.concat_tables([rest, _confirmed(confirmed)])


def _confirmed(rows: pa.Table) -> pa.Table:
    """Make rows detected; what the models lacked to be sure is evidence of its own."""
    sure = math.log(SURE / (1 - SURE))
    evidence = rows["evidence"].to_pylist()
    for parts, start in zip(evidence, rows["sentence_start"].to_pylist(), strict=True):
        lacking = sure - sum(part["weight"] for part in parts)
        if lacking > 0:
            label = {"start": start, "end": start, "text": "", "weight": lacking, "kind": KIND}
            parts.append(label)
    values = {
        "score": np.maximum(rows["score"].to_numpy(), np.float32(SURE)),
        "decision": ["detected"] * len(rows),
        "evidence": evidence,
    }
    for name, column in values.items():
        rows = with_column(rows, name, pa.array(column, rows[name].type))
    return rows
