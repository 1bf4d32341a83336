"""Finds cues, at a cost that follows what is found and not what is read.

spaCy decides what a cue is; it is slow to ask. So the words that cues are made of are looked up
among those of a whole batch, cut as fine as spaCy ever does. Where the words of a phrase or of a
token pattern stand, spaCy sees only the few words around them, and its answers are kept. The test
holds the result equal to asking spaCy about every cue in every text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.detectors._atoms import Atoms, Cutter
from pipeline.detectors._sequences import Sequences
from pipeline.detectors._token_patterns import Pattern, Place, around, pattern, pieces
from pipeline.detectors._tokens import Integers, Tokens
from pipeline.detectors.base import Cue, Detector
from pipeline.errors import FatalError
from pipeline.text import LANGUAGES, stop_words

if TYPE_CHECKING:
    import spacy.tokens
    from spacy.language import Language
    from spacy.matcher import Matcher, PhraseMatcher

KEPT = 1 << 16
"""Answers about single passages that are kept."""
LONGEST_KEPT = 200
"""Characters of a passage above which it will hardly come again."""
PHRASES = -1
"""Which of a reader's matchers has the phrases; the others have a token pattern each."""
_SPACE = re.compile(r"[^\S ]")
Booleans = NDArray[np.bool_]


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

    def find(
        self, texts: pl.Series, languages: pl.Series, words: Tokens
    ) -> dict[int, dict[str, list[Cue]]]:
        """Find cues; of overlapping spans of one cue the longest.

        A language without cues of its own is read with the English ones.

        Args:
            texts: strings without nulls.
            languages: ISO code of each.
            words: those of the texts.

        Returns:
            Position of each text that holds cues to tag to cues, by place.
        """
        by = pl.select(pl.when(languages.is_in(LANGUAGES)).then(languages).otherwise(pl.lit("en")))
        found: dict[int, dict[str, list[Cue]]] = {}
        for language in by.to_series().unique(maintain_order=True):
            mine = (by.to_series() == language).to_numpy()
            found |= self._readers[language].find(texts, mine, words)
        return found


