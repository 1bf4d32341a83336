"""What is found in a batch as Arrow: rows of detections, and evidence beside the tags of a row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.detectors._evidence import EVIDENCE, Explanations, listed
from pipeline.detectors._tokens import Integers

DECISIONS = pa.array(["detected", "review", "audit"])
DETECTIONS = pa.schema(
    [
        ("row", pa.int64()),
        ("tag", pa.string()),
        ("score", pa.float32()),
        ("threshold", pa.float32()),
        ("decision", pa.string()),
        ("sentence_start", pa.int32()),
        ("sentence_end", pa.int32()),
        ("evidence", EVIDENCE),
        ("model_version", pa.string()),
    ]
)
"""What is found in a batch; `row` is the position of the message."""


def unexplained(texts: pa.StringArray, rows: Integers) -> Explanations:
    """Nothing but the whole text of each row."""
    ends = pc.fill_null(pc.utf8_length(texts.take(pa.array(rows))), 0).to_numpy(
        zero_copy_only=False
    )
    none = listed(np.zeros(len(rows), dtype=np.int64), pa.array([], EVIDENCE.value_type))
    return Explanations(np.zeros_like(ends), ends, none)


def tagged(explained: list[tuple[str, Integers, pa.ListArray]], count: int) -> pa.ListArray:
    """The evidence of each row, with the tag that each part speaks for in front."""
    values = pa.concat_arrays([evidence.values for _, _, evidence in explained])
    of_row = [
        np.repeat(rows, np.diff(evidence.offsets.to_numpy())) for _, rows, evidence in explained
    ]
    order = np.argsort(np.concatenate(of_row), kind="stable")
    tags = np.repeat([tag for tag, _, _ in explained], list(map(len, of_row)))
    parts = pa.StructArray.from_arrays(
        [pa.array(tags[order], pa.string()), *values.take(pa.array(order)).flatten()],
        fields=[pa.field("tag", pa.string()), *values.type],
    )
    return listed(np.bincount(np.concatenate(of_row), minlength=count), parts)
