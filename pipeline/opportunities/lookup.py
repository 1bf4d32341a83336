"""Words to terms that Dutch and English share: by the lexicon, by parts, by spelling.

A word is looked up as it is written, by its stem, without what is put before or behind it, and by
the parts of a compound. What is in no list becomes a term of its own, spelt so that kindred words
of both languages meet: `categorieën` and `categories`.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache

from pipeline.text import concepts, filler_words, lexicon

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SPELT = "~"
"""Begins the terms that are in no list."""
INDIRECT = 0.7
"""What a word counts that was found by a variant of it."""
_STEM, _PART, _VARIANT = 3, 4, 4
_MEANINGS = 3
_LONGEST = 80
"""Letters of a compound: whoever holds a key down says nothing with it."""
_ENDINGS = (
    *("etjes", "pjes", "tjes", "jes", "etje", "pje", "tje", "je"),
    *("ingen", "ing", "en", "ed", "es", "s", "e"),
)
_BEHIND = (
    *("t", "d", "de", "te", "den", "ten", "er", "ers", "ere", "st", "ste", "ly", "ness"),
    *("able", "baar", "bare", "al", "y", "vrije", "vrij"),
)
_BEFORE = (
    *("mee", "op", "in", "uit", "af", "aan", "toe", "door", "terug", "over", "samen", "bij", "na"),
    *("voor", "weg", "om", "vast", "los", "tegen", "her", "re", "un", "on"),
)
_SPELLING = [
    (re.compile(pattern), by)
    for pattern, by in (
        ("[éèêë]", "e"), ("[áàâä]", "a"), ("[óòôö]", "o"), ("[íïî]", "i"), ("[úüû]", "u"),
        ("ç", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("qu", "kw"), ("x", "ks"),
        ("tion(al|eel|ele)?s?$", "ti"), ("(a)?tie(s|f)?$", r"\1ti"), ("sion$", "si"),
        ("iteit(en)?$", "it"), ("ity$|ities$", "it"), ("is(eren|eer|eert|ation|e|ing)$", "is"),
        ("iz(e|ing|ation|ed)$", "is"), ("(eren|eer|eert|ering)$", ""), ("(ate|ated|ating)$", ""),
        ("(isch|ische|ical|ics|ic|iek|ieke|ieken)$", "ik"), ("logy$|logie$", "logi"),
        ("y$", "i"), ("ie$", "i"), ("c(?=[eiy])", "s"), ("sch", "sk"), ("ch", "k"), ("c", "k"),
        ("y", "i"), ("ou", "o"), ("oe", "u"), ("z", "s"), ("v", "f"), (r"(.)\1", r"\1"),
    )
]  # fmt: skip
_KEEPS_ENDING = re.compile(r"(eren|isch|ieke?n?|tie|tion|ic|ing)s?$")
Found = tuple[tuple[str, float], ...]
"""Terms of a word with their shares, 0 to 1."""


@lru_cache(maxsize=200_000)
def terms_of(word: str) -> Found:
    """The terms of one lower-case word, or of a phrase joined by `_`; none when it says nothing."""
    if found := _direct(word.replace("_", " ")):
        return _shared(found)
    if word in filler_words():
        return ()
    if "-" in word and (parts := [one for part in word.split("-") for one in terms_of(part)]):
        return tuple(dict(parts).items())
    for variant in _variants(word):
        if variant in filler_words():
            return ()
        if found := _direct(variant):
            return _shared(found, INDIRECT)
    return () if len(word) > _LONGEST else _compound(word) or _unlisted(word)


@cache
def kinds() -> dict[str, str]:
    """Each term to its kind: `concept`, or the list of the lexicon that has it."""
    return _lists()[1]


@cache
def phrases() -> tuple[str, ...]:
    """Forms of several words, longest first."""
    several = (form for form in _forms() if " " in form)
    return tuple(sorted(several, key=lambda form: (-form.count(" "), -len(form), form)))


def _direct(word: str) -> tuple[str, ...]:
    """Terms of a word as it is written or by its stem. A stop word is one only if listed first."""
    if word in _forms() and (word not in filler_words() or word in _first()):
        return _forms()[word]
    if word in filler_words():
        return ()
    for one in _singulars(word):
        if one in _forms() and one not in filler_words():
            return _forms()[one]
    stem = _stem(word)
    if len(stem) < _STEM:
        return ()
    found = _stems().get(stem, ())
    return found if len(found) <= _MEANINGS else ()


def _singulars(word: str) -> list[str]:
    """What a plural may be the plural of: `storingen`, `taken` and `brieven`."""
    if word.endswith("'s"):
        return [word[:-2]]
    found = [word[:-1]] if word.endswith("s") and len(word) >= _PART else []
    if word.endswith("en") and len(word) > _PART:
        bare = word[:-2]
        hard = bare[:-1] + {"v": "f", "z": "s"}.get(bare[-1], bare[-1])
        found += [hard[:-1] + hard[-2] + hard[-1], bare, hard, bare[:-1]]
    return found


def _shared(found: tuple[str, ...], share: float = 1.0) -> Found:
    """A word of several meanings counts for each of them, less."""
    return tuple((name, share / math.sqrt(len(found))) for name in found)


def _variants(word: str) -> list[str]:
    """A word without what inflection puts before and behind it, likely ones first."""
    found = [word.removesuffix("heden") + "heid"] if word.endswith("heden") else []
    found += [word.removesuffix("heid")] if word.endswith("heid") else []
    for ending in _BEHIND:
        if word.endswith(ending) and len(bare := word.removesuffix(ending)) >= _VARIANT:
            doubled = [bare[:-1]] if bare[-1] == bare[-2] else []
            found += [bare, *doubled, *([bare + "e"] if ending in ("er", "ers", "able") else [])]
    for prefix in _BEFORE:
        if word.startswith(prefix) and len(bare := word.removeprefix(prefix)) >= _VARIANT:
            found += [bare, bare.removeprefix("te"), *_participle(bare)]
    found += _participle(word)
    return [one for one in found if len(one) >= _VARIANT and one != word]


def _participle(word: str) -> list[str]:
    """What a Dutch participle such as `gedeeld` or `gelezen` may come from."""
    bare = word.removeprefix("ge")
    return [bare, bare[:-1], bare[:-1] + "en", bare[:-2]] if bare != word else []


def _compound(word: str) -> Found:
    """Terms of a Dutch compound: of both parts, or of the one that is known."""
    best: tuple[int, Found] | None = None
    for at in range(3, len(word) - 2):
        tail = _part(word[at:])
        head = next(filter(None, map(_part, _heads(word[:at]))), ()) if tail else ()
        evenness = min(at, len(word) - at)
        if head and (best is None or evenness > best[0]):
            best = (evenness, (*_shared(head), *_shared(tail)))
    if best:
        return tuple(dict(best[1]).items())
    for at in range(3, len(word) - 4):
        if tail := _part(word[at:]):
            return ((tail[0], 1.0), (_spelt(word[:at]), 0.5))
    for at in range(len(word) - 3, 4, -1):
        if head := _part(word[:at]):
            return ((head[0], 1.0), (_spelt(word[at:]), 0.5))
    return ()


def _heads(head: str) -> list[str]:
    """The first part of a compound with and without the letters that join it to the second."""
    return [head, *(head.removesuffix(one) for one in ("s", "en", "e") if head.endswith(one))]


@lru_cache(maxsize=200_000)
def _part(part: str) -> tuple[str, ...]:
    if len(part) < _STEM or part in filler_words():
        return ()
    return _direct(part) if len(part) >= _PART or part in _forms() else ()


def _unlisted(word: str) -> Found:
    bare = word.partition("'")[0]
    return ((_spelt(bare), 1.0),) if len(bare) >= _PART and bare not in filler_words() else ()


def _spelt(word: str) -> str:
    plain = word if _KEEPS_ENDING.search(word) else _stem(word)
    for pattern, by in _SPELLING:
        plain = pattern.sub(by, plain)
    return SPELT + plain.rstrip("e")


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    """A word without its ending, alike for singular and plural: `brief` and `brieven`."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            word = word.removesuffix(ending)
            break
    word = re.sub(r"([aeou])\1", r"\1", word)
    word = re.sub(r"([^aeiou])\1$", r"\1", word)
    if word.endswith("i") and len(word) > _STEM:
        word = word[:-1] + "y"
    return word[:-1] + {"v": "f", "z": "s"}.get(word[-1:], word[-1:])


