"""spaCy rules for what a lead says of itself: patterns as data, names from the settings.

A blank pipeline labels phrases of the vocabulary and names of the settings (EntityRuler); token
patterns over these labels say what they mean together. It runs on the texts alone that mention
something of a field.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from pipeline.errors import FatalError
from pipeline.opportunities.mentions import IN_EITHER, mentions
from pipeline.settings import Company
from pipeline.text import LANGUAGES, terms

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import Matcher
    from spacy.pipeline import EntityRuler
    from spacy.tokens import Doc

Names = tuple[str, ...]
FILE = Path(__file__).parent / "lead_rules.toml"
FIELDS = ("switch_direction", "is_existing_customer", "team_size", "contact_channel")
"""Fields that rules read."""
_LISTS = {
    "switch": ("leave", "join", "held", "between", "towards", "quit"),
    "customer": ("existing", "absent"),
    "size": ("units", "team"),
    "contact": ("call", "calling", "message", "email", "mailing", "asks"),
}
_COMPANIES = 8
"""Companies whose names are kept labelled."""
_GAP = 3
_MOST = 99_999
"""Number above which something is hardly counted in people or pieces."""
FOUND = {"message_id": pl.String, "field": pl.String, "value": pl.String, "said": pl.String}


class Rule(NamedTuple):
    """One rule: its place in the file, field and value; null says that there is none."""

    at: int
    field: str
    value: str | None


def with_rules(rows: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Add the fields that rules read, and for each `<field>_said`, the words that say it.

    Args:
        rows: `message_id`, `text`, its mentions, `competitor` and `language`.
        company: names of us and of the rivals.
    """
    asked = rows.select("message_id", "text", "language", **_gates()).filter(
        pl.any_horizontal(*FIELDS)
    )
    found = pl.DataFrame(_found(asked, company), schema=FOUND, orient="row")
    for field in FIELDS:
        some = found.filter(pl.col("field") == field).select(
            "message_id", pl.col("value").alias(field), pl.col("said").alias(f"{field}_said")
        )
        rows = rows.join(some, on="message_id", how="left", maintain_order="left")
    return rows.with_columns(
        is_existing_customer=pl.col("is_existing_customer") == "true",
        team_size=pl.col("team_size").cast(pl.Int32),
    )


def _gates() -> dict[str, pl.Expr]:
    """Field to whether a text can say anything of it: spaCy is asked about no other."""
    asks, has_number = mentions("contact", "asks"), pl.col("text").str.contains(r"\d")
    ways = (mentions("contact", name) for name in ("call", "message", "email"))
    by_verb = mentions("contact", "calling") | mentions("contact", "mailing")
    return {
        "switch_direction": mentions("switch", "leave")
        | mentions("switch", "join")
        | pl.col("competitor").is_not_null(),
        "is_existing_customer": mentions("customer", "existing") | mentions("customer", "absent"),
        "team_size": (mentions("size", "units") | mentions("size", "team"))
        & (has_number | mentions("size", "numbers")),
        "contact_channel": pl.any_horizontal(*ways, asks & by_verb),
    }


def _found(asked: pl.DataFrame, company: Company) -> list[tuple[str, str, str | None, str]]:
    us = (company.name, *company.aliases, *(f"@{one}" for one in company.own_accounts))
    fields = list(FIELDS)
    found = []
    for language in LANGUAGES:
        is_other = ~pl.col("language").is_in(LANGUAGES)
        spoken = pl.col("language") == language
        some = asked.filter(spoken | is_other if language == "en" else spoken)
        if some.is_empty():
            continue
        reader = _Reader.of(language)
        gates = some.select(fields).rows()
        for key, doc, gate in zip(
            some["message_id"],
            reader.read(some["text"].to_list(), us, company.competitors),
            gates,
            strict=True,
        ):
            for field, is_open in zip(fields, gate, strict=True):
                if is_open and (one := reader.field(doc, field)) is not None:
                    found.append((key, field, *one))
    return found


class _Reader:
    """The rules for one language."""

    def __init__(self, language: str) -> None:
        import spacy
        from spacy.matcher import Matcher

        self._nlp: Language = spacy.blank(language)
        listed = {"US": terms("switch", "us")}
        for group, names in _LISTS.items():
            spoken = None if group in IN_EITHER else language
            listed |= {name.upper(): terms(group, name, spoken) for name in names}
        self._phrases = self._ruler(listed)
        self._numbers = _spelled()
        self._rules: dict[str, Rule] = {}
        self._matchers: dict[str, Matcher] = {field: Matcher(self._nlp.vocab) for field in FIELDS}
        for at, given in enumerate(_rules()):
            rule = Rule(at, given["field"], given.get("value"))
            self._rules[str(at)] = rule
            self._matchers[rule.field].add(str(at), _widened(given["pattern"], self._numbers))
        self._names = lru_cache(_COMPANIES)(
            lambda us, rivals: self._ruler({"US": us, "RIVAL": rivals})
        )

    @staticmethod
    @cache
    def of(language: str) -> _Reader:
        return _Reader(language)

    def read(self, texts: list[str], us: Names, rivals: Names) -> Iterator[Doc]:
        """Texts with phrases and names labelled; of what overlaps, a name stands."""
        names = self._names(us, rivals)
        return (names(self._phrases(doc)) for doc in self._nlp.pipe(texts))

    def _ruler(self, listed: Mapping[str, Iterable[str]]) -> EntityRuler:
        from spacy.pipeline import EntityRuler

        ruler = EntityRuler(self._nlp, phrase_matcher_attr="LOWER", overwrite_ents=True)
        ruler.add_patterns(
            [
                {"label": label, "pattern": phrase}
                for label, phrases in listed.items()
                for phrase in phrases
            ]
        )
        return ruler

    def field(self, doc: Doc, field: str) -> tuple[str | None, str] | None:
        """The value of a field and the words that say it; None when nothing does."""
        spans = self._matchers[field](doc, as_spans=True)
        if not spans:
            return None
        best = min(spans, key=lambda at: (self._rules[at.label_].at, at.start, -at.end))
        value = self._rules[best.label_].value
        if field == "team_size":
            value = self._count(best)
        return None if value is None else (value, best.text)

    def _count(self, span: Any) -> str | None:  # noqa: ANN401 - a span of spaCy's
        for token in span:
            number = self._numbers.get(token.lower_)
            if number is None and token.is_digit:
                number = int(token.text)
            if number is not None:
                return str(number) if 0 < number <= _MOST else None
        return None


def _spelled() -> dict[str, int]:
    return {
        word: number
        for language in LANGUAGES
        for number, word in enumerate(terms("size", "numbers", language), 2)
    }


def _widened(pattern: list[Any], numbers: Iterable[str]) -> list[list[dict[str, Any]]]:
    """The patterns that a rule stands for: GAP is up to three words, NUMBER digits or a word."""
    made: list[list[dict[str, Any]]] = [[]]
    for part in pattern:
        if part == "GAP":
            words: dict[str, Any] = {"IS_PUNCT": False, "IS_SPACE": False}
            ways: list[list[dict[str, Any]]] = [[words] * count for count in range(_GAP + 1)]
        elif part == "NUMBER":
            ways = [[{"IS_DIGIT": True}], [{"LOWER": {"IN": sorted(numbers)}}]]
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
