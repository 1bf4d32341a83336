"""What a logit is made of, as spans of the text with weights that add up to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pipeline.detectors._ngrams import TOKEN, Vectorizer
from pipeline.detectors.base import Cue

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

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


@dataclass(frozen=True)
class Explanation:
    """One message's logit for one tag.

    `parts` are entries of `EVIDENCE`: n-grams and cues with exact spans, then `rest` and `bias`
    with empty spans at the sentence's start. Their weights add up to `logit`.
    """

    logit: float
    sentence_start: int
    sentence_end: int
    parts: list[dict[str, Any]]

    @classmethod
    def of(
        cls,
        *,
        coefficients: np.ndarray[Any, np.dtype[np.float64]],
        slope: float,
        cue_weights: dict[str, float],
        terms: dict[str, int],
        sentence: tuple[int, str],
        vector: csr_matrix,
        cues: list[Cue],
        logit: float,
        text: str,
    ) -> Explanation:
        """Take a logit apart.

        Args:
            coefficients: the n-gram model's weights.
            slope: the second model's weight of the n-gram logit.
            cue_weights: the second model's weight of each cue.
            terms: n-gram to column.
            sentence: character offset and text of the best sentence.
            vector: that sentence's TF-IDF row.
            cues: cues found anywhere in the message.
            logit: what the weights must add up to.
            text: the whole message.
        """
        offset, words = sentence
        worth = dict(
            zip(vector.indices.tolist(), (vector.data * coefficients[vector.indices] * slope).tolist(), strict=True)
        )
        spans = _spans(words, terms)
        ranked = sorted(worth, key=lambda column: (-abs(worth[column]), column))
        parts = []
        for column in ranked[:SHOWN]:
            start, end = spans[column]
            parts.append(_part(offset + start, offset + end, text, worth[column], "ngram"))
        rest = sum(worth[column] for column in ranked[SHOWN:])
        first = {cue.name: cue for cue in reversed(cues)}
        for name in sorted(first):
            cue = first[name]
            parts.append(_part(cue.start, cue.end, text, cue_weights[name], f"cue:{name}"))
        parts.append(_part(offset, offset, text, rest, "rest"))
        bias = logit - sum(part["weight"] for part in parts)
        parts.append(_part(offset, offset, text, bias, "bias"))
        return cls(logit, offset, offset + len(words), parts)


def _part(start: int, end: int, text: str, weight: float, kind: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text[start:end], "weight": weight, "kind": kind}


def _spans(sentence: str, terms: dict[str, int]) -> dict[int, tuple[int, int]]:
    """First place of each n-gram in a sentence, by column."""
    found: dict[int, tuple[int, int]] = {}
    tokens = [(match[0].lower(), match.start(), match.end()) for match in _TOKEN.finditer(sentence)]
    for at, (word, start, end) in enumerate(tokens):
        if (column := terms.get(word)) is not None:
            found.setdefault(column, (start, end))
        if at + 1 < len(tokens):
            following, _, last = tokens[at + 1]
            if (column := terms.get(f"{word} {following}")) is not None:
                found.setdefault(column, (start, last))
    return found
