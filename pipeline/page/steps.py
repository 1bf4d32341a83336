"""Crawl, walk, run, fly: how far a company is with listening, by its own figures.

The four stages are those of Brian Solis' *Engage!*: to hear, to answer, to keep promises across
departments, and to change. Each asks one or two things; the first that is not yet so is the next
step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pipeline.page.facts import Facts

ANSWERED, IN_TIME, DECIDED = 0.8, 0.8, 0.5
DEPARTMENTS = 3


class Ask(NamedTuple):
    """One thing that a stage asks: how much there is, and how much there should be."""

    name: str
    have: float
    want: float
    is_share: bool

    @property
    def is_met(self) -> bool:
        """Whether there is enough."""
        return self.have >= self.want


@dataclass(frozen=True)
class Step:
    """One stage and what it asks."""

    name: str
    asks: tuple[Ask, ...]

    @property
    def is_reached(self) -> bool:
        """Whether all that it asks is so."""
        return all(one.is_met for one in self.asks)


def steps(facts: Facts) -> list[Step]:
    """The four stages, in order."""
    funnel, changed = facts.sums["funnel"], facts.sums["changed"]
    opened, decided = funnel["opened"], facts.sums["decided"]["decided"]
    heard = [
        row["source"]
        for row in facts.rows["sources"]
        if row["source"] in facts.source_names and (facts.last - row["last_on"]).days < 7
    ]
    return [
        Step("crawl", (Ask("sources", len(heard), len(facts.source_names), False),)),
        Step("walk", (Ask("answered", _share(funnel["answered"], opened), ANSWERED, True),)),
        Step(
            "run",
            (
                Ask("in_time", _share(funnel["met"], funnel["due"]), IN_TIME, True),
                Ask("departments", funnel["departments"], DEPARTMENTS, False),
            ),
        ),
        Step(
            "fly",
            (
                Ask("decided", _share(decided, opened), DECIDED, True),
                Ask("changed", changed["changed"], 1, False),
            ),
        ),
    ]


def next_ask(found: list[Step]) -> Ask | None:
    """The first thing that is not yet so; None where all is."""
    return next((ask for step in found for ask in step.asks if not ask.is_met), None)


def at(found: list[Step]) -> int:
    """How many stages in a row, from the first, are reached."""
    return next((place for place, one in enumerate(found) if not one.is_reached), len(found))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
