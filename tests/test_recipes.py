"""Recipes and connections: what the pages show is what the example company really answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import recipes
from tests.test_docs import ROOT, blocks

PAGE = recipes.PAGE.read_text("utf-8")
RECIPES = re.split(r"^### ", PAGE, flags=re.M)[1:]


def test_there_are_fifteen_recipes_and_each_says_who_asks() -> None:
    assert [int(recipe.split(".")[0]) for recipe in RECIPES] == list(range(1, 16))
    for recipe in RECIPES:
        assert re.search(r"\basks?\b", recipe.split("```")[0]), recipe.splitlines()[0]


def test_every_recipe_has_the_answer_that_stands_below_it(example: Path) -> None:
    for recipe in RECIPES:
        fresh = recipes.answered(recipe, lambda command: recipes.ask(command, example))
        assert recipe == fresh, "run `make recipes`"
        assert "```text\n" in recipe
        assert "no rows" not in recipe


@pytest.mark.parametrize("number", range(len(list(blocks(ROOT / "docs" / "connect.md", "python")))))
def test_python_that_the_page_shows_reads_the_lake(
    example: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.chdir(example.parent.parent)
    code = list(blocks(ROOT / "docs" / "connect.md", "python"))[number]
    names: dict[str, object] = {}
    exec(compile(code, "connect.md", "exec"), names)  # noqa: S102
    rows = [names[name] for name in ("first", "leads", "late") if name in names]
    assert rows
    assert all(len(table) > 0 for table in rows)  # type: ignore[arg-type]
