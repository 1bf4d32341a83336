"""What a logit is made of, as spans of the text with weights that add up to it.

Many messages are taken apart at once, in arrays; only where the few features that are shown stand
is looked up text by text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.detectors._features import Features, Found
from pipeline.detectors._signs import sign_patterns
from pipeline.detectors._tokens import Floats, Integers

EVIDENCE = pa.list_(
    pa.struct(
        [
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("text", pa.string()),
            ("weight", pa.float64()),
            ("kind", pa.string()),
        ]
    )
)
SHOWN = 8
"""Features listed on their own; cues always are, the others are summed into an entry `rest`."""

_SIGNS = tuple(sign_patterns().values())
Span = tuple[int, int]
NOWHERE: Span = (0, 0)


@dataclass(frozen=True)
class Explanations:
    """Some messages' logits for one tag, taken apart; one entry a message.

    The deciding sentence is the one that the model counts beside the message. `evidence` has
    words, classes, signs and cues with exact spans, the weightiest first, then `rest` and `bias`
    with empty spans at that sentence's start. `bias` is what holds for every message of this
    language and length. The weights add up to the logit.
    """

    sentence_start: Integers
    sentence_end: Integers
    evidence: pa.ListArray


@dataclass(frozen=True)
class _Listed:
    """Features by message: position of the message, ascending, column, weight."""

    at: Integers
    columns: Integers
    weights: Floats

    def where(self, chosen: NDArray[np.bool_] | Integers) -> _Listed:
        return _Listed(self.at[chosen], self.columns[chosen], self.weights[chosen])

    def ranked(self) -> _Listed:
        """The weightiest of each message first."""
        return self.where(np.lexsort((-np.abs(self.weights), self.at)))

    def sums(self, count: int) -> Floats:
        """What the features of each message weigh together."""
        total: Floats = np.bincount(self.at, self.weights, minlength=count).astype(np.float64)
        return total


class Explainer:
    """Takes logits apart."""

    def __init__(self, features: Features) -> None:
        """Keep what the columns mean."""
        self._features, self._first = features, features.first
        # A cue's own name says enough; its tag may be another than the one explained.
        named = (name.split(":") for name in features.names)
        self._kinds = pa.array(["rest", "bias", "ngram", *(f"{one[0]}:{one[-1]}" for one in named)])

    def explain(
        self,
        found: Found,
        texts: pa.StringArray,
        rows: Integers,
        worth: csr_matrix,
        bias: Floats,
        deciding: Integers,
    ) -> Explanations:
        """Take the logits of some messages apart.

        Args:
            found: the features of the batch.
            texts: all messages of the batch; nulls count as empty.
            rows: positions of the messages to explain.
            worth: what each feature adds to the logit, one row for each of `rows`.
            bias: what the rest of the model adds, one for each of `rows`.
            deciding: position of the deciding sentence of each among all sentences.
        """
        count = len(rows)
        said = pl.Series(texts.take(pa.array(rows)), dtype=pl.String).fill_null("")
        words = said.to_list()
        read = found.texts.gather(rows).to_list()
        placed, unplaced = self._placed(worth)
        bias = bias + unplaced.sums(count)
        is_cue = placed.columns >= self._first["cue"]
        may = is_cue | (np.abs(placed.weights) >= _reached(placed, count)[placed.at])
        ranked = placed.where(may).ranked()
        rank = np.arange(len(ranked.at)) - np.searchsorted(ranked.at, ranked.at)
        is_shown = (rank < SHOWN) | (ranked.columns >= self._first["cue"])
        rest = placed.where(~may).sums(count) + ranked.where(~is_shown).sums(count)
        shown = ranked.where(is_shown)
        spans = self._spans(found, read, rows, shown)
        stands = spans[:, 0] < spans[:, 1]
        rest += shown.where(~stands).sums(count)
        shown, spans = shown.where(stands), spans[stands]
        starts, ends = found.written.places(rows[shown.at], *spans.T)
        pieces = zip(shown.at.tolist(), starts.tolist(), ends.tolist(), strict=True)
        passages = pa.array([*(words[at][start:end] for at, start, end in pieces), ""], pa.string())

        sentences = found.sentences
        begin, end = found.written.places(rows, sentences.start[deciding], sentences.end[deciding])
        every = np.arange(count)
        order = np.argsort(np.concatenate([shown.at, every, every]), kind="stable")
        kinds = np.maximum(shown.columns - self._first["class"] + 3, 2)
        columns = (
            pa.array(np.concatenate([starts, begin, begin])[order], pa.int32()),
            pa.array(np.concatenate([ends, begin, begin])[order], pa.int32()),
            passages.take(pa.array(np.minimum(order, len(passages) - 1))),
            pa.array(np.concatenate([shown.weights, rest, bias])[order]),
            self._kinds.take(
                pa.array(np.concatenate([kinds, np.zeros_like(every), np.ones_like(every)])[order])
            ),
        )
        parts = pa.StructArray.from_arrays(columns, fields=list(EVIDENCE.value_type))
        counts = np.bincount(shown.at, minlength=count) + 2
        return Explanations(begin, end, listed(counts, parts))

    def _placed(self, worth: csr_matrix) -> tuple[_Listed, _Listed]:
        """The features with a place in the text, and those without: how long a message is."""
        at = np.repeat(np.arange(worth.shape[0]), np.diff(worth.indptr))
        worth.sort_indices()
        every = _Listed(at, worth.indices.astype(np.int64), worth.data)
        has_none = (self._first["length"] <= every.columns) & (every.columns < self._first["cue"])
        return every.where(~has_none), every.where(has_none)

    def _spans(self, found: Found, texts: list[str], rows: Integers, shown: _Listed) -> Integers:
        """Where each feature stands first: start and end."""
        first_sign, first_cue = self._first["sign"], self._first["cue"]
        spans = np.zeros((len(shown.at), 2), dtype=np.int64)
        is_word, is_cue = shown.columns < first_sign, shown.columns >= first_cue
        spans[is_word] = self._word_spans(found, rows, shown.where(is_word))
        spans[is_cue] = self._cue_spans(found, rows, shown.where(is_cue))
        others = np.flatnonzero(~is_word & ~is_cue)
        for place, at, column in zip(
            others.tolist(), shown.at[others].tolist(), shown.columns[others].tolist(), strict=True
        ):
            match = _SIGNS[column - first_sign].search(texts[at])
            spans[place] = match.span() if match else NOWHERE
        return spans

    def _word_spans(self, found: Found, rows: Integers, shown: _Listed) -> Integers:
        """Where words, pairs of words and classes stand, counted in the text as it is written."""
        first = self._first_tokens(found, rows, shown)
        words = self._features.words
        is_pair = words.is_pair[np.minimum(shown.columns, len(words.is_pair) - 1)]
        is_pair &= shown.columns < len(words.is_pair)
        start, _ = found.tokens.stand(first)
        _, end = found.tokens.stand(first + is_pair)
        spans: Integers = np.stack([start, end], axis=1)
        return spans

    def _first_tokens(self, found: Found, rows: Integers, shown: _Listed) -> Integers:
        """The first token of each word, pair of words and class in its message."""
        tokens, columns = found.entries
        place = np.full(found.count, -1)
        place[rows] = np.arange(len(rows))
        at = place[found.tokens.rows][tokens]
        asked = np.flatnonzero(at >= 0)
        width, count = found.vectors.shape[1], len(found.tokens.rows) + 1
        held = (at[asked] * width + columns[asked]) * count + tokens[asked]
        held.sort()
        # The first entry of a column in a message is that of its first token.
        first: Integers = (
            held[np.searchsorted(held, (shown.at * width + shown.columns) * count)] % count
        )
        return first

    def _cue_spans(self, found: Found, rows: Integers, shown: _Listed) -> Integers:
        """Where cues stand first: they come by message, cue and place."""
        cues, width = found.cues, found.vectors.shape[1]
        asked = rows[shown.at] * width + shown.columns - self._first["cue"]
        first = np.searchsorted(cues.rows * width + cues.which, asked)
        spans: Integers = np.stack([cues.starts[first], cues.ends[first]], axis=1)
        return spans


def _reached(listed: _Listed, count: int) -> Floats:
    """A weight that `SHOWN` features of each message reach, or all where there are fewer.

    The least of the greatest of as many parts of the list: what stays below need not be ranked.
    """
    sizes = np.bincount(listed.at, minlength=count)
    filled = np.flatnonzero(sizes)
    begins = (np.cumsum(sizes) - sizes)[filled, None]
    parts = begins + sizes[filled, None] * np.arange(SHOWN) // SHOWN
    greatest = np.maximum.reduceat(np.abs(listed.weights), parts.ravel())
    reached = np.zeros(count)
    reached[filled] = greatest.reshape(-1, SHOWN).min(axis=1)
    return reached


def listed(counts: Integers, values: pa.Array) -> pa.ListArray:
    """Values as lists: `counts` says how many belong to each row."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, values)
