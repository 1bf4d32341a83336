"""Signs of a text that are no words: a question mark, an amount, a sad face."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

SIGNS: dict[str, str] = {
    "question": r"\?",
    "ends_in_question": r"\?\s*$",
    "exclamation": r"!",
    "exclamations": r"![^!]*!",
    "dots": r"\.\.\.|…",
    "money": r"[€$£]|\b(?:[Ee]uro|EUR)\b",
    "number": r"\d",
    "percentage": r"\d ?%",
    "sad_face": r"[😡🤬😤😠😞😢😭👎🙄😒😩😫🤮💩]|:-?\(",
    "glad_face": r"[😍🥰😊👍🙏💚💛🎉👏😁😀🤩💪❤]|[:;]-?\)",
    "begins_with_mention": r"^\s*@\w",
    "link": r"https?://|www\.",
    "hashtag": r"#\w",
    "capitals": r"\b[A-Z]{4,}\b",
    "quotation": r"[\"“„]",
    "begins_small": r"^\s*[a-z]",
}
"""Signs that are no words, as patterns that Python and Polars read alike."""

_ODD = r"[^\x00-\x7f]|[:;]"
GATES = {
    "ends_in_question": r"\?",
    "exclamations": r"!",
    "money": r"[€$£]|uro|EUR",
    "percentage": r"%",
    "sad_face": _ODD,
    "glad_face": _ODD,
    "begins_with_mention": r"@",
    "capitals": r"[A-Z]{4}",
    "begins_small": r"",
}
"""What a text must hold to have a sign, or a sentence with it, where that is quicker to seek."""


def sign_patterns() -> dict[str, re.Pattern[str]]:
    """The signs as Python's patterns."""
    return {name: re.compile(pattern) for name, pattern in SIGNS.items()}


def gates(texts: pl.Series) -> NDArray[np.bool_]:
    """Which signs texts may have: a row each, a column for each of `SIGNS`."""
    sought = {name: GATES.get(name, pattern) for name, pattern in SIGNS.items()}
    held = {pattern: texts.str.contains(pattern).to_numpy() for pattern in set(sought.values())}
    return np.stack([held[pattern] for pattern in sought.values()], axis=1)


def signs(texts: pl.Series, may: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which signs texts have, of those they may have."""
    found = np.zeros_like(may)
    for at, pattern in enumerate(SIGNS.values()):
        rows = np.flatnonzero(may[:, at])
        found[rows, at] = texts.gather(rows).str.contains(pattern).to_numpy()
    return found
