"""Phrases that stand in a text as they stand in the list: spaCy need not be asked about them.

spaCy cuts each run between blanks by itself. So where the runs of a phrase stand to the letter, it
finds the phrase; and it always cuts a comma and the like off a word of letters. It is asked about
all others, and about phrases with signs where the text has capitals: it cuts `Can't`, not `CAN'T`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.detectors._ragged import ragged
from pipeline.detectors._tokens import HIDDEN, TOKEN, Integers, Tokens

_BLANK = ord(" ")
_CUT_OFF = np.frombuffer(b",!?", np.uint8)
"""What spaCy cuts off the end of any word."""
ODD = "://|\x1f"
"""Where the bytes of words are not as it is written: links, and handles beside them."""
Booleans = NDArray[np.bool_]


class Phrases:
    """The phrases of a language, by the node that their pieces end in."""

    def __init__(self, count: int) -> None:
        """Begin with none. `count` is the number of nodes."""
        self._cues: dict[int, set[int]] = defaultdict(set)
        self._written: dict[int, bytes] = {}
        self.is_one, self._is_asked, self._is_plain = np.zeros((3, count), dtype=bool)
        self._lead, self._size, self._tokens = np.zeros((3, count), dtype=np.int64)
        self.bare = np.zeros((count, 2), dtype=np.int64)
        """How many tokens without a word, such as a colon, stand before and after the words."""
        self._signs = np.zeros((count, 2), dtype=np.uint8)
        """The bytes next to the words of a phrase, before and behind; 0 where any may stand."""

    def add(
        self, node: int, cue: int, phrase: str, tokens: list[str], has_pieces: list[bool]
    ) -> None:
        """Add a phrase.

        Args:
            node: where its pieces end.
            cue: which cue it is of.
            phrase: as it is listed.
            tokens: what spaCy cuts it into, in lower case.
            has_pieces: which of its tokens have pieces.
        """
        written = phrase.lower()
        letters = written.encode()
        self.is_one[node] = True
        self._cues[node].add(cue)
        if self._written.setdefault(node, letters) != letters:
            self._is_asked[node], self._signs[node] = True, 0
        self._size[node], self._tokens[node] = len(written), len(tokens)
        # Of words that are cut within, spaCy knows some ways to write them: `Cant`, but not `canT`.
        is_plain = tokens == written.split(" ") and all(map(str.isalpha, tokens))
        self._is_plain[node] = is_plain
        self._lead[node] = 0
        if is_plain:  # most are; nothing stands beside their words
            return
        begin = re.search(TOKEN, re.sub(HIDDEN, lambda name: " " * len(name[0]), written))
        self._lead[node] = begin.start() if begin else 0
        around = written[: self._lead[node]].rstrip(" "), re.split(TOKEN, written)[-1]
        ends = around[0].encode()[-1:], around[1].lstrip(" ").encode()[:1]
        # An apostrophe may stand in the text as another sign.
        if not self._is_asked[node]:
            self._signs[node] = [ord(end) if end and end != b"'" else 0 for end in ends]
        bare = has_pieces.index(True), has_pieces[::-1].index(True)
        self.bare[node] = np.maximum(self.bare[node], bare)

    @cached_property
    def _listed(self) -> tuple[Integers, Integers]:
        """The phrases' cues, node by node, and where those of each node begin."""
        counts = np.zeros(len(self._lead) + 1, dtype=np.int64)
        for node, cues in self._cues.items():
            counts[node + 1] = len(cues)
        listed = [cue for node in sorted(self._cues) for cue in sorted(self._cues[node])]
        return np.array(listed, dtype=np.int64), np.cumsum(counts)

    @cached_property
    def _leading(self) -> Integers:
        """The bytes of each phrase before the first letter of its pieces."""
        leading = np.zeros_like(self._lead)
        for node, written in self._written.items():
            leading[node] = len(written.decode()[: self._lead[node]].encode())
        return leading

    @cached_property
    def _letters(self) -> tuple[NDArray[np.uint8], Integers]:
        """The phrases' bytes, node by node, and where those of each node begin."""
        written = [self._written.get(node, b"") for node in range(len(self._lead))]
        sizes = np.fromiter(map(len, written), np.int64, len(written))
        return np.frombuffer(b"".join(written), np.uint8), np.cumsum(np.append(0, sizes))

    def matches(self, first: Integers, nodes: Integers, words: Tokens) -> Integers:
        """The matches (`_spans`) of phrases that stand as they are listed.

        Args:
            first: position of the first token of each that has a piece.
            nodes: where their pieces end.
            words: the words of the batch.
        """
        cues, begins = self._listed
        at, cue = ragged(begins[nodes], np.diff(begins)[nodes])
        starts = words.stand(first)[0] - self._lead[nodes]
        columns = words.rows[first], starts, starts + self._size[nodes], self._tokens[nodes]
        rows, starts, ends, tokens = (column[at] for column in columns)
        matches: Integers = np.stack([rows, cues[cue], starts, ends, tokens], axis=1)
        return matches

    def are_as_listed(self, first: Integers, nodes: Integers, words: Tokens) -> Booleans:
        """Which phrases stand as they are listed. Arguments as above; no text of them is `ODD`."""
        sentence, read, written = words.sentences[first], words.read, words.bytes_written
        begin = words.begins[first] - self._leading[nodes]
        end = begin + np.diff(self._letters[1])[nodes]
        is_inside = (read.offsets[sentence] <= begin) & (end <= read.offsets[sentence + 1])
        is_plain = self._is_plain[nodes]
        is_alike = is_inside & self._are_alike(read.held, begin, nodes)
        signed = np.flatnonzero(~is_plain & is_alike)
        there = begin[signed] + (written.offsets - read.offsets)[sentence[signed]]
        is_alike[signed] = self._are_alike(written.held, there, nodes[signed])
        before, behind, next_to_it = (
            _bytes(words, sentence, at) for at in (begin - 1, end, end + 1)
        )
        is_cut_off = is_plain & np.isin(behind, _CUT_OFF) & (next_to_it == _BLANK)
        is_free = (before == _BLANK) & ((behind == _BLANK) | is_cut_off)
        listed: Booleans = is_alike & is_free & ~self._is_asked[nodes] & ~words.is_longer[sentence]
        return listed

    def have_signs(
        self, first: Integers, last: Integers, nodes: Integers, words: Tokens
    ) -> Booleans:
        """Which phrases have their signs beside them, such as a colon; `last` are last tokens."""
        has_signs = np.ones(len(nodes), dtype=bool)
        ends = words.begins[last] + words.sizes[words.codes[last]]
        for side, token, at, step in (
            (0, first, words.begins[first] - 1, -1),
            (1, last, ends, 1),
        ):
            sign, sentence = self._signs[nodes, side], words.sentences[token]
            nearest = _bytes(words, sentence, at)
            is_apart = nearest == _BLANK
            nearest[is_apart] = _bytes(words, sentence, at + step)[is_apart]
            has_signs &= (sign == 0) | (sign == nearest)
        return has_signs

    def _are_alike(self, held: NDArray[np.uint8], begin: Integers, nodes: Integers) -> Booleans:
        """Whether the bytes from these places on are those of the phrases."""
        letters, begins = self._letters
        at, letter = ragged(begins[nodes], np.diff(begins)[nodes])
        place = begin[at] + letter - begins[nodes[at]]
        is_other = held[np.minimum(place, len(held) - 1)] != letters[letter]
        are_alike: Booleans = np.bincount(at, is_other, minlength=len(nodes)) == 0
        return are_alike


def _bytes(words: Tokens, sentence: Integers, at: Integers) -> NDArray[np.uint8]:
    """The bytes at some places of sentences; blanks where that is outside of them."""
    held, offsets = words.read.held, words.read.offsets
    is_inside = (offsets[sentence] <= at) & (at < offsets[sentence + 1])
    found: NDArray[np.uint8] = np.where(is_inside, held[np.clip(at, 0, len(held) - 1)], _BLANK)
    return found
