"""Classes of words: the same in both languages, whatever the batch."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pytest

from pipeline import text
from pipeline.detectors._classes import ClassFinder
from pipeline.detectors._tokens import sentences, tokens
from pipeline.errors import FatalError


@pytest.fixture(scope="module")
def finder() -> ClassFinder:
    return ClassFinder()


def named(finder: ClassFinder, word: str, language: str) -> set[str]:
    return {finder.names[at] for at in finder.lists(language)[word]}


@pytest.mark.parametrize(
    ("word", "language", "name"),
    [
        ("kapot", "nl", "broken_failing"),
        ("broken", "en", "broken_failing"),
        ("offerte", "nl", "price_quote"),
        ("quote", "en", "price_quote"),
        ("internetstoring", "nl", "broken_failing"),  # the last part of a compound
        ("storing", "nl", "broken_failing"),  # a star stands for nothing, too
        ("gebrekkige", "nl", "broken_failing"),  # any ending
    ],
)
def test_word_is_in_its_class(finder: ClassFinder, word: str, language: str, name: str) -> None:
    assert name in named(finder, word, language)


@pytest.mark.parametrize(
    ("word", "language", "name"),
    [
        ("stukje", "nl", "broken_failing"),
        ("broken", "nl", "broken_failing"),
        ("fietsbel", "nl", "broken_failing"),
        ("tablet", "en", "housing_nouns"),
    ],
)
def test_word_that_only_looks_like_it_is_not(
    finder: ClassFinder, word: str, language: str, name: str
) -> None:
    assert name not in named(finder, word, language)


def test_each_text_is_read_in_its_language(finder: ClassFinder) -> None:
    texts = pl.Series(["Kapot, alles kapot!", "broken", "kapot", "", "broken"])
    languages = pa.array(["nl", "en", "en", "nl", "und"])
    found = tokens(sentences(texts))
    at, columns = finder.entries(found, languages)
    column = finder.names.index("broken_failing")
    assert found.rows[at[columns == column]].tolist() == [0, 0, 1, 4]
    assert at[columns == column].tolist() == [0, 2, 4, 6]


@pytest.mark.parametrize(
    ("text", "language", "after"),
    [
        ("it is not that slow", "en", {"negation+slow_delay"}),
        ("niet lang, maar het is duur", "nl", {"concession_but+expensive"}),
        ("never a delay", "en", {"never_nothing_nobody+slow_delay"}),
        ("slow, but not expensive", "en", {"concession_but+expensive", "negation+expensive"}),
        ("we want expensive", "en", {"first_person_plural+expensive", "want_desire+expensive"}),
        ("not the kind of thing that is slow", "en", set()),
        ("slow, not", "en", set()),
        ("It is not. Slow, that is", "en", set()),
    ],
)
def test_class_soon_after_an_opener_counts_as_after_it(
    finder: ClassFinder, text: str, language: str, after: set[str]
) -> None:
    # The text behind must not be reached.
    found = tokens(sentences(pl.Series([text, "slow and expensive"])))
    at, of_class = finder.entries(found, pa.array([language, "en"]))
    words, pairs = finder.after(found, at, of_class)
    wanted = {"slow_delay", "expensive"}
    names = {finder.after_names[pair] for pair in pairs}
    assert {name for name in names if name.partition("+")[2] in wanted} == after
    assert set(found.rows[words]) <= {0}
    assert list(words) == sorted(words)


def test_a_word_of_a_hundred_thousand_letters_is_read_at_once(finder: ClassFinder) -> None:
    assert named(finder, "kapot" * 20_000, "nl") == set()


def test_a_class_of_one_language_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(text.classes("en"))
    known.pop("broken_failing")
    monkeypatch.setattr(
        "pipeline.detectors._classes.classes",
        lambda language: known if language == "en" else text.classes(language),
    )
    with pytest.raises(FatalError, match="broken_failing"):
        ClassFinder()
