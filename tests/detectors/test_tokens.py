"""Texts are cut into sentences and words as Python's `re` cuts them, and know where they stand."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detectors._tokens import HIDDEN, TOKEN, sentences, tokens
from tests.detectors.texts import text


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
        ("Per kwartaal i.p.v. per maand. Graag", ["Per kwartaal i.p.v. per maand.", "Graag"]),
        ("Incl. btw, evt. met korting", ["Incl. btw, evt. met korting"]),
        ("Yours (e.g. the red one)", ["Yours (e.g. the red one)"]),
        ("Bel mij a.u.b. Groet, Ans", ["Bel mij a.u.b.", "Groet, Ans"]),
        ("Het is nr.\nvier", ["Het is nr.", "vier"]),
        ("Ik wil er een. ook voor haar", ["Ik wil er een.", "ook voor haar"]),
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
        assert re.sub("[\x1e\x1f]", " ", at) == sentence
    for row, words in enumerate(texts):
        kept = "".join(found.filter(pl.col("row") == row)["sentence"])
        assert "".join(kept.split()) == "".join(re.sub("[\x1e\x1f]", " ", words).split())


def test_text_without_words_is_one_empty_sentence() -> None:
    assert pieces("") == [(0, "")]
    assert pieces(" \n ") == [(0, " ")]
    assert sentences(pl.Series([None, "a"], dtype=pl.String))["row"].to_list() == [0, 1]


# --- tokens


def plain(sentence: str) -> list[str]:
    """The tokens of a sentence as Python finds them."""
    return re.findall(TOKEN, re.sub(HIDDEN, " ", sentence.lower()))


odd = st.lists(
    st.one_of(
        text,
        st.text(),
        st.sampled_from(["@", "@?", "@€5", "@ik", "http://", "https://a.nl/b?c", "a@b"]),
    ),
    max_size=6,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(odd, min_size=1, max_size=4))
def test_tokens_are_those_that_python_finds(texts: list[str]) -> None:
    known = [one for one in texts if all(unicodedata.category(c) != "Cn" for c in one)]
    cut = sentences(pl.Series(known, dtype=pl.String))
    found = tokens(cut)
    expected = [plain(one) for one in cut["sentence"]]
    assert found.words.to_pylist() == [word for listed in expected for word in listed]
    assert np.bincount(found.sentences, minlength=len(cut)).tolist() == list(map(len, expected))
    assert np.array_equal(found.rows, cut["row"].to_numpy()[found.sentences])


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(odd, min_size=1, max_size=4))
def test_tokens_stand_where_they_say(texts: list[str]) -> None:
    cut = sentences(pl.Series(texts, dtype=pl.String))
    found = tokens(cut)
    starts, ends = found.spans(np.arange(len(found.rows)))
    places = zip(found.sentences.tolist(), starts.tolist(), ends.tolist(), strict=True)
    written = [cut["sentence"][of][start:end] for of, start, end in places]
    for word, one in zip(found.words.to_pylist(), written, strict=True):
        # A letter that grows in lower case (İ) leaves a dot behind that is no part of a word, and
        # a sigma has another form where it ends what is made lower case.
        assert one.lower().replace("\u0307", "").replace("ς", "σ") == word.replace("ς", "σ")


def test_a_sentence_is_not_read_into_the_next() -> None:
    cut = pl.DataFrame(
        {"row": [0, 0, 1, 2], "start": [0, 3, 0, 0], "sentence": ["ik@", "wil", "", "?€"]}
    )
    found = tokens(cut)
    assert found.words.to_pylist() == ["ik", "wil", "?", "€"]
    assert found.sentences.tolist() == [0, 1, 3, 3]


def test_handles_and_links_are_no_words() -> None:
    found = tokens(
        sentences(pl.Series(["@Klaas_1 zie https://example.org/offerte?x=1 voor de offerte"]))
    )
    assert found.words.to_pylist() == ["zie", "voor", "de", "offerte"]
