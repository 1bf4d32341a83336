"""A detector: one tag and its cues.

Cues are named phrases and token patterns that a person can read and extend; the model learns what
each is worth. They are matched by spaCy's PhraseMatcher and Matcher on blank Dutch and English
pipelines.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import FatalError
from pipeline.text import LANGUAGES

PATTERNS = Path(__file__).parent / "patterns"
MAIN_TAGS = ("lead", "complaint", "idea")
"""Tags that have tables of their own and that `engage tag` writes.

Their cues are features of every model. The cues of any other tag are features of its own model
alone, so such a tag comes and goes without a change to the others.
"""


@dataclass(frozen=True)
class Detector:
    """One tag. `version` changes when what the tag means changes.

    `base_rate` is the share of messages that have the tag where a company listens for it: its
    thresholds are chosen for that.

    A shadow is scored with the others, and has a row where it is detected: without evidence, with
    the whole text for a sentence, and with nothing for a person to review.
    """

    tag: str
    version: str
    shadow: bool = False
    base_rate: float = 0.2

    @cached_property
    def vocabulary(self) -> dict[str, list[dict[str, Any]]]:
        """The cues of each language as they stand in `patterns/<tag>.<language>.toml`."""
        return {language: _cues(self.tag, language) for language in LANGUAGES}

    @cached_property
    def cue_names(self) -> tuple[str, ...]:
        """Names of all cues of the tag, sorted: the model's features, in this order."""
        return tuple(sorted({cue["name"] for cues in self.vocabulary.values() for cue in cues}))

    @cached_property
    def grave(self) -> tuple[str, ...]:
        """Names of the cues that a person is to see whatever the score."""
        cues = (cue for cues in self.vocabulary.values() for cue in cues)
        return tuple(sorted({cue["name"] for cue in cues if cue.get("grave")}))

    @cached_property
    def needs(self) -> dict[str, str]:
        """Cue name to the need it shows, for tags that have needs (leads)."""
        return {
            cue["name"]: cue["need"]
            for cues in self.vocabulary.values()
            for cue in cues
            if "need" in cue and not cue["name"].startswith("not_")
        }


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
    names = [str(cue.get("name", "")) for cue in cues]
    if not all(names):
        raise FatalError(
            "there is a cue without a name",
            where=f"detectors/patterns/{file.name}",
            mend="give each [[cue]] a name",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FatalError(
            f"cue declared twice: {', '.join(twice)}",
            where=f"detectors/patterns/{file.name}",
            mend="merge them into one",
        )
    return cues
