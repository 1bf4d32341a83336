"""Phrases that stand in a text as plainly as in the list: spaCy need not be asked about them.

A phrase is plain that spaCy cuts into words of letters, at its blanks alone. It stands plainly
where its words do, one blank apart, with a blank, nothing, or a comma and the like at the ends:
there spaCy cuts likewise. It is asked about all others.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.detectors._tokens import Integers, Tokens

if TYPE_CHECKING:
    from spacy.tokens import Doc

_BLANK = ord(" ")
_CUT_OFF = np.frombuffer(b",!?", np.uint8)
"""What spaCy cuts off the end of any word."""
_ODD = "://|\x1f"
"""Where the bytes of words are not as it is written: links, and handles beside them."""
Booleans = NDArray[np.bool_]


class Phrases:
    """The phrases of a language, by the node that their pieces end in."""

    def __init__(self, count: int) -> None:
        """Begin with none. `count` is the number of nodes."""
        self._cues: dict[int, set[int]] = defaultdict(set)
        self.is_one, self._is_asked = np.zeros((2, count), dtype=bool)
        self._size, self._last = np.zeros((2, count), dtype=np.int64)
        self.bare = np.zeros((count, 2), dtype=np.int64)
        """How many tokens without a word, such as a colon, stand before and after the words."""

    def add(self, node: int, cue: int, phrase: Doc, pieces: list[int]) -> None:
        """Add a phrase.

        Args:
            node: where its pieces end.
            cue: which cue it is of.
            phrase: as spaCy cuts it.
            pieces: how many pieces each of its tokens has.
        """
        words = [token.lower_ for token in phrase]
        written = " ".join(words)
        self.is_one[node] = True
        if (
            written == phrase.text.lower()
            and all(token.is_alpha for token in phrase)
            and (pieces == [1] * len(words))
        ):
            self._cues[node].add(cue)
            self._size[node] = len(written.encode())
            self._last[node] = self._size[node] - len(words[-1].encode())
            return
        self._is_asked[node] = True
        worded = [count > 0 for count in pieces]
        bare = worded.index(True), worded[::-1].index(True)
        self.bare[node] = np.maximum(self.bare[node], bare)

    @cached_property
    def _listed(self) -> tuple[Integers, Integers]:
        """The plain phrases' cues, node by node, and where those of each node begin."""
        counts = np.zeros(len(self._size) + 1, dtype=np.int64)
        for node, cues in self._cues.items():
            counts[node + 1] = len(cues)
        listed = [cue for node in sorted(self._cues) for cue in sorted(self._cues[node])]
        return np.array(listed, dtype=np.int64), np.cumsum(counts)

    def matches(self, tokens: Integers, nodes: Integers, words: Tokens) -> Integers:
        """The matches (`_spans`) of phrases that stand plainly.

        Args:
            tokens: positions of the first and of the last token of each, two rows.
            nodes: where their pieces end.
            words: the words of the batch.
        """
        cues, begins = self._listed
        counts = begins[nodes + 1] - begins[nodes]
        at = np.repeat(np.arange(len(nodes)), counts)
        inside = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        first, last = tokens
        starts, ends = words.stand(first)[0], words.stand(last)[1]
        columns = (words.rows[first], starts, ends, last - first + 1)
        rows, starts, ends, sizes = (column[at] for column in columns)
        matches: Integers = np.stack(
            [rows, cues[begins[nodes[at]] + inside], starts, ends, sizes], axis=1
        )
        return matches

    def are_plain(
        self, tokens: Integers, nodes: Integers, words: Tokens, texts: pl.Series
    ) -> Booleans:
        """Which phrases stand plainly, of those with a whole token for each piece.

        Args:
            tokens: positions of the first and of the last token of each, two rows.
            nodes: where their pieces end.
            words: the words of the batch.
            texts: the texts of the batch.
        """
        first, last = tokens
        held, sentence = words.read.held, words.sentences[first]
        begin, end = words.begins[first], words.begins[first] + self._size[nodes]
        is_first = begin == words.read.offsets[sentence]
        sentence_end = words.read.offsets[sentence + 1]
        at = [np.minimum(end + step, len(held) - 1) for step in (0, 1)]
        is_over, is_next_over = (end + step >= sentence_end for step in (0, 1))
        is_followed = (held[at[0]] == _BLANK) | is_over
        is_cut_off = np.isin(held[at[0]], _CUT_OFF) & ((held[at[1]] == _BLANK) | is_next_over)
        is_odd = texts.str.contains(_ODD).to_numpy()[words.rows[first]]
        plain: Booleans = (
            ~self._is_asked[nodes]
            & ~is_odd
            & ~words.is_longer[sentence]
            & (sentence == words.sentences[last])
            & (words.begins[last] == begin + self._last[nodes])
            & (words.blocks[last] - words.blocks[first] == last - first)
            & (is_first | (held[begin - 1] == _BLANK))
            & (is_followed | is_cut_off)
        )
        return plain
