"""Cues: found where spaCy finds them, however little of the text it is shown."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from functools import cache
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.matcher import Matcher, PhraseMatcher
from spacy.util import filter_spans

from pipeline.detectors._cues import CueFinder
from pipeline.detectors._tokens import sentences, tokens
from pipeline.detectors.base import Detector
from pipeline.errors import FatalError
from pipeline.tagger import detectors
from pipeline.text import LANGUAGES
from tests.detectors.cues import Cue, names
from tests.detectors.cues import found as find

Found = dict[str, list[Cue]]


class Plain:
    """What `CueFinder` does without any short cut: spaCy reads every text for every cue."""

    def __init__(self, language: str) -> None:
        self.nlp = spacy.blank(language)
        self.phrases = PhraseMatcher(self.nlp.vocab, attr="LOWER")
        self.patterns = Matcher(self.nlp.vocab)
        for detector in detectors().values():
            for cue in detector.vocabulary[language]:
                label = f"{detector.tag}:{cue['name']}"
                self.phrases.add(label, [self.nlp.make_doc(one) for one in cue.get("phrases", [])])
                if cue.get("patterns"):
                    self.patterns.add(label, cue["patterns"])

    def find(self, text: str) -> Found:
        doc = self.nlp.make_doc(text.replace("’", "'"))
        by_label = defaultdict(list)
        for span in (*self.phrases(doc, as_spans=True), *self.patterns(doc, as_spans=True)):
            by_label[span.label_].append(span)
        found: Found = defaultdict(list)
        for label, spans in sorted(by_label.items()):
            tag, name = label.split(":")
            found[tag] += [Cue(name, at.start_char, at.end_char) for at in filter_spans(spans)]
        return dict(found)


@cache
def plain(language: str) -> Plain:
    return Plain(language)


@cache
def vocabulary(language: str) -> tuple[list[str], list[list[list[str]]]]:
    """All phrases, and for each token pattern the words that fit each token that must be there."""
    phrases, patterns = [], []
    for detector in detectors().values():
        for cue in detector.vocabulary[language]:
            phrases += cue.get("phrases", [])
            patterns += [
                [_words(token) for token in pattern if token.get("OP", "1") == "1"]
                for pattern in cue.get("patterns", [])
            ]
    return phrases, patterns


def _words(token: dict[str, Any]) -> list[str]:
    if "LOWER" not in token:
        return ["3"] if "LIKE_NUM" in token else ["even"]
    lower = token["LOWER"]
    return list(lower["IN"]) if isinstance(lower, dict) else [lower]


def joined(words: list[str]) -> str:
    """Words as people write them: `i 'm` is `i'm`."""
    return " ".join(words).replace(" '", "'").replace(" n't", "n't")


FILLERS = [
    *(
        "",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\u00a0",
        ".",
        ", ",
        "!? ",
        "'s ",
        "-",
        "/",
        "🙄",
        "’t ",
        "\u200b",
        "İ",
    ),
    *("niet ", "can't ", "cannot ", "10km ", "(", ")", "x" * 250, "…", "ik ", "een ", "zo ", "3 "),
]


@st.composite
def texts(draw: st.DrawFn, language: str) -> str:
    phrases, patterns = vocabulary(language)
    parts = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from("ppwff"))
        if kind == "p":
            parts.append(draw(st.sampled_from(phrases)))
        elif kind == "w":
            pattern = draw(st.sampled_from(patterns))
            parts.append(joined([draw(st.sampled_from(words)) for words in pattern]))
        else:
            parts.append(draw(st.one_of(st.sampled_from(FILLERS), st.text(max_size=5))))
        parts.append(draw(st.sampled_from(["", " ", " ", " ", "\n", "  "])))
    text = "".join(parts)
    odd = "".join(one.upper() if at % 4 == 3 else one for at, one in enumerate(text))
    return draw(st.sampled_from([text, text, text.upper(), text.title(), odd]))


def sorted_cues(found: Found) -> Found:
    return {tag: sorted(cues) for tag, cues in sorted(found.items())}


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_cues_are_those_that_spacy_finds_in_the_whole_text(
    language: str, data: st.DataObject
) -> None:
    batch = data.draw(st.lists(texts(language), min_size=1, max_size=3))
    found = find(pl.Series(batch), language)
    for row, text in enumerate(batch):
        assert sorted_cues(found.get(row, {})) == sorted_cues(plain(language).find(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "I cant find it",
        "I canT find it",
        "I CAN'T find it",
        "a+",
        "a b",
        "tip: tip :",
        "#fail # fail",
    ],
)
def test_signs_and_capitals_within_a_phrase_count_as_spacy_has_them(text: str) -> None:
    found = find(pl.Series([text]), "en").get(0, {})
    assert sorted_cues(found) == sorted_cues(plain("en").find(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_and_every_pattern_can_be_found(language: str) -> None:
    phrases, patterns = vocabulary(language)
    made = [*phrases, *(joined([words[0] for words in pattern]) for pattern in patterns)]
    found = find(pl.Series(made), language)
    assert [text for row, text in enumerate(made) if row not in found] == []


@pytest.mark.parametrize(
    ("text", "language", "tag", "name"),
    [
        ("Kunnen jullie mij een vrijblijvende offerte sturen?", "nl", "lead", "asks_for_quote"),
        ("WE ZIJN OP ZOEK NAAR EEN installateur", "nl", "lead", "looking_for"),
        ("WIJ HEBBEN EEN TENT NODIG", "nl", "lead", "states_need"),
    ],
)
def test_cue_shows_in_a_sentence(text: str, language: str, tag: str, name: str) -> None:
    assert name in names(text, language, tag)


@pytest.mark.parametrize(
    ("text", "language", "tag", "name"),
    [
        ("op zoek\nnaar een", "nl", "lead", "looking_for"),
        ("vrijblijvende  offerte", "nl", "lead", "asks_for_quote"),
        ("Ik heb twee offertes", "nl", "lead", "asks_for_quote"),
    ],
)
def test_trap_is_no_cue(text: str, language: str, tag: str, name: str) -> None:
    assert name not in names(text, language, tag)


@pytest.mark.parametrize("language", LANGUAGES)
def test_cues_do_not_depend_on_the_texts_beside_them(language: str) -> None:
    phrases, _ = vocabulary(language)
    signed = [one for one in phrases if not (one[0] + one[-1]).isalpha()]
    halves = [half for one in signed for half in (one[:1], one[1:], one[:-1], one[-1:])]
    together = find(pl.Series(halves), language)
    alone = {half: plain(language).find(half) for half in set(halves)}
    for row, half in enumerate(halves):
        assert sorted_cues(together.get(row, {})) == sorted_cues(alone[half]), halves[
            row - 1 : row + 2
        ]


def test_other_languages_are_read_with_the_english_cues() -> None:
    batch = pl.Series(["no reply from you"])
    assert find(batch, "de") == find(batch, "en") != {}


def test_longest_of_overlapping_spans_of_one_cue_is_kept() -> None:
    text = "kan iemand mij vrijblijvende offerte sturen"
    cues = find(pl.Series([text]), "nl")[0]["lead"]
    spans = [(cue.start, cue.end) for cue in cues if cue.name == "asks_for_quote"]
    assert all(a[1] <= b[0] for a, b in pairwise(spans)), spans


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000 + "no reply",
        "noreply" * 14_000,
        "where" * 20_000 + " can they buy",
        "if we " * 16_000,
        "İ" + "where can it be " * 6_000,
    ],
)
def test_long_text_that_is_no_cue_but_looks_like_many_is_read_in_time(text: str) -> None:
    assert find(pl.Series([text]), "en") == {}


class Odd(Detector):
    """A detector whose cues are given, not read: the version says which."""

    @property
    def vocabulary(self) -> dict[str, list[dict[str, object]]]:  # type: ignore[override]
        kinds = {
            "punctuation": {"patterns": [[{"IS_PUNCT": True}]]},
            "smile": {"phrases": [":-)"]},
            "alike": {
                "patterns": [
                    [{"LOWER": "'s"}, {"LOWER": "late"}],
                    [{"LOWER": "s"}, {"LOWER": "early"}],
                ]
            },
            "mixed": {"patterns": [[{"LOWER": {"IN": ["#", "number"]}}]]},
        }
        return {one: [{"name": "any", **kinds[self.version]}] for one in LANGUAGES}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("punctuation", "a pattern of odd:any names no word that must be there"),
        ("smile", "a phrase of odd:any has no word: :-)"),
        ("mixed", "a pattern of odd:any has signs beside words in each token it must have"),
    ],
)
def test_cue_without_a_word_is_refused_since_it_would_be_sought_everywhere(
    kind: str, said: str
) -> None:
    with pytest.raises(FatalError, match=re.escape(said)):
        CueFinder([Odd("odd", kind)])


def test_words_of_the_same_pieces_are_each_found() -> None:
    odd = CueFinder([Odd("odd", "alike")])
    texts = pl.Series(["it's late", "s early"])
    found = odd.find(texts, pl.Series(["en", "en"]), tokens(sentences(texts)))
    assert found.rows.tolist() == [0, 1]


def test_links_and_handles_hold_no_cues() -> None:
    batch = pl.Series(["see https://example.org/x:refund me now", "@refund me now"])
    assert find(batch, "en") == find(pl.Series(["see me now", "me now"]), "en")


@pytest.mark.parametrize("signs", ["1.", "10:", "niet,", "please/"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_line_without_blanks_takes_no_time(signs: str, language: str) -> None:
    begun = time.process_time()
    find(pl.Series([signs * (60_000 // len(signs))]), language)
    assert time.process_time() - begun < 3
