"""A detector: one tag, its cues, and how cues are found in a text.

Cues are named phrases and token patterns that a person can read and extend; the model learns what
each is worth. They are matched by spaCy's PhraseMatcher and Matcher on blank Dutch and English
pipelines, and only on the messages that the n-gram model lets through.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import FatalError
from pipeline.text import LANGUAGES

PATTERNS = Path(__file__).parent / "patterns"


class Cue(NamedTuple):
    """A cue found in a text: character span, end exclusive."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Detector:
    """One tag. `version` changes when what the tag means changes."""

    tag: str
    version: str

    @cached_property
    def vocabulary(self) -> dict[str, list[dict[str, Any]]]:
        """The cues of each language as they stand in `patterns/<tag>.<language>.toml`."""
        return {language: _cues(self.tag, language) for language in LANGUAGES}

    @cached_property
    def cue_names(self) -> tuple[str, ...]:
        """Names of all cues of the tag, sorted: the model's features, in this order."""
        return tuple(sorted({cue["name"] for cues in self.vocabulary.values() for cue in cues}))

    @cached_property
    def needs(self) -> dict[str, str]:
        """Cue name to the need it shows, for tags that have needs (leads)."""
        return {
            cue["name"]: cue["need"]
            for cues in self.vocabulary.values()
            for cue in cues
            if "need" in cue and not cue["name"].startswith("not_")
        }


class CueFinder:
    """Finds the cues of all detectors in one pass of spaCy per text."""

    def __init__(self, detectors: Iterable[Detector]) -> None:
        """Build a blank pipeline and its matchers for each language."""
        self._detectors = tuple(detectors)
        self._tools = {language: self._build(language) for language in LANGUAGES}

    def find(self, texts: Iterable[str], language: str) -> Iterator[dict[str, list[Cue]]]:
        """Yield per text the cues of each tag; of overlapping spans of one cue the longest.

        A language without cues of its own is read with the English ones.
        """
        nlp, phrases, matcher = self._tools.get(language, self._tools["en"])
        from spacy.util import filter_spans

        for doc in nlp.pipe(texts):
            found: dict[str, list[Cue]] = {}
            spans = [*phrases(doc, as_spans=True), *matcher(doc, as_spans=True)]
            for label in sorted({span.label_ for span in spans}):
                tag, name = label.split(":")
                for span in filter_spans([one for one in spans if one.label_ == label]):
                    found.setdefault(tag, []).append(Cue(name, span.start_char, span.end_char))
            yield found

    def _build(self, language: str) -> tuple[Any, Any, Any]:
        import spacy
        from spacy.matcher import Matcher, PhraseMatcher

        nlp = spacy.blank(language)
        phrases = PhraseMatcher(nlp.vocab, attr="LOWER")
        matcher = Matcher(nlp.vocab, validate=False)
        for detector in self._detectors:
            for cue in detector.vocabulary[language]:
                label = f"{detector.tag}:{cue['name']}"
                phrases.add(label, [nlp.make_doc(phrase) for phrase in cue.get("phrases", [])])
                if cue.get("patterns"):
                    matcher.add(label, cue["patterns"])
        return nlp, phrases, matcher


def _cues(tag: str, language: str) -> list[dict[str, Any]]:
    file = PATTERNS / f"{tag}.{language}.toml"
    try:
        cues: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["cue"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise FatalError(
            f"the cues cannot be read ({error})",
            where=f"detectors/patterns/{file.name}",
            mend="write [[cue]] tables with a name and phrases",
        ) from error
    names = [cue["name"] for cue in cues]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FatalError(
            f"cue declared twice: {', '.join(twice)}",
            where=f"detectors/patterns/{file.name}",
            mend="merge them into one",
        )
    return cues
