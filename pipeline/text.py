"""Text as data: vocabulary files and the patterns made of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import FatalError

VOCABULARY = Path(__file__).parent / "vocabulary"
LANGUAGES = ("nl", "en")
LONGEST_WORD = 1_000
"""Characters without white space of which spaCy is shown no more."""


@cache
def terms(group: str, name: str, language: str | None = None) -> tuple[str, ...]:
    """Phrases of one list of `vocabulary/terms.<language>.toml`, lower case.

    One language's, or those of all languages together when it has no vocabulary of its own.
    Raises FatalError when a language does not have the list.
    """
    found: list[str] = []
    for one in (language,) if language in LANGUAGES else LANGUAGES:
        lists = vocabulary(f"terms.{one}.toml")
        try:
            found += lists[group][name]
        except KeyError as error:
            raise FatalError(
                f"there is no list [{group}] {name}",
                where=f"vocabulary/terms.{one}.toml",
                mend="add the list; it may be empty",
            ) from error
    return tuple(dict.fromkeys(found))


@cache
def groups(group: str) -> tuple[str, ...]:
    """Names of the lists in a group, in the order of the file."""
    return tuple(vocabulary(f"terms.{LANGUAGES[0]}.toml")[group])


@cache
def classes(language: str) -> dict[str, tuple[str, ...]]:
    """Class of words to its entries, as `vocabulary/classes.<language>.toml` lists them."""
    listed = vocabulary(f"classes.{language}.toml")["classes"]
    return {name: tuple(entries) for name, entries in listed.items()}


@cache
def little_words() -> dict[str, frozenset[str]]:
    """Language to the little words that show it, lower case."""
    listed = vocabulary("languages.toml")["little_words"]
    return {language: frozenset(words) for language, words in listed.items()}


@cache
def abbreviation() -> str:
    """A pattern of Polars for an abbreviation whose full stop ends no sentence.

    It takes in the space behind and the letter after that, which is no capital; groups: what
    stands before that space, and behind it.
    """
    listed = vocabulary("languages.toml")["abbreviations"].values()
    words = "|".join(sorted({one for some in listed for one in some}))
    return rf"((?:^|[\s(])(?i:(?:\pL\.){{2,}}|(?:{words})\.)) ([^\p{{Lu}}\s])"


@cache
def language_names() -> dict[str, str]:
    """What a language is called, a code or a name in lower case, to its code."""
    read = vocabulary("language_names.toml")
    named = {name: code for code, names in read["names"].items() for name in names.split(", ")}
    codes = [*read["names"], *(one for listed in read["codes"].values() for one in listed.split())]
    return named | {code: code for code in codes}


@cache
def concepts() -> dict[str, tuple[str, ...]]:
    """Concept to the Dutch and English words for it."""
    return {name: tuple(forms) for name, forms in vocabulary("concepts.toml")["concepts"].items()}


@cache
def concept_weights() -> dict[str, float]:
    """Concept to its weight, for those that say less than others, which weigh 1."""
    return {name: float(weight) for name, weight in vocabulary("concepts.toml")["weight"].items()}


@cache
def personal(group: str, name: str) -> tuple[str, ...]:
    """One list of `vocabulary/personal.toml`: what tells personal data from what looks like it."""
    return tuple(vocabulary("personal.toml")[group][name])


@cache
def lexicon() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Kind of words to its lines: words of both languages that mean the same, each a tuple."""
    return {
        kind: tuple(
            tuple(one.strip() for one in line.replace("=", ",").split(","))
            for line in lines.strip().splitlines()
        )
        for kind, lines in vocabulary("lexicon.toml").items()
    }


@cache
def kindred() -> tuple[tuple[str, str, float], ...]:
    """Terms that are near each other, and how near, 0 to 1; each pair in both directions."""
    pairs = [
        (term, other.strip(), float(nearness))
        for nearness, lines in vocabulary("kindred.toml").items()
        for term, others in (line.split(":") for line in lines.strip().splitlines())
        for other in others.split(",")
    ]
    return (*pairs, *((other, term, nearness) for term, other, nearness in pairs))


@cache
def noise_points() -> dict[str, dict[str, int]]:
    """Kind of noise to its terms and the points of each, for and against; "" is the beginning."""
    return {
        kind: {
            term: int(points)
            for points, terms in by_points.items()
            for term in terms.strip("\n").split(", ")
        }
        for kind, by_points in vocabulary("noise_points.toml").items()
    }


@cache
def term_counts() -> dict[str, int]:
    """In how many messages of our corpora a term stands; those below a few are not listed.

    Under the name `TOTAL` stands how many messages the corpora hold.
    """
    counts: dict[str, int] = vocabulary("term_counts.toml")["counts"]
    return counts


@cache
def stop_words() -> frozenset[str]:
    """Words that say nothing about what is wished for, both languages."""
    stop = vocabulary("concepts.toml")["stop"]
    return frozenset(word for language in LANGUAGES for word in stop[language])


@cache
def last_days() -> dict[str, str]:
    """Phrase to the rule for the last day of the time that it names."""
    return _by_phrase("last_day")


@cache
def vague_times() -> dict[str, str]:
    """Phrase of a time that is no day to `soon` or `later`."""
    return _by_phrase("unresolved")


def _by_phrase(table: str) -> dict[str, str]:
    listed = vocabulary("timeframes.toml")[table]
    return {phrase: name for name, some in listed.items() for phrase in some}


@cache
def openings(kind: str) -> dict[str, dict[str, str]]:
    """First words of an answer to a lead or a complaint: language to what it is about to words."""
    found: dict[str, dict[str, str]] = vocabulary("openings.toml")[kind]
    return found


@cache
def filler_words() -> frozenset[str]:
    """Words that say little about what is wished for, the stop words among them."""
    filler = vocabulary("concepts.toml")["filler"]
    return stop_words() | frozenset(word for language in LANGUAGES for word in filler[language])


@cache
def account_ends() -> tuple[str, ...]:
    """What companies add to their name in the handle of an account, in lower case."""
    return tuple(vocabulary("accounts.toml")["ends"])


def any_of(phrases: Iterable[str]) -> str:
    """A pattern that finds any of the phrases as whole words, in any case.

    The longest phrase wins where two begin at the same place. No phrases: matches nothing.
    """
    listed = sorted(
        {phrase.strip() for phrase in phrases if phrase.strip()}, key=lambda p: (-len(p), p)
    )
    if not listed:
        return r"[^\s\S]"
    return "(?i)" + "|".join(
        ("\\b" if phrase[0].isalnum() else "")
        + re.escape(phrase).replace(r"\ ", r"\s+")
        + ("\\b" if phrase[-1].isalnum() else "")
        for phrase in listed
    )


@cache
def vocabulary(name: str) -> dict[str, Any]:
    """A file of `vocabulary/`, as it stands there."""
    read: dict[str, Any] = tomllib.loads((VOCABULARY / name).read_text(encoding="utf-8"))
    return read


def shortened(text: str) -> str:
    """A text for spaCy, with blanks for what its words are longer than `LONGEST_WORD`.

    To cut a line of signs takes it as long as the line is long, squared: minutes for a hundred
    thousand. Places stay what they are.
    """
    if len(text) <= LONGEST_WORD or max(map(len, text.split()), default=0) <= LONGEST_WORD:
        return text
    return re.sub(r"\S+", lambda word: word[0][:LONGEST_WORD].ljust(len(word[0])), text)
