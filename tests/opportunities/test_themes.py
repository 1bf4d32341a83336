"""Themes: what asks for the same stands together, counted by people, under an id that stays."""

from __future__ import annotations

import random
import tomllib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.contracts import check, conform, contract
from pipeline.opportunities import decisions, themes
from tests.opportunities.made import MONDAY

WISHES = tomllib.loads((Path(__file__).parent / "wishes.toml").read_text(encoding="utf-8"))["theme"]
LABELLED = [(theme["name"], idea) for theme in WISHES for idea in theme["ideas"]]
TODAY = MONDAY.date()
NONE = decisions.holding(contract("theme_decisions").full_schema.empty_table())
NOBODY = decisions.standing(
    pl.DataFrame(schema={"idea_id": pl.String, "theme_id": pl.String}), NONE
)


def table(*ideas: tuple[str, str, int] | tuple[str, str, int, str]) -> pl.DataFrame:
    """Rows of the table `ideas` from sentence, author, age in days and language."""
    rows: list[dict[str, Any]] = []
    for at, (sentence, author, age, *rest) in enumerate(ideas):
        opened = MONDAY - timedelta(days=age)
        rows.append(
            {
                "idea_id": f"idea:made:{at:03d}",
                "opened_at": opened,
                "opened_on": opened.date(),
                "sentence": sentence,
                "voter_id": author or f"in made:{at:03d}",
                "account_id": None,
                "language": rest[0] if rest else "en",
            }
        )
    frame = pl.DataFrame(
        rows, schema_overrides={"opened_at": pl.Datetime("us", "UTC"), "account_id": pl.String}
    )
    return frame.with_columns(theme_id=themes.assigned(frame, NONE))


def snapshot(*ideas: Any, as_of: date = TODAY) -> list[dict[str, Any]]:
    return pl.DataFrame(themes.snapshot(table(*ideas), as_of, NOBODY)).to_dicts()


def one(*ideas: Any) -> dict[str, Any]:
    rows = snapshot(*ideas)
    assert len(rows) == 1
    return rows[0]


DARK = [
    ("Please add a dark mode", "ann", 3),
    ("Graag een donkere modus", "bob", 2, "nl"),
    ("Dark mode when?", "cas", 1),
]


def test_table_keeps_its_contract() -> None:
    made = conform(themes.snapshot(table(*DARK, ("?", "", 0)), TODAY, NOBODY), "idea_themes")
    assert check(made, "idea_themes", where="test").rejected.num_rows == 0


def test_both_languages_meet_in_one_theme() -> None:
    row = one(*DARK)
    assert row["theme_id"] == "theme:made:000"
    assert (row["votes_count"], row["languages"]) == (3, ["en", "nl"])
    assert row["terms"][0] == "dark mode"


def test_account_counts_once_and_unknown_people_once_each() -> None:
    again = [(f"Dark mode number {at}", "ann", at) for at in range(5)]
    unknown = [("dark mode", "", 1), ("dark mode!", "", 2)]
    row = one(*DARK, *again, *unknown)
    assert (row["votes_count"], row["mentions_count"]) == (5, 10)


def test_examples_come_from_different_people_and_from_both_languages() -> None:
    many = [(f"dark mode {word}", "ann", 4) for word in ("now", "today", "please")]
    others = [(f"{word} dark mode", word, 5) for word in ("a", "the", "some")]
    story = ("Een donkere modus graag, zei opa Hendrik uit Zwolle tegen iedereen", "hal", 6, "nl")
    examples = one(*many, *others, story)["examples"]
    assert len(examples) == 3
    assert story[0] in examples
    assert sum(example in {sentence for sentence, *_ in many} for example in examples) <= 1


def test_title_is_the_most_central_sentence() -> None:
    story = ("My uncle Hendrik from Zwolle with his old tablet wants a dark mode too", "dee", 9)
    assert one(story, *DARK)["title"] == "Please add a dark mode"


