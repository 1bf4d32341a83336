"""Evidence: exact spans, and weights that add up."""

from __future__ import annotations

import re
from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.detectors._evidence import EVIDENCE, SHOWN, Explanation, Part, to_arrow
from pipeline.detectors.base import Cue

WORDS = ("i", "stanbul", "wil", "ik wil", "ik", "offerte", "?")
TERMS = {word: at for at, word in enumerate(WORDS)}


def explained(text: str, offset: int = 0) -> Explanation:
    sentence = text[offset:]
    weights = {column: 1.0 + column / 10 for column in columns_of(sentence)}
    return Explanation.of(text, (offset, sentence), weights, TERMS, [], {}, -1.0)


def columns_of(sentence: str) -> set[int]:
    words = re.findall(r"\w+|[?!€$£%]", sentence.lower())
    pairs = [" ".join(pair) for pair in pairwise(words)]
    return {TERMS[term] for term in (*words, *pairs) if term in TERMS}


def spans(found: Explanation, kind: str) -> list[tuple[int, int, str]]:
    return [(one.start, one.end, one.text) for one in found.parts if one.kind == kind]


def test_ngrams_are_named_by_their_exact_words_in_any_case() -> None:
    text = "Dag. IK  wil een Offerte?"
    found = explained(text, offset=5)
    assert sorted(spans(found, "ngram")) == [
        (5, 7, "IK"),
        (5, 12, "IK  wil"),
        (9, 12, "wil"),
        (17, 24, "Offerte"),
        (24, 25, "?"),
    ]
    assert (found.sentence_start, found.sentence_end) == (5, 25)


def test_place_is_right_behind_a_letter_that_grows_in_lower_case() -> None:
    assert sorted(spans(explained("İİ İSTANBUL wil"), "ngram")) == [
        (0, 1, "İ"),
        (4, 11, "STANBUL"),
        (12, 15, "wil"),
    ]


def test_only_the_weightiest_are_listed_and_the_rest_is_summed() -> None:
    terms = {chr(97 + at): at for at in range(10)}
    weights = {at: (at - 5) / 10 for at in range(10)}
    text = " ".join(terms)
    found = Explanation.of(text, (0, text), weights, terms, [], {}, 0.25)
    shown = [one.weight for one in found.parts if one.kind == "ngram"]
    assert shown == [-0.5, -0.4, 0.4, -0.3, 0.3, -0.2]
    assert len(shown) == SHOWN
    assert abs(found.logit - (sum(weights.values()) + 0.25)) < 1e-12
    assert [(one.kind, one.start, one.end, one.text) for one in found.parts[SHOWN:]] == [
        ("rest", 0, 0, ""),
        ("bias", 0, 0, ""),
    ]


def test_cue_counts_once_at_its_first_place_anywhere_in_the_message() -> None:
    text = "Graag een offerte. Hallo. Graag een offerte."
    cues = [Cue("asks", 0, 17), Cue("asks", 26, 43), Cue("loud", 18, 24)]
    found = Explanation.of(text, (18, "Hallo."), {}, {}, cues, {"asks": 2.0, "loud": 0.5}, 1.0)
    assert spans(found, "cue:asks") == [(0, 17, "Graag een offerte")]
    assert spans(found, "cue:loud") == [(18, 24, " Hallo")]
    assert found.logit == 3.5


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
