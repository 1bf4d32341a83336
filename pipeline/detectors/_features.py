"""What a message looks like to the models: words, classes of words, signs and cues.

One sparse row per message, and one per sentence of it, which holds what begins in it. Words are
TF-IDF of unit length; the others are there or not, each kind with a size of its own, which says how
much the models lean on it: chosen by cross-validation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline import looks
from pipeline.detectors._classes import ClassFinder
from pipeline.detectors._cues import CueFinder
from pipeline.detectors._ngrams import Vectorizer, vectors
from pipeline.detectors._signs import SIGNS, gates, signs
from pipeline.detectors._spans import Cues
from pipeline.detectors._tokens import Floats, Integers, Tokens, sentences, tokens
from pipeline.detectors.base import MAIN_TAGS, Detector
from pipeline.looks import Written

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

SIZES = {"class": 0.2, "after": 0.15, "sign": 0.2, "length": 0.2, "cue": 0.4}
"""How large a feature of each kind is, where it is there."""

LENGTHS = (2, 4, 8, 16, 32, 64)
"""Numbers of tokens at which a message or sentence counts as longer."""
_LONGEST = 1 << 32
"""Characters that no text has."""


@cache
def _finder(detectors: tuple[Detector, ...]) -> CueFinder:
    """The cues are the same for every set of models, and take seconds to prepare."""
    return CueFinder(detectors)


@dataclass(frozen=True)
class Sentences:
    """The sentences of a batch: the message each is from, where it stands, its features.

    Every message has one at least; they come in the order of the messages, and then of the text.
    `places` says which row of `vectors` is that of each.
    """

    rows: Integers
    start: Integers
    end: Integers
    vectors: csr_matrix
    places: Integers

    @cached_property
    def matrix(self) -> csr_matrix:
        """The features, a row for each."""
        return self.vectors[self.places]

    def best(self, scores: Floats) -> tuple[Floats, Integers]:
        """The highest of some sentences' scores in each message, and which, the first of equals."""
        first = np.flatnonzero(np.diff(self.rows, prepend=-1))
        highest: Floats = np.maximum.reduceat(scores, first) if len(first) else scores
        reached = np.flatnonzero(scores == highest[self.rows])
        which = np.zeros(len(highest), dtype=np.int64)
        which[self.rows[reached][::-1]] = reached[::-1]
        return highest, which


@dataclass(frozen=True)
class Found:
    """The features of a batch.

    `vectors` has a row for each of `count` messages, then one for each sentence that is not all of
    its message. `cues` says which cues stand where; `entries` are the positions in `tokens` and the
    columns of words, pairs of words, classes and classes after another. All places are counted in
    `texts`, the texts as they look; `written` says where that stands in the texts as given.
    """

    vectors: csr_matrix
    count: int
    sentences: Sentences
    cues: Cues
    tokens: Tokens
    entries: tuple[Integers, Integers]
    texts: pl.Series
    written: Written

    @cached_property
    def matrix(self) -> csr_matrix:
        """The features of the messages, a row for each."""
        return self.vectors[: self.count]


