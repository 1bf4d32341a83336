"""Classes of words by meaning: `vocabulary/classes.<language>.toml`.

A class has the same name in both languages, so that what is learnt from an English message holds
for a Dutch one, and what is learnt from one word for the others of its class. An entry is a word; a
star at its end stands for any ending, at its beginning for any first part of a compound.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import chain

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.detectors._ragged import ragged
from pipeline.detectors._tokens import Integers, Tokens
from pipeline.errors import FatalError
from pipeline.text import LANGUAGES, classes

SHORTEST_STEM = 2
OPENERS = (
    "negation", "never_nothing_nobody", "missing_lack", "concession_but", "want_desire",
    "wish_modal", "should_ought", "please_polite", "possibility_ability", "conditional_if",
    "question_word", "search_need", "first_person_single", "first_person_plural", "second_person",
    "past_marker", "again_still", "intensifier",
)  # fmt: skip
"""Classes that say how the next words are meant: "not slow", "no choice", "we want a quote"."""
REACH = 3
"""So many words on, what follows still belongs to an opener."""
KEPT = 1 << 18
"""Words whose classes are remembered; then it begins anew."""


class ClassFinder:
    """Finds the classes of words, at the cost of the words that were not met before."""

    def __init__(self) -> None:
        """Read the vocabulary. Raises FatalError when the languages have other classes."""
        names = {language: tuple(sorted(classes(language))) for language in LANGUAGES}
        self.names = names[LANGUAGES[0]]
        for language in LANGUAGES:
            if odd := set(names[language]) ^ set(self.names):
                raise FatalError(
                    f"not every language has the class {sorted(odd)[0]}",
                    where=f"vocabulary/classes.{language}.toml",
                    mend="give it to each; its list may be empty",
                )
        self._lists = {language: Lists(language, self.names) for language in LANGUAGES}

    def lists(self, language: str) -> Lists:
        """For a lower-case word of a language the positions in `names` of its classes.

        A language without classes of its own is read with the English ones.
        """
        return self._lists.get(language, self._lists["en"])

    def entries(self, tokens: Tokens, languages: pa.StringArray) -> tuple[Integers, Integers]:
        """The classes of the tokens: position of the token, and of the class in `names`."""
        is_dutch = (pl.Series(languages).fill_null("und") == "nl").to_numpy()
        # A word counts as two, one in each language.
        keys = tokens.codes * 2 + is_dutch[tokens.rows]
        words = tokens.words.dictionary.to_pylist()
        is_met = np.zeros(2 * len(words), dtype=bool)
        is_met[keys] = True
        place = (np.cumsum(is_met) - 1)[keys]
        by_language = self.lists("en"), self.lists("nl")
        found = [by_language[key % 2][words[key // 2]] for key in np.flatnonzero(is_met).tolist()]
        sizes = np.fromiter(map(len, found), dtype=np.int64, count=len(found))
        flat = np.fromiter(chain.from_iterable(found), dtype=np.int64)
        at, places = ragged((np.cumsum(sizes) - sizes)[place], sizes[place])
        return at, flat[places]

    def after(self, tokens: Tokens, at: Integers, of_class: Integers) -> tuple[Integers, Integers]:
        """The classes that stand within `REACH` words after an opener, in the same sentence.

        Args:
            tokens: the tokens of a batch.
            at: what `entries` gives.
            of_class: likewise.

        Returns:
            Position of the token, ascending, and of the pair in `after_names`.
        """
        opener = np.full(len(self.names), -1)
        opener[[self.names.index(name) for name in OPENERS]] = np.arange(len(OPENERS))
        opens = np.flatnonzero(opener[of_class] >= 0)
        first = np.searchsorted(at, at[opens], side="right")
        counts = np.searchsorted(at, at[opens] + REACH, side="right") - first
        of, what = ragged(first, counts)
        by = opens[of]
        is_near = tokens.sentences[at[by]] == tokens.sentences[at[what]]
        by, what = by[is_near], what[is_near]
        pairs = opener[of_class[by]] * len(self.names) + of_class[what]
        order = np.argsort(at[what], kind="stable")
        return at[what][order], pairs[order]

    @property
    def after_names(self) -> tuple[str, ...]:
        """What `after` counts."""
        return tuple(f"{opener}+{name}" for opener in OPENERS for name in self.names)


class Lists(dict[str, tuple[int, ...]]):
    """Word to classes; a word that was not met before is looked up and remembered."""

    def __init__(self, language: str, names: tuple[str, ...]) -> None:
        """Read the lists of a language."""
        super().__init__()
        self._whole: dict[str, list[int]] = {}
        self._begins: dict[str, list[int]] = {}
        self._ends: dict[str, list[int]] = {}
        for at, name in enumerate(names):
            for entry in classes(language)[name]:
                home = (
                    self._ends if entry.startswith("*")
                    else self._begins if entry.endswith("*")
                    else self._whole
                )  # fmt: skip
                home.setdefault(entry.strip("*"), []).append(at)

    def __missing__(self, word: str) -> tuple[int, ...]:
        """Look a new word up."""
        if word.isdigit():  # there are endless numbers, and none has a class
            return ()
        if len(self) >= KEPT:
            self.clear()
        known = self[word] = tuple(sorted(set(self._search(word))))
        return known

    def _search(self, word: str) -> Iterable[int]:
        yield from self._whole.get(word, ())
        # No entry is longer than this; a word of 100,000 letters must not cost its square.
        longest = min(len(word), _longest())
        for size in range(SHORTEST_STEM, longest + 1):
            yield from self._begins.get(word[:size], ())
            yield from self._ends.get(word[-size:], ())


@cache
def _longest() -> int:
    return max(
        len(entry) for one in LANGUAGES for listed in classes(one).values() for entry in listed
    )
