"""Themes: what asks for the same stands together, counted by people, under an id that stays."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.themes import labelled, measured
from pipeline.contracts import check, conform, contract
from pipeline.opportunities import decisions, themes
from pipeline.opportunities.leaders import AKIN, NEAR
from pipeline.opportunities.wishes import reached, wishes
from tests.opportunities.made import MONDAY

LABELLED = [(theme, idea) for theme, idea, _ in labelled()]
FRONT_PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
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
                "is_request": "please" in sentence.lower(),
                "language": rest[0] if rest else "en",
            }
        )
    frame = pl.DataFrame(
        rows, schema_overrides={"opened_at": pl.Datetime("us", "UTC"), "account_id": pl.String}
    )
    return frame.with_columns(theme_id=themes.assigned(frame, themes.told(frame), NONE))


def snapped(ideas: pl.DataFrame, as_of: date = TODAY, half_life: float = 28.0) -> pl.DataFrame:
    spoken = themes.spoken(ideas, themes.told(ideas))
    return pl.DataFrame(themes.snapshot(ideas, spoken, as_of, NOBODY, half_life))


def snapshot(*ideas: Any, as_of: date = TODAY) -> list[dict[str, Any]]:
    return snapped(table(*ideas), as_of).to_dicts()


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
    made = conform(snapped(table(*DARK, ("?", "", 0))).to_arrow(), "idea_themes")
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


def test_title_and_examples_are_spoken_to_nobody() -> None:
    asked = "please add a dark mode"
    row = one((f"@wolkhelpt @bob: {asked}", "ann", 3))
    assert (row["title"], row["examples"]) == ("Please add a dark mode", [asked])
    assert one(("@wolkhelpt", "bob", 1))["title"] == "@wolkhelpt"


def test_wish_that_is_put_as_one_is_the_title() -> None:
    told, asked = "The dark mode of the app", "Please add a dark mode to the app"
    rows = table((told, "ann", 3), (told + "!", "bob", 2), (asked, "cas", 1)).with_columns(
        theme_id=pl.lit("theme:made:000"), is_request=pl.Series([False, False, True])
    )
    assert snapped(rows)["title"].to_list() == [asked]


@pytest.mark.parametrize(
    "little",
    [
        "Graag. [mail]",
        "Donkere modus graag, mail [mail]",
        "Graag!",
        "Dan graag die donkere modus",
        "Yes please, that dark mode",
        "Same here, please a dark mode",
        "+1, graag een donkere modus",
    ],
)
def test_what_says_no_wish_by_itself_is_a_title_only_where_nothing_else_is(little: str) -> None:
    asked = "please add a dark mode for those of us who work in the evening"
    rows = table((little, "ann", 3), (little + "!", "bob", 2), (asked, "cas", 1)).with_columns(
        theme_id=pl.lit("theme:made:000"), is_request=True
    )
    assert snapped(rows)["title"].to_list() == [f"P{asked[1:]}"]
    alone = rows.filter(pl.col("sentence") != asked)
    assert snapped(alone)["title"].to_list() == [little]


def test_title_begins_with_a_capital_but_for_names_that_have_none() -> None:
    assert one(("een donkere modus", "ann", 3, "nl"))["title"] == "Een donkere modus"
    assert one(("iPhone app please", "ann", 3))["title"] == "iPhone app please"
    assert one(("één app graag", "ann", 3, "nl"))["title"] == "Één app graag"


def test_question_to_others_is_a_title_only_where_nothing_else_is() -> None:
    asked = "Who has gloves that open the lock in the app?"
    told = "Please let gloves that are wet open the lock of the bike from within the app"
    assert snapshot((asked, "ann", 9))[0]["title"] == asked
    rows = table((asked, "ann", 9), (told, "bob", 8)).with_columns(
        theme_id=pl.lit("theme:made:000")
    )
    assert snapped(rows)["title"].to_list() == [told]
    assert snapped(rows.with_columns(is_request=False))["title"].to_list() == [told]


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
    assert found[0] != found[3]


def test_idea_joins_the_nearest_leader_and_the_earlier_of_two() -> None:
    said = [
        ("invoices and receipts", "ann", 9),
        ("a calendar with reminders", "bob", 8),
        ("calendar, reminders and invoices", "cas", 7),
    ]
    found = table(*said)["theme_id"].to_list()
    assert found[2] == found[1] != found[0]
    pair = [("spreadsheet", "ann", 9), ("chart", "bob", 8)]
    alike = table(*pair, ("chart spreadsheet", "cas", 7), ("chart spreadsheet", "dee", 6))
    assert alike["theme_id"].to_list()[3] == alike["theme_id"].to_list()[2]


def test_every_idea_was_near_the_ideas_of_its_theme_when_it_joined() -> None:
    drawn = random.Random(5).sample(LABELLED, 300)
    frame = table(*[(idea, f"p{at}", 900 - at) for at, (_, idea) in enumerate(drawn)])
    found = wishes(frame["sentence"])
    reach, norms = reached(found, len(frame))
    likeness = np.zeros((len(frame), len(frame)))
    shared = reach.join(found, on="term").select("at", "at_right", "weight", "weight_right")
    for one, other, near, said in shared.iter_rows():
        likeness[one, other] += near * said / norms[one] / norms[other]
    members: dict[str, list[int]] = {}
    for at, theme in enumerate(frame["theme_id"].to_list()):
        means = {
            one: likeness[at, others].mean()
            for one, others in members.items()
            if likeness[at, others[0]] >= AKIN
        }
        nearest = max(means.values(), default=0.0)
        if theme in members:
            assert means[theme] == pytest.approx(nearest)
            assert nearest > NEAR - 1e-9
        else:
            assert nearest < NEAR
        members.setdefault(theme, []).append(at)


def test_ids_survive_twelve_weeks_of_new_ideas() -> None:
    """The ideas of a week never move those of the weeks before."""
    drawn = random.Random(12).sample(LABELLED, len(LABELLED))
    rows = [(idea, f"p{at}", 84 - at * 84 // len(drawn)) for at, (_, idea) in enumerate(drawn)]
    before: dict[str, str] = {}
    moved = 0
    for week in range(1, 13):
        known = table(*[row for row in rows if row[2] > 84 - 7 * week])
        now = dict(zip(known["idea_id"], known["theme_id"], strict=True))
        moved += sum(now[idea] != theme for idea, theme in before.items())
        before = now
    assert len(before) > 0.9 * len(rows)
    assert moved == 0


def test_themes_of_a_day_depend_on_the_ideas_up_to_that_day_only() -> None:
    shuffled = random.Random(3).sample(LABELLED, len(LABELLED))
    rows = [(idea, f"p{at}", 200 - at) for at, (_, idea) in enumerate(shuffled)]
    whole = table(*rows)["theme_id"].to_list()
    for known in range(20, len(rows), 60):
        assert table(*rows[:known])["theme_id"].to_list() == whole[:known]


def test_order_of_the_rows_does_not_matter() -> None:
    frame = table(*[(idea, f"p{at}", 200 - at) for at, (_, idea) in enumerate(LABELLED)])
    mixed = frame.sample(fraction=1, shuffle=True, seed=1)
    assert themes.assigned(mixed, themes.told(mixed), NONE).to_list() == mixed["theme_id"].to_list()
    assert snapped(mixed).equals(snapped(frame))


def test_ideas_without_any_word_stand_alone() -> None:
    assert len(set(table(("?", "ann", 2), ("?!", "bob", 1))["theme_id"])) == 2


@pytest.mark.parametrize(("half", "least"), [("development", 0.5), ("report", 0.6)])
def test_ideas_are_grouped_as_people_group_them(half: str, least: float) -> None:
    assert measured([one for one in labelled() if one[2] == half])["all"].f1 > least


def test_front_page_says_how_many_pairs_are_found_and_right() -> None:
    told = re.search(
        r"(\.\d\d)\s+of the pairs of wishes .*? and (\.\d\d) of those", FRONT_PAGE, re.S
    )
    assert told is not None
    found = measured([one for one in labelled() if one[2] == "report"])["all"]
    assert [float(one) for one in told.groups()] == [
        round(found.recall, 2),
        round(found.precision, 2),
    ]


def test_momentum_halves_a_vote_with_each_half_life() -> None:
    rows = table(("dark mode", "ann", 0), ("dark mode", "bob", 28), ("dark mode!", "bob", 56))
    now, fast = (snapped(rows, TODAY, half_life)["momentum"].item() for half_life in (28.0, 14.0))
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


def test_snapshot_of_a_day_says_no_word_of_later_ideas() -> None:
    ideas = table(("a dark mode", "ann", 9), ("a dark mode on the tablet", "bob", 0))
    assert ideas["theme_id"].n_unique() == 1
    day = TODAY - timedelta(days=9)
    both = themes.spoken(ideas, themes.told(ideas))
    early = themes.snapshot(ideas.head(1), both, day, NOBODY)
    assert early.to_pylist() == snapped(ideas.head(1), day).to_dicts()


def test_no_ideas_make_an_empty_snapshot() -> None:
    assert snapped(table(*DARK).clear()).is_empty()
