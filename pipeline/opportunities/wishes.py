"""What an idea asks for, as weighed terms: concepts that both languages share, and other words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache

import polars as pl

from pipeline.text import concept_weights, concepts, stop_words

WORD, ALL_WORDS = 0.25, 0.5
"""Weight of a word that belongs to no concept, and of all of these together at most.

A concept weighs up to 1, so that what is wished for outweighs the story around it.
"""
SHORTEST_WORD = 4
_STEM, _PART, _LEFT = 4, 5, 3
"""Least letters of a stem that is looked up, of a known word in a compound, and of what is left."""
_ADDRESS = re.compile(r"https?://\S+|@\w+|\[\w+\]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_ENDINGS = ("etje", "pje", "tje", "je", "ingen", "ing", "en", "ed", "es", "s", "e")


@dataclass(frozen=True)
class Wish:
    """Terms with their weights; `written` is how a text writes those that are only stems."""

    terms: Mapping[str, float]
    written: Mapping[str, str] = field(default_factory=dict)

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
    known = {sentence: _wish(sentence) for sentence in sentences.unique()}
    return [known[sentence] for sentence in sentences]


def _wish(sentence: str) -> Wish:
    plain = _ADDRESS.sub(" ", sentence.lower().replace("’", "'"))
    words = [match[0] for match in _WORD.finditer(plain)]
    forms, longest, weights = _forms(), _longest(), concept_weights()
    terms: dict[str, float] = {}
    written: dict[str, str] = {}
    at = 0
    while at < len(words):
        for size in range(min(longest, len(words) - at), 1, -1):
            if name := forms.get(" ".join(words[at : at + size])):
                terms[name] = weights.get(name, 1.0)
                at += size
                break
        else:
            for name in _concepts_in(words[at]):
                terms[name] = weights.get(name, 1.0)
            if not _concepts_in(words[at]) and (word := _telling(words[at])):
                written.setdefault(_stem(word), word)
            at += 1
    each = min(WORD, ALL_WORDS / math.sqrt(len(written))) if written else WORD
    return Wish(terms | dict.fromkeys(written, each), written)


@lru_cache(maxsize=100_000)
def _concepts_in(word: str) -> tuple[str, ...]:
    """Concepts of one word: as it is written, by its stem, or by the parts of a compound."""
    forms, stems = _forms(), _stems()
    if word in forms:
        return (forms[word],)
    if word in stop_words():
        return ()
    if name := stems.get(_stem(word)):
        return (name,)
    cuts = range(_LEFT, len(word) - _LEFT + 1)
    heads = (_compounded(word[:at]) for at in reversed(cuts) if at >= _PART)
    tails = (_compounded(word[at:]) for at in cuts if len(word) - at >= _PART)
    return tuple(
        dict.fromkeys(filter(None, (next(filter(None, part), None) for part in (heads, tails))))
    )


def _compounded(part: str) -> str | None:
    return _forms().get(part) or (_stems().get(_stem(part)) if len(_stem(part)) >= _PART else None)


def _telling(word: str) -> str | None:
    """A word without what is contracted to it (`foto's`), or None when it says nothing."""
    bare = word.partition("'")[0]
    return bare if len(bare) >= SHORTEST_WORD and not {word, bare} & stop_words() else None


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    """A word without its ending, alike for singular and plural: `brief` and `brieven`."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM - 1:
            word = word.removesuffix(ending)
            break
    word = re.sub(r"([aeou])\1", r"\1", word)
    word = re.sub(r"([^aeiou])\1$", r"\1", word)
    return word[:-1] + {"v": "f", "z": "s"}.get(word[-1:], word[-1:])


@cache
def _forms() -> dict[str, str]:
    return {
        " ".join(match[0] for match in _WORD.finditer(form)): name
        for name, listed in concepts().items()
        for form in listed
    }


@cache
def _stems() -> dict[str, str]:
    """Stem of each single word to its concept, where only one concept has it."""
    found: dict[str, set[str]] = {}
    for form, name in _forms().items():
        if " " not in form:
            found.setdefault(_stem(form), set()).add(name)
    return {
        stem: min(names) for stem, names in found.items() if len(names) == 1 and len(stem) >= _STEM
    }


@cache
def _longest() -> int:
    return max(form.count(" ") + 1 for form in _forms())
