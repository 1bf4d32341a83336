"""What an idea asks for, as weighed terms: concepts that both languages share, and rare words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import polars as pl

from pipeline.text import concepts, stop_words

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
CONCEPT, GENERIC, WORD = 1.0, 0.3, 0.35
"""Weight of a concept, of one that says little by itself, and of a word that is no concept."""
GENERIC_CONCEPTS = frozenset({"app", "website", "account", "button", "list", "settings", "update"})


@dataclass(frozen=True)
class Wish:
    """Terms with their weights; `telling` are those by which two wishes can be alike at all."""

    terms: Mapping[str, float]
    telling: frozenset[str]

    @cached_property
    def norm(self) -> float:
        """Length of the vector of weights."""
        return math.sqrt(sum(weight * weight for weight in self.terms.values()))

    def likeness(self, other: Wish) -> float:
        """Cosine of the two, 0 to 1."""
        if not self.norm or not other.norm:
            return 0.0
        small, large = sorted((self.terms, other.terms), key=len)
        shared = sum(weight * large.get(term, 0.0) for term, weight in small.items())
        return shared / (self.norm * other.norm)


def wishes(sentences: pl.Series) -> list[Wish]:
    """The wish of each sentence; equal sentences are read once."""
    unique = sentences.unique().to_list()
    known = {sentence: _wish(sentence) for sentence in unique}
    return [known[sentence] for sentence in sentences]


def _wish(sentence: str) -> Wish:
    words = [match[0].lower().replace("’", "'") for match in _WORD.finditer(sentence)]
    forms, longest, stop = _forms(), _longest(), stop_words()
    terms: dict[str, float] = {}
    telling: set[str] = set()
    at = 0
    while at < len(words):
        for size in range(min(longest, len(words) - at), 0, -1):
            name = forms.get(tuple(words[at : at + size]))
            if name is not None:
                is_generic = name in GENERIC_CONCEPTS
                terms[name] = GENERIC if is_generic else CONCEPT
                if not is_generic:
                    telling.add(name)
                at += size
                break
        else:
            if words[at] not in stop and len(words[at]) > 3:
                terms[f"{words[at]}"] = WORD
                telling.add(words[at])
            at += 1
    return Wish(terms, frozenset(telling))


@cache
def _forms() -> dict[tuple[str, ...], str]:
    return {
        tuple(match[0] for match in _WORD.finditer(form)): name
        for name, listed in concepts().items()
        for form in listed
    }


@cache
def _longest() -> int:
    return max(len(form) for form in _forms())
