"""What a logit is made of, as spans of the text with weights that add up to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.detectors._ngrams import TOKEN
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
SHOWN = 6
"""N-grams listed on their own; the others are summed into one entry of kind `rest`."""

_TOKEN = re.compile(TOKEN)


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

    `parts` are n-grams and cues with exact spans, then `rest` and `bias` with empty spans at the
    sentence's start. `bias` is what holds for every message of this language and length.
    """

    sentence_start: int
    sentence_end: int
    parts: list[Part]

    @property
    def logit(self) -> float:
        """What the parts add up to."""
        return sum(part.weight for part in self.parts)

    @classmethod
    def of(
        cls,
        text: str,
        sentence: tuple[int, str],
        ngrams: Mapping[int, float],
        terms: Mapping[str, int],
        cues: Sequence[Cue],
        cue_weights: Mapping[str, float],
        bias: float,
    ) -> Explanation:
        """Take a logit apart.

        Args:
            text: the whole message.
            sentence: character offset and text of the best sentence.
            ngrams: column of each n-gram of the sentence to what it adds to the logit.
            terms: n-gram to column.
            cues: cues found anywhere in the message.
            cue_weights: what each cue adds.
            bias: what the rest of the model adds.
        """
        offset, words = sentence
        ranked = sorted(ngrams, key=lambda column: (-abs(ngrams[column]), column))
        spans = _spans(words, terms)
        parts = []
        for column in ranked[:SHOWN]:
            start, end = (offset + at for at in spans[column])
            parts.append(Part(start, end, text[start:end], ngrams[column], "ngram"))
        first = {cue.name: cue for cue in reversed(cues)}
        for name, cue in sorted(first.items()):
            weight = cue_weights[name]
            parts.append(Part(cue.start, cue.end, text[cue.start : cue.end], weight, f"cue:{name}"))
        rest = sum(ngrams[column] for column in ranked[SHOWN:])
        parts.append(Part(offset, offset, "", rest, "rest"))
        parts.append(Part(offset, offset, "", bias, "bias"))
        return cls(offset, offset + len(words), parts)


def to_arrow(parts: Sequence[Part], counts: Sequence[int]) -> pa.ListArray:
    """Parts as an array of the type `EVIDENCE`. `counts` says how many belong to each row."""
    fields = list(EVIDENCE.value_type)
    values = list(zip(*parts, strict=True)) or [()] * len(fields)
    columns = [pa.array(one, field.type) for one, field in zip(values, fields, strict=True)]
    spans = pa.StructArray.from_arrays(columns, fields=fields)
    offsets = pa.array(np.cumsum([0, *counts]), pa.int32())
    return pa.ListArray.from_arrays(offsets, spans)


def _spans(sentence: str, terms: Mapping[str, int]) -> dict[int, tuple[int, int]]:
    """First place of each n-gram in a sentence, by column."""
    lowered = sentence.lower()
    # Some letters become two in lower case (İ): then places are counted in the sentence itself.
    moved = (
        None
        if len(lowered) == len(sentence)
        else [at for at, one in enumerate(sentence) for _ in one.lower()]
    )
    found: dict[int, tuple[int, int]] = {}
    before, begin = "", 0
    for match in _TOKEN.finditer(lowered):
        word, (start, end) = match[0], match.span()
        if moved is not None:
            start, end = moved[start], moved[end - 1] + 1
        if (column := terms.get(word)) is not None:
            found.setdefault(column, (start, end))
        if before and (column := terms.get(f"{before} {word}")) is not None:
            found.setdefault(column, (begin, end))
        before, begin = word, start
    return found
