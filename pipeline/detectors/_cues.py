"""Finds cues, at a cost that follows what is found and not what is read.

spaCy decides what a cue is; it is slow to ask. So the words that cues are made of are looked up
among those of a whole batch, cut as fine as spaCy ever does. Where the words of a phrase or of a
token pattern stand, spaCy sees only the few words around them, and its answers are kept. The test
holds the result equal to asking spaCy about every cue in every text.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.detectors._atoms import Atoms, Cutter
from pipeline.detectors._sequences import Sequences
from pipeline.detectors._spans import Cues, Span, longest
from pipeline.detectors._token_patterns import (
    Likely,
    Pattern,
    Place,
    around,
    pattern,
    pieces,
)
from pipeline.detectors._tokens import Integers, Tokens
from pipeline.detectors.base import Detector
from pipeline.errors import FatalError
from pipeline.text import LANGUAGES

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import Matcher, PhraseMatcher
    from spacy.tokens import Doc

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
        spans: list[tuple[int, Span]] = []
        for language in by.to_series().unique():
            mine = (by.to_series() == language).to_numpy()
            spans += self._readers[language].find(texts, mine, words)
        return longest(spans)


class _Reader:
    """The cues of one language."""

    def __init__(
        self, detectors: tuple[Detector, ...], language: str, names: tuple[str, ...]
    ) -> None:
        import spacy
        from spacy.matcher import PhraseMatcher

        self._nlp: Language = spacy.blank(language)
        self._cutter = Cutter(self._nlp)
        self._which = {name: at for at, name in enumerate(names)}
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
                    cuts.append(self._cutter.cut(phrase))
                    bare.append(self._bare_ends(doc))
                    if not cuts[-1]:
                        raise FatalError(
                            f"a phrase of {label} has no word: {phrase}",
                            where="detectors/patterns",
                            mend="give it a word, or make it a token pattern with one",
                        )
                for tokens in cue.get("patterns", []):
                    self._patterns.append(pattern(label, tokens, self._nlp, cut_by_spacy))
        self._matchers: list[Matcher | PhraseMatcher] = [
            *(one.matcher for one in self._patterns),
            phrases,
        ]
        self._likely = Likely(self._patterns, lambda word: bool(self._cutter.cut(word)))
        words = sorted(self._likely.words)
        every = [*cuts, *map(self._cutter.cut, words)]
        known = {atom: at for at, atom in enumerate(sorted(set(chain.from_iterable(every))))}
        self._known = pa.array(known, pa.string())
        self._sequences = Sequences(
            (tuple(known[atom] for atom in cut) for cut in every), words=len(known)
        )
        nodes = np.array(self._sequences.nodes)
        of_phrase, of_word = nodes[: len(cuts)], nodes[len(cuts) :]
        self._is_phrase = np.zeros(self._sequences.count, dtype=bool)
        self._is_phrase[of_phrase] = True
        # How many tokens without a word, such as a colon, stand before and after the words.
        self._bare = np.zeros((self._sequences.count, 2), dtype=np.int64)
        np.maximum.at(self._bare, of_phrase, np.array(bare).reshape(-1, 2))
        self._words = words
        self._word = np.full(self._sequences.count, -1, dtype=np.int16)
        self._word[of_word] = np.arange(len(words))
        self._kept = lru_cache(KEPT)(self._ask)

    def _bare_ends(self, phrase: Doc) -> Place:
        """How many tokens at the beginning and the end of a phrase have no word."""
        if phrase[0].is_alpha and phrase[-1].is_alpha:
            return 0, 0
        worded = [at for at, token in enumerate(phrase) if self._cutter.cut(token.text)]
        return (worded[0], len(phrase) - 1 - worded[-1]) if worded else (0, 0)

    def find(self, texts: pl.Series, mine: Booleans, words: Tokens) -> list[tuple[int, Span]]:
        """All spans in some texts, each with the position of its text."""
        token, atoms = self._atoms(words, np.flatnonzero(mine[words.rows]))
        rows = words.rows[token]
        first, last, nodes = self._sequences.find(atoms, rows)
        places = self._phrase_places(first, last, nodes, token, words)
        likely = self._likely_texts(texts, mine, rows, words.blocks[token], (first, nodes))
        read = _Texts(texts, {*(row for row, *_ in places), *(row for _, row in likely)})
        spans: list[tuple[int, Span]] = []
        for row, *at in places:
            place = around(read.blanked[row], *at)
            spans += self._spans(PHRASES, row, read.written[row], place)
        for which, row in likely:
            text, lowered = read.written[row], read.blanked[row].lower()
            # Some letters become two in lower case (İ): places in one are not those in the other.
            whole = [(0, len(text))] if len(lowered) != len(text) else None
            for place in whole or self._patterns[which].passages(lowered):
                spans += self._spans(which, row, text, place)
        return spans

    def _phrase_places(
        self, first: Integers, last: Integers, nodes: Integers, token: Integers, words: Tokens
    ) -> list[list[int]]:
        """Text, start, end and tokens without a word before and after, of what may be phrases."""
        chosen = np.flatnonzero(self._is_phrase[nodes])
        chosen = chosen[_is_widest(first[chosen], last[chosen], self._bare[nodes[chosen]])]
        first, last = token[first[chosen]], token[last[chosen]]
        starts, ends = words.stand(first)[0], words.stand(last)[1]
        columns = (words.rows[first], starts, ends, *self._bare[nodes[chosen]].T)
        listed: list[list[int]] = np.stack(columns, axis=1).tolist()
        return listed

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
        begins = np.searchsorted(words[order], np.arange(len(self._words) + 1))
        listed = np.split(at[order], begins[1:-1])
        places = dict(zip(self._words, listed, strict=True))
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
        """The pieces of some tokens: the token that each is of, and what it is."""
        codes, begins = self._cutter.codes(words.words.dictionary, self._known)
        of = words.codes[tokens]
        counts = np.diff(begins)[of]
        token = np.repeat(np.arange(len(of)), counts)
        inside = np.arange(len(token)) - np.repeat(np.cumsum(counts) - counts, counts)
        return tokens[token], codes[begins[of[token]] + inside]

    def _spans(self, which: int, row: int, text: str, place: Place) -> list[tuple[int, Span]]:
        start, end = place
        ask = self._kept if end - start <= LONGEST_KEPT else self._ask
        return [
            (row, Span(cue, start + first, start + last, tokens))
            for cue, first, last, tokens in ask(which, text[start:end])
        ]

    def _ask(self, which: int, passage: str) -> tuple[Span, ...]:
        spans = self._matchers[which](self._nlp.make_doc(passage), as_spans=True)
        return tuple(
            Span(self._which[one.label_], one.start_char, one.end_char, len(one)) for one in spans
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
