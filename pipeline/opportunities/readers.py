"""Blank spaCy pipelines: phrases are labelled, and token patterns say what they mean together.

Most of what spaCy costs is its start, and most of that are the exceptions of the Dutch tokenizer,
thousands of abbreviations. Hardly any text has one: a reader learns those that its texts have.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from pipeline.errors import FatalError
from pipeline.later import later
from pipeline.opportunities.mentions import IN_EITHER
from pipeline.opportunities.numerals import spelled, value
from pipeline.text import shortened, terms

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import Matcher, PhraseMatcher
    from spacy.tokens import Doc

Names = tuple[str, ...]
Match = tuple[int, int, int]
"""The label, and from which token to which."""
FILE = Path(__file__).parent / "lead_rules.toml"
FIELDS = ("switch_direction", "is_existing_customer", "team_size", "contact_channel")
"""Fields that rules read."""
LISTS = {
    "switch": (
        *("leave", "cancel", "with", "instead", "replace", "by"),
        *("join", "choose", "held", "between", "towards", "quit"),
    ),
    "customer": ("existing", "absent", "use", "have", "renew", "unless"),
    "size": ("seats", "units", "places", "team"),
    "contact": ("call", "calling", "message", "email", "mailing", "asks"),
}
"""Lists of the vocabulary whose phrases are labelled, by group. Every rule has one of them."""
DOWNLOADING = ("httpx", "requests")
"""What only spaCy's own command needs, and a third of its start is spent on."""
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
    """One rule: its value; without one it takes away what it fits.

    `needs` are sets of labels: a text that has none of one of them cannot fit, and is not searched.
    """

    value: str | None
    needs: tuple[frozenset[str], ...]
    matcher: Matcher


class Labelled(NamedTuple):
    """A text with its phrases and names labelled, and which labels it has."""

    doc: Doc
    labels: frozenset[str]


class Reader:
    """The rules for one language."""

    def __init__(self, language: str) -> None:
        """Build the rules: `Reader.of` does so once for each language."""
        with later(*DOWNLOADING):
            from spacy.matcher import Matcher

        self._nlp, self._exceptions = _bare(language)
        listed = {"US": terms("switch", "us")}
        listed |= {name.upper(): terms("negation", name) for name in ("not", "hours")}
        for group, names in LISTS.items():
            spoken = None if group in IN_EITHER else language
            listed |= {name.upper(): terms(group, name, spoken) for name in names}
        self._phrases = self._finder(listed)
        self._rules: dict[str, list[Rule]] = {field: [] for field in FIELDS}
        for at, given in enumerate(_rules()):
            matcher = Matcher(self._nlp.vocab)
            matcher.add(str(at), _widened(given["pattern"]))
            rule = Rule(given.get("value"), _needs(given["pattern"]), matcher)
            self._rules[given["field"]].append(rule)
        # What is taken away must be known before the first rule that fits ends the search.
        for rules in self._rules.values():
            rules.sort(key=lambda rule: rule.value is not None)
        self._names = lru_cache(_COMPANIES)(
            lambda us, rivals: self._finder({"US": us, "RIVAL": rivals})
        )

    @staticmethod
    @cache
    def of(language: str) -> Reader:
        """The reader of a language."""
        return Reader(language)

    def read(self, texts: list[str], us: Names, rivals: Names) -> Iterator[Labelled]:
        """Texts with phrases and names labelled; of what overlaps, a name stands."""
        names = self._names(us, rivals)
        self._learn(texts)
        return (self._labelled(self._nlp.make_doc(shortened(text)), names) for text in texts)

    def _labelled(self, doc: Doc, names: PhraseMatcher) -> Labelled:
        from spacy.tokens import Span

        named = _longest(names(doc))
        taken = {at for _, start, end in named for at in range(start, end)}
        said = _longest(self._phrases(doc))
        free = [one for one in said if taken.isdisjoint(range(one[1], one[2]))]
        doc.set_ents([Span(doc, start, end, label) for label, start, end in (*free, *named)])
        strings = self._nlp.vocab.strings
        return Labelled(doc, frozenset(strings[one[0]] for one in (*free, *named)))

    def _finder(self, listed: Mapping[str, Iterable[str]]) -> PhraseMatcher:
        from spacy.matcher import PhraseMatcher

        finder = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._learn([phrase for phrases in listed.values() for phrase in phrases])
        for label, phrases in listed.items():
            for phrase in phrases:
                finder.add(label, [self._nlp.make_doc(phrase)])
        return finder

    def _learn(self, texts: list[str]) -> None:
        """Add those exceptions of the tokenizer that texts may have."""
        # The tokenizer looks for them token by token, whether or not there are spaces between.
        joined = pl.Series(texts, dtype=pl.String).str.replace_all(r"\s+", "")
        met = joined.str.extract_many(list(self._exceptions), overlapping=True)
        tokenizer: Any = self._nlp.tokenizer
        for one in met.explode(empty_as_null=False).unique().sort():
            tokenizer.add_special_case(one, self._exceptions.pop(one))

    def field(self, labelled: Labelled, field: str) -> tuple[str, str] | None:
        """The value of a field and the words that say it; None when nothing does."""
        taken: set[int] = set()
        for rule in self._rules[field]:
            if any(labelled.labels.isdisjoint(group) for group in rule.needs):
                continue
            found = [(start, -end) for _, start, end in rule.matcher(labelled.doc)]
            if rule.value is None:
                taken.update(at for start, end in found for at in range(start, -end))
                continue
            free = [one for one in found if taken.isdisjoint(range(one[0], -one[1]))]
            if not free:
                continue
            # The first place, and there the longest.
            start, end = min(free)
            best = labelled.doc[start:-end]
            if field != "team_size":
                return rule.value, best.text
            count = _count([token.lower_ for token in best])
            return None if count is None else (count, best.text)
        return None


