"""Crawl, walk, run, fly: by the company's own figures, and the next step is the first not taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipeline.page.facts import Facts
from pipeline.page.html import _Shown
from pipeline.page.steps import Ask, at, next_ask, steps
from pipeline.page.words import Words

LAST = date(2026, 11, 15)
GOOD = {
    "funnel": {"opened": 100, "answered": 90, "due": 80, "met": 70, "departments": 4},
    "decided": {"decided": 60},
    "changed": {"changed": 2},
}


def facts(silent: int = 0, **sums: dict[str, Any]) -> Facts:
    whole = {name: {**row, **sums.get(name, {})} for name, row in GOOD.items()}
    heard = {"mail": 6, "shop": silent, "forum_of_last_week": 3}
    sources = [
        {"source": name, "last_on": LAST - timedelta(days=days)} for name, days in heard.items()
    ]
    return Facts(LAST, LAST, {"sources": sources}, whole, source_names=("mail", "shop"))


def test_all_four_are_reached_and_nothing_comes_next() -> None:
    found = steps(facts())
    assert [one.name for one in found] == ["crawl", "walk", "run", "fly"]
    assert (at(found), next_ask(found)) == (4, None)


@pytest.mark.parametrize(
    ("given", "reached", "name"),
    [
        ({"silent": 7}, 0, "sources"),
        ({"funnel": {"answered": 79}}, 1, "answered"),
        ({"funnel": {"met": 60}}, 2, "in_time"),
        ({"funnel": {"departments": 2}}, 2, "departments"),
        ({"decided": {"decided": 49}}, 3, "decided"),
        ({"changed": {"changed": 0}}, 3, "changed"),
        ({"funnel": {"opened": 0, "answered": 0}}, 1, "answered"),
    ],
)
def test_first_thing_that_is_not_so_is_the_next_step(
    given: dict[str, Any], reached: int, name: str
) -> None:
    found = steps(facts(**given))
    ask = next_ask(found)
    assert ask is not None
    assert (at(found), ask.name) == (reached, name)


@pytest.mark.parametrize(
    ("have", "said"), [(0.796, "79 % / 80 %"), (0.8, "80 % / 80 %"), (0.29, "29 % / 80 %")]
)
def test_share_that_is_not_enough_does_not_look_like_enough(have: float, said: str) -> None:
    shown = _Shown(Words.of("nl"), ZoneInfo("Europe/Amsterdam"), LAST)
    ask = Ask("answered", have, 0.8, is_share=True)
    assert shown.ask(ask).replace("\N{NO-BREAK SPACE}", " ") == said


def test_later_stage_does_not_count_before_an_earlier_one() -> None:
    found = steps(facts(funnel={"answered": 10}))
    assert found[3].is_reached
    assert at(found) == 1
