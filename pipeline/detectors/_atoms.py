"""Cuts words as fine as spaCy ever does: `cannot` into `can` and `not`, `10km` into `10` and `km`.

spaCy cuts where a word ends, and within some words. Cut at all of these places, no piece is half in
one of its tokens: so wherever it finds a phrase, the pieces of the phrase stand in a row.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.detectors._tokens import HIDDEN, TOKEN, Integers

if TYPE_CHECKING:
    from spacy.language import Language

Atoms = tuple[str, ...]
_PART = re.compile(r"\d+|[^\d_]+")
_MIXED = r"\d\D|\D\d|_"
ORTH = 65
"""spaCy's number for the text of a piece."""


class Cutter:
    """Cuts text of one language."""

    def __init__(self, nlp: Language) -> None:
        """Take over the words that spaCy cuts although no sign stands in them."""
        self._nlp = nlp
        self._tokens = cache(self._spacy_tokens)  # the same words stand in many phrases
        self._within: dict[str, Atoms] = {}
        pieces = {
            written.lower(): [str(piece[ORTH]).lower() for piece in cut]
            for written, cut in nlp.Defaults.tokenizer_exceptions.items()
            if len(cut) > 1
        }
        self.within = set(chain.from_iterable(pieces.values()))
        """What spaCy cuts words into, such as `can` and `not`, in lower case."""
        # What a piece is cut into itself may be learnt after the words that hold it.
        before: dict[str, Atoms] | None = None
        while before != self._within:
            before = dict(self._within)
            for written, cut in pieces.items():
                self._learn(self.cut(written), tuple(chain.from_iterable(map(self.cut, cut))))

    def _learn(self, whole: Atoms, pieces: Atoms) -> None:
        """What differs is one word, and what it is cut into."""
        if whole == pieces:
            return
        before = _alike(whole, pieces)
        after = _alike(whole[before:][::-1], pieces[before:][::-1])
        (word,) = whole[before : len(whole) - after]
        cut = pieces[before : len(pieces) - after]
        self._within[word] = cut
        for holder, held in self._within.items():
            self._within[holder] = tuple(
                chain.from_iterable(cut if one == word else (one,) for one in held)
            )

    def tokens(self, phrase: str) -> list[str]:
        """What spaCy cuts a phrase into, in lower case; it cuts each run between blanks by itself.

        Thousands of phrases would take it a second: a word of letters is shown to it only where
        that is an exception.
        """
        runs = phrase.split(" ")
        if runs != phrase.split():  # white space of other kinds, or twice, is a token too
            return self._spacy_tokens(phrase)
        return list(chain.from_iterable(map(self._tokens, runs)))

    def _spacy_tokens(self, text: str) -> list[str]:
        if text.isalpha() and text not in self._nlp.Defaults.tokenizer_exceptions:
            return [text.lower()]
        return [token.lower_ for token in self._nlp.make_doc(text)]

    def cut(self, text: str) -> Atoms:
        """The pieces of a text, in lower case, without handles and links."""
        words = re.findall(TOKEN, re.sub(HIDDEN, " ", text.lower()))
        return tuple(chain.from_iterable(map(self._pieces, words)))

    def _pieces(self, word: str) -> Atoms:
        parts = chain.from_iterable(self._within.get(one, (one,)) for one in _PART.findall(word))
        return tuple(parts)

    @cached_property
    def _words(self) -> pa.StringArray:
        return pa.array(self._within, pa.string())

    def codes(self, words: pa.StringArray, known: pa.StringArray) -> tuple[Integers, Integers]:
        """Cut words and look their pieces up.

        Args:
            words: lower-case words, as `_tokens.tokens` cuts them.
            known: the pieces that are looked for.

        Returns:
            Position of each piece of the words among the known ones, or -1, word by word; and
            where each word begins there, with the end behind the last.
        """
        places = pc.fill_null(pc.index_in(words, value_set=known), -1).to_numpy()
        is_cut = pc.is_in(words, value_set=self._words).to_numpy(zero_copy_only=False)
        is_cut = is_cut | pl.Series(words).str.contains(_MIXED).to_numpy()
        which = np.flatnonzero(is_cut)
        cuts = [self._pieces(word) for word in words.take(pa.array(which)).to_pylist()]
        sizes = np.fromiter(map(len, cuts), np.int64, len(cuts))
        inside = pc.index_in(pa.array(chain.from_iterable(cuts), pa.string()), value_set=known)
        codes = pc.fill_null(inside, -1).to_numpy()
        counts = np.ones(len(words), dtype=np.int64)
        counts[which] = sizes
        begins: Integers = np.concatenate([[0], np.cumsum(counts)])
        result: Integers = np.repeat(places.astype(np.int64), counts)
        result[np.repeat(is_cut, counts)] = codes
        return result, begins


def _alike(one: Atoms, other: Atoms) -> int:
    """How many pieces two cuts begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
