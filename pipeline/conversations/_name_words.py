"""The words of a name, once something says that a name begins there."""

from __future__ import annotations

import re
from functools import cache

from pipeline.conversations._numbers import Place
from pipeline.text import personal

MOST_WORDS = 5
_WORD = re.compile(
    r"(?:(?<=[ .])|(?<!\w)|(?<=\\[nrt]))(?:[^\W\d_]\.(?:[ -]?[^\W\d_]\.)*|'t|v\.d\.|v/d"
    r"|[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*\.?)"
)
_BETWEEN = re.compile(r"[ \t]{1,4}|(?<=\.)(?=[^\W\d_])")
_ENDED = r"(?=[.,!\n]| (?:en|and|uit|from) |$)"
_LAST = re.compile(rf" ([^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_])){{2,}}){_ENDED}")
_ALONE = re.compile(_ENDED)


def words_of(text: str, at: int) -> list[Place]:
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
            if _is_company(text, (start, end), found[certain:]):
                break
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


def _is_company(text: str, word: Place, particles: list[Place]) -> bool:
    """Tell whether somebody is of a company: "Sanne van Ziggo" and "van het CJIB"."""
    if not particles or text[slice(*particles[0])].lower() != "van":
        return False
    name = text[slice(*word)]
    is_shouted = text[max(0, particles[0][0] - 3) : particles[0][0]].rstrip()[-2:].isupper()
    return name.lower() in _companies() or (
        len(name) > 1 and name.isupper() and "." not in name and not is_shouted
    )


def known(text: str, at: int, *, is_introduced: bool = False) -> int | None:
    """The end of a first name without a capital, with a last name where one is plain.

    It is after a particle; or, where who speaks is introduced, before a sign or "en". There a name
    that is also a word, as "mark", will do when nothing else can follow.
    """
    word = _WORD.match(text, at)
    if word is None:
        return None
    name = word[0].rstrip(".").lower()
    end = word.start() + len(name)
    if name not in first_names() or name in personal("names", "also_small_words"):
        return None
    last = _after_particle().match(text, end)
    if last is None and is_introduced:
        last = _LAST.match(text, end)
    last = None if last and last[1].lower() in _never() | _companies() else last
    if name in personal("names", "also_words") and last is None:
        return end if is_introduced and _ALONE.match(text, end) else None
    return last.end() if last else end


@cache
def _after_particle() -> re.Pattern[str]:
    particles = "|".join(map(re.escape, personal("names", "leading")))
    return re.compile(rf"(?: (?:{particles}))+ ([^\W\d_]{{3,}})")


@cache
def first_names() -> frozenset[str]:
    return frozenset(personal("names", "first"))


@cache
def _companies() -> frozenset[str]:
    return frozenset(personal("names", "companies"))


@cache
def _never() -> frozenset[str]:
    return frozenset(personal("names", "never"))
