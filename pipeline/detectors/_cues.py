"""Finds cues, at a cost that follows what is found and not what is read.

spaCy decides what a cue is; it is slow to ask. So every text is first searched for the words that
cues are made of, all of them in one pass (Aho-Corasick). Where the words of a phrase stand, spaCy
sees only the few words around them, and its answers are kept; where the words of a token pattern
stand, it sees the whole text and that pattern alone. The test holds the result equal to asking
spaCy about every cue in every text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.detectors.base import Cue, Detector
from pipeline.errors import FatalError
from pipeline.text import LANGUAGES

if TYPE_CHECKING:
    import spacy.tokens
    from spacy.language import Language
    from spacy.matcher import Matcher

SHORTEST = 3
"""Bytes of a word below which it stands in nearly every text, as part of another."""
KEPT = 1 << 16
"""Answers about single passages that are kept."""
LONGEST_KEPT = 200
"""Characters of a passage above which it will hardly come again."""


class Span(NamedTuple):
    """A match before the longest are chosen: label, characters and number of tokens."""

    label: str
    start: int
    end: int
    tokens: int


@dataclass(frozen=True)
class Pattern:
    """A token pattern: its label, spaCy's matcher for it, and the words it cannot do without.

    `needs` has one search per token that must be there, in order; `groups` has their words.
    """

    label: str
    matcher: Matcher
    groups: tuple[tuple[str, ...], ...]
    needs: tuple[re.Pattern[str], ...]

    def is_likely(self, lowered: str) -> bool:
        """Whether the needed words stand in a text in this order."""
        at = 0
        for need in self.needs:
            match = need.search(lowered, at)
            if match is None:
                return False
            at = match.end()
        return True


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
        self._matcher = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._patterns: list[Pattern] = []
        bodies: dict[str, set[str]] = defaultdict(set)
        pieces = _pieces(self._nlp)
        for detector in detectors:
            for cue in detector.vocabulary[language]:
                label = f"{detector.tag}:{cue['name']}"
                for phrase in map(self._nlp.make_doc, cue.get("phrases", [])):
                    self._matcher.add(label, [phrase])
                    words = [token.lower_ for token in phrase]
                    # Between two tokens stands one space or nothing, or spaCy sees a third token.
                    bodies["".join(words)].add(" ?".join(map(re.escape, words)))
                for pattern in cue.get("patterns", []):
                    self._patterns.append(_pattern(label, pattern, self._nlp, pieces))
        self._searches = [
            re.compile("|".join(sorted(one)), re.IGNORECASE) for _, one in sorted(bodies.items())
        ]
        needed = {word for one in self._patterns for group in one.groups for word in group}
        long = sorted(word for word in needed if len(word.encode()) >= SHORTEST)
        self._column = {word: at for at, word in enumerate(long)}
        self._phrase_needles, self._word_needles = sorted(bodies), long
        self._kept = lru_cache(KEPT)(self._judge)

    def find(self, texts: pl.Series) -> dict[int, dict[str, list[Cue]]]:
        lowered = texts.str.to_lowercase()
        squeezed = lowered.str.replace_all(" ", "", literal=True)
        spans: dict[int, set[Span]] = defaultdict(set)
        words = texts.to_list()
        for row, needle in zip(*_hits(squeezed, self._phrase_needles), strict=True):
            spans[row].update(self._spans_of_phrase(words[row], self._searches[needle]))
        for row, patterns in self._likely(squeezed, lowered).items():
            doc = self._nlp.make_doc(words[row])
            for pattern in patterns:
                spans[row].update(map(_span, pattern.matcher(doc, as_spans=True)))
        return {row: _longest(spans[row]) for row in sorted(spans) if spans[row]}

    def _likely(self, squeezed: pl.Series, lowered: pl.Series) -> dict[int, list[Pattern]]:
        """The patterns worth asking spaCy about, by row."""
        has = np.zeros((len(self._column), len(squeezed)), dtype=bool)
        rows, columns = _hits(squeezed, self._word_needles)
        has[columns, rows] = True
        words = lowered.to_list()
        found: dict[int, list[Pattern]] = defaultdict(list)
        for pattern in self._patterns:
            may = np.ones(len(squeezed), dtype=bool)
            for group in pattern.groups:
                if all(word in self._column for word in group):
                    may &= has[[self._column[word] for word in group]].any(axis=0)
            for row in np.flatnonzero(may).tolist():
                if pattern.is_likely(words[row]):
                    found[row].append(pattern)
        return found

    def _spans_of_phrase(self, text: str, search: re.Pattern[str]) -> Iterator[Span]:
        for match in search.finditer(text):
            # spaCy cuts at white space first, so whole words come out as in the whole text.
            start, end = match.span()
            while start > 0 and not text[start - 1].isspace():
                start -= 1
            while end < len(text) and not text[end].isspace():
                end += 1
            judge = self._kept if end - start <= LONGEST_KEPT else self._judge
            for label, first, last, tokens in judge(text[start:end]):
                yield Span(label, start + first, start + last, tokens)

    def _judge(self, passage: str) -> tuple[Span, ...]:
        return tuple(map(_span, self._matcher(self._nlp.make_doc(passage), as_spans=True)))


def _hits(texts: pl.Series, needles: list[str]) -> tuple[list[int], list[int]]:
    """Which needles stand in which texts: positions of texts and of needles."""
    if not needles:
        return [], []
    met = texts.str.extract_many(needles, overlapping=True).list.unique()
    hits = pl.DataFrame({"needle": met}).with_row_index("row").explode("needle").drop_nulls()
    places = pc.index_in(hits["needle"].to_arrow().cast(pa.string()), pa.array(needles))
    return hits["row"].to_list(), places.to_pylist()


def _pieces(nlp: Language) -> set[str]:
    """What spaCy's exceptions cut words into, such as `can` and `not`, in lower case."""
    return {
        str(piece[65]).lower()
        for exception in nlp.Defaults.tokenizer_exceptions.values()
        if len(exception) > 1
        for piece in exception
    }


