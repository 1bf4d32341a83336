"""Finds cues, at a cost that follows what is found and not what is read.

spaCy decides what a cue is; it is slow to ask. So the words that cues are made of are looked up
among those of a whole batch, cut as fine as spaCy ever does. Where the words of a phrase or of a
token pattern stand, spaCy sees only the few words around them, and its answers are kept. The test
holds the result equal to asking spaCy about every cue in every text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.detectors._atoms import Cutter
from pipeline.detectors._phrases import ODD, Phrases
from pipeline.detectors._ragged import ragged
from pipeline.detectors._sequences import Sequences
from pipeline.detectors._spans import Cues, longest
from pipeline.detectors._token_patterns import (
    Likely,
    Pattern,
    Place,
    around,
    pattern,
)
from pipeline.detectors._tokens import Integers, Tokens
from pipeline.detectors.base import Detector
from pipeline.errors import FatalError
from pipeline.text import LANGUAGES, shortened

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import Matcher, PhraseMatcher

KEPT = 1 << 16
"""Answers about single passages that are kept."""
LONGEST_KEPT = 200
"""Characters of a passage above which it will hardly come again."""
PHRASES = -1
"""Which of a reader's matchers has the phrases; the others have a token pattern each."""
_SPACE = r"[[\s\x1c-\x1f]&&[^ ]]"
"""White space as Python, and so spaCy, sees it, but for the blank."""
Booleans = NDArray[np.bool_]


class CueFinder:
    """Finds the cues of all detectors in a batch of texts. `names` are `tag:cue`."""

    def __init__(self, detectors: Iterable[Detector]) -> None:
        """Build a blank pipeline and its matchers for each language."""
        listed = tuple(detectors)
        self.names = tuple(f"{one.tag}:{name}" for one in listed for name in one.cue_names)
        self._readers = {one: _Reader(listed, one, self.names) for one in LANGUAGES}

    def find(self, texts: pl.Series, languages: pl.Series, words: Tokens) -> Cues:
        """Find cues; of overlapping spans of one cue the longest.

        A language without cues of its own is read with the English ones.

        Args:
            texts: strings without nulls.
            languages: ISO code of each.
            words: those of the texts.
        """
        by = pl.select(pl.when(languages.is_in(LANGUAGES)).then(languages).otherwise(pl.lit("en")))
        found = [
            self._readers[language].find(texts, (by.to_series() == language).to_numpy(), words)
            for language in by.to_series().unique()
        ]
        return longest(np.concatenate([np.zeros((0, 5), np.int64), *found]))


