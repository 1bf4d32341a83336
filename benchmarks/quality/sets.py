"""The labelled sets of others, read where they lie, and what a fair protocol asks of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Integers = npt.NDArray[np.int64]
SEED = 20261102
FOLDS = 5


def read(labelled: Path, name: str) -> pl.DataFrame:
    """One set, with its columns as they are and `key`: the text without case and signs."""
    return pl.read_parquet(labelled / f"{name}.parquet").with_columns(
        key=pl.col("text")
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
    )


def without_leaks(train: pl.DataFrame, label: str, *held: pl.DataFrame) -> pl.DataFrame:
    """Training rows that stand once, carry one label, and stand in no held-out set.

    Args:
        train: rows with `key` and the label.
        label: name of the label's column.
        held: held-out rows with `key`.

    Returns:
        The rows that are left, in their order; of a text with two labels none is left.
    """
    contradicted = train.group_by("key").agg(pl.col(label).n_unique()).filter(pl.col(label) > 1)
    left = train.join(contradicted, on="key", how="anti", maintain_order="left")
    for one in held:
        left = left.join(one, on="key", how="anti", maintain_order="left")
    return left.unique("key", keep="first", maintain_order=True)


def folds(labels: Integers, groups: list[Any] | None = None, seed: int = SEED) -> Integers:
    """The fold of each row: like shares of each label, and never one group in two folds."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = kind(FOLDS, shuffle=True, random_state=seed)
    fold = np.zeros(len(labels), dtype=np.int64)
    for at, (_, tested) in enumerate(splitter.split(labels, labels, groups)):
        fold[tested] = at
    return fold
