"""Words alike share what is learnt, and the model that comes out weighs words alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from pipeline.detectors._tokens import Floats
from pipeline.errors import SettingsError
from pipeline.learning import corpora, meaning

MEANT = np.array([[1.0, 0.0], [1.0, 0.1], [1.0, 0.0], [0.0, 0.0]])
LABELS = np.array([1, 1, 1, 0, 0, 0])
SIGN = np.array([[0.2], [0.0], [0.2], [0.2], [0.0], [0.0]])


def fitted(meant: Floats) -> tuple[LogisticRegression, csr_matrix]:
    """A model of six messages, none of which has the third word, and a sign behind the words."""
    said = np.eye(4)[[0, 0, 1, 3, 3, 3]]
    rows = csr_matrix(np.hstack([said, SIGN]))
    return meaning.fit(LogisticRegression(tol=1e-10), rows, LABELS, np.ones(6), meant), rows


def test_word_that_no_message_has_weighs_what_words_alike_weigh() -> None:
    model, _ = fitted(MEANT)
    broken, _, unheard, lamp, _ = model.coef_[0]
    assert 0.1 < unheard < broken
    assert lamp < 0


def test_word_without_meaning_learns_from_itself_alone() -> None:
    model, _ = fitted(np.zeros((4, 2)))
    assert model.coef_[0, 2] == 0


def test_model_weighs_the_features_alone_and_says_what_was_learnt() -> None:
    model, rows = fitted(MEANT)
    assert model.n_features_in_ == rows.shape[1] == model.coef_.shape[1]
    shared = np.hstack([rows.toarray(), rows[:, :4] @ MEANT])
    whole = LogisticRegression(tol=1e-10).fit(shared, LABELS)
    np.testing.assert_allclose(
        model.decision_function(rows), whole.decision_function(shared), atol=1e-6
    )


def test_vectors_of_words_alike_are_near_and_of_unknown_words_nothing() -> None:
    refund, money, bike, unknown = meaning.vectors(["refund", "refunded", "bicycle", "zzyzx"])
    assert refund @ money > 2 * abs(refund @ bike)
    assert not unknown.any()


def test_table_holds_each_word_once_and_keeps_what_is_alike_alike(tmp_path: Path) -> None:
    spread = np.random.default_rng(1).normal(size=(90, 70))
    spread[1] = spread[0]
    words = [f"w{at:02}" for at in range(90)]
    made = meaning.table(words, lambda asked: spread[: len(asked)])
    assert made["word"].to_list() == words
    made.write_parquet(tmp_path / "meaning.parquet")
    first, second, other = meaning.vectors(words[:3], tmp_path / "meaning.parquet")
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0.1


@pytest.mark.parametrize("held", [None, b"", b"PAR1 no more", "wide", "other"])
def test_vectors_that_cannot_be_read_are_an_error_with_their_file(
    tmp_path: Path, held: bytes | str | None
) -> None:
    file = tmp_path / "meaning.parquet"
    if isinstance(held, bytes):
        file.write_bytes(held)
    elif held == "wide":
        pl.DataFrame({"word": ["a"], "vector": [[1, 2, 3]]}).write_parquet(file)
    elif held == "other":
        pl.DataFrame({"term": ["a"]}).write_parquet(file)
    with pytest.raises(SettingsError) as raised:
        meaning.vectors(["a"], file)
    assert raised.value.where == str(file)


@pytest.mark.parametrize(("word", "kept"), [("broken", True), ("kapot", False), ("absent", True)])
def test_words_that_are_dutch_more_often_have_no_english_meaning(word: str, kept: bool) -> None:
    messages = pl.DataFrame(
        {
            "text": ["It is broken", "Broken again", "Hij is kapot, broken", "kapot"],
            "lang": ["en", "en", "nl", "nl"],
        }
    )
    assert (word in meaning.english(["absent", "broken", "is broken", "kapot"], messages)) == kept


def test_committed_vectors_are_of_words_that_are_english_in_our_corpora() -> None:
    # Messages that came after the vectors turn a rare word now and then.
    held = pl.read_parquet(meaning.FILE)
    words = held["word"].to_list()
    assert len(set(words)) == len(words) > 5000
    assert len(meaning.english(words, corpora.own(meaning.FILE.parent))) > 0.99 * len(words)