class _Reader:
    """The cues of one language."""

    def __init__(
        self, detectors: tuple[Detector, ...], language: str, names: tuple[str, ...]
    ) -> None:
        import spacy
        from spacy.matcher import PhraseMatcher

        self._nlp: Language = spacy.blank(language)
        self._nlp.max_length = sys.maxsize  # the limit is for pipelines that parse
        self._cutter = Cutter(self._nlp)
        self._which = {name: at for at, name in enumerate(names)}
        phrases = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._patterns: list[Pattern] = []
        cut = cache(self._cutter.cut)  # the same words stand in many phrases
        numbers = cache(self._nlp.vocab.strings.add)
        listed: list[tuple[str, str, list[str]]] = []
        for detector in detectors:
            for cue in detector.vocabulary[language]:
                label = f"{detector.tag}:{cue['name']}"
                for phrase in cue.get("phrases", []):
                    tokens = self._cutter.tokens(phrase)
                    if not any(map(cut, tokens)):
                        raise FatalError(
                            f"a phrase of {label} has no word: {phrase}",
                            where="detectors/patterns",
                            mend="give it a word, or make it a token pattern with one",
                        )
                    # As spaCy itself fills one that it reads from disk: what makes a text takes
                    # ten times as long.
                    phrases.add(label, [list(map(numbers, tokens))])  # type: ignore[list-item]
                    listed.append((label, phrase, tokens))
                for one in cue.get("patterns", []):
                    self._patterns.append(pattern(label, one, self._nlp, self._cutter.within))
        self._matchers: list[Matcher | PhraseMatcher] = [
            *(one.matcher for one in self._patterns),
            phrases,
        ]
        self._likely = Likely(self._patterns, lambda word: bool(cut(word)))
        words = sorted(self._likely.words)
        pieces_of = [list(map(cut, tokens)) for _, _, tokens in listed]
        cuts = [tuple(chain.from_iterable(of)) for of in pieces_of]
        cuts += map(cut, words)
        known = {atom: at for at, atom in enumerate(sorted(set(chain.from_iterable(cuts))))}
        self._known = pa.array(known, pa.string())
        coded = (tuple(map(known.__getitem__, one)) for one in cuts)
        self._sequences = Sequences(coded, words=len(known))
        nodes = self._sequences.nodes
        self._phrases = Phrases(self._sequences.count)
        for node, (label, phrase, tokens), of in zip(nodes, listed, pieces_of, strict=False):
            self._phrases.add(node, self._which[label], phrase, tokens, list(map(bool, of)))
        # Words of the same pieces, such as `s` and `'s`, have one node.
        word_nodes, which = np.unique(nodes[len(listed) :], return_inverse=True)
        self._word = np.full(self._sequences.count, -1, dtype=np.int16)
        self._word[word_nodes] = np.arange(len(word_nodes))
        self._words = dict(zip(words, which.tolist(), strict=True))
        self._kept = lru_cache(KEPT)(self._ask)

    def find(self, texts: pl.Series, mine: Booleans, words: Tokens) -> Integers:
        """All matches (`_spans`) in some texts."""
        token, atoms = self._atoms(words, np.flatnonzero(mine[words.rows]))
        rows = words.rows[token]
        first, last, nodes = self._sequences.find(atoms, rows)
        likely = self._likely_texts(texts, mine, rows, words.blocks[token], (first, nodes))

        chosen = np.flatnonzero(self._phrases.is_one[nodes])
        first, last, nodes = first[chosen], last[chosen], nodes[chosen]
        tokens = np.stack([token[first], token[last]])
        is_odd = texts.str.contains(ODD).to_numpy()[words.rows[tokens[0]]]
        is_known = ~is_odd & self._phrases.are_as_listed(tokens[0], nodes, words)
        known = self._phrases.matches(tokens[0, is_known], nodes[is_known], words)

        may = is_odd | self._phrases.have_signs(tokens[0], tokens[1], nodes, words)
        others = np.flatnonzero(may & ~is_known)
        bare = self._phrases.bare[nodes[others]]
        is_widest = _is_widest(first[others], last[others], bare)
        others, bare = others[is_widest], bare[is_widest]
        begins, ends = words.stand(tokens[0, others])[0], words.stand(tokens[1, others])[1]
        places = np.stack([words.rows[tokens[0, others]], begins, ends, *bare.T], axis=1)
        asked = self._asked(texts, places.tolist(), likely)
        return np.concatenate([known, np.array(asked, dtype=np.int64).reshape(-1, 5)])

    def _asked(
        self, texts: pl.Series, places: list[list[int]], likely: list[tuple[int, int]]
    ) -> list[tuple[int, ...]]:
        """What spaCy finds where phrases may be, and in texts that may hold a pattern."""
        read = _Texts(texts, {*(row for row, *_ in places), *(row for _, row in likely)})
        matches: list[tuple[int, ...]] = []
        # What is written without a blank is one passage to all the phrases that may be in it.
        for row, place in {(row, around(read.blanked[row], *at)): None for row, *at in places}:
            matches += self._matches(PHRASES, row, read.written[row], place)
        for which, row in likely:
            text, lowered = read.written[row], read.blanked[row].lower()
            # Some letters become two in lower case (İ): places in one are not those in the other.
            whole = [(0, len(text))] if len(lowered) != len(text) else None
            for place in whole or self._patterns[which].passages(lowered):
                matches += self._matches(which, row, text, place)
        return matches

    def _likely_texts(
        self,
        texts: pl.Series,
        mine: Booleans,
        rows: Integers,
        blocks: Integers,
        found: tuple[Integers, Integers],
    ) -> list[tuple[int, int]]:
        """Patterns and the texts that may hold them."""
        at, nodes = found
        words = self._word[nodes]
        at, words = at[words >= 0], words[words >= 0]
        order = np.argsort(words, kind="stable")
        begins = np.searchsorted(words[order], np.arange(int(self._word.max(initial=-1)) + 2))
        listed = np.split(at[order], begins[1:-1])
        places = {word: listed[which] for word, which in self._words.items()}
        signed = {}
        for signs in self._likely.signs:
            has_one = texts.str.contains_any(list(signs)).to_numpy()
            signed[signs] = np.flatnonzero(has_one & mine)
        return [
            (which, row)
            for which, held in self._likely.find(places, rows, blocks, signed)
            for row in held.tolist()
        ]

    def _atoms(self, words: Tokens, tokens: Integers) -> tuple[Integers, Integers]:
        """The pieces of some tokens: the token that each is of, and which it is."""
        codes, begins = self._cutter.codes(words.words.dictionary, self._known)
        of = words.codes[tokens]
        at, places = ragged(begins[of], np.diff(begins)[of])
        return tokens[at], codes[places]

    def _matches(self, which: int, row: int, text: str, place: Place) -> list[tuple[int, ...]]:
        start, end = place
        ask = self._kept if end - start <= LONGEST_KEPT else self._ask
        return [
            (row, cue, start + first, start + last, tokens)
            for cue, first, last, tokens in ask(which, text[start:end])
        ]

    def _ask(self, which: int, passage: str) -> tuple[tuple[int, int, int, int], ...]:
        spans = self._matchers[which](self._nlp.make_doc(shortened(passage)), as_spans=True)
        return tuple(
            (self._which[one.label_], one.start_char, one.end_char, len(one)) for one in spans
        )


class _Texts:
    """Some texts, as spaCy is to see them and with blanks as their only white space."""

    def __init__(self, texts: pl.Series, rows: Iterable[int]) -> None:
        listed = sorted(rows)
        # To spaCy the two apostrophes make different words; to people they do not.
        texts = texts.gather(listed).str.replace_all("’", "'", literal=True)
        self.written = dict(zip(listed, texts.to_list(), strict=True))
        blanked = texts.str.replace_all(_SPACE, " ").to_list()
        self.blanked = dict(zip(listed, blanked, strict=True))


def _is_widest(first: Integers, last: Integers, bare: Integers) -> Booleans:
    """Which places are not within others, but for those whose ends have no word."""
    order = np.lexsort((-last, first))
    before = np.maximum.accumulate(np.concatenate([[-1], last[order]]))[:-1]
    is_widest: Booleans = np.any(bare > 0, axis=1)
    is_widest[order[last[order] > before]] = True
    return is_widest
