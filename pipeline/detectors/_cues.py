"""Finds cues, at a cost that follows what is found and not what is read.

spaCy decides what a cue is; it is slow to ask. So every text is first searched for the words that
cues are made of, all of them in one pass (Aho-Corasick). Where the words of a phrase or of a token
pattern stand, spaCy sees only the few words around them, and its answers are kept. The test holds
the result equal to asking spaCy about every cue in every text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.detectors._token_patterns import Pattern, Place, around, pattern, pieces
from pipeline.detectors._tokens import Integers
from pipeline.detectors.base import Cue, Detector
from pipeline.text import LANGUAGES, stop_words

if TYPE_CHECKING:
    import spacy.tokens
    from spacy.language import Language
    from spacy.matcher import Matcher, PhraseMatcher

SHORTEST = 3
"""Bytes of a word below which it stands in nearly every text, as part of another."""
KEPT = 1 << 16
"""Answers about single passages that are kept."""
LONGEST_KEPT = 200
"""Characters of a passage above which it will hardly come again."""
_SPACE = r"[[\s\x1c-\x1f]&&[^ ]]"
"""White space as Python, and so spaCy, sees it, but for the blank."""
PHRASES = -1
"""Which of a reader's matchers has the phrases; the others have a token pattern each."""


class Span(NamedTuple):
    """A match before the longest are chosen: label, characters and number of tokens."""

    label: str
    start: int
    end: int
    tokens: int


class CueFinder:
    """Finds the cues of all detectors in a batch of texts."""

    def __init__(self, detectors: Iterable[Detector]) -> None:
        """Build a blank pipeline and its matchers for each language."""
        listed = tuple(detectors)
        self._readers = {language: _Reader(listed, language) for language in LANGUAGES}

    def find(self, texts: pl.Series, language: str) -> dict[int, dict[str, list[Cue]]]:
        """Find cues; of overlapping spans of one cue the longest.

        A language without cues of its own is read with the English ones.

        Args:
            texts: strings without nulls.
            language: ISO code of all of them.

        Returns:
            Position of each text that holds cues to tag to cues, by place.
        """
        return self._readers.get(language, self._readers["en"]).find(texts)


class _Reader:
    """The cues of one language."""

    def __init__(self, detectors: tuple[Detector, ...], language: str) -> None:
        import spacy
        from spacy.matcher import PhraseMatcher

        self._nlp: Language = spacy.blank(language)
        phrases = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._patterns: list[Pattern] = []
        bodies: dict[str, set[str]] = defaultdict(set)
        cut = pieces(self._nlp)
        for detector in detectors:
            for cue in detector.vocabulary[language]:
                label = f"{detector.tag}:{cue['name']}"
                for phrase in map(self._nlp.make_doc, cue.get("phrases", [])):
                    phrases.add(label, [phrase])
                    words = [token.lower_ for token in phrase]
                    # Between two tokens stands one space or nothing, or spaCy sees a third token.
                    bodies["".join(words)].add(" ?".join(map(re.escape, words)))
                for tokens in cue.get("patterns", []):
                    self._patterns.append(pattern(label, tokens, self._nlp, cut))
        long = sorted({word for one in self._patterns for word in _sought(one)})
        self._column = {word: at for at, word in enumerate(long)}
        self._needles = [*long, *sorted(bodies.keys() - self._column.keys())]
        self._phrases = {
            at: "|".join(sorted(bodies[needle]))
            for at, needle in enumerate(self._needles)
            if needle in bodies
        }
        self._has_phrase = np.isin(np.arange(len(self._needles)), list(self._phrases))
        self._matchers: list[Matcher | PhraseMatcher] = [
            *(one.matcher for one in self._patterns),
            phrases,
        ]
        self._kept = lru_cache(KEPT)(self._ask)

    def find(self, texts: pl.Series) -> dict[int, dict[str, list[Cue]]]:
        # To spaCy the two apostrophes make different words; to people they do not.
        texts = texts.str.replace_all("’", "'", literal=True)
        lowered = texts.str.to_lowercase().str.replace_all(_SPACE, " ")
        rows, needles = _hits(lowered.str.replace_all(" ", "", literal=True), self._needles)
        spans: dict[int, set[Span]] = defaultdict(set)
        words, small = texts.to_list(), lowered.to_list()
        # Some letters become two in lower case (İ): places in one are not those in the other.
        whole = set((lowered.str.len_chars() != texts.str.len_chars()).arg_true())
        of_phrase = self._has_phrase[needles]
        for row, needle in zip(rows[of_phrase].tolist(), needles[of_phrase].tolist(), strict=True):
            text = words[row]
            places = _passages(small[row], _search(self._phrases[needle]))
            for place in [(0, len(text))] if row in whole else places:
                spans[row].update(self._spans(PHRASES, text, place))
        for row, which in self._likely(rows, needles, len(texts)):
            text, places = words[row], self._patterns[which].passages(small[row])
            for place in [(0, len(text))] if row in whole else places:
                spans[row].update(self._spans(which, text, place))
        return {row: _longest(spans[row]) for row in sorted(spans) if spans[row]}

    def _likely(self, rows: Integers, needles: Integers, count: int) -> Iterator[tuple[int, int]]:
        """Texts and the patterns that have a word of each of their groups there."""
        has = np.zeros((len(self._column), count), dtype=bool)
        of_word = needles < len(self._column)
        has[needles[of_word], rows[of_word]] = True
        for which, one in enumerate(self._patterns):
            may = np.ones(count, dtype=bool)
            for group in one.groups:
                if all(word in self._column for word in group):
                    may &= has[[self._column[word] for word in group]].any(axis=0)
            for row in np.flatnonzero(may).tolist():
                yield row, which

    def _spans(self, which: int, text: str, place: Place) -> Iterator[Span]:
        start, end = place
        ask = self._kept if end - start <= LONGEST_KEPT else self._ask
        for label, first, last, tokens in ask(which, text[start:end]):
            yield Span(label, start + first, start + last, tokens)

    def _ask(self, which: int, passage: str) -> tuple[Span, ...]:
        return tuple(map(_span, self._matchers[which](self._nlp.make_doc(passage), as_spans=True)))


