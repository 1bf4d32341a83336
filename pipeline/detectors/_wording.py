"""What cues, classes of words and signs are found by, as hashes.

A model weighs them by name. Where a phrase comes or goes under the same name, the model is read as
before, but its weight counts something else than it was trained for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pipeline.detectors._signs import SIGNS
from pipeline.detectors.base import MAIN_TAGS, Detector
from pipeline.text import LANGUAGES, classes


def wording(tag: str, known: Mapping[str, Detector]) -> dict[str, str]:
    """What a tag's model sees, to the hash of what it is found by.

    Args:
        tag: the tag.
        known: all registered tags; the cues of the main ones are features of every model.
    """
    said: dict[str, object] = {
        f"cues of {one}": _cues(known[one]) for one in sorted({tag, *MAIN_TAGS})
    }
    said["classes of words"] = {
        f"{name}.{language}": sorted(entries)
        for language in LANGUAGES
        for name, entries in classes(language).items()
    }
    said["signs"] = SIGNS
    return {name: _hash(one) for name, one in said.items()}


def _cues(detector: Detector) -> dict[str, list[list[str]]]:
    """What finds the cues, whatever its order, and without what else is said of a cue."""
    return {
        f"{cue['name']}.{language}": [
            sorted(cue.get("phrases", [])),
            sorted(json.dumps(one, sort_keys=True) for one in cue.get("patterns", [])),
        ]
        for language, cues in detector.vocabulary.items()
        for cue in cues
    }


def _hash(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
