"""Blank spaCy pipelines: phrases are labelled, and token patterns say what they mean together.

Most of what spaCy costs is its start, and most of that are the exceptions of the Dutch tokenizer,
thousands of abbreviations. Hardly any text has one: a reader learns those that its texts have.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from pipeline.errors import FatalError
from pipeline.opportunities.mentions import IN_EITHER
from pipeline.opportunities.numerals import spelled, value
from pipeline.text import terms

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import Matcher
    from spacy.pipeline import EntityRuler
    from spacy.tokens import Doc

Names = tuple[str, ...]
FILE = Path(__file__).parent / "lead_rules.toml"
FIELDS = ("switch_direction", "is_existing_customer", "team_size", "contact_channel")
"""Fields that rules read."""
LISTS = {
    "switch": (
        *("leave", "cancel", "with", "instead", "replace", "by"),
        *("join", "choose", "held", "between", "towards", "quit"),
    ),
    "customer": ("existing", "absent", "use"),
    "size": ("seats", "units", "places", "team"),
    "contact": ("call", "calling", "message", "email", "mailing", "asks"),
}
"""Lists of the vocabulary whose phrases are labelled, by group. Every rule has one of them."""
_COMPANIES = 8
"""Companies whose names are kept labelled."""
_GAP = 3
_MOST = 99_999
"""Number above which something is hardly counted in people or pieces."""

_IN_WORDS: dict[str, Any] = {"LOWER": {"IN": sorted(spelled())}}
_GROUPED = [f"{first}{mark}ddd" for first in ("d", "dd", "ddd") for mark in ".,"]
_NUMBERS: list[list[dict[str, Any]]] = [
    [{"IS_DIGIT": True}],
    [{"IS_DIGIT": True}, {"ORTH": "+"}],
    [{"SHAPE": {"IN": _GROUPED}}],
    [_IN_WORDS],
    [_IN_WORDS, {"ORTH": "-", "OP": "?"}, _IN_WORDS],
]
"""Ways of writing a number: 25, 100+, 1.200, fifty, twenty-five or two hundred."""


class Rule(NamedTuple):
    """One rule: its place in the file, field and value; without one it takes away what it fits."""

    at: int
    field: str
    value: str | None


class Reader:
    """The rules for one language."""

    def __init__(self, language: str) -> None:
        """Build the rules: `Reader.of` does so once for each language."""
        from spacy.matcher import Matcher

        self._nlp, self._exceptions = _bare(language)
        listed = {"US": terms("switch", "us")}
        listed |= {name.upper(): terms("negation", name) for name in ("not", "hours")}
        for group, names in LISTS.items():
            spoken = None if group in IN_EITHER else language
            listed |= {name.upper(): terms(group, name, spoken) for name in names}
        self._phrases = self._ruler(listed)
        self._rules: dict[str, Rule] = {}
        self._matchers: dict[str, Matcher] = {field: Matcher(self._nlp.vocab) for field in FIELDS}
        for at, given in enumerate(_rules()):
            rule = Rule(at, given["field"], given.get("value"))
            self._rules[str(at)] = rule
            self._matchers[rule.field].add(str(at), _widened(given["pattern"]))
        self._names = lru_cache(_COMPANIES)(
            lambda us, rivals: self._ruler({"US": us, "RIVAL": rivals})
        )

    @staticmethod
    @cache
    def of(language: str) -> Reader:
        """The reader of a language."""
        return Reader(language)

    def read(self, texts: list[str], us: Names, rivals: Names) -> Iterator[Doc]:
        """Texts with phrases and names labelled; of what overlaps, a name stands."""
        names = self._names(us, rivals)
        self._learn(texts)
        return (names(self._phrases(doc)) for doc in self._nlp.pipe(texts))

    def _ruler(self, listed: Mapping[str, Iterable[str]]) -> EntityRuler:
        from spacy.pipeline import EntityRuler

        ruler = EntityRuler(self._nlp, phrase_matcher_attr="LOWER", overwrite_ents=True)
        patterns: list[dict[str, Any]] = [
            {"label": label, "pattern": phrase}
            for label, phrases in listed.items()
            for phrase in phrases
        ]
        self._learn([one["pattern"] for one in patterns])
        ruler.add_patterns(patterns)
        return ruler

    def _learn(self, texts: list[str]) -> None:
        """Add those exceptions of the tokenizer that texts may have."""
        # The tokenizer looks for them token by token, whether or not there are spaces between.
        joined = pl.Series(texts, dtype=pl.String).str.replace_all(r"\s+", "")
        met = joined.str.extract_many(list(self._exceptions), overlapping=True)
        tokenizer: Any = self._nlp.tokenizer
        for one in met.explode(empty_as_null=False).unique().sort():
            tokenizer.add_special_case(one, self._exceptions.pop(one))

    def field(self, doc: Doc, field: str) -> tuple[str | None, str] | None:
        """The value of a field and the words that say it; None when nothing does."""
        spans = self._matchers[field](doc, as_spans=True)
        taken = [one for one in spans if self._rules[one.label_].value is None]
        told = [
            one
            for one in spans
            if not any(one.start < other.end and other.start < one.end for other in taken)
        ]
        if not told:
            return None
        best = min(told, key=lambda at: (self._rules[at.label_].at, at.start, -at.end))
        found = self._rules[best.label_].value
        if field == "team_size":
            found = _count([token.lower_ for token in best])
        return None if found is None else (found, best.text)


def _count(words: list[str]) -> str | None:
    number = value(words)
    return str(number) if number is not None and 0 < number <= _MOST else None


def _bare(language: str) -> tuple[Language, dict[str, Any]]:
    """A blank pipeline without exceptions of the tokenizer, and these exceptions."""
    from spacy.util import get_lang_class

    known = get_lang_class(language)
    defaults = type("Defaults", (known.Defaults,), {"tokenizer_exceptions": {}})
    bare = type(known.__name__, (known,), {"Defaults": defaults})
    return bare(), dict(known.Defaults.tokenizer_exceptions)


def _widened(pattern: list[Any]) -> list[list[dict[str, Any]]]:
    """The patterns that a rule stands for: GAP is up to three words, NUMBER digits or a word.

    No gap has a name: "leaving you for Nimbus" does not leave Nimbus.
    """
    made: list[list[dict[str, Any]]] = [[]]
    for part in pattern:
        if part == "GAP":
            words: dict[str, Any] = {
                "IS_PUNCT": False,
                "IS_SPACE": False,
                "ENT_TYPE": {"NOT_IN": ["US", "RIVAL"]},
            }
            ways: list[list[dict[str, Any]]] = [[words] * count for count in range(_GAP + 1)]
        elif part == "NUMBER":
            ways = _NUMBERS
        else:
            ways = [[part]]
        made = [[*before, *way] for before in made for way in ways]
    return made


@lru_cache(1)
def _rules() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["rule"]
    for at, rule in enumerate(rules):
        if rule.get("field") not in FIELDS or not rule.get("pattern"):
            raise FatalError(
                f"rule {at} has no known field, or no pattern",
                where=f"opportunities/{FILE.name}",
                mend=f"name one of {', '.join(FIELDS)}, and give a pattern",
            )
    return rules
