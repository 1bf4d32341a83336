"""Features: a row per message and one per sentence, which holds what begins in it."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.detectors import _tokens
from pipeline.detectors._features import Features, Found
from pipeline.detectors._signs import SIGNS, gates, signs
from pipeline.tagger import detectors

WORDS = ["ik", "wil", "ik wil", "een", "offerte", "een offerte", "lamp"]


@cache
def features() -> Features:
    shape = {"vocabulary": WORDS, "ngram_range": (1, 2), "token_pattern": _tokens.TOKEN}
    return Features(TfidfVectorizer(**shape).fit(WORDS), detectors().values())


def found(*texts: str | None) -> Found:
    return features().transform(pa.array(texts, pa.string()), pa.array(["nl"] * len(texts)))


def names(of: Found, sentence: int) -> set[str]:
    every = [*WORDS, *features().names]
    return {every[column] for column in of.sentences.matrix[sentence].indices}


def test_a_sentence_alone_has_the_features_of_a_message_that_is_nothing_else() -> None:
    pieces = ["Ik wil graag een offerte!", "de lamp is niet kapot.", "Wat kost 1 lamp?"]
    together, alone = found(" ".join(pieces), *pieces), found(*pieces)
    assert together.sentences.rows.tolist() == [0, 0, 0, 1, 2, 3]
    differ = together.sentences.matrix[:3] != alone.matrix
    assert differ.nnz == 0
    assert (together.sentences.matrix[3:] != together.matrix[1:]).nnz == 0


def test_sentences_stand_where_they_stand_in_the_text() -> None:
    text = " Dag.\n\nIk wil een offerte? Een lamp"
    of = found("a", text, None)
    spans = zip(of.sentences.start.tolist(), of.sentences.end.tolist(), strict=True)
    assert [text[start:end] for start, end in list(spans)[1:4]] == [
        " Dag.",
        "Ik wil een offerte?",
        "Een lamp",
    ]
    assert of.sentences.rows.tolist() == [0, 1, 1, 1, 2]


def test_a_cue_belongs_to_the_sentence_it_begins_in() -> None:
    of = found("niets", "De lamp brandt. \n Graag een offerte. Dag.")
    assert "cue:lead:asks_for_quote" in names(of, 2)
    assert all("cue:lead:asks_for_quote" not in names(of, at) for at in (0, 1, 3))


def test_the_highest_sentence_is_the_first_of_equals() -> None:
    of = found("Lamp. Ik wil. Lamp. Ik wil.", "", "Lamp.")
    weights = np.zeros(of.matrix.shape[1])
    weights[WORDS.index("wil")] = 1.0
    scores, which = of.sentences.best(of.sentences.matrix @ weights)
    assert which.tolist() == [1, 4, 5]
    assert scores[0] > 0
    assert scores[1:].tolist() == [0, 0]


def test_no_messages_have_no_sentences() -> None:
    of = found()
    scores, which = of.sentences.best(np.zeros(0))
    assert (len(of.sentences.rows), len(scores), len(which)) == (0, 0, 0)


PIECES = (
    *("?", "!", "...", "…", "€", "Euro", "euros", "EUR", "EURO", "5", "%", "5 %", "٣", " ", "\n"),
    *(
        "😡",
        "👍",
        ":(",
        ":-)",
        ";)",
        "@ik",
        "@",
        "www.",
        "https://",
        "#",
        "NIET",
        "NIETS",
        "É",
        "“",
    ),
)


@given(texts=st.lists(st.lists(st.sampled_from(PIECES)).map("".join), max_size=5))
def test_what_passes_no_gate_has_no_sign(texts: list[str]) -> None:
    said = pl.Series(texts, dtype=pl.String)
    everything = np.ones((len(texts), len(SIGNS)), dtype=bool)
    assert np.array_equal(signs(said, gates(said)), signs(said, everything))
