"""spaCy rules for what a lead says of itself: patterns as data, names from the settings.

A blank pipeline labels phrases of the vocabulary and names of the settings (EntityRuler); token
patterns over these labels say what they mean together. It runs on the texts alone that mention
something of a field.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
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
    from spacy.tokens import Doc

FILE = Path(__file__).parent / "lead_rules.toml"
FIELDS = {
    "switch_direction": ("switch.leave", "switch.join", "switch.quit"),
    "is_existing_customer": ("customer.existing", "customer.absent"),
    "team_size": ("size.units", "size.team"),
    "contact_channel": ("contact.call", "contact.calling", "contact.message", "contact.email",
                        "contact.mailing"),
}  # fmt: skip
"""Fields that rules read, each with the lists of which a text must mention one."""
_LISTS = {
    "switch": ("leave", "join", "held", "between", "towards", "quit"),
    "customer": ("existing", "absent"),
    "size": ("units", "team"),
    "contact": ("call", "calling", "message", "email", "mailing", "asks"),
}
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
    gates = {
        field: pl.any_horizontal(mentions(*name.split(".")) for name in lists)
        for field, lists in FIELDS.items()
    }
    gates["switch_direction"] |= pl.col("competitor").is_not_null()
    asked = rows.select("message_id", "text", "language", **gates).filter(
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


def _found(asked: pl.DataFrame, company: Company) -> list[tuple[str, str, str | None, str]]:
    names = (
        (company.name, *company.aliases, *(f"@{one}" for one in company.own_accounts)),
        company.competitors,
    )
    fields = list(FIELDS)
    found = []
    for language in LANGUAGES:
        is_other = ~pl.col("language").is_in(LANGUAGES)
        spoken = pl.col("language") == language
        some = asked.filter(spoken | is_other if language == "en" else spoken)
        if some.is_empty():
            continue
        reader = _Reader.of(language, *names)
        gates = some.select(fields).rows()
        for key, doc, gate in zip(
            some["message_id"], reader.read(some["text"].to_list()), gates, strict=True
        ):
            for field, is_open in zip(fields, gate, strict=True):
                if is_open and (one := reader.field(doc, field)) is not None:
                    found.append((key, field, *one))
    return found


class _Reader:
    """The rules for one language and one company."""

    def __init__(self, language: str, us: tuple[str, ...], rivals: tuple[str, ...]) -> None:
        import spacy
        from spacy.matcher import Matcher

        self._nlp: Language = spacy.blank(language)
        ruler: Any = self._nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
        # Names come before words: of two labels at one place the first added stays.
        listed = {"RIVAL": rivals, "US": (*us, *terms("switch", "us"))}
        for group, names in _LISTS.items():
            spoken = None if group in IN_EITHER else language
            listed |= {name.upper(): terms(group, name, spoken) for name in names}
        numbers: list[dict[str, Any]] = [{"TEXT": {"REGEX": r"^\d{1,5}$"}}]
        ruler.add_patterns(
            [
                {"label": label, "pattern": phrase}
                for label, phrases in listed.items()
                for phrase in phrases
            ]
            + [{"label": "NUMBER", "pattern": one} for one in _spelled()]
            + [{"label": "NUMBER", "pattern": numbers}]
        )
        self._numbers = _spelled()
        self._rules: dict[str, Rule] = {}
        self._matchers: dict[str, Matcher] = {field: Matcher(self._nlp.vocab) for field in FIELDS}
        for at, given in enumerate(_rules()):
            rule = Rule(at, given["field"], given.get("value"))
            self._rules[str(at)] = rule
            self._matchers[rule.field].add(str(at), _widened(given["pattern"]))

    @staticmethod
    @lru_cache(8)
    def of(language: str, us: tuple[str, ...], rivals: tuple[str, ...]) -> _Reader:
        return _Reader(language, us, rivals)

    def read(self, texts: list[str]) -> Any:  # noqa: ANN401 - an iterator of spaCy's own
        return self._nlp.pipe(texts)

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
            if token.ent_type_ == "NUMBER":
                number = self._numbers.get(token.lower_, token.lower_)
                return str(number) if int(number) <= _MOST else None
        return None


def _spelled() -> dict[str, int]:
    return {
        word: number
        for language in LANGUAGES
        for number, word in enumerate(terms("size", "numbers", language), 2)
    }


def _widened(pattern: list[Any]) -> list[list[dict[str, Any]]]:
    """The patterns that a rule stands for: GAP is none, one, two or three words."""
    if "GAP" not in pattern:
        return [pattern]
    at = pattern.index("GAP")
    words = [{"IS_PUNCT": False, "IS_SPACE": False}]
    return [pattern[:at] + words * count + pattern[at + 1 :] for count in range(_GAP + 1)]


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
