"""What a logit is made of, as spans of the text with weights that add up to it.

Many messages are taken apart at once, in arrays; only where the few features that are shown stand
is looked up text by text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix

from pipeline.detectors._features import Features, Found, sign_patterns
from pipeline.detectors._ngrams import HIDDEN, RUST_TOKEN, Floats, Integers

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

_HIDDEN = re.compile(HIDDEN)
_PIECE = rf"[^\p{{L}}\p{{N}}_?!€$£%]*(?:{RUST_TOKEN})"
"""A token with what stands before it."""
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
    """Features by message, the weightiest first: position of the message, column, weight."""

    at: Integers
    columns: Integers
    weights: Floats

    def where(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> _Listed:
        return _Listed(self.at[chosen], self.columns[chosen], self.weights[chosen])

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
        placed, unplaced = self._ranked(worth)
        bias = bias + unplaced.sums(count)
        rank = np.arange(len(placed.at)) - np.searchsorted(placed.at, placed.at)
        is_shown = (rank < SHOWN) | (placed.columns >= self._first["cue"])
        rest, shown = placed.where(~is_shown).sums(count), placed.where(is_shown)
        spans = self._spans(found, said, rows, shown)
        stands = spans[:, 0] < spans[:, 1]
        rest += shown.where(~stands).sums(count)
        shown, spans = shown.where(stands), spans[stands]
        pieces = zip(shown.at.tolist(), *spans.T.tolist(), strict=True)
        passages = pa.array([*(words[at][start:end] for at, start, end in pieces), ""], pa.string())

        begin, end = found.sentences.start[deciding], found.sentences.end[deciding]
        every = np.arange(count)
        order = np.argsort(np.concatenate([shown.at, every, every]), kind="stable")
        kinds = np.maximum(shown.columns - self._first["class"] + 3, 2)
        columns = (
            pa.array(np.concatenate([spans[:, 0], begin, begin])[order], pa.int32()),
            pa.array(np.concatenate([spans[:, 1], begin, begin])[order], pa.int32()),
            passages.take(pa.array(np.minimum(order, len(passages) - 1))),
            pa.array(np.concatenate([shown.weights, rest, bias])[order]),
            self._kinds.take(
                pa.array(np.concatenate([kinds, np.zeros_like(every), np.ones_like(every)])[order])
            ),
        )
        parts = pa.StructArray.from_arrays(columns, fields=list(EVIDENCE.value_type))
        counts = np.bincount(shown.at, minlength=count) + 2
        return Explanations(begin, end, listed(counts, parts))

    def _ranked(self, worth: csr_matrix) -> tuple[_Listed, _Listed]:
        """The features with a place in the text, and those without: how long a message is."""
        at = np.repeat(np.arange(worth.shape[0]), np.diff(worth.indptr))
        worth.sort_indices()
        order = np.lexsort((-np.abs(worth.data), at))
        columns = worth.indices.astype(np.int64)[order]
        ranked = _Listed(at[order], columns, worth.data[order])
        has_none = (self._first["length"] <= columns) & (columns < self._first["cue"])
        return ranked.where(~has_none), ranked.where(has_none)

    def _spans(self, found: Found, texts: pl.Series, rows: Integers, shown: _Listed) -> Integers:
        """Where each feature stands first: start and end."""
        first_sign, first_cue = self._first["sign"], self._first["cue"]
        spans = np.zeros((len(shown.at), 2), dtype=np.int64)
        is_word = shown.columns < first_sign
        spans[is_word] = self._word_spans(found, texts, rows, shown.where(is_word))
        others, current = np.flatnonzero(~is_word), -1
        cues: dict[int, Span] = {}
        for place, at, column in zip(
            others.tolist(), shown.at[others].tolist(), shown.columns[others].tolist(), strict=True
        ):
            if column < first_cue:
                match = _SIGNS[column - first_sign].search(texts[at])
                spans[place] = match.span() if match else NOWHERE
                continue
            if at != current:
                current, cues = at, self._cue_spans(found, int(rows[at]))
            spans[place] = cues[column]
        return spans

    def _word_spans(
        self, found: Found, texts: pl.Series, rows: Integers, shown: _Listed
    ) -> Integers:
        """Where words, pairs of words and classes stand, counted in the text as it is written."""
        first, last = self._first_tokens(found, rows, shown)
        begins, ends = _token_ends(texts)
        named = np.searchsorted(found.tokens.rows, rows)[shown.at] + first
        sizes = pc.utf8_length(found.tokens.words.dictionary).to_numpy()
        size = sizes[found.tokens.codes[named]]
        start, end = ends[begins[shown.at] + first] - size, ends[begins[shown.at] + last]
        spans: Integers = np.stack([start, end], axis=1)
        # Some letters become two in lower case (İ): places are counted in the text itself.
        longer = texts.str.to_lowercase().str.len_chars() != texts.str.len_chars()
        for at in longer.arg_true():
            moved = np.array([place for place, one in enumerate(texts[at]) for _ in one.lower()])
            mine = shown.at == at
            spans[mine] = moved[spans[mine] - [0, 1]] + [0, 1]
        return spans

    def _first_tokens(
        self, found: Found, rows: Integers, shown: _Listed
    ) -> tuple[Integers, Integers]:
        """The first and last token, counted in its text, of each word, pair of words and class."""
        tokens, columns = found.entries
        place = np.full(found.matrix.shape[0], -1)
        place[rows] = np.arange(len(rows))
        at = place[found.tokens.rows[tokens]]
        is_asked = at >= 0
        width = found.matrix.shape[1]
        held = at[is_asked] * width + columns[is_asked]
        asked = shown.at * width + shown.columns
        known = np.sort(asked)
        where = np.minimum(np.searchsorted(known, held), max(len(known) - 1, 0))
        hits = known[where] == held if len(known) else np.zeros(0, dtype=bool)
        first = np.zeros(len(known), dtype=np.int64)
        # Entries of a column are in the order of the text: from behind, the first one stays.
        first[where[hits][::-1]] = tokens[is_asked][hits][::-1]
        begins = np.searchsorted(found.tokens.rows, rows)
        at_first = first[np.searchsorted(known, asked)] - begins[shown.at]
        words = self._features.words
        is_pair = words.is_pair[np.minimum(shown.columns, len(words.is_pair) - 1)]
        is_pair &= shown.columns < len(words.is_pair)
        return at_first, at_first + is_pair

    def _cue_spans(self, found: Found, row: int) -> dict[int, Span]:
        spans: dict[int, Span] = {}
        for tag, cues in found.cues.get(row, {}).items():
            for cue in cues:
                spans.setdefault(self._features.cue_column(tag, cue.name), (cue.start, cue.end))
        return spans


def _token_ends(texts: pl.Series) -> tuple[Integers, Integers]:
    """Where the tokens of texts end in lower case, handles and links left out.

    Returns:
        The position of each text's first token, and the end of every token in its text.
    """
    lowered = texts.str.to_lowercase()
    hiding = lowered.str.contains("@|://").arg_true()
    blanked = [
        _HIDDEN.sub(lambda match: " " * len(match[0]), text) for text in lowered.gather(hiding)
    ]
    shown = lowered.clone().scatter(hiding, pl.Series(blanked, dtype=pl.String))
    pieces = shown.str.extract_all(_PIECE)
    counts = pieces.list.len().to_numpy().astype(np.int64)
    sizes = pieces.explode(empty_as_null=False).str.len_chars().to_numpy().astype(np.int64)
    begins, total = np.cumsum(counts) - counts, np.concatenate([[0], np.cumsum(sizes)])
    return begins, total[1:] - np.repeat(total[begins], counts)


def listed(counts: Integers, values: pa.Array) -> pa.ListArray:
    """Values as lists: `counts` says how many belong to each row."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, values)
