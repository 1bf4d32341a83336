"""The page's words, numbers and days, in Dutch or English."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


class Words:
    """What the page says in one language; `words["leads"]` is a label."""

    def __init__(self, language: str, listed: Mapping[str, Any]) -> None:
        """Take the words of a language as `words.toml` lists them."""
        self.language = language
        self._listed = listed

    @classmethod
    def of(cls, language: str) -> Words:
        """The words of a language."""
        return cls(language, _read()[language])

    def __getitem__(self, name: str) -> str:
        return str(self._listed[name])

    def say(self, name: str, **values: object) -> str:
        """A label with its braces filled in."""
        return self[name].format(**values)

    def step(self, name: str) -> str:
        """The name of a stage."""
        return str(self._listed["step"][name])

    def ask(self, name: str) -> str:
        """What a stage asks."""
        return str(self._listed["ask"][name])

    def advice(self, name: str, **values: object) -> str:
        """What to do next."""
        return str(self._listed["advice"][name]).format(**values)

    def term(self, name: str, value: str = "") -> str:
        """A value of a table in words; one that is not listed says itself, without underscores."""
        said = self._listed["term"].get(name, name.replace("_", " "))
        return str(said).replace("{name}", value)

    def number(self, value: float) -> str:
        """A number with separators; one digit behind the point below ten where it has any."""
        shown = round(value, 1)
        digits = 1 if shown != int(shown) and abs(shown) < 10 else 0
        return self._marked(f"{value:,.{digits}f}")

    def money(self, value: float, currency: str) -> str:
        """An amount with the sign of its currency, or its code."""
        sign = _SIGNS.get(currency, currency)
        gap = "\N{NO-BREAK SPACE}" if self.language == "nl" or len(sign) > 1 else ""
        digits = 0 if value == int(value) else 2
        return f"{sign}{gap if sign else ''}{self._marked(f'{value:,.{digits}f}')}"

    def _marked(self, text: str) -> str:
        """A number as Python writes it, with the marks of the language."""
        swapped = {",": self["thousands"], ".": self["point"]}
        return "".join(swapped.get(one, one) for one in text)

    def share(self, value: float) -> str:
        """A share in per cent."""
        return f"{value * 100:.0f}\N{NO-BREAK SPACE}%"

    def day(self, day: date) -> str:
        """A day with its weekday, without the year."""
        return f"{self._listed['days'][day.weekday()]} {self.short_day(day)}"

    def short_day(self, day: date) -> str:
        """A day and month."""
        return f"{day.day} {self._listed['months'][day.month - 1]}"


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
