"""Cuts texts into sentences and lower-case words, and knows where they stand.

Words are found in the bytes of a whole batch at once: what a byte is part of is looked up, and a
word begins where that changes. The test holds the words equal to those of Python's `re`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.text import abbreviation

TOKEN = r"\w+|[?!€$£%]"  # noqa: S105 - a word pattern, no secret
HIDDEN = r"@\w+|https?://\S+"
"""Handles and links: names of somebody, not words that mean something."""
_RUST_HIDDEN = r"@[\p{L}\p{N}_]+|https?://\S+"
"""The same to Polars, whose `\\w` takes in marks and joiners that Python's leaves out."""
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_GOES_ON, _BREAK = "\x1e", "\x1f"
"""Stand for a space within a sentence, and for what is between two."""
_NEITHER, _WORD, _SIGN = range(3)
_FIRST_OF_MANY = 0xC0
"""A byte from here on begins a letter of several bytes; those from 0x80 to it go on with one."""


def _kind(letter: str) -> int:
    if re.fullmatch(r"\w", letter):
        return _WORD
    return _SIGN if re.fullmatch(TOKEN, letter) else _NEITHER


_KINDS = np.array([_kind(chr(byte)) if byte < 0x80 else _NEITHER for byte in range(256)], np.uint8)


def sentences(texts: pl.Series) -> pl.DataFrame:
    """Split texts into sentences.

    Returns:
        `row` (position of the text), `start` (character offset in it), `sentence`; every text has
        at least one row, blank pieces of a text that has others are left out.
    """
    marked = (
        texts.fill_null("")
        .str.replace_all(f"[{_GOES_ON}{_BREAK}]", " ")
        .str.replace_all(abbreviation(), f"${{1}}{_GOES_ON}${{2}}")
        .str.replace_all(r"([.!?…][\"'”’)]*)\s", "${1}" + _BREAK)
        .str.replace_all(r"[\r\n]", _BREAK)
    )
    pieces = marked.str.split(_BREAK)
    counts = pieces.list.len().to_numpy().astype(np.int64)
    cut = pieces.explode().str.replace_all(_GOES_ON, " ", literal=True)
    ends = np.cumsum(cut.str.len_chars().to_numpy().astype(np.int64) + 1)
    begins, row = np.concatenate([[0], ends])[:-1], np.repeat(np.arange(len(texts)), counts)
    first = np.cumsum(counts) - counts
    start = begins - np.repeat(begins[first] if len(first) else first, counts)
    is_kept = (cut.str.strip_chars() != "").to_numpy()
    is_kept = is_kept | ((start == 0) & (np.bincount(row, is_kept, len(texts)) == 0)[row])
    return pl.DataFrame({"row": row, "start": start, "sentence": cut}).filter(is_kept)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a batch of sentences, in order: lower-case, with the text each is from.

    `rows` is the position of the text, `sentences` that among all sentences of the batch. `words`
    is encoded by its distinct words, so that what is asked about words is asked once of each.
    `written` are the sentences as they are written, `starts` where they begin in their texts, in
    characters, `begins` the places of tokens in what is `read` of them.
    """

    rows: Integers
    sentences: Integers
    words: pa.DictionaryArray
    written: pl.Series
    starts: Integers
    begins: Integers
    read: _Bytes

    @cached_property
    def codes(self) -> Integers:
        """The position of each token's word in `words.dictionary`."""
        codes: Integers = self.words.indices.to_numpy().astype(np.int64)
        return codes

    def stand(self, which: Integers) -> tuple[Integers, Integers]:
        """Where the tokens of these positions stand in their texts, in characters."""
        begins = self.starts[self.sentences[which]]
        starts, ends = self.spans(which)
        return begins + starts, begins + ends

    @cached_property
    def blocks(self) -> Integers:
        """The run of text without blanks, or with a sentence's end in it, that each token is in."""
        is_blank = self.read.held == ord(" ")
        begins = ~is_blank
        begins[1:] &= is_blank[:-1]
        blocks: Integers = np.cumsum(begins, dtype=np.int32)[self.begins].astype(np.int64)
        return blocks

    def spans(self, which: Integers) -> tuple[Integers, Integers]:
        """Where the tokens of these positions stand in their sentences, in characters."""
        of, begins = self.sentences[which], self.begins[which]
        sizes = self._sizes[self.codes[which]]
        starts = self.read.characters(self.read.offsets[of], begins)
        ends = starts + sizes
        # Some letters become two in lower case (İ): places are counted in what is written.
        for at in np.unique(of[self.is_longer[of]]).tolist():
            letters = enumerate(self.written[at])
            moved = np.array([place for place, one in letters for _ in one.lower()])
            mine = of == at
            starts[mine], ends[mine] = moved[starts[mine]], moved[ends[mine] - 1] + 1
        return starts, ends

    @cached_property
    def _sizes(self) -> Integers:
        """Characters of each word of the dictionary."""
        sizes: Integers = pc.utf8_length(self.words.dictionary).to_numpy()
        return sizes

    @cached_property
    def sizes(self) -> Integers:
        """Bytes of each word of the dictionary."""
        sizes: Integers = pc.binary_length(self.words.dictionary).to_numpy()
        return sizes

    @cached_property
    def bytes_written(self) -> _Bytes:
        """The sentences as they are written, end to end."""
        return _Bytes.of(self.written)

    @cached_property
    def is_longer(self) -> npt.NDArray[np.bool_]:
        """Whether a sentence has more characters in lower case than it is written with."""
        is_longer: npt.NDArray[np.bool_] = (
            self.read.sizes != self.written.str.len_chars().to_numpy()
        )
        return is_longer