class _Reader:
    """The cues of one language."""

    def __init__(self, detectors: tuple[Detector, ...], language: str) -> None:
        import spacy
        from spacy.matcher import PhraseMatcher

        self._nlp: Language = spacy.blank(language)
        self._cutter = Cutter(self._nlp)
        phrases = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._patterns: list[Pattern] = []
        cuts: list[Atoms] = []
        bare: list[Place] = []
        cut_by_spacy = pieces(self._nlp)
        for detector in detectors:
            for cue in detector.vocabulary[language]:
                label = f"{detector.tag}:{cue['name']}"
                for phrase in cue.get("phrases", []):
                    doc = self._nlp.make_doc(phrase)
                    phrases.add(label, [doc])
                    atoms, ends = self._cut([token.text for token in doc], label)
                    cuts.append(atoms)
                    bare.append(ends)
                for tokens in cue.get("patterns", []):
                    self._patterns.append(pattern(label, tokens, self._nlp, cut_by_spacy))
        self._matchers: list[Matcher | PhraseMatcher] = [
            *(one.matcher for one in self._patterns),
            phrases,
        ]
        self._sought = [_sought(one) for one in self._patterns]
        words = sorted({word for groups in self._sought for group in groups for word in group})
        self._column = {word: at for at, word in enumerate(words)}
        self._signs = [word for word in words if not self._cutter.cut(word)]
        named = [word for word in words if word not in self._signs]
        every = [*cuts, *map(self._cutter.cut, named)]
        known = {atom: at for at, atom in enumerate(sorted(set(chain.from_iterable(every))))}
        self._known = pa.array(known, pa.string())
        self._sequences = Sequences(
            (tuple(known[atom] for atom in cut) for cut in every), words=len(known)
        )
        nodes = np.array(self._sequences.nodes)
        self._is_phrase = np.zeros(self._sequences.count, dtype=bool)
        self._is_phrase[nodes[: len(cuts)]] = True
        # How many tokens without a word, such as a colon, stand before and after the words.
        self._bare = np.zeros((self._sequences.count, 2), dtype=np.int64)
        np.maximum.at(self._bare, nodes[: len(cuts)], np.array(bare).reshape(-1, 2))
        self._word = np.full(self._sequences.count, -1)
        self._word[nodes[len(cuts) :]] = [self._column[word] for word in named]
        self._kept = lru_cache(KEPT)(self._ask)

    def _cut(self, tokens: list[str], label: str) -> tuple[Atoms, Place]:
        """The pieces of a phrase, and how many of its tokens before and after have none."""
        cuts = [self._cutter.cut(token) for token in tokens]
        worded = [at for at, cut in enumerate(cuts) if cut]
        if not worded:
            raise FatalError(
                f"a phrase of {label} has no word: {' '.join(tokens)}",
                where="detectors/patterns",
                mend="give it a word, or make it a token pattern with one",
            )
        return tuple(chain.from_iterable(cuts)), (worded[0], len(cuts) - 1 - worded[-1])

    def find(
        self, texts: pl.Series, mine: Booleans, words: Tokens
    ) -> dict[int, dict[str, list[Cue]]]:
        token, atoms = self._atoms(words, np.flatnonzero(mine[words.rows]))
        rows = words.rows[token]
        first, last, nodes = self._sequences.find(atoms, rows)
        phrases = np.flatnonzero(self._is_phrase[nodes])
        phrases = phrases[_is_widest(first[phrases], last[phrases], self._bare[nodes[phrases]])]
        likely = list(self._likely(texts, mine, rows[first], self._word[nodes]))
        begins, ends = words.stand(token[first[phrases]])[0], words.stand(token[last[phrases]])[1]
        places = np.stack([rows[first[phrases]], begins, ends, *self._bare[nodes[phrases]].T])
        read = _Texts(texts, {*places[0].tolist(), *(row for row, _ in likely)})
        spans: dict[int, set[Span]] = defaultdict(set)
        for row, *at in places.T.tolist():
            place = around(read.blanked[row], *at)
            spans[row].update(self._spans(PHRASES, read.written[row], place))
        for row, which in likely:
            text, lowered = read.written[row], read.blanked[row].lower()
            # Some letters become two in lower case (İ): places in one are not those in the other.
            whole = [(0, len(text))] if len(lowered) != len(text) else None
            for place in whole or self._patterns[which].passages(lowered):
                spans[row].update(self._spans(which, text, place))
        return {row: _longest(spans[row]) for row in sorted(spans) if spans[row]}

    def _atoms(self, words: Tokens, tokens: Integers) -> tuple[Integers, Integers]:
        """The pieces of some tokens: the token that each is of, and what it is."""
        codes, begins = self._cutter.codes(words.words.dictionary, self._known)
        of = words.codes[tokens]
        counts = np.diff(begins)[of]
        token = np.repeat(np.arange(len(of)), counts)
        inside = np.arange(len(token)) - np.repeat(np.cumsum(counts) - counts, counts)
        return tokens[token], codes[begins[of[token]] + inside]

    def _likely(
        self, texts: pl.Series, mine: Booleans, rows: Integers, words: Integers
    ) -> Iterator[tuple[int, int]]:
        """Texts and the patterns that have a word of each of their groups there."""
        every = np.flatnonzero(mine)
        place = np.cumsum(mine) - 1
        has = np.zeros((len(self._column), len(every)), dtype=bool)
        has[words[words >= 0], place[rows[words >= 0]]] = True
        if self._signs:
            signed = np.flatnonzero(texts.gather(every).str.contains_any(self._signs).to_numpy())
            some = texts.gather(every[signed])
            for sign in self._signs:
                has[self._column[sign], signed] = some.str.contains(sign, literal=True).to_numpy()
        for which, groups in enumerate(self._sought):
            may = np.ones(len(every), dtype=bool)
            for group in groups:
                may &= has[[self._column[word] for word in group]].any(axis=0)
            for row in every[may].tolist():
                yield row, which

    def _spans(self, which: int, text: str, place: Place) -> Iterator[Span]:
        start, end = place
        ask = self._kept if end - start <= LONGEST_KEPT else self._ask
        for label, first, last, tokens in ask(which, text[start:end]):
            yield Span(label, start + first, start + last, tokens)

    def _ask(self, which: int, passage: str) -> tuple[Span, ...]:
        return tuple(map(_span, self._matchers[which](self._nlp.make_doc(passage), as_spans=True)))


class _Texts:
    """Some texts, as spaCy is to see them and with blanks as their only white space."""

    def __init__(self, texts: pl.Series, rows: Iterable[int]) -> None:
        listed = sorted(rows)
        # To spaCy the two apostrophes make different words; to people they do not.
        written = texts.gather(listed).str.replace_all("’", "'", literal=True).to_list()
        self.written = dict(zip(listed, written, strict=True))
        self.blanked = {row: _SPACE.sub(" ", text) for row, text in self.written.items()}


def _sought(pattern: Pattern) -> list[tuple[str, ...]]:
    """The groups of words that tell in which texts a pattern may be: the rarer ones.

    Little words stand in nearly every text, and looking at those costs more than it saves.
    """
    rare = [group for group in pattern.groups if stop_words().isdisjoint(group)]
    return rare or list(pattern.groups)


def _is_widest(first: Integers, last: Integers, bare: Integers) -> Booleans:
    """Which places are not within others, but for those whose ends have no word."""
    order = np.lexsort((-last, first))
    before = np.maximum.accumulate(np.concatenate([[-1], last[order]]))[:-1]
    is_widest: Booleans = bare.any(axis=1)
    is_widest[order] |= last[order] > before
    return is_widest


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