@cache
def _first() -> frozenset[str]:
    """Forms of concepts and whole wishes, which come before single words of the lexicon."""
    ranks = _lists()[1]
    return frozenset(form for form, names in _forms().items() if ranks[names[0]] in _RANKED)


_RANKED = ("concept", "wishes")


def _forms() -> dict[str, tuple[str, ...]]:
    return _lists()[0]


@cache
def _lists() -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Each form to its terms, and each term to its kind.

    A form of a whole wish has that meaning alone; then come those of concepts, and of lines.
    """
    claimed = {_plain(form): name for name, listed in concepts().items() for form in listed}
    kinds = dict.fromkeys(concepts(), "concept")
    forms: dict[str, list[str]] = {form: [name] for form, name in claimed.items()}
    for kind, lines in lexicon().items():
        for line in lines:
            whole = kind == "wishes"
            name = line[0] if whole else claimed.get(_plain(line[0]), line[0])
            kinds.setdefault(name, kind)
            for form in dict.fromkeys(map(_plain, line)):
                if whole:
                    claimed[form], forms[form] = name, [name]
                elif kinds.get(claimed.get(form, "")) != "wishes":
                    forms.setdefault(form, [])
                    forms[form] += [name] if name not in forms[form] else []
    return {form: tuple(names) for form, names in forms.items()}, kinds


@cache
def _stems() -> dict[str, tuple[str, ...]]:
    """Stem of each single word to its terms; concepts and whole wishes come first."""
    found: dict[str, list[str]] = {}
    for form, names in _forms().items():
        if " " not in form:
            known = found.setdefault(_stem(form), [])
            known += [name for name in names if name not in known]
    ranks = _lists()[1]
    first = {stem: [one for one in names if ranks[one] in _RANKED] for stem, names in found.items()}
    return {stem: tuple(first[stem] or names) for stem, names in found.items()}


def _plain(form: str) -> str:
    return " ".join(WORD.findall(form.replace("_", " ")))
