"""What each family of features gives, out of fold by trade, on our own corpora."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
from scipy.sparse import csr_matrix, hstack

from benchmarks.quality import models, sets
from benchmarks.quality.complaints import CORPORA
from pipeline.detectors import _tokens
from pipeline.detectors._features import Features
from pipeline.detectors.base import MAIN_TAGS
from pipeline.learning import corpora
from pipeline.learning.fitting import STRENGTH
from pipeline.tagger import detectors
from pipeline.text import LANGUAGES

FAMILIES: dict[str, tuple[str, ...]] = {
    "words": ("word",),
    "classes": ("class",),
    "cues": ("cue",),
    "words, signs": ("word", "sign"),
    "words, classes": ("word", "class"),
    "words, cues": ("word", "cue"),
    "words, signs, classes": ("word", "sign", "class"),
    "words, signs, cues": ("word", "sign", "cue"),
    "words, signs, classes, cues": ("word", "sign", "class", "cue"),
    "all (shipped)": ("word", "sign", "class", "after", "cue"),
    "all and letters": ("word", "sign", "class", "after", "cue", "letters"),
}


def table() -> str:
    """Average precision and F1 per tag and language for each set of families."""
    ours = corpora.own(CORPORA)
    ours = ours.filter(pl.all_horizontal(pl.col(tag).is_not_null() for tag in MAIN_TAGS))
    blocks = _blocks(ours)
    columns = [(tag, language) for tag in MAIN_TAGS for language in LANGUAGES]
    lines = [
        "| features | " + " | ".join(f"{tag} {language}" for tag, language in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for name, families in FAMILIES.items():
        rows = hstack([blocks[family] for family in families], format="csr")
        cells = [cell for tag in MAIN_TAGS for cell in _cells(ours, rows, tag)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _blocks(ours: pl.DataFrame) -> dict[str, csr_matrix]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = _tokens.readable(ours["text"])
    shape = {"ngram_range": (1, 2), "token_pattern": _tokens.TOKEN, "min_df": 2}
    known = detectors()
    features = Features(TfidfVectorizer(**shape).fit(texts), (known[tag] for tag in MAIN_TAGS))
    matrix = features.transform(
        pa.array(ours["text"].to_list(), pa.string()), pa.array(ours["lang"].to_list(), pa.string())
    ).matrix
    first = features.first
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=5, sublinear_tf=True)
    return {
        "word": matrix[:, : first["class"]],
        "class": matrix[:, first["class"] : first["after"]],
        "after": matrix[:, first["after"] : first["sign"]],
        "sign": matrix[:, first["sign"] : first["cue"]],
        "cue": matrix[:, first["cue"] :],
        "letters": letters.fit_transform(texts),
    }


def _cells(ours: pl.DataFrame, rows: csr_matrix, tag: str) -> list[str]:
    from sklearn.metrics import average_precision_score, f1_score

    labels = ours[tag].to_numpy().astype(np.int64)
    fold = sets.folds(labels, ours["group"].to_list())
    logits = np.zeros(len(labels))
    for at in range(sets.FOLDS):
        taught = fold != at
        model = models.regression(rows[taught], labels[taught], STRENGTH)
        logits[~taught] = model.decision_function(rows[~taught])
    cells = []
    for language in LANGUAGES:
        mine = (ours["lang"] == language).to_numpy()
        ranks = average_precision_score(labels[mine], logits[mine])
        cells.append(f"{ranks:.2f} / {f1_score(labels[mine], logits[mine] > 0):.2f}")
    return cells
