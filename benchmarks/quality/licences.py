"""What text of others brings, by its licence.

Some sets that the shipped models learn from say nothing about a licence. Whoever may not use them
sees here what leaving them out costs: on our own text, out of fold by trade, and on real messages
with our labels, of sets that are held out whole, whoever labelled them. The last rows are what the
shipped models do beside: they count the highest sentence, too, and words whose meanings are alike
share what is learnt.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from scipy.sparse import csr_matrix

from benchmarks.quality import models, sets
from benchmarks.quality.complaints import CORPORA
from pipeline.detectors._features import Features, Sentences
from pipeline.detectors.base import MAIN_TAGS
from pipeline.learning import corpora, fitting, meaning, real, training, vocabulary
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger, detectors
from pipeline.text import LANGUAGES

Booleans = npt.NDArray[np.bool_]
MIXES: dict[str, tuple[str, ...]] = {
    "our own text alone": (),
    "and sets with a permissive licence": ("permissive",),
    "and sets that state none": training.LICENCES,
}
BESIDE = "the same, and the highest sentence beside the message"
MEANING = "the same, and what words mean (shipped)"


def table(labelled: Path) -> str:
    """Average precision and F1 per tag, language and kind of text for each mix of training text."""
    asked = _real(labelled, training.LICENCES)
    columns = [(tag, language) for tag in MAIN_TAGS for language in LANGUAGES]
    columns += [(tag, "real") for tag in MAIN_TAGS]
    lines = [
        "| trained on | rows | " + " | ".join(f"{tag} {one}" for tag, one in columns) + " |",
        "|---|---:|" + "---:|" * len(columns),
    ]
    for name, licences in MIXES.items():
        taught = _mix(labelled, licences)
        # Rows that are asked about and never taught, where the licence is not among those of a mix.
        silent = asked.join(taught, on="text", how="anti", maintain_order="left")
        data = pl.concat([taught, silent.with_columns(weight=pl.lit(0.0))])
        rows = dict(zip((name, BESIDE), _cells(data, shared=False), strict=True))
        if licences == training.LICENCES:
            rows[MEANING] = _cells(data, shared=True)[1]
        else:
            del rows[BESIDE]
        lines += [
            f"| {one} | {len(taught):,} | " + " | ".join(cells) + " |"
            for one, cells in rows.items()
        ]
    return "\n".join(lines)


def _real(labelled: Path, licences: tuple[str, ...]) -> pl.DataFrame:
    return real.rows(real.read(CORPORA / "labels", labelled, licences))


def _mix(labelled: Path, licences: tuple[str, ...]) -> pl.DataFrame:
    """Our own messages and those of others with these licences: `corpora.COLUMNS`."""
    relabelled = _real(labelled, licences)
    others, _ = corpora.external(labelled, licences)
    others = others.join(relabelled, on="text", how="anti", maintain_order="left")
    return pl.concat([corpora.own(CORPORA), relabelled, others])


def _cells(data: pl.DataFrame, *, shared: bool) -> tuple[list[str], list[str]]:
    """The cells of a row for the message alone, and with its highest sentence beside it.

    Args:
        data: labelled messages.
        shared: words whose meanings are alike share what is learnt.
    """
    known = detectors()
    words = vocabulary.fitted(data.filter(pl.col("weight") > 0))
    features = Features(words, (known[tag] for tag in MAIN_TAGS))
    found = features.transform(
        pa.array(data["text"].to_list(), pa.string()), pa.array(data["lang"].to_list(), pa.string())
    )
    every = np.arange(found.matrix.shape[1])
    meant = meaning.vectors(words.get_feature_names_out().tolist()) * shared
    by_trade: list[tuple[str, str]] = []
    by_set: list[tuple[str, str]] = []
    for tag in MAIN_TAGS:
        judged = data[tag].is_not_null().to_numpy()
        mine = data.filter(judged)
        rows, sentences = fitting.of_rows(found, np.flatnonzero(judged), every)
        own = (mine["corpus"] == "own").to_numpy()
        logits = _logits(rows, sentences, meant, mine, tag, own, mine["group"])
        by_trade += [
            _both(mine, logits, tag, own & (mine["lang"] == language).to_numpy())
            for language in LANGUAGES
        ]
        # A set with its own labels is held out together with the one that has ours.
        names = mine["corpus"].str.strip_suffix(real.OURS)
        ours = mine["corpus"].str.ends_with(real.OURS).to_numpy()
        logits = _logits(rows, sentences, meant, mine, tag, ~own, names)
        by_set.append(_both(mine, logits, tag, ours))
    whole, beside = zip(*by_trade, *by_set, strict=True)
    return list(whole), list(beside)


def _logits(
    rows: csr_matrix,
    sentences: Sentences,
    meant: models.Floats,
    data: pl.DataFrame,
    tag: str,
    asked: Booleans,
    groups: pl.Series,
) -> tuple[models.Floats, models.Floats]:
    """Logits of the rows that are asked about, from models that saw nothing of their groups.

    Of the messages, and mixed with those of their highest sentences as the shipped models do.
    """
    labels, weights = data[tag].to_numpy().astype(np.int64), data["weight"].to_numpy()
    fold = np.full(len(data), -1)
    fold[asked] = sets.folds(labels[asked], groups.filter(asked).to_list())
    whole, highest = np.zeros((2, len(labels)))
    for at in range(sets.FOLDS):
        taught = (fold != at) & (weights > 0)
        model = meaning.fit(
            models.unfitted(fitting.STRENGTH), rows[taught], labels[taught], weights[taught], meant
        )
        whole[fold == at] = model.decision_function(rows[fold == at])
        best, _ = sentences.best(model.decision_function(sentences.matrix))
        highest[fold == at] = best[fold == at]
    shipped = Tagger.load(shipped_models()).models[tag]
    part = shipped.sentence / (shipped.slope + shipped.sentence)
    return whole, (1 - part) * whole + part * highest


def _both(
    data: pl.DataFrame, logits: tuple[models.Floats, models.Floats], tag: str, mine: Booleans
) -> tuple[str, str]:
    whole, beside = (_cell(data, one, tag, mine) for one in logits)
    return whole, beside


def _cell(data: pl.DataFrame, logits: models.Floats, tag: str, mine: Booleans) -> str:
    from sklearn.metrics import average_precision_score, f1_score

    labels = data[tag].to_numpy()[mine]
    ranks = average_precision_score(labels, logits[mine])
    return f"{ranks:.2f} / {f1_score(labels, logits[mine] > 0):.2f}"
