"""Word n-grams: the fast twin gives what scikit-learn gives, for any text."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.detectors._ngrams import Vectorizer, vectors
from pipeline.detectors._tokens import TOKEN, readable, sentences, tokens
from pipeline.model_store import load
from pipeline.settings import shipped_models
from tests.detectors.texts import ODD, WORDS, text


def transformed(twin: Vectorizer, texts: pl.Series) -> csr_matrix:
    found = tokens(sentences(texts))
    at, columns = twin.entries(found)
    idf = twin.idf
    return vectors([(found.rows[at], columns)], count=len(texts), sizes=idf, words=len(idf))


@pytest.fixture(scope="module")
def fitted() -> TfidfVectorizer:
    documents = [" ".join(WORDS), " ".join(reversed(WORDS)), "wil ik een", "stanbul ik"]
    return TfidfVectorizer(ngram_range=(1, 2), token_pattern=TOKEN).fit(documents)


@pytest.fixture(scope="module")
def shipped() -> TfidfVectorizer:
    return load(Path(shipped_models() / "lead"))[0]["vectorizer"]


@cache
def twin_of(fitted: TfidfVectorizer) -> Vectorizer:
    return Vectorizer(fitted)


def differences(fitted: TfidfVectorizer, texts: list[str]) -> float:
    with warnings.catch_warnings():
        expected = fitted.transform(readable(pl.Series(texts, dtype=pl.String)))
    found = transformed(twin_of(fitted), pl.Series(texts, dtype=pl.String))
    assert found.shape == expected.shape
    return float(abs(found - expected).max()) if texts else 0.0


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(text, min_size=1, max_size=5))
def test_rows_are_those_of_scikit_learn(fitted: TfidfVectorizer, texts: list[str]) -> None:
    assert differences(fitted, texts) < 1e-6


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_rows_of_the_shipped_vocabulary_are_those_of_scikit_learn(
    shipped: TfidfVectorizer, data: st.DataObject
) -> None:
    terms = st.sampled_from(list(shipped.vocabulary_))
    texts = data.draw(st.lists(st.lists(terms, max_size=20).map(" ".join), min_size=1, max_size=4))
    assert differences(shipped, texts) < 1e-6


@pytest.mark.parametrize("word", ODD)
def test_odd_letters_are_cut_as_python_cuts_them(fitted: TfidfVectorizer, word: str) -> None:
    assert differences(fitted, [f"ik{word}wil {word} graag", word]) < 1e-6


def test_batches_do_not_change_the_rows(fitted: TfidfVectorizer) -> None:
    texts = pl.Series(["ik wil graag", "", "the app crashes ?", "offerte", "x y z"])
    twin = Vectorizer(fitted)
    whole = transformed(twin, texts).toarray()
    apart = np.vstack([transformed(twin, texts[at : at + 1]).toarray() for at in range(len(texts))])
    assert np.array_equal(whole, apart)


def test_no_texts_and_no_known_words_give_empty_rows(fitted: TfidfVectorizer) -> None:
    twin = Vectorizer(fitted)
    assert transformed(twin, pl.Series([], dtype=pl.String)).shape[0] == 0
    assert transformed(twin, pl.Series(["", "qqq", "🙄"])).nnz == 0


def test_vocabulary_of_single_words_alone_is_served_too() -> None:
    one = TfidfVectorizer(token_pattern=TOKEN).fit(["ik wil", "wil graag"])
    assert differences(one, ["ik wil graag wil", "graag graag"]) < 1e-6