class Features:
    """Makes the rows. Columns are those of the words, then `names`."""

    def __init__(self, fitted: TfidfVectorizer, detectors: Iterable[Detector]) -> None:
        """Take over the words of scikit-learn's vectoriser and the cues of all detectors."""
        listed = tuple(detectors)
        self.words = Vectorizer(fitted)
        self.classes = ClassFinder()
        self._finder = _finder(listed)
        self.names = feature_names(self.classes, self._finder.names)
        self.first = {"word": 0, "class": len(self.words.idf)}
        self.first["after"] = self.first["class"] + len(self.classes.names)
        self.first["sign"] = self.first["after"] + len(self.classes.after_names)
        self.first["length"] = self.first["sign"] + len(SIGNS)
        self.first["cue"] = self.first["length"] + len(LENGTHS)
        sizes = [SIZES[name.split(":")[0]] for name in self.names]
        self._sizes = np.concatenate([self.words.idf, sizes])

    def cue_column(self, tag: str, cue: str) -> int:
        """The column of a cue."""
        return self.first["cue"] + self._finder.names.index(f"{tag}:{cue}")

    def columns_of(self, tag: str) -> Integers:
        """The columns that a tag's model weighs, in its order: all words, and what is `weighed`."""
        words = np.arange(self.first["class"])
        return np.concatenate([words, len(words) + np.array(weighed(tag, self.names))])

    def transform(self, texts: pa.StringArray, languages: pa.StringArray) -> Found:
        """Make the rows of a batch (nulls count as empty texts)."""
        given = pl.Series(texts, dtype=pl.String).fill_null("")
        words = looks.shown(given)
        cut = sentences(words)
        found = tokens(cut)
        cues = self._finder.find(words, pl.Series(languages).fill_null("und"), found)
        at, columns = self._entries(found, languages)
        rows, start = cut["row"].to_numpy(), cut["start"].to_numpy()
        end = start + cut["sentence"].str.len_chars().to_numpy().astype(np.int64)
        # A message that is one sentence is looked at once.
        sizes = words.str.len_bytes().to_numpy()
        apart = np.flatnonzero(cut["sentence"].str.len_bytes().to_numpy() != sizes[rows])
        places = rows.copy()
        places[apart] = len(words) + np.arange(len(apart))
        may = gates(words)
        shown = signs(words, may), signs(cut["sentence"].gather(apart), may[rows[apart]])
        in_sentence = np.searchsorted(
            rows * _LONGEST + start, cues.rows * _LONGEST + cues.starts, side="right"
        )
        made = vectors(
            chain(
                _in_both(found.rows[at], places[found.sentences[at]], columns),
                _in_both(cues.rows, places[in_sentence - 1], self.first["cue"] + cues.which),
                [_columns_from(self.first["sign"], np.concatenate(shown))],
                [_columns_from(self.first["length"], _lengths(found, places))],
            ),
            count=len(words) + len(apart),
            sizes=self._sizes,
            words=self.first["class"],
        )
        return Found(
            vectors=made,
            count=len(words),
            sentences=Sentences(rows, start, end, made, places),
            cues=cues,
            tokens=found,
            entries=(at, columns),
            texts=words,
            written=Written.of(given, words),
        )

    def _entries(self, found: Tokens, languages: pa.StringArray) -> tuple[Integers, Integers]:
        """Positions of tokens, and columns, of words, pairs, classes and classes after another."""
        at_word, of_word = self.words.entries(found)
        at_class, of_class = self.classes.entries(found, languages)
        at_after, after = self.classes.after(found, at_class, of_class)
        columns = of_word, self.first["class"] + of_class, self.first["after"] + after
        return np.concatenate([at_word, at_class, at_after]), np.concatenate(columns)


def feature_names(classes: ClassFinder, cues: Iterable[str]) -> tuple[str, ...]:
    """Names of the columns after the words, in their order: the models' metadata hold them."""
    return (
        *(f"class:{name}" for name in classes.names),
        *(f"after:{name}" for name in classes.after_names),
        *(f"sign:{name}" for name in SIGNS),
        *(f"length:{least}" for least in LENGTHS),
        *(f"cue:{name}" for name in cues),
    )


def weighed(tag: str, names: Sequence[str]) -> list[int]:
    """Positions of the columns after the words that a tag's model weighs: all but foreign cues.

    Args:
        tag: the tag.
        names: what `feature_names` gives.
    """
    seen = {tag, *MAIN_TAGS}
    parts = (name.split(":") for name in names)
    return [at for at, (kind, of, *_) in enumerate(parts) if kind != "cue" or of in seen]


def _in_both(
    rows: Integers, places: Integers, columns: Integers
) -> Iterator[tuple[Integers, Integers]]:
    """What is there, in the row of its message and in that of its sentence, if that is another."""
    yield rows, columns
    other = places != rows
    yield places[other], columns[other]


def _lengths(found: Tokens, places: Integers) -> NDArray[np.bool_]:
    """Whether messages, then sentences apart, have as many tokens as `LENGTHS`."""
    count = int(places.max(initial=-1)) + 1
    of_messages = np.bincount(found.rows, minlength=count)
    of_places = np.bincount(places[found.sentences], minlength=count)
    sizes = np.maximum(of_messages, of_places)
    return sizes[:, None] >= np.array(LENGTHS)[None, :]


def _columns_from(first: int, is_there: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    rows, columns = np.nonzero(is_there)
    return rows, first + columns