def _pattern(label: str, pattern: list[dict[str, Any]], nlp: Language, pieces: set[str]) -> Pattern:
    from spacy.matcher import Matcher

    matcher = Matcher(nlp.vocab, validate=False)
    matcher.add(label, [pattern])
    groups = []
    for token in pattern:
        lower = token.get("LOWER")
        words = lower.get("IN") if isinstance(lower, dict) else [lower]
        if lower and words and token.get("OP", "1") in ("1", "+"):
            groups.append(tuple(words))
    if not groups:
        raise FatalError(
            f"a pattern of {label} names no word that must be there",
            where="detectors/patterns",
            mend="give at least one token a LOWER, without OP",
        )
    needs = tuple(re.compile("|".join(_needed(word, pieces) for word in one)) for one in groups)
    return Pattern(label, matcher, tuple(groups), needs)


def _needed(word: str, pieces: set[str]) -> str:
    escaped = re.escape(word)
    if word in pieces or not word[-1].isalpha():
        return escaped
    # spaCy never cuts between two letters, except where an exception says so.
    return rf"{escaped}(?![^\W\d_])"


def _span(span: spacy.tokens.Span) -> Span:
    return Span(span.label_, span.start_char, span.end_char, len(span))


def _longest(spans: set[Span]) -> dict[str, list[Cue]]:
    """Of overlapping spans with one label the one with most tokens, then the first."""
    if len(spans) == 1:
        (only,) = spans
        tag, _, name = only.label.partition(":")
        return {tag: [Cue(name, only.start, only.end)]}
    kept: dict[str, list[Span]] = defaultdict(list)
    for one in sorted(spans, key=lambda at: (-at.tokens, at.start)):
        mine = kept[one.label]
        at = bisect_left(mine, one.start, key=_start)
        is_free = at == 0 or mine[at - 1].end <= one.start
        if is_free and (at == len(mine) or one.end <= mine[at].start):
            mine.insert(at, one)
    found: dict[str, list[Cue]] = defaultdict(list)
    for label in sorted(kept):
        tag, _, name = label.partition(":")
        found[tag] += [Cue(name, at.start, at.end) for at in kept[label]]
    return dict(found)


def _start(span: Span) -> int:
    return span.start