@dataclass(frozen=True)
class _Bytes:
    """Lower-case texts end to end as UTF-8; `offsets` has where each begins, and the end."""

    held: npt.NDArray[np.uint8]
    offsets: Integers

    @classmethod
    def of(cls, texts: pl.Series) -> _Bytes:
        array = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
        _, offsets, held = array.buffers()
        places: Integers = np.frombuffer(offsets, np.int64)[array.offset :][: len(array) + 1]
        every = np.frombuffer(held, np.uint8) if held else np.zeros(0, np.uint8)
        return cls(every[places[0] : places[-1]], places - places[0])

    @cached_property
    def wide(self) -> Integers:
        """Where letters of several bytes begin."""
        return np.flatnonzero(self.held >= _FIRST_OF_MANY)

    @cached_property
    def sizes(self) -> Integers:
        """The number of characters of each text."""
        return self.characters(self.offsets[:-1], self.offsets[1:])

    def characters(self, begins: Integers, ends: Integers) -> Integers:
        """How many characters stand between places."""
        first = self.held[self.wide].astype(np.int64)
        more = np.concatenate([[0], np.cumsum(1 + (first >= 0xE0) + (first >= 0xF0))])
        before, behind = (more[np.searchsorted(self.wide, at)] for at in (begins, ends))
        characters: Integers = (ends - behind) - (begins - before)
        return characters

    def kinds(self) -> npt.NDArray[np.uint8]:
        """What each byte is part of."""
        kinds = _KINDS[self.held]
        if len(self.wide):
            # Behind the last letter may be nothing: what is read there does not count.
            padded = np.concatenate([self.held, np.zeros(3, np.uint8)])
            bytes_ = [padded[self.wide + at].astype(np.int64) for at in range(4)]
            longer = [bytes_[0] >= least for least in (_FIRST_OF_MANY, 0xE0, 0xF0)]
            points = bytes_[0] & np.select(longer[::-1], [0x07, 0x0F, 0x1F])
            for is_there, byte in zip(longer, bytes_[1:], strict=True):
                points = np.where(is_there, points << 6 | byte & 0x3F, points)
            known, which = np.unique(points, return_inverse=True)
            kind = np.array([_kind(chr(point)) for point in known.tolist()], np.uint8)[which]
            kinds[self.wide] = kind
            for at, is_there in enumerate(longer, start=1):
                kinds[self.wide[is_there] + at] = kind[is_there]
        return kinds


def readable(texts: pl.Series) -> pl.Series:
    """What of texts is cut into words: lower case, without handles and links."""
    return texts.str.to_lowercase().str.replace_all(_RUST_HIDDEN, " ")


def _blanked(texts: pl.Series) -> pl.Series:
    """Lower case, with links as blanks of their own length; in texts without links handles stay."""
    lowered = texts.str.to_lowercase()
    linked = lowered.str.contains("://", literal=True).arg_true()
    blank = [
        re.sub(HIDDEN, lambda match: " " * len(match[0]), text) for text in lowered.gather(linked)
    ]
    return lowered.scatter(linked, pl.Series(blank, dtype=pl.String)) if blank else lowered


def tokens(cut: pl.DataFrame) -> Tokens:
    """Cut texts into lower-case words and the few signs that count as one.

    Args:
        cut: what `sentences` gives.
    """
    read = _Bytes.of(_blanked(cut["sentence"]))
    kinds = read.kinds()
    is_inside = kinds != _NEITHER
    # A sign is a token by itself, also beside another one; its later bytes go on with it.
    goes_on = np.zeros(len(kinds) + 1, dtype=bool)
    np.equal(kinds[1:], kinds[:-1], out=goes_on[1:-1])
    goes_on[:-1] &= (kinds != _SIGN) | ((read.held & 0xC0) == 0x80)
    goes_on[read.offsets] = False
    begins = np.flatnonzero(is_inside & ~goes_on[:-1])
    ends = np.flatnonzero(is_inside & ~goes_on[1:]) + 1
    is_handle = (begins > 0) & (read.held[begins - 1] == ord("@")) & (kinds[begins] == _WORD)
    is_handle[is_handle] = ~np.isin(begins[is_handle], read.offsets)
    for begin, end in zip(begins[is_handle].tolist(), ends[is_handle].tolist(), strict=True):
        is_inside[begin:end] = False
    begins, ends = begins[~is_handle], ends[~is_handle]
    sizes: Integers = np.concatenate([[0], np.cumsum(ends - begins)])
    body = np.compress(is_inside, read.held)
    words = pa.LargeStringArray.from_buffers(
        len(begins), pa.py_buffer(sizes), pa.py_buffer(body)
    ).cast(pa.string())
    of = np.repeat(np.arange(len(cut)), np.diff(np.searchsorted(begins, read.offsets)))
    return Tokens(
        rows=cut["row"].to_numpy()[of],
        sentences=of,
        words=words.dictionary_encode(),
        written=cut["sentence"],
        starts=cut["start"].to_numpy(),
        begins=begins,
        read=read,
    )
