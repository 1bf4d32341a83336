"""What people's answers bring the models in use.

    python -m benchmarks.answers FOLDER

`FOLDER` has the labelled sets of others, which are no part of the repository.
Messages about laptops (English) and of restaurants (Dutch), which the shipped models never learned
from, stand for a company. 300 of a set, drawn by lot, are the answers; average precision of
complaints is measured on its other messages, on the other set, and on our frozen sets, before and
after. The labels of these sets follow another definition than ours: an answer teaches that too.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from sklearn.metrics import average_precision_score

from pipeline.learning import labelled
from pipeline.learning.adapting import adapt
from pipeline.learning.corpora import COLUMNS, TAGS
from pipeline.learning.people import NAME, Taught
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger

SETS = {"laptops": "absa16_laptops_en", "restaurants": "absa16_dutch_70pct"}
ANSWERS, DRAWS = 300, 5
HEADER = ("answers about", "on", "rows", "before", "after")


def main(folder: Path) -> None:
    """Print a line for each set of answers and each set that is measured on, means of the draws."""
    sets = {name: _read(folder / f"{file}.parquet") for name, file in SETS.items()}
    frozen = [
        labelled.read(file).with_columns(set=pl.lit(name)) for name, file in labelled.frozen()
    ]
    others = sets | {"frozen": pl.concat(frozen).select("text", "lang", "complaint").drop_nulls()}
    print(f"| {' | '.join(HEADER)} |\n|---|---|---:|---:|---:|")
    for name, rows in sets.items():
        found: dict[str, list[tuple[float, float]]] = {one: [] for one in others}
        for seed in range(DRAWS):
            drawn = rows.sample(fraction=1, shuffle=True, seed=seed)
            asked, rest = drawn.head(ANSWERS), drawn.slice(ANSWERS)
            with tempfile.TemporaryDirectory() as held:
                adapt(shipped_models(), _taught(asked), Path(held) / "set")
                models = [Tagger.load(one) for one in (shipped_models(), Path(held) / "set")]
                for other, theirs in (others | {name: rest}).items():
                    before, after = (_precision(theirs, one) for one in models)
                    found[other].append((before, after))
        for other, figures in found.items():
            count = len(rows) - ANSWERS if other == name else len(others[other])
            before, after = np.mean(figures, axis=0)
            print(f"| {name} | {other} | {count:,} | {before:.3f} | {after:.3f} |", flush=True)


def _read(file: Path) -> pl.DataFrame:
    return pl.read_parquet(file, columns=["text", "lang", "complaint"]).drop_nulls()


def _taught(rows: pl.DataFrame) -> Taught:
    known = rows.with_columns(
        *(pl.lit(None, pl.Int8).alias(tag) for tag in TAGS if tag != "complaint"),
        pl.col("complaint").cast(pl.Int8),
        corpus=pl.lit(NAME),
        group=pl.lit(NAME),
        weight=pl.lit(1.0),
    )
    return Taught(known.select(COLUMNS), {"complaint": datetime(2026, 11, 30, tzinfo=UTC)})


def _precision(rows: pl.DataFrame, tagger: Tagger) -> float:
    texts, languages = (pa.array(rows[one].to_list(), pa.string()) for one in ("text", "lang"))
    scores = tagger.score(texts, languages).tags["complaint"]
    return float(average_precision_score(rows["complaint"].to_numpy(), scores.logits))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
