"""Finds the cues of sentences, for the tests of this folder."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.detectors._cues import CueFinder
from pipeline.detectors._tokens import sentences, tokens
from pipeline.detectors.base import Cue
from pipeline.tagger import detectors


@cache
def finder() -> CueFinder:
    """With the cues of all tags: they are sought together."""
    return CueFinder(detectors().values())


def found(texts: pl.Series, language: str) -> dict[int, dict[str, list[Cue]]]:
    """The cues of texts in one language."""
    languages = pl.Series([language] * len(texts), dtype=pl.String)
    return finder().find(texts, languages, tokens(sentences(texts)))


def names(text: str, language: str, tag: str) -> set[str]:
    """The cues of a tag in a text."""
    return {cue.name for cue in found(pl.Series([text]), language).get(0, {}).get(tag, [])}
