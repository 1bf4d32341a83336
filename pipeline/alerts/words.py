"""The words that set messages apart from others, and which earlier messages had them already."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np
import polars as pl

from pipeline.alerts.baseline import Flags, Ints
from pipeline.text import any_of, stop_words, terms

WORD = r"[\p{L}\p{N}][\p{L}\p{N}'’-]{2,}"
_NOT_SAID = r"\[[a-z_]+\]|@\S+|https?://\S+"
"""What stands for personal data, whom it is said to, and links."""
SHOWN = 8
_PRIOR = 0.5


class Said:
    """The words of texts, each once a text: read once, however many alerts ask."""

    def __init__(self, texts: pl.Series, ours: Iterable[str] = ()) -> None:
        """Take the texts whose words are asked for by their positions.

        `ours` are names of the company, which whoever complains to it says.
        """
        listed = _words(texts.str.replace_all(any_of(ours), " ")).list.unique()
        flat = listed.explode(empty_as_null=False, keep_nulls=False).to_frame("word")
        self._text: Ints = np.repeat(np.arange(len(texts)), listed.list.len().to_numpy())
        self._words = flat["word"].unique().sort()
        self._word: Ints = self._words.search_sorted(flat["word"]).to_numpy()
        self._says_something: Flags = (~self._words.is_in(_unsaying())).to_numpy()

    def apart(self, these: Flags, others: Flags) -> list[str]:
        """The words that stand in more texts than others make one expect, strongest first.

        A word must stand in two texts.

        Args:
            these: whether each text is one of those that are set apart.
            others: whether it is one of those that they are set apart from.
        """
        here, there = self._counts(these), self._counts(others)
        share_here = here / max(int(these.sum()), 1)
        share_there = (there + _PRIOR) / (int(others.sum()) + 2 * _PRIOR)
        found = np.flatnonzero((here >= 2) & (share_here > share_there) & self._says_something)
        weight = here[found] * np.log(share_here[found] / share_there[found])
        # Words are sorted, so that a stable order keeps equals as in the dictionary.
        strongest = found[np.argsort(-weight, kind="stable")]
        return self._words.gather(strongest[:SHOWN]).to_list()

    def _counts(self, chosen: Flags) -> Ints:
        counts: Ints = np.bincount(self._word[chosen[self._text]], minlength=len(self._words))
        return counts


def alike(texts: pl.Series, wanted: list[str]) -> pl.Series:
    """How many of the words each text has."""
    return _words(texts).list.set_intersection(wanted).list.len()


def _unsaying() -> list[str]:
    """Words that set nothing apart: stop words, and those that say when it was."""
    days = [*terms("timeframe", "today"), *terms("alerts", "times")]
    named = (terms("date", name) for name in ("weekdays", "months", "months_short"))
    return sorted({*stop_words(), *days, *chain(*named)})


def _words(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(_NOT_SAID, " ").str.to_lowercase().str.extract_all(WORD)
