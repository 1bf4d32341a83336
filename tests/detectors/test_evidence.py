"""Evidence: exact spans, the deciding sentence, and weights that add up."""

from __future__ import annotations

from functools import cache

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.detectors import _ngrams
from pipeline.detectors._evidence import (
    EVIDENCE,
    SHOWN,
    Explainer,
    Explanation,
    Part,
    pieces_of,
    to_arrow,
)
from pipeline.detectors._features import Features
from pipeline.detectors.base import Cue
from pipeline.tagger import detectors

WORDS = ["i", "stanbul", "wil", "ik wil", "ik", "offerte", "?", *"abcdefghjk"]


@cache
def features() -> Features:
    shape = {"vocabulary": WORDS, "ngram_range": (1, 2), "token_pattern": _ngrams.TOKEN}
    return Features(TfidfVectorizer(**shape).fit(WORDS), detectors().values())


def explained(
    text: str, weights: dict[str, float], cues: dict[str, list[Cue]] | None = None
) -> Explanation:
    """Explain with a weight for some words, `class:x`, `sign:x` and `cue:tag:x`."""
    known, first = features(), features().first["class"]
    columns = {
        first + known.names.index(name) if ":" in name else known.words.terms[name]: weight
        for name, weight in weights.items()
    }
    explainer = Explainer(known)
    spans = explainer.spans(text, "nl", columns, cues or {})
    (pieces,) = pieces_of(pl.Series([text]))
    ranked = sorted(columns, key=lambda column: (-abs(columns[column]), column))
    worth = [columns[column] for column in ranked]
    return explainer.explain(text, pieces, spans, ranked, worth, -1.0)


def spans(found: Explanation, kind: str) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.text) for one in found.parts if one.kind == kind]


def test_ngrams_are_named_by_their_exact_words_in_any_case() -> None:
    weights = dict.fromkeys(["ik", "ik wil", "wil", "offerte", "?"], 1.0)
    found = explained("Dag. IK  wil een Offerte?", weights)
    assert sorted(spans(found, "ngram")) == [
        (5, 7, "IK"),
        (5, 12, "IK  wil"),
        (9, 12, "wil"),
        (17, 24, "Offerte"),
        (24, 25, "?"),
    ]
    assert (found.sentence_start, found.sentence_end) == (5, 25)


def test_place_is_right_behind_a_letter_that_grows_in_lower_case() -> None:
    found = explained("İİ İSTANBUL wil", dict.fromkeys(["i", "stanbul", "wil"], 1.0))
    assert sorted(spans(found, "ngram")) == [(0, 1, "İ"), (4, 11, "STANBUL"), (12, 15, "wil")]


def test_a_word_inside_a_handle_or_a_link_is_no_place() -> None:
    found = explained("@ik http://x.nl/ik ik", {"ik": 1.0})
    assert spans(found, "ngram") == [(19, 21, "ik")]


def test_a_class_shows_the_word_that_is_in_it() -> None:
    found = explained("De lamp is kapot.", {"class:broken_failing": 0.7})
    assert spans(found, "class:broken_failing") == [(11, 16, "kapot")]


def test_a_sign_shows_where_it_stands() -> None:
    found = explained("Wat kost dat? 20 euro?", {"sign:ends_in_question": 0.4})
    assert spans(found, "sign:ends_in_question") == [(21, 22, "?")]


def test_only_the_weightiest_are_listed_and_the_rest_is_summed() -> None:
    weights = {letter: (at - 5) / 10 for at, letter in enumerate("abcdefghjk")}
    found = explained(" ".join(weights), weights)
    shown = [one.weight for one in found.parts if one.kind == "ngram"]
    assert shown == [-0.5, -0.4, 0.4, -0.3, 0.3, -0.2, 0.2, -0.1]
    assert len(shown) == SHOWN
    assert abs(found.logit - (sum(weights.values()) - 1.0)) < 1e-12
    assert [(one.kind, one.start, one.end, one.text) for one in found.parts[SHOWN:]] == [
        ("rest", 0, 0, ""),
        ("bias", 0, 0, ""),
    ]


def test_what_has_no_place_is_part_of_the_bias() -> None:
    found = explained("Dag", {"length:2": 0.25, "length:4": 0.5})
    assert [(one.kind, one.weight) for one in found.parts] == [("rest", 0), ("bias", -0.25)]


def test_cue_counts_once_at_its_first_place_and_is_always_listed() -> None:
    text = "Graag een offerte. a b c d e f g h j. Graag een offerte."
    weights = {letter: 5.0 for letter in "abcdefghj"}
    cues = {"lead": [Cue("asks_for_quote", 0, 17), Cue("asks_for_quote", 38, 55)]}
    found = explained(text, {**weights, "cue:lead:asks_for_quote": 0.1}, cues)
    assert spans(found, "cue:asks_for_quote") == [(0, 17, "Graag een offerte")]
    assert abs(found.logit - (45.1 - 1.0)) < 1e-9


def test_the_deciding_sentence_weighs_most() -> None:
    found = explained("Ik wil. Een offerte? Ik.", {"wil": 1.0, "offerte": 2.0, "ik": -0.5})
    assert (found.sentence_start, found.sentence_end) == (8, 20)


parts = st.builds(
    Part,
    start=st.integers(0, 99),
    end=st.integers(0, 99),
    text=st.text(max_size=3),
    weight=st.floats(-9, 9),
    kind=st.just("ngram"),
)


@given(rows=st.lists(st.lists(parts, max_size=3), max_size=5))
def test_parts_of_many_rows_become_one_array(rows: list[list[Part]]) -> None:
    array = to_arrow([part for row in rows for part in row], [len(row) for row in rows])
    assert array.type == EVIDENCE
    array.validate(full=True)
    assert array.to_pylist() == [[part._asdict() for part in row] for row in rows]


def test_no_rows_are_an_empty_array() -> None:
    assert to_arrow([], []).equals(pa.array([], EVIDENCE))
    assert to_arrow([], [0, 0]).to_pylist() == [[], []]
