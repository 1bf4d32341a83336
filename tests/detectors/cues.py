"""Finds the cues of sentences, for the tests of this folder."""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.detectors._cues import CueFinder
from pipeline.tagger import detectors


@cache
def finder() -> CueFinder:
    """With the cues of all tags: they are sought together."""
    return CueFinder(detectors().values())


def names(text: str, language: str, tag: str) -> set[str]:
    """The cues of a tag in a text."""
    found = finder().find(pl.Series([text]), language)
    return {cue.name for cue in found.get(0, {}).get(tag, [])}
