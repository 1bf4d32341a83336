"""Word n-grams: the fast twin gives what scikit-learn gives, for any text."""

from __future__ import annotations

import unicodedata
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.detectors._ngrams import TOKEN, Vectorizer, readable, sentences, tokens
from pipeline.model_store import load
from pipeline.settings import shipped_models


def transformed(twin: Vectorizer, texts: pl.Series) -> csr_matrix:
    found = tokens(sentences(texts))
    at, columns = twin.entries(found)
    return twin.weigh(found.rows[at], columns, len(texts))


WORDS = [
    "ik",
    "wil",
    "graag",
    "een",
    "offerte",
    "?",
    "the",
    "app",
    "crashes",
    "€",
    "10",
    "50",
    "%",
    "naïve",
    "istanbul",
    "straße",
    "!",
    "i",
    "²",
    "café",
    "wil_je",
    "quote",
    "dark",
    "mode",
    "please",
    "add",
]
ODD = (
    "İSTANBUL",
    "ΑΣ",
    "Straße",
    "é",
    "e\u0301",
    "½",
    "10²",
    "👩\u200d👩\u200d👧",
    "🙄",
    "\u200b",
    "\u200d",
    "\u202eabc",
    "שלום",
    "مرحبا",
    "你好",
    "नमस्ते",
    "𝐰𝐢𝐥",
    "\r\n",
    "\t",
    "\u00a0",
    "don't",
    "a_b",
    "１２",
)
text = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(ODD),
        # Letters that came into Unicode after this Python are no letters to it yet.
        st.text(max_size=4).filter(lambda one: all(unicodedata.category(c) != "Cn" for c in one)),
        st.sampled_from(["? ", ". ", "\n", "", " ", "…) "]),
    ),
    max_size=12,
).map(" ".join)


@pytest.fixture(scope="module")
def fitted() -> TfidfVectorizer:
    documents = [" ".join(WORDS), " ".join(reversed(WORDS)), "wil ik een", "stanbul ik"]
    return TfidfVectorizer(ngram_range=(1, 2), token_pattern=TOKEN).fit(documents)


@pytest.fixture(scope="module")
def shipped() -> TfidfVectorizer:
    return load(Path(shipped_models() / "lead"))[0]["vectorizer"]


def differences(fitted: TfidfVectorizer, texts: list[str]) -> float:
    with warnings.catch_warnings():
        expected = fitted.transform(readable(pl.Series(texts, dtype=pl.String)))
    found = transformed(Vectorizer(fitted), pl.Series(texts, dtype=pl.String))
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
    terms = st.sampled_from(sorted(shipped.vocabulary_))
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


# --- sentences


def pieces(words: str) -> list[tuple[int, str]]:
    return [(start, one) for _, start, one in sentences(pl.Series([words])).iter_rows()]


def test_text_is_cut_after_its_sentences() -> None:
    assert pieces("De app crasht. Alweer! Kan dat beter?") == [
        (0, "De app crasht."),
        (15, "Alweer!"),
        (23, "Kan dat beter?"),
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('Zei hij "stop." Toen niets', ['Zei hij "stop."', "Toen niets"]),
        ("Prijs 10.50 euro", ["Prijs 10.50 euro"]),
        ("Ja…) En nu", ["Ja…)", "En nu"]),
        ("een\r\n\r\ntwee\nvier", ["een", "twee", "vier"]),
        ("www.shop.example", ["www.shop.example"]),
    ],
)
def test_dots_within_words_and_quotes_are_understood(words: str, expected: list[str]) -> None:
    assert [one for _, one in pieces(words)] == expected


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(st.one_of(text, st.text()), min_size=1, max_size=4))
def test_sentence_is_exactly_the_text_at_its_place(texts: list[str]) -> None:
    found = sentences(pl.Series(texts, dtype=pl.String))
    assert found["row"].unique().to_list() == list(range(len(texts))), "no text is lost"
    assert found["row"].is_sorted()
    for row, start, sentence in found.iter_rows():
        at = texts[row][start : start + len(sentence)]
        assert at.replace("\x1f", " ") == sentence
    for row, words in enumerate(texts):
        kept = "".join(found.filter(pl.col("row") == row)["sentence"])
        assert "".join(kept.split()) == "".join(words.replace("\x1f", " ").split())


def test_text_without_words_is_one_empty_sentence() -> None:
    assert pieces("") == [(0, "")]
    assert pieces(" \n ") == [(0, " ")]
    assert sentences(pl.Series([None, "a"], dtype=pl.String))["row"].to_list() == [0, 1]


def test_handles_and_links_are_no_words() -> None:
    found = tokens(
        sentences(pl.Series(["@Klaas_1 zie https://example.org/offerte?x=1 voor de offerte"]))
    )
    assert found.words.to_pylist() == ["zie", "voor", "de", "offerte"]
