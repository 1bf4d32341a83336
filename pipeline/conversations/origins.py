"""Where a passage of a cleaned text stands in the text as it was written.

Cleaning takes mark-up, quotes and signatures out and changes white space; it keeps every other
character in its order. So a passage is looked for, blanks aside, behind what stood before it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

CONTEXTS = (30, 8, 0)
"""Characters before a passage that are asked for too, and fewer where that is not found."""

_PIECES = re.compile(r"<!--.*?-->|</?[a-z!?][^>]*>|&(?:#\w+|\w+);|\S", re.DOTALL | re.IGNORECASE)

Place = tuple[int, int]


def origins(
    original: str, cleaned: str, places: Iterable[Place], *, is_html: bool
) -> Iterator[Place | None]:
    """Yield for places (start, end in code points) of the cleaned text those of the original.

    Places are given in their order. None where mark-up stands in the way, such as a picture's name.
    """
    written = list(_visible(original, is_html=is_html))
    letters = "".join(letter for letter, _, _ in written)
    counts = [0]
    for letter in cleaned:
        counts.append(counts[-1] + (not letter.isspace()))
    bare = "".join(letter for letter in cleaned if not letter.isspace())
    cursor = 0
    for start, end in places:
        first, last = counts[start], counts[end]
        at = _behind(letters, bare, first, last, cursor)
        if at is None:
            yield None
            continue
        cursor = at + last - first
        yield written[at][1], written[cursor - 1][2]


def _behind(letters: str, bare: str, first: int, last: int, cursor: int) -> int | None:
    for size in CONTEXTS:
        before = min(size, first)
        at = letters.find(bare[first - before : last], max(0, cursor - before))
        if at >= 0:
            return at + before
    return None


def _visible(original: str, *, is_html: bool) -> Iterator[tuple[str, int, int]]:
    """Each character that is no blank and no mark-up, with the place that stands for it."""
    if not is_html:
        yield from ((one, at, at + 1) for at, one in enumerate(original) if not one.isspace())
        return
    for piece in _PIECES.finditer(original):
        written = piece[0]
        if len(written) == 1:
            yield (written, *piece.span())
        elif written.startswith("&"):
            for letter in html.unescape(written):
                if not letter.isspace():
                    yield (letter, *piece.span())