def test_nothing_is_grouped_by_a_chain_of_weak_links() -> None:
    """Each is near its neighbour; the ends have nothing in common."""
    chain = [
        ("export spreadsheet calendar", "ann", 9),
        ("spreadsheet calendar reminder", "bob", 8),
        ("calendar reminder voucher", "cas", 7),
        ("reminder voucher toilet", "dee", 6),
    ]
    found = table(*chain)["theme_id"].to_list()
    assert found[0] == found[1]
    assert found[0] not in found[2:]


def test_idea_joins_the_earliest_theme_that_is_near_enough() -> None:
    pair = [("export", "ann", 9), ("spreadsheet", "bob", 8), ("spreadsheet export", "cas", 7)]
    assert table(*pair)["theme_id"].to_list()[2] == "theme:made:000"


def test_themes_of_a_day_depend_on_the_ideas_up_to_that_day_only() -> None:
    shuffled = random.Random(3).sample(LABELLED, len(LABELLED))
    rows = [(idea, f"p{at}", 200 - at) for at, (_, idea) in enumerate(shuffled)]
    whole = table(*rows)["theme_id"].to_list()
    for known in range(20, len(rows), 60):
        assert table(*rows[:known])["theme_id"].to_list() == whole[:known]


def test_order_of_the_rows_does_not_matter() -> None:
    frame = table(*[(idea, f"p{at}", 200 - at) for at, (_, idea) in enumerate(LABELLED)])
    mixed = frame.sample(fraction=1, shuffle=True, seed=1)
    assert themes.assigned(mixed, NONE).to_list() == mixed["theme_id"].to_list()
    assert themes.snapshot(mixed, TODAY, NOBODY).equals(themes.snapshot(frame, TODAY, NOBODY))


def test_ideas_without_any_word_stand_alone() -> None:
    assert len(set(table(("?", "ann", 2), ("?!", "bob", 1))["theme_id"])) == 2


def test_wishes_are_grouped_as_people_group_them() -> None:
    """Pairwise F1 over 50 themes of many trades, in orders of time drawn by lot."""
    scores = []
    for seed in range(3):
        shuffled = random.Random(seed).sample(LABELLED, len(LABELLED))
        found = table(*((idea, f"p{at}", 300 - at) for at, (_, idea) in enumerate(shuffled)))
        labels = [name for name, _ in shuffled]
        scores.append(_pairwise_f1(labels, found["theme_id"].to_list()))
    assert sum(scores) / len(scores) > 0.78


def _pairwise_f1(labels: list[str], found: list[str]) -> float:
    def pairs(values: list[Any]) -> int:
        return sum(count * (count - 1) // 2 for count in Counter(values).values())

    together = pairs(list(zip(labels, found, strict=True)))
    return 2 * together / (pairs(labels) + pairs(found))


def test_momentum_halves_a_vote_with_each_half_life() -> None:
    rows = table(("dark mode", "ann", 0), ("dark mode", "bob", 28), ("dark mode!", "bob", 56))
    now, fast = (
        pl.DataFrame(themes.snapshot(rows, TODAY, NOBODY, half_life))["momentum"].item()
        for half_life in (28.0, 14.0)
    )
    assert (now, fast) == (1.5, 1.25)


@pytest.mark.parametrize(
    ("ages", "trend"),
    [
        ([1, 2, 3, 30, 31], 0.5),
        ([30, 31], -1.0),
        ([1, 60], None),
        ([27, 28], 0.0),
        ([1, 55], 0.0),
        ([1, 56], None),
    ],
)
def test_trend_compares_the_voters_of_four_weeks_with_those_of_four_before(
    ages: list[int], trend: float | None
) -> None:
    assert one(*(("dark mode", f"p{at}", age) for at, age in enumerate(ages)))["trend_4w"] == trend


def test_no_ideas_make_an_empty_snapshot() -> None:
    assert themes.snapshot(table(*DARK).clear(), TODAY, NOBODY).num_rows == 0
