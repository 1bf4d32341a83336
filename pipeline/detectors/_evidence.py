"""What a logit is made of, as spans of the text with weights that add up to it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.detectors._features import Features, sign_patterns
from pipeline.detectors._ngrams import HIDDEN, TOKEN, sentences
from pipeline.detectors.base import Cue

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

_TOKEN = re.compile(TOKEN)
_HIDDEN = re.compile(HIDDEN)
_SIGNS = tuple(sign_patterns().values())
Span = tuple[int, int]


class Part(NamedTuple):
    """One entry of `EVIDENCE`: `text` is exactly `message[start:end]`."""

    start: int
    end: int
    text: str
    weight: float
    kind: str


@dataclass(frozen=True)
class Explanation:
    """One message's logit for one tag.

    The deciding sentence is the one whose listed features weigh most. `parts` are words, classes,
    signs and cues with exact spans, the weightiest first, then `rest` and `bias` with empty spans
    at that sentence's start. `bias` is what holds for every message of this language and length.
    """

    sentence_start: int
    sentence_end: int
    parts: list[Part]

    @property
    def logit(self) -> float:
        """What the parts add up to."""
        return sum(part.weight for part in self.parts)


class Explainer:
    """Takes logits apart."""

    def __init__(self, features: Features) -> None:
        """Keep what the columns mean."""
        self._features = features

    def explain(
        self,
        text: str,
        pieces: Sequence[Span],
        spans: Mapping[int, Span],
        ranked: Sequence[int],
        worth: Sequence[float],
        bias: float,
    ) -> Explanation:
        """Take one logit apart.

        Args:
            text: the whole message.
            pieces: where its sentences begin and end, in order.
            spans: column of each feature that has a place, to the first one (see `spans`).
            ranked: columns of the features that the message has, the weightiest first.
            worth: what each of them adds to the logit.
            bias: what the rest of the model adds.
        """
        first_length, first_cue = self._features.first["length"], self._features.first["cue"]
        parts: list[Part] = []
        rest = 0.0
        for column, weight in zip(ranked, worth, strict=True):
            if first_length <= column < first_cue:  # how long a message is has no place in it
                bias += weight
            elif column in spans and (len(parts) < SHOWN or column >= first_cue):
                start, end = spans[column]
                parts.append(Part(start, end, text[start:end], weight, self._kind(column)))
            else:
                rest += weight
        begin, end = _deciding(pieces, parts)
        parts.append(Part(begin, begin, "", rest, "rest"))
        parts.append(Part(begin, begin, "", bias, "bias"))
        return Explanation(begin, end, parts)

    def _kind(self, column: int) -> str:
        first = self._features.first["class"]
        if column < first:
            return "ngram"
        kind, _, name = self._features.names[column - first].partition(":")
        # A cue's own name says enough; its tag may be another than the one explained.
        return f"{kind}:{name.rpartition(':')[2]}"

    def spans(
        self,
        text: str,
        language: str,
        columns: Container[int],
        cues: Mapping[str, Sequence[Cue]],
    ) -> dict[int, Span]:
        """Find the first place of each feature of a message that has one, by column.

        Args:
            text: the whole message.
            language: its ISO code.
            columns: the features that it has.
            cues: the cues found in it, by tag.
        """
        spans: dict[int, Span] = {}
        self._put_tokens(text, language, spans)
        for at, pattern in enumerate(_SIGNS, self._features.first["sign"]):
            if at in columns and (match := pattern.search(text)):
                spans[at] = match.span()
        for tag, listed in cues.items():
            for cue in listed:
                spans.setdefault(self._features.cue_column(tag, cue.name), (cue.start, cue.end))
        return spans

    def _put_tokens(self, text: str, language: str, spans: dict[int, Span]) -> None:
        """Put in the first places of words, pairs of words and classes."""
        terms, first_class = self._features.words.terms, self._features.first["class"]
        classes = self._features.classes.lists(language)
        lowered = text.lower()
        # Some letters become two in lower case (İ): then places are counted in the text itself.
        moved = (
            None
            if len(lowered) == len(text)
            else [at for at, one in enumerate(text) for _ in one.lower()]
        )
        shown = lowered
        if "@" in lowered or "://" in lowered:
            shown = _HIDDEN.sub(lambda match: " " * len(match[0]), lowered)
        before, begin = "", 0
        for match in _TOKEN.finditer(shown):
            word, (start, end) = match[0], match.span()
            if moved is not None:
                start, end = moved[start], moved[end - 1] + 1
            if (column := terms.get(word)) is not None and column not in spans:
                spans[column] = start, end
            pair = terms.get(f"{before} {word}")
            if pair is not None and pair not in spans:
                spans[pair] = begin, end
            for at in classes[word]:
                if first_class + at not in spans:
                    spans[first_class + at] = start, end
            before, begin = word, start


def _deciding(pieces: Sequence[Span], parts: Sequence[Part]) -> Span:
    """The sentence whose listed features weigh most; the first of those that weigh the same."""
    if len(pieces) == 1:
        return pieces[0]
    starts = [start for start, _ in pieces]
    worth = [0.0] * len(pieces)
    for part in parts:
        worth[max(bisect_right(starts, part.start) - 1, 0)] += part.weight
    return pieces[worth.index(max(worth))]


def pieces_of(texts: pl.Series) -> list[list[Span]]:
    """Where the sentences of each text begin and end."""
    found = sentences(texts)
    starts = found["start"].to_list()
    lengths = found["sentence"].str.len_chars().to_list()
    bounds: list[list[Span]] = [[] for _ in range(len(texts))]
    for row, start, length in zip(found["row"].to_list(), starts, lengths, strict=True):
        bounds[row].append((start, start + length))
    return bounds


def to_arrow(parts: Sequence[Part], counts: Sequence[int]) -> pa.ListArray:
    """Parts as an array of the type `EVIDENCE`. `counts` says how many belong to each row."""
    fields = list(EVIDENCE.value_type)
    values = list(zip(*parts, strict=True)) or [()] * len(fields)
    columns = [pa.array(one, field.type) for one, field in zip(values, fields, strict=True)]
    spans = pa.StructArray.from_arrays(columns, fields=fields)
    offsets = pa.array(np.cumsum([0, *counts]), pa.int32())
    return pa.ListArray.from_arrays(offsets, spans)
