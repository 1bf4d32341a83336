"""The pieces of words: as fine as spaCy ever cuts."""

from __future__ import annotations

from itertools import chain

import pyarrow as pa
import pytest
import spacy

from pipeline.detectors._atoms import Cutter
from pipeline.tagger import detectors
from pipeline.text import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_piece_is_half_in_one_of_spacys_tokens(language: str) -> None:
    nlp = spacy.blank(language)
    cutter = Cutter(nlp)
    texts = [
        *nlp.Defaults.tokenizer_exceptions,
        *("I cannot, and they couldn't've known", "10km/u of 24/7", "_gratis_ of e-mail", "20€!"),
    ]
    for text in texts:
        tokens = [token.text for token in nlp.make_doc(text)]
        assert cutter.cut(text) == tuple(chain.from_iterable(map(cutter.cut, tokens))), text


def test_what_spacy_cuts_without_a_sign_is_cut() -> None:
    cutter = Cutter(spacy.blank("en"))
    assert cutter.cut("Cannot") == cutter.cut("can not")
    assert cutter.cut("10am") == ("10", "am")
    assert cutter.cut("@cannot https://example.org/cannot :)") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_tokens_of_a_phrase_are_spacys(language: str) -> None:
    nlp = spacy.blank(language)
    cutter = Cutter(nlp)
    listed = [
        phrase
        for detector in detectors().values()
        for cue in detector.vocabulary[language]
        for phrase in cue.get("phrases", [])
    ]
    odd = ["Dont we cannot", "10km, toch?", "a  b", " a", "a\tb", "a\nb ", "tip: #fail", "e-mail's"]
    for phrase in [*nlp.Defaults.tokenizer_exceptions, *listed[::5], *odd]:
        assert cutter.tokens(phrase) == [token.lower_ for token in nlp.make_doc(phrase)], phrase


def test_words_of_a_batch_are_cut_as_text_is() -> None:
    cutter = Cutter(spacy.blank("en"))
    words = ["we", "cannot", "10km", "_", "unheard"]
    known = ["we", *cutter.cut("cannot"), "10", "km"]
    codes, begins = cutter.codes(pa.array(words), pa.array(known))
    pieces = [known[code] if code >= 0 else None for code in codes.tolist()]
    cut = [pieces[a:b] for a, b in zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True)]
    assert cut == [["we"], list(cutter.cut("cannot")), ["10", "km"], [], [None]]