def _sought(pattern: Pattern) -> set[str]:
    """The words that tell in which texts a pattern may be: the rarer of its groups.

    Little words stand in nearly every text, and finding them costs more than it saves.
    """
    long = [set(one) for one in pattern.groups if all(len(w.encode()) >= SHORTEST for w in one)]
    rare = [group for group in long if group.isdisjoint(stop_words())]
    return set().union(*(rare or long))


@cache
def _search(words: str) -> re.Pattern[str]:
    """Made when it is needed: most phrases are not met in a run, and all take a while to make."""
    return re.compile(words)


def _passages(text: str, search: re.Pattern[str]) -> Iterator[Place]:
    """The whole words around what is sought, each once."""
    end = 0
    for match in search.finditer(text):
        if match.end() > end:
            start, end = around(text, *match.span())
            yield start, end


def _hits(texts: pl.Series, needles: list[str]) -> tuple[Integers, Integers]:
    """Which needles stand in which texts: positions of texts and of needles."""
    met = texts.str.extract_many(needles, overlapping=True).list.unique()
    hits = pl.DataFrame({"needle": met}).with_row_index("row").explode("needle").drop_nulls()
    places = pc.index_in(hits["needle"].to_arrow().cast(pa.string()), pa.array(needles))
    return hits["row"].to_numpy(), places.to_numpy()


def _span(span: spacy.tokens.Span) -> Span:
    return Span(span.label_, span.start_char, span.end_char, len(span))


def _longest(spans: set[Span]) -> dict[str, list[Cue]]:
    """Of overlapping spans with one label the one with most tokens, then the first."""
    by_label: dict[str, list[Span]] = defaultdict(list)
    for one in spans:
        by_label[one.label].append(one)
    found: dict[str, list[Cue]] = {}
    for label in sorted(by_label):
        tag, _, name = label.partition(":")
        kept = _apart(by_label[label]) if len(by_label[label]) > 1 else by_label[label]
        found.setdefault(tag, []).extend(Cue(name, at.start, at.end) for at in kept)
    return found


def _apart(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for one in sorted(spans, key=lambda at: (-at.tokens, at.start)):
        at = bisect_left(kept, one.start, key=_start)
        is_free = at == 0 or kept[at - 1].end <= one.start
        if is_free and (at == len(kept) or one.end <= kept[at].start):
            kept.insert(at, one)
    return kept


def _start(span: Span) -> int:
    return span.start
