"""Names of persons, where the words before them say that a name follows.

No list of names is complete and no model is asked: a cue such as "mijn naam is", "mevrouw" or
"kind regards," is needed. The less a cue is certain, the more the words after it must look like a
name: two capitals, or a first name that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.conversations._numbers import Place
from pipeline.text import personal

MOST_WORDS = 5
_WORD = re.compile(
    r"(?:(?<=[ .])|(?<!\w))(?:[^\W\d_]\.(?:[ -]?[^\W\d_]\.)*|'t|v\.d\.|v/d"
    r"|[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*\.?)"
)
_BETWEEN = re.compile(r"[ \t]{1,2}|(?<=\.)(?=[^\W\d_])")
_END = re.compile(r"[ \t]*(?:[.!,;:)\"'~x-]|\(\w+\)|[^\w\s])*[ \t]*(?:\n|\r|\\n|\\r|$|\")")
_CUE_WORD = re.compile(r"[^\s,:;!=\\]+")
# In the raw text of a record the end of a line is written as \n.
_LINK = r"(?:[,.!:;=-](?:\s|\\[nrt])*|(?:\s|\\[nrt])+)(?:[-–—]\s*)?"
_LINKED = re.compile(_LINK)


def gate() -> str:
    """A pattern for Rust of a cue and the beginning of what may be a name."""
    listed = [cue for group in _CHECKS for cue in personal("names", group)]
    cues = "|".join(map(_escaped, sorted(listed, key=len, reverse=True)))
    first = "|".join(map(_escaped, personal("names", "first")))
    particles = "|".join(map(_escaped, personal("names", "particles")))
    return (
        rf"(?:^|[^A-Za-z0-9_])(?i-u:{cues}){_LINK}(?:(?i-u:{particles})\s+){{0,3}}"
        rf"(?:\p{{Lu}}|(?i-u:{first})(?:[^A-Za-z]|$))"
    )


def _escaped(cue: str) -> str:
    return re.escape(cue).replace(r"\ ", r"\s+")


def names(text: str, start: int, end: int) -> Iterator[Place]:
    """The place of the name after a cue, if one is there. The cue is within start and end."""
    words = list(_CUE_WORD.finditer(text, start, end))
    for size in range(len(words), 0, -1):
        cue = " ".join(word[0] for word in words[:size]).lower().rstrip(".")
        if cue not in _groups():
            continue
        linked = _LINKED.match(text, words[size - 1].end())
        at = linked.end() if linked else words[size - 1].end()
        last = _CHECKS[_groups()[cue]](text, at)
        if last is not None:
            yield at, last
        return


@cache
def _groups() -> dict[str, str]:
    """Each cue, without the sign at its end, to its group; the first group counts."""
    return {
        cue.rstrip(".:,"): group for group in reversed(_CHECKS) for cue in personal("names", group)
    }


def _after_introduction(text: str, at: int) -> int | None:
    words = _words(text, at)
    return words[-1][1] if words else _known(text, at)


def _after_title(text: str, at: int) -> int | None:
    words = _words(text, at)
    if not words or _lower(text, words[0]) in personal("names", "brands"):
        return None
    return words[-1][1]


def _after_weak_cue(text: str, at: int) -> int | None:
    words = _words(text, at)
    if not words:
        return _known(text, at)
    is_whole = len(words) > 1 and text[words[-1][0]].isupper()
    return words[-1][1] if is_whole or _lower(text, words[0]) in _first_names() else None


def _after_salutation(text: str, at: int) -> int | None:
    words = _words(text, at)
    if not words:
        return _known(text, at)
    return words[-1][1] if _lower(text, words[0]) in _first_names() else None


def _after_sign_off(text: str, at: int) -> int | None:
    words = _words(text, at)
    if not words:
        return _known(text, at)
    is_last = _END.match(text, words[-1][1]) is not None
    return words[-1][1] if is_last or _lower(text, words[0]) in _first_names() else None


_CHECKS = {
    "introductions": _after_introduction,
    "titles": _after_title,
    "weak": _after_weak_cue,
    "salutations": _after_salutation,
    "sign_offs": _after_sign_off,
}


def _words(text: str, at: int) -> list[Place]:
    """The words of a name that begins at a place: capitals, and particles between them."""
    found: list[Place] = []
    certain = 0
    while len(found) < MOST_WORDS:
        word = _WORD.match(text, at)
        if word is None:
            break
        start, end = word.span()
        plain = text[start:end].rstrip(".").lower()
        is_initial = re.fullmatch(r"(?:[^\W\d_]\.[ -]?)+", word[0]) is not None
        if word[0].endswith(".") and not is_initial and plain not in ("st", "v.d"):
            end -= 1
        if text[start].isupper() and (is_initial or plain not in _never()):
            found.append((start, end))
            certain = len(found) if not is_initial or end - start > 2 else certain
        elif plain in personal("names", "particles" if found else "leading"):
            found.append((start, end))
        else:
            break
        gap = _BETWEEN.match(text, end)
        if gap is None:
            break
        at = gap.end()
    return found[:certain]


def _known(text: str, at: int) -> int | None:
    """The end of a first name without a capital, with a last name after a particle."""
    word = _WORD.match(text, at)
    if word is None:
        return None
    name = word[0].rstrip(".").lower()
    if name not in _first_names() or name in personal("names", "also_words"):
        return None
    particles = "|".join(map(re.escape, personal("names", "particles")[:8]))
    last = re.compile(rf"(?: (?:{particles}))+ [^\W\d_]{{3,}}").match(
        text, word.start() + len(name)
    )
    return last.end() if last else word.start() + len(name)


def _lower(text: str, place: Place) -> str:
    return text[slice(*place)].rstrip(".").lower()


@cache
def _first_names() -> frozenset[str]:
    return frozenset(personal("names", "first"))


@cache
def _never() -> frozenset[str]:
    return frozenset(personal("names", "never"))
