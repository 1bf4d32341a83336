"""Measures each step of listening alone: `python -m benchmarks.listening.steps [MESSAGES]`.

Rows a second of processor time on one core, on the messages of the speed benchmark.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl
import pyarrow as pa

from benchmarks.generated import START, messages
from pipeline.conversations import duplicates
from pipeline.conversations.language import identify
from pipeline.conversations.noise import excluded_reason, is_staff
from pipeline.conversations.personal import redact
from pipeline.conversations.queries import is_off_topic
from pipeline.looks import shown
from pipeline.settings import Near, Query

QUERIES = (
    Query(name="bikes", any=("fiets*", "bike*", "bakfiets"), none=("te koop", "for sale")),
    Query(name="battery", near=(Near(one=("accu", "battery"), other=("leeg", "empty", "dead")),)),
)


def seconds(step: Callable[[], object]) -> float:
    """Processor time of a step."""
    begun = time.process_time()
    step()
    return time.process_time() - begun


def main(count: int) -> None:
    """Print a table of the steps."""
    frame = pl.DataFrame({"text": [one["text"] for one in messages(count)]}).with_columns(
        message_id=pl.int_range(count).cast(pl.String),
        sent_at=pl.lit(START) + pl.int_range(count) * timedelta(seconds=1),
        is_own=pl.lit(value=False),
        source=pl.lit("shop"),
        author_id=pl.int_range(count).cast(pl.String),
    )
    text, texts = pl.col("text"), frame["text"].to_arrow().cast(pa.string())
    steps: dict[str, Callable[[], object]] = {
        "as it looks": lambda: shown(frame["text"]),
        "personal data": lambda: frame.select(redact(text)),
        "language": lambda: identify(texts),
        "noise": lambda: frame.select(excluded_reason(text, pl.lit(value=False))),
        "staff": lambda: frame.select(
            is_staff(text, pl.lit("ann"), ("Molenaar",), ("molenaar",), ())
        ),
        "topics, two queries": lambda: frame.select(is_off_topic(QUERIES, "shop", text)),
        "reposts (assemble)": lambda: duplicates.find(frame),
    }
    identify(texts[:10])  # loads the model
    print("| step | messages/s on one core |\n|---|---:|")
    for name, step in steps.items():
        print(f"| {name} | {count / seconds(step):,.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
