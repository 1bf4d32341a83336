"""Evidence: exact spans, the deciding sentence, and weights that add up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.detectors import _tokens
from pipeline.detectors._evidence import (
    EVIDENCE,
    SHOWN,
    Explainer,
    _Listed,
    _reached,
)
from pipeline.detectors._features import Features
from pipeline.tagger import detectors

WORDS = ["i", "stanbul", "wil", "ik wil", "ik", "offerte", "?", *"abcdefghjk"]


@cache
def features() -> Features:
    shape = {"vocabulary": WORDS, "ngram_range": (1, 2), "token_pattern": _tokens.TOKEN}
    return Features(TfidfVectorizer(**shape).fit(WORDS), detectors().values())


@dataclass(frozen=True)
class Explained:
    """The deciding sentence and the parts of one message."""

    sentence: tuple[int, int]
    parts: list[dict[str, Any]]

    @property
    def logit(self) -> float:
        return float(sum(part["weight"] for part in self.parts))


def explained(text: str, weights: dict[str, float]) -> Explained:
    """Explain with a weight for some words, `class:x`, `sign:x` and `cue:tag:x`."""
    known, texts = features(), pa.array([text])
    found = known.transform(texts, pa.array(["nl"]))
    first, words = known.first["class"], {word: at for at, word in enumerate(WORDS)}
    worth = np.zeros(found.matrix.shape)
    for name, weight in weights.items():
        column = first + known.names.index(name) if ":" in name else words[name]
        assert found.matrix[0, column], f"the text has no {name}"
        worth[0, column] = weight
    _, deciding = found.sentences.best(found.sentences.matrix @ (worth[0] != 0))
    one = Explainer(known).explain(
        found, texts, np.array([0]), csr_matrix(worth), np.array([-1.0]), deciding
    )
    sentence = int(one.sentence_start[0]), int(one.sentence_end[0])
    return Explained(sentence, one.evidence[0].as_py())


def spans(found: Explained, kind: str) -> list[tuple[int, int, str]]:
    return [(one["start"], one["end"], one["text"]) for one in found.parts if one["kind"] == kind]


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
    assert found.sentence == (5, 25)


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
    shown = [one["weight"] for one in found.parts if one["kind"] == "ngram"]
    assert shown == [-0.5, -0.4, 0.4, -0.3, 0.3, -0.2, 0.2, -0.1]
    assert len(shown) == SHOWN
    assert abs(found.logit - (sum(weights.values()) - 1.0)) < 1e-12
    assert [
        (one["kind"], one["start"], one["end"], one["text"]) for one in found.parts[SHOWN:]
    ] == [
        ("rest", 0, 0, ""),
        ("bias", 0, 0, ""),
    ]


def test_what_has_no_place_is_part_of_the_bias() -> None:
    found = explained("Dag dag dag dag", {"length:2": 0.25, "length:4": 0.5})
    assert [(one["kind"], one["weight"]) for one in found.parts] == [("rest", 0), ("bias", -0.25)]


def test_cue_counts_once_at_its_first_place_and_is_always_listed() -> None:
    text = "Graag een offerte. a b c d e f g h j. Graag een offerte."
    weights = {letter: 5.0 for letter in "abcdefghj"}
    found = explained(text, {**weights, "cue:lead:asks_for_quote": 0.1})
    assert spans(found, "cue:asks_for_quote") == [(0, 17, "Graag een offerte")]
    assert abs(found.logit - (45.1 - 1.0)) < 1e-9


def test_a_message_says_the_same_alone_and_among_others() -> None:
    known = features()
    texts = pa.array(
        ["", "Ik wil een offerte? 20 euro!", None, "De lamp is kapot.", "offerte " * 9]
    )
    found = known.transform(texts, pa.array(["nl", "nl", None, "nl", "en"]))
    generator = np.random.default_rng(3)
    weights = generator.normal(size=found.matrix.shape[1])
    worth = found.matrix.copy()
    worth.data *= weights[worth.indices]
    rows, bias = np.array([4, 1, 3, 0]), np.arange(4.0)
    deciding = found.sentences.best(found.sentences.matrix @ weights)[1][rows]
    together = Explainer(known).explain(found, texts, rows, worth[rows], bias, deciding)
    for at, row in enumerate(rows):
        alone = Explainer(known).explain(
            found, texts, rows[[at]], worth[[row]], bias[[at]], deciding[[at]]
        )
        assert alone.evidence[0] == together.evidence[at]
        assert alone.sentence_end[0] == together.sentence_end[at]
    assert together.evidence.type == EVIDENCE
    together.evidence.validate(full=True)


def test_nothing_asked_is_nothing_explained() -> None:
    texts = pa.array(["Ik wil een offerte?"])
    found = features().transform(texts, pa.array(["nl"]))
    none = np.zeros(0, dtype=np.int64)
    one = Explainer(features()).explain(found, texts, none, found.matrix[none], np.zeros(0), none)
    assert one.evidence.equals(pa.array([], EVIDENCE))


@given(
    lists=st.lists(st.lists(st.floats(-3, 3, allow_subnormal=False), max_size=40), max_size=5),
)
def test_what_need_not_be_ranked_is_never_among_the_weightiest(lists: list[list[float]]) -> None:
    at = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
    weights = np.array([weight for one in lists for weight in one])
    listed = _Listed(at, np.zeros_like(at), weights)
    for one, least in zip(lists, _reached(listed, len(lists)), strict=True):
        weightiest = sorted(map(abs, one), reverse=True)[:SHOWN]
        assert all(weight >= least for weight in weightiest)
