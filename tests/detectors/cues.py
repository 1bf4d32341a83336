"""Finds the cues of sentences, for the tests of this folder."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import NamedTuple

import polars as pl

from pipeline.detectors._cues import CueFinder
from pipeline.detectors._tokens import sentences, tokens
from pipeline.tagger import detectors


@cache
def finder() -> CueFinder:
    """With the cues of all tags: they are sought together."""
    return CueFinder(detectors().values())


class Cue(NamedTuple):
    """A cue found in a text: character span, end exclusive."""

    name: str
    start: int
    end: int


def found(texts: pl.Series, language: str) -> dict[int, dict[str, list[Cue]]]:
    """The cues of texts in one language, by text and tag."""
    languages = pl.Series([language] * len(texts), dtype=pl.String)
    cues = finder().find(texts, languages, tokens(sentences(texts)))
    listed: dict[int, dict[str, list[Cue]]] = defaultdict(lambda: defaultdict(list))
    columns = (cues.rows, cues.which, cues.starts, cues.ends)
    for row, which, start, end in zip(*(one.tolist() for one in columns), strict=True):
        tag, name = finder().names[which].split(":")
        listed[row][tag].append(Cue(name, start, end))
    return listed


def names(text: str, language: str, tag: str) -> set[str]:
    """The cues of a tag in a text."""
    return {cue.name for cue in found(pl.Series([text]), language).get(0, {}).get(tag, [])}
