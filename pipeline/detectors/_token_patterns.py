"""Token patterns: in which texts, and where there, it is worth asking spaCy about one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.detectors._tokens import Integers
from pipeline.errors import FatalError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import Matcher

Place = tuple[int, int]
Group = tuple[str, ...]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Pattern:
    """A token pattern: its label, spaCy's matcher for it, and the words it cannot do without.

    `groups` has the places in the pattern and the words of the tokens that must be there, in order;
    `searches` finds each in a text. `reach` is the most tokens that can stand before and after the
    first of these; None is any.
    """

    label: str
    matcher: Matcher
    groups: tuple[tuple[int, Group], ...]
    searches: tuple[str, ...]
    reach: Place | None

    @cached_property
    def _needs(self) -> list[re.Pattern[str]]:
        """Made when they are needed: most patterns are not met in a run."""
        return [re.compile(search) for search in self.searches]

    def passages(self, lowered: str) -> Iterator[Place]:
        """The places in a text that hold all that spaCy could find there, in whole words.

        Args:
            lowered: the text in lower case, with blanks as its only white space.
        """
        if not self._is_likely(lowered, 0, len(lowered)):
            return
        if self.reach is None:
            yield 0, len(lowered)
            return
        known = 0
        for match in self._needs[0].finditer(lowered):
            if match.end() > known:
                # No token has white space in it, so as many words are as many tokens, or more.
                start, known = around(lowered, *match.span())
                place = around(lowered, start, known, *self.reach)
                if self._is_likely(lowered, *place):
                    yield place

    def _is_likely(self, lowered: str, start: int, end: int) -> bool:
        """Whether the needed words stand there in this order."""
        for need in self._needs:
            match = need.search(lowered, start, end)
            if match is None:
                return False
            start = match.end()
        return True


class Likely:
    """Tells which texts may hold which patterns, by where their words stand."""

    def __init__(self, patterns: Iterable[Pattern], is_worded: Callable[[str], bool]) -> None:
        """Note the words.

        Args:
            patterns: the patterns.
            is_worded: whether a word has letters or digits, and so a place among those of a text.

        Raises FatalError when the words of a pattern do not tell where to look.
        """
        self._patterns = []
        for one in patterns:
            known = [(at, words, {is_worded(word) for word in words}) for at, words in one.groups]
            worded = [(at, words) for at, words, are in known if are == {True}]
            signs = [words for _, words, are in known if are == {False}]
            if not worded and not signs:
                raise FatalError(
                    f"a pattern of {one.label} has signs beside words in each token it must have",
                    where="detectors/patterns",
                    mend="give the signs, such as #, a pattern of their own",
                )
            self._patterns.append((worded, signs, one.reach is not None))
        self.words = {
            word for worded, _, _ in self._patterns for _, words in worded for word in words
        }
        self.signs = {words for _, signs, _ in self._patterns for words in signs}

    def find(
        self,
        places: Mapping[str, Integers],
        rows: Integers,
        blocks: Integers,
        signed: Mapping[Group, Integers],
    ) -> Iterator[tuple[int, Integers]]:
        """Find texts.

        Args:
            places: where each of `words` stands in a batch, ascending.
            rows: the text that each place of the batch is in.
            blocks: the run without blanks that it is in; each has one of spaCy's tokens, or more.
            signed: the texts that hold one of each of `signs`.

        Yields:
            Each pattern and its texts, ascending.
        """
        of_group = cache(lambda words: np.sort(np.concatenate([places[word] for word in words])))
        for which, (worded, signs, is_short) in enumerate(self._patterns):
            # The rarest words first: only where they stand the others are looked for.
            groups = sorted(worded, key=lambda one: sum(len(places[word]) for word in one[1]))
            held = [signed[words] for words in signs]
            if groups:
                (at, words), *others = groups
                anchors = of_group(words)
                for other, words in others:
                    if not len(anchors):
                        break
                    far = abs(other - at) if is_short else None
                    anchors = anchors[
                        _has_near(anchors, of_group(words), other > at, far, rows, blocks)
                    ]
                held.append(np.unique(rows[anchors]))
            yield which, reduce(np.intersect1d, held)


def _has_near(
    anchors: Integers,
    places: Integers,
    is_after: bool,
    far: int | None,
    rows: Integers,
    blocks: Integers,
) -> Booleans:
    """Whether one of some places comes before or after each anchor, so far away at most."""
    if not len(places):
        return np.zeros(len(anchors), dtype=bool)
    if is_after:
        at = np.searchsorted(places, anchors, side="right")
        is_there = at < len(places)
        nearest = places[np.minimum(at, len(places) - 1)]
    else:
        at = np.searchsorted(places, anchors, side="left") - 1
        is_there = at >= 0
        nearest = places[at]
    is_there &= rows[nearest] == rows[anchors]
    return (
        is_there if far is None else is_there & (np.abs(blocks[nearest] - blocks[anchors]) <= far)
    )


def around(text: str, start: int, end: int, before: int = 0, after: int = 0) -> Place:
    """A place made longer to whole words, and by so many words before and after it.

    spaCy cuts at white space first, so whole words come out as they do in the whole text.

    Args:
        text: with blanks as its only white space.
        start: of the place.
        end: of the place.
        before: words to add in front.
        after: words to add behind.
    """
    start, end = text.rfind(" ", 0, start) + 1, text.find(" ", end)
    for _ in range(before):
        start = text.rfind(" ", 0, len(text[:start].rstrip(" "))) + 1
    for _ in range(after):
        if end < 0:
            break
        end = text.find(" ", len(text) - len(text[end:].lstrip(" ")))
    return start, end if end >= 0 else len(text)


def pattern(label: str, tokens: list[dict[str, Any]], nlp: Language, cut: set[str]) -> Pattern:
    """Prepare a pattern. Raises FatalError when it names no word that must be there.

    Args:
        label: tag and name of the cue.
        tokens: the pattern as spaCy's Matcher takes it.
        nlp: the pipeline of its language.
        cut: what spaCy cuts words into (`Cutter.within`).
    """
    from spacy.matcher import Matcher

    matcher = Matcher(nlp.vocab, validate=False)
    matcher.add(label, [tokens])
    groups = {}
    for at, token in enumerate(tokens):
        lower = token.get("LOWER")
        words = lower.get("IN") if isinstance(lower, dict) else [lower]
        if lower and words and token.get("OP", "1") in ("1", "+"):
            groups[at] = tuple(words)
    if not groups:
        raise FatalError(
            f"a pattern of {label} names no word that must be there",
            where="detectors/patterns",
            mend="give at least one token a LOWER, without OP",
        )
    searches = tuple("|".join(_needed(word, cut) for word in one) for one in groups.values())
    first, is_short = min(groups), all(token.get("OP", "1") in ("1", "?") for token in tokens)
    reach = (first, len(tokens) - 1 - first) if is_short else None
    return Pattern(label, matcher, tuple(groups.items()), searches, reach)


def _needed(word: str, pieces: set[str]) -> str:
    escaped = re.escape(word)
    if word in pieces or not word[-1].isalpha():
        return escaped
    # spaCy never cuts between two letters, except where an exception says so.
    return rf"{escaped}(?![^\W\d_])"