def _longest(matches: list[Match]) -> list[Match]:
    """Of overlapping matches the longest, then the first."""
    taken: set[int] = set()
    kept: list[Match] = []
    for one in sorted(set(matches), key=lambda it: (it[2] - it[1], -it[1]), reverse=True):
        _, start, end = one
        if start not in taken and end - 1 not in taken:
            kept.append(one)
            taken.update(range(start, end))
    return kept


def _needs(pattern: list[Any]) -> tuple[frozenset[str], ...]:
    """For each token that a pattern cannot do without, the labels of which it has one."""
    needed = (part for part in pattern if isinstance(part, dict) and part.get("OP", "1") in "1+")
    kinds = (part.get("ENT_TYPE", {}) for part in needed)
    listed = ([kind] if isinstance(kind, str) else kind.get("IN", ()) for kind in kinds)
    return tuple(map(frozenset, filter(None, listed)))


def _count(words: list[str]) -> str | None:
    number = value(words)
    return str(number) if number is not None and 0 < number <= _MOST else None


def _bare(language: str) -> tuple[Language, dict[str, Any]]:
    """A blank pipeline without exceptions of the tokenizer, and these exceptions."""
    from spacy.util import get_lang_class

    known = get_lang_class(language)
    defaults = type("Defaults", (known.Defaults,), {"tokenizer_exceptions": {}})
    bare = type(known.__name__, (known,), {"Defaults": defaults})
    # The limit is for pipelines that parse, which takes memory.
    return bare(max_length=sys.maxsize), dict(known.Defaults.tokenizer_exceptions)


def _widened(pattern: list[Any]) -> list[list[dict[str, Any]]]:
    """The patterns that a rule stands for: GAP is up to three words, NUMBER digits or a word.

    WORD is one that is no unit of time, or none.

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
        elif part == "WORD":
            ways = [
                [{"IS_ALPHA": True, "LOWER": {"NOT_IN": list(terms("size", "times"))}, "OP": "?"}]
            ]
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
