"""The words and pairs of words that the models of a set share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.detectors import _tokens
from pipeline.detectors.base import MAIN_TAGS
from pipeline.model_store import load

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer


def held(models: Path, others: set[str]) -> TfidfVectorizer | None:
    """The words of the models that are not trained now, if there are any: a set shares them."""
    made = [tag for tag in sorted(others) if (models / tag).exists()]
    return load(models / made[0])[0]["vectorizer"] if made else None


def fitted(data: pl.DataFrame) -> TfidfVectorizer:
    """The words and pairs of words of a set of models, from text with `corpora.COLUMNS`."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    # Text that teaches none of the main tags changes nothing for them.
    data = data.filter(pl.any_horizontal(pl.col(tag).is_not_null() for tag in MAIN_TAGS))
    shape = {"ngram_range": (1, 2), "token_pattern": _tokens.TOKEN}
    texts = _tokens.readable(data["text"])
    ours = TfidfVectorizer(min_df=2, **shape).fit(texts.filter(data["corpus"] == "own"))
    # Words that two of our own messages use always count; others must be common to be worth a row.
    common = TfidfVectorizer(min_df=12, **shape).fit(texts)
    terms = sorted({*ours.vocabulary_, *common.vocabulary_})
    return TfidfVectorizer(vocabulary=terms, **shape).fit(texts)
