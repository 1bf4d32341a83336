"""Words and pairs of words as rows of numbers: scikit-learn's TfidfVectorizer at Arrow's speed.

The vectoriser is trained by scikit-learn; here its vocabulary becomes two integer look-ups, one
for words and one for pairs of word codes, so that no pair is ever spelled out as text. The test
holds it equal to scikit-learn's own `transform`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix

from pipeline.detectors._tokens import Floats, Integers, Tokens

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer


class Vectorizer:
    """The fast twin of a fitted TfidfVectorizer with word n-grams of one and two."""

    def __init__(self, fitted: TfidfVectorizer) -> None:
        """Take over vocabulary and idf of scikit-learn's vectoriser."""
        vocabulary: dict[str, int] = fitted.vocabulary_
        self.idf: Floats = np.asarray(fitted.idf_, dtype=np.float64)
        words = sorted({word for term in vocabulary for word in term.split(" ")})
        code = {word: at for at, word in enumerate(words)}
        self._words = pa.array(words, pa.string())
        self._single: Integers = np.full(len(words) + 1, -1, dtype=np.int64)
        pairs: dict[int, int] = {}
        for term, column in vocabulary.items():
            first, _, second = term.partition(" ")
            if second:
                pairs[code[first] * len(words) + code[second]] = column
            else:
                self._single[code[first]] = column
        self._pairs = pa.array(pairs, pa.int64())
        # The last entry is for pairs that are not there.
        self._paired: Integers = np.array([*pairs.values(), -1], dtype=np.int64)
        self.is_pair = np.zeros(len(self.idf), dtype=bool)
        self.is_pair[self._paired[:-1]] = True

    def entries(self, found: Tokens) -> tuple[Integers, Integers]:
        """The known words and pairs of words among the tokens.

        Returns:
            Position of the token, of a pair the first of the two, and column; by no order.
        """
        at = found.rows
        codes = _places(found.words.dictionary, self._words)[found.codes]
        known = codes < len(self._words)
        is_pair = (at[:-1] == at[1:]) & known[:-1] & known[1:]
        keys = codes[:-1][is_pair] * len(self._words) + codes[1:][is_pair]
        columns = np.concatenate(
            [self._single[codes], self._paired[_places(pa.array(keys), self._pairs)]]
        )
        tokens = np.concatenate([np.arange(len(at)), np.flatnonzero(is_pair)])
        seen = columns >= 0
        return tokens[seen], columns[seen]


def vectors(
    found: Iterable[tuple[Integers, Integers]], *, count: int, sizes: Floats, words: int
) -> csr_matrix:
    """Rows of features: words as TF-IDF of unit length, others at their size, however often.

    One sort of whole numbers adds up what is there twice; scipy's own way is slower. Nothing is
    held for longer than it is wanted: this takes most of the memory that tagging does.

    Args:
        found: rows of things that are there, and what they are.
        count: number of rows.
        sizes: what one of each column counts: of a word, its idf.
        words: number of columns that are words; they are the first.
    """
    width = len(sizes)
    bits = width.bit_length()
    keys = np.concatenate([rows << bits | columns for rows, columns in found])
    keys.sort()
    is_new = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    counts = np.diff(np.flatnonzero(is_new), append=len(keys))
    keys = keys[is_new]
    ends = np.searchsorted(keys, np.arange(count + 1) << bits).astype(np.int32)
    keys &= (1 << bits) - 1
    at_column = keys.astype(np.int32)
    del keys, is_new
    is_word = at_column < words
    counts[~is_word] = 1
    data = sizes[at_column]
    data *= counts
    del counts
    # The words come first in each row, so their squares end where the others' zeros begin.
    filled = np.flatnonzero(np.diff(ends))
    squares = np.add.reduceat(np.square(data) * is_word, ends[filled])
    lengths = np.repeat(np.sqrt(np.where(squares > 0, squares, 1.0)), np.diff(ends)[filled])
    np.divide(data, lengths, out=data, where=is_word)
    return csr_matrix((data, at_column, ends), shape=(count, width))


def _places(values: pa.Array, known: pa.Array) -> Integers:
    """Position of each value among the known ones; their number for one that is not there."""
    places = pc.fill_null(pc.index_in(values, value_set=known), len(known))
    result: Integers = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return result
