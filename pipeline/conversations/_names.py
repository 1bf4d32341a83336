"""Names of persons, where the words before them say that a name follows.

No list of names is complete and no model is asked: a cue such as "mijn naam is", "mevrouw" or
"kind regards," is needed. The less a cue is certain, the more the words after it must look like a
name: two capitals, or a first name that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate, islice

from pipeline.conversations._name_words import first_names, known, words_of
from pipeline.conversations._numbers import Place
from pipeline.text import personal

LONGEST_CUE, MOST_CUE_WORDS = 60, 7
# No sign is in two of its alternatives: a row of them would be tried in every way there is.
_END = re.compile(r"[ \t]*(?:[^\w\s(]|x|\([^()\n]{1,40}\))*[ \t]*(?:\n|\r|\\n|\\r|$|\")")
_ENDS = frozenset(".!;")
_CUE_WORD = re.compile(r"[^\W_][^\s,:;!=*|\\]*")
# In the raw text of a record the end of a line is written as \n, and Markdown has **Name:** in it.
_LINK = (
    r"(?:\*{0,2} ?[,.!:;=-]\*{0,2}(?:\s|\\[nrt])*|(?:\s|\\[nrt])+)(?:[-–—]\s*)?(?:[\"“„]|\*{1,2})?"
)
# A bar parts the cells of a form that was copied.
_LINKED = re.compile(rf"\*{{0,2}} ?\|\*{{0,2}}\s*|{_LINK}")
_TIE = re.compile(r" ?(?:&|\+) ?| (?:en|and) ")


@cache
def gate() -> str:
    """A pattern for Rust of a cue and the beginning of what may be a name."""
    listed = [cue for group in _CHECKS for cue in personal("names", group)]
    cues = "|".join(map(_escaped, sorted(listed, key=len, reverse=True)))
    # A colon or a bar may be all that stands between them, and a blank before it.
    fields = "|".join(_escaped(cue[:-1]) for cue in listed if cue.endswith(":"))
    first = "|".join(map(_escaped, personal("names", "first")))
    particles = "|".join(map(_escaped, personal("names", "particles")))
    return (
        rf"(?:^|[^A-Za-z0-9_])(?:(?i-u:{cues}){_LINK}"
        rf"|(?i-u:{fields})\*{{0,2}} ?[:|]\*{{0,2}}\s*(?:[\"“„]|\*{{1,2}})?)"
        rf"(?:(?i-u:{particles})\s+){{0,3}}(?:\p{{Lu}}|(?i-u:{first})(?:[^A-Za-z]|$))"
    )


def _escaped(cue: str) -> str:
    return re.escape(cue).replace(r"\ ", r"\s+")


def names(text: str, start: int, end: int) -> Iterator[Place]:
    """The place of the name after a cue, if one is there.

    `gate` matches from start to end. What looked like a name may be the next cue: in "Thanks. My
    name is …" it is.
    """
    found = _name_at(text, start, end)
    if found is None and text[end - 1].isupper():
        found = _name_at(text, end - 1, end + LONGEST_CUE)
    while found is not None:
        yield found
        found = _beside(text, found[1])


def _beside(text: str, at: int) -> Place | None:
    """The place of a name that "en" or "&" ties to the one that ends here.

    It is a first name, or the last of its line.
    """
    tie = _TIE.match(text, at)
    words = words_of(text, tie.end()) if tie else []
    if not words or not (_is_first(text, words) or _END.match(text, words[-1][1])):
        return None
    return words[0][0], _end(text, words)


def _name_at(text: str, start: int, end: int) -> Place | None:
    """The name after the longest cue that begins at a place and ends before another."""
    cue, begins, ends = _longest_cue(text[start:end])
    linked = _LINKED.match(text, start + ends) if cue else None
    if linked is None:
        return None
    group = _groups()[cue.rstrip(".")]
    sign = linked[0].lstrip(" *")[:1]
    is_ended = (cue.endswith(".") and cue not in personal("names", group)) or sign in _ENDS
    if is_ended and group not in _SIGNED and "\n" not in linked[0]:
        return None
    if group == "titles" and sign == ",":  # "Geachte heer, mevrouw," and then the letter
        return None
    if sign == "|":  # the head of a table has "Naam | Adres"
        group = "weak"
    is_open = cue in personal("names", "also_verbs") and linked[0].isspace()
    if is_open and "\n" not in linked[0] and not _is_parting(text, start + begins):
        group = "salutations"
    last = _CHECKS[group](text, linked.end())
    return None if last is None else (linked.end(), last)


@lru_cache(4096)
def _longest_cue(passage: str) -> tuple[str, int, int]:
    """The longest cue at the first word of a passage, and its place; an empty one when none is.

    Most passages are a cue and the letter behind it, and there are few of those.
    """
    words = list(islice(_CUE_WORD.finditer(passage), MOST_CUE_WORDS))
    cues = list(accumulate((word[0].lower() for word in words), lambda a, b: f"{a} {b}"))
    named = [at for at, cue in enumerate(cues) if cue.rstrip(".") in _groups()]
    return (cues[named[-1]], words[0].start(), words[named[-1]].end()) if named else ("", 0, 0)


def _is_parting(text: str, start: int) -> bool:
    """Tell whether a message ended before a place; "we love Coldplay" and "Love Coldplay" go on."""
    before = text[max(0, start - 8) : start].rstrip(" ")
    return bool(before) and not (before[-1].isalnum() or before[-1] in "\"'’-")


@cache
def _groups() -> dict[str, str]:
    """Each cue, without the sign at its end, to its group; the first group counts."""
    return {
        cue.rstrip(".:,"): group for group in reversed(_CHECKS) for cue in personal("names", group)
    }


def _after_introduction(text: str, at: int) -> int | None:
    words = words_of(text, at)
    return _end(text, words) if words else known(text, at, is_introduced=True)


def _after_title(text: str, at: int) -> int | None:
    words = words_of(text, at)
    return _end(text, words) if words and not _is_brand(text, words) else None


def _after_person(text: str, at: int) -> int | None:
    """After "mijn zoon" or "the driver" one capital will do, where companies have more."""
    words = words_of(text, at)
    if not words:
        return known(text, at)
    is_written_so = re.fullmatch(r"[^\W\d_][^\W\dA-Z_]+", text[slice(*words[0])]) is not None
    return _end(text, words) if is_written_so or _is_first(text, words) else None


def _after_weak_cue(text: str, at: int) -> int | None:
    words = words_of(text, at)
    if not words:
        return known(text, at)
    is_whole = len(words) > 1 and text[words[-1][0]].isupper()
    return _end(text, words) if is_whole or _is_first(text, words) else None


def _after_salutation(text: str, at: int) -> int | None:
    words = words_of(text, at)
    if not words:
        return known(text, at)
    return _end(text, words) if _is_first(text, words) else None


def _after_sign_off(text: str, at: int) -> int | None:
    words = words_of(text, at)
    if not words:
        return known(text, at)
    is_last = _END.match(text, words[-1][1]) is not None
    return _end(text, words) if is_last or _is_first(text, words) else None


def _is_first(text: str, words: list[Place]) -> bool:
    first = text[slice(*words[0])].rstrip(".").lower().removesuffix("'s").removesuffix("’s")
    return first in first_names() and not _is_brand(text, words)


def _is_brand(text: str, words: list[Place]) -> bool:
    written = text[words[0][0] : words[0][0] + 40].lower().replace("’", "'")
    return written.startswith(personal("names", "brands"))


def _end(text: str, words: list[Place]) -> int:
    """The end of a name: "Achebe's" is of Achebe."""
    start, end = words[-1]
    return end - 2 if text[start:end].endswith(("'s", "’s")) else end


_SIGNED = ("titles", "sign_offs")
"""Groups of cues that a full stop does not part from the name."""
_CHECKS = {
    "introductions": _after_introduction,
    "titles": _after_title,
    "people": _after_person,
    "weak": _after_weak_cue,
    "salutations": _after_salutation,
    "sign_offs": _after_sign_off,
}
