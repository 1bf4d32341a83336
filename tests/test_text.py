"""Vocabulary: phrases from files, and patterns that find them as whole words."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import text
from pipeline.errors import FatalError

phrases = st.lists(st.text("abcé+#. ", min_size=1, max_size=8), max_size=6)


def found(pattern: str, words: str) -> list[str]:
    return pl.select(pl.lit(words).str.extract_all(pattern)).item().to_list()


@given(phrases=phrases, words=st.text("abcé+#. \n", max_size=30))
def test_pattern_means_the_same_to_python_and_to_polars(phrases: list[str], words: str) -> None:
    pattern = text.any_of(phrases)
    assert found(pattern, words) == [match[0] for match in re.finditer(pattern, words)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Geld terug!", ["Geld terug"]),
        ("geld\n  terug", ["geld\n  terug"]),
        ("geldteruggave", []),
        ("vergeld terug", []),
        ("C++ of c++", ["C++", "c++"]),
    ],
)
def test_phrases_are_found_as_whole_words_in_any_case(words: str, expected: list[str]) -> None:
    assert found(text.any_of(["geld terug", "c++"]), words) == expected


def test_longest_phrase_wins() -> None:
    assert found(text.any_of(["geld", "geld terug"]), "geld terug graag") == ["geld terug"]


@pytest.mark.parametrize("nothing", [[], [""], ["  "]])
def test_no_phrases_find_nothing(nothing: list[str]) -> None:
    assert found(text.any_of(nothing), "alles\nmag, behalve dit") == []


def test_languages_are_read_together_or_apart() -> None:
    dutch = text.terms("duplicates", "turning", "nl")
    english = text.terms("duplicates", "turning", "en")
    assert "niet" in dutch
    assert "never" in english
    assert text.terms("duplicates", "turning") == (*dutch, *english)
    assert text.terms("duplicates", "turning", "de") == (*dutch, *english)
    assert not set(dutch) & set(english)


def test_missing_list_names_its_file() -> None:
    with pytest.raises(FatalError, match=r"terms\.nl\.toml: there is no list \[noise\] bagels"):
        text.terms("noise", "bagels")


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_every_list_exists_in_both_languages_in_lower_case_without_repeats(language: str) -> None:
    mine = text.vocabulary(f"terms.{language}.toml")
    other = text.vocabulary("terms.nl.toml")
    assert {group: set(lists) for group, lists in mine.items()} == {
        group: set(lists) for group, lists in other.items()
    }
    for group, lists in mine.items():
        for name, words in lists.items():
            assert [word for word in words if word != word.lower().strip()] == [], (group, name)
            assert len(words) == len(set(words)), (group, name)


def test_little_words_are_whole_words_in_lower_case() -> None:
    for words in text.little_words().values():
        assert [word for word in words if not word.isalpha() or word != word.lower()] == []


def test_concepts_have_weights_and_stop_words_only_for_what_exists() -> None:
    assert set(text.concept_weights()) <= set(text.concepts())
    assert {"de", "the"} <= text.stop_words()


def test_word_that_is_none_is_cut_for_spacy_and_all_places_stay() -> None:
    signs = "=" * 2_500
    shown = text.shortened(f"Mijn tabel:\n{signs}\nis stuk")
    assert shown.split() == ["Mijn", "tabel:", "=" * text.LONGEST_WORD, "is", "stuk"]
    assert shown.index("is stuk") == len("Mijn tabel:\n") + 2_501


def test_text_of_words_is_shown_to_spacy_as_it_is() -> None:
    for one in ("", "kort", " " * 3_000, "woord\n" * 3_000, "a" * text.LONGEST_WORD):
        assert text.shortened(one) == one
