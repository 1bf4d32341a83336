"""Word n-grams at Arrow speed: scikit-learn's TfidfVectorizer without a Python object per text.

The vectoriser is trained by scikit-learn; here its vocabulary becomes two integer look-ups, one
for words and one for pairs of word codes, so that no pair is ever spelled out as text. The test
holds it equal to scikit-learn's own `transform`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

TOKEN = r"\w+|[?!€$£%]"  # noqa: S105 - a word pattern, no secret
RUST_TOKEN = r"[\p{L}\p{N}_]+|[?!€$£%]"  # noqa: S105
"""The same to Polars, whose `\\w` takes in marks and joiners that Python's leaves out."""
HIDDEN = r"@\w+|https?://\S+"
"""Handles and links: names of somebody, not words that mean something."""
_RUST_HIDDEN = r"@[\p{L}\p{N}_]+|https?://\S+"
_PIECE = rf"[^\p{{L}}\p{{N}}_?!€$£%]*(?:{RUST_TOKEN})"
"""A token with what stands before it."""
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_BREAK = "\x1f"


def sentences(texts: pl.Series) -> pl.DataFrame:
    """Split texts into sentences.

    Returns:
        `row` (position of the text), `start` (character offset in it), `sentence`; every text has
        at least one row, blank pieces of a text that has others are left out.
    """
    marked = (
        texts.fill_null("")
        .str.replace_all(_BREAK, " ")
        .str.replace_all(r"([.!?…][\"'”’)]*)\s", "${1}" + _BREAK)
        .str.replace_all(r"[\r\n]", _BREAK)
    )
    pieces = marked.str.split(_BREAK)
    counts = pieces.list.len().to_numpy().astype(np.int64)
    cut = pieces.explode()
    ends = np.cumsum(cut.str.len_chars().to_numpy().astype(np.int64) + 1)
    begins, row = np.concatenate([[0], ends])[:-1], np.repeat(np.arange(len(texts)), counts)
    first = np.cumsum(counts) - counts
    start = begins - np.repeat(begins[first] if len(first) else first, counts)
    is_kept = (cut.str.strip_chars() != "").to_numpy()
    is_kept = is_kept | ((start == 0) & (np.bincount(row, is_kept, len(texts)) == 0)[row])
    return pl.DataFrame({"row": row, "start": start, "sentence": cut}).filter(is_kept)


class Tokens(NamedTuple):
    """The tokens of a batch of texts, in order: lower-case, with the text each is from.

    `sentences` is the position among all sentences of the batch of the one it stands in. `words`
    is encoded by its distinct words, so that what is asked about words is asked once of each.
    """

    rows: Integers
    sentences: Integers
    words: pa.DictionaryArray

    @property
    def codes(self) -> Integers:
        """The position of each token's word in `words.dictionary`."""
        codes: Integers = self.words.indices.to_numpy().astype(np.int64)
        return codes


def readable(texts: pl.Series) -> pl.Series:
    """What of texts is cut into words: lower case, without handles and links."""
    return texts.str.to_lowercase().str.replace_all(_RUST_HIDDEN, " ")


def tokens(cut: pl.DataFrame) -> Tokens:
    """Cut texts into lower-case words and the few signs that count as one.

    Args:
        cut: what `sentences` gives.
    """
    found = (
        pl.DataFrame({"at": pl.int_range(len(cut), eager=True), "token": readable(cut["sentence"])})
        .with_columns(pl.col("token").str.extract_all(RUST_TOKEN))
        .explode("token")
        .drop_nulls()
    )
    at = found["at"].to_numpy()
    words = found["token"].to_arrow().cast(pa.string()).dictionary_encode()
    return Tokens(cut["row"].to_numpy()[at], at, words)


def token_ends(texts: pl.Series) -> tuple[Integers, Integers]:
    """Where the tokens of texts end in lower case, handles and links left out.

    Returns:
        The position of each text's first token, and the end of every token in its text.
    """
    lowered = texts.str.to_lowercase()
    hiding = lowered.str.contains("@|://").arg_true()
    blanked = [
        re.sub(HIDDEN, lambda match: " " * len(match[0]), text) for text in lowered.gather(hiding)
    ]
    shown = lowered.clone().scatter(hiding, pl.Series(blanked, dtype=pl.String))
    pieces = shown.str.extract_all(_PIECE)
    counts = pieces.list.len().to_numpy().astype(np.int64)
    sizes = pieces.explode(empty_as_null=False).str.len_chars().to_numpy().astype(np.int64)
    begins, total = np.cumsum(counts) - counts, np.concatenate([[0], np.cumsum(sizes)])
    return begins, total[1:] - np.repeat(total[begins], counts)


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

    def weigh(self, rows: Integers, columns: Integers, count: int) -> csr_matrix:
        """TF-IDF rows of unit length, one for each of `count` texts, float64."""
        words = counted(rows, columns, (count, len(self.idf)))
        words.data *= self.idf[words.indices]
        filled = np.flatnonzero(np.diff(words.indptr))
        lengths = np.sqrt(np.add.reduceat(words.data**2, words.indptr[filled]))
        words.data /= np.repeat(lengths, np.diff(words.indptr)[filled])
        return words


def counted(rows: Integers, columns: Integers, shape: tuple[int, int]) -> csr_matrix:
    """How often each column is there in each row, columns ascending.

    One sort of whole numbers: scipy's own way to add up what is there twice is slower.
    """
    keys = rows * shape[1] + columns
    keys.sort()
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(begins, append=len(keys)).astype(np.float64)
    at_row, at_column = np.divmod(keys[begins], shape[1])
    ends = np.cumsum(np.bincount(at_row, minlength=shape[0]))
    return csr_matrix((counts, at_column, np.concatenate([[0], ends])), shape=shape)


def _places(values: pa.Array, known: pa.Array) -> Integers:
    """Position of each value among the known ones; their number for one that is not there."""
    places = pc.fill_null(pc.index_in(values, value_set=known), len(known))
    result: Integers = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return result
