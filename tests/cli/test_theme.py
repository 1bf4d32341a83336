"""People decide about themes: recorded with a reason, put into the tables, taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.commands import engage
from tests.conftest import Company, said

MON, TUE = "2026-11-02", "2026-11-03"
SHOP = [
    said("1", "Het zou fijn zijn als jullie ook glutenvrij brood verkopen.", author="cor"),
    said("2", "It would be great if you sold gluten-free bread too.", author="dee"),
    said("3", "Please add a dark mode to the app, that would be great.", author="eef"),
]
BREAD, DARK = "theme:shop:1", "theme:shop:3"


@pytest.fixture
def ran(company: Company, made: Callable[..., Company], monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    company.hear("shop", SHOP)
    return made(company, MON, MON)


def decide(*words: str) -> str:
    """Decide, then run the command that is printed. Returns what was printed."""
    result = engage("theme", *words, "--reason", "the team said so")
    assert result.exit_code == 0, result.output
    again = result.output.splitlines()[-1].partition("engage ")[2].split()
    assert engage(*again).exit_code == 0
    return result.output


def themes(company: Company) -> dict[str, dict[str, Any]]:
    rows = company.rows("idea_themes")
    last = max(row["as_of"] for row in rows)
    return {row["theme_id"]: row for row in rows if row["as_of"] == last}


def test_list_and_show_print_what_can_be_copied(ran: Company) -> None:
    listed = engage("theme", "list").output.replace("\n", " ")
    assert BREAD in listed and DARK in listed and "2 themes" in listed
    shown = engage("theme", "show", BREAD).output
    assert "idea:shop:2" in shown and "2 votes" in shown


def test_merge_is_replayed_for_later_ideas_and_in_any_order(ran: Company) -> None:
    decide("merge", DARK, BREAD)
    assert [row["votes_count"] for row in themes(ran).values()] == [3]
    later = said("4", "A dark mode would be great!", f"{TUE}T10:00:00Z", author="fay")
    ran.hear("shop", [*SHOP, later])
    ran.run(TUE)
    before = ran.checksums()
    assert [row["votes_count"] for row in themes(ran).values()] == [4]
    ran.run(MON, TUE)
    assert ran.checksums() == before


def test_undo_gives_the_bytes_from_before(ran: Company) -> None:
    def tables() -> dict[str, str]:
        return {k: v for k, v in ran.checksums().items() if not k.startswith("theme_decisions")}

    before = tables()
    decide("merge", DARK, BREAD)
    decide("split", BREAD, "idea:shop:2")
    decide("rename", BREAD, "Bread without gluten")
    assert tables() != before
    for _ in range(3):
        decide("undo")
    assert tables() == before
    assert len(ran.rows("theme_decisions")) == 6


def test_split_makes_a_theme_of_the_named_ideas(ran: Company) -> None:
    decide("split", BREAD, "idea:shop:2")
    assert set(themes(ran)) == {BREAD, DARK, "theme:shop:2"}


def test_title_and_state_are_shown_with_the_reason(ran: Company) -> None:
    decide("rename", DARK, "A dark look")
    decide("status", DARK, "planned")
    row = themes(ran)[DARK]
    assert (row["title"], row["state"]) == ("A dark look", "planned")
    assert row["state_reason"] == "the team said so"
    assert "status theme:shop:3 → planned" in engage("theme", "show", "shop:3").output


def test_named_decision_is_undone_though_it_is_not_the_last(ran: Company) -> None:
    first = decide("status", DARK, "declined").split()[1]
    decide("rename", DARK, "A dark look")
    decide("undo", first)
    row = themes(ran)[DARK]
    assert (row["title"], row["state"]) == ("A dark look", "new")


def test_decision_that_holds_again_is_undone_again(ran: Company) -> None:
    def noted(*words: str) -> str:
        output = engage("theme", *words, "--reason", "the team said so").output
        return output.partition("decision ")[2].split()[0]

    first = noted("status", DARK, "declined")
    undoing = noted("undo")
    shown = engage("theme", "show", DARK).output.splitlines()
    assert [line.endswith(", undone") for line in shown[-2:]] == [True, False]
    noted("undo", undoing)
    noted("undo", first)
    shown = engage("theme", "show", DARK).output.splitlines()
    assert [line.endswith(", undone") for line in shown[-4:]] == [True, True, False, False]


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (["merge", "theme:shop:33", BREAD], f"did you mean {DARK}"),
        (["show", "shop:11"], BREAD),
        (["split", BREAD, "idea:shop:22"], "idea:shop:2"),
        (["split", BREAD, "idea:shop:1"], "name the ideas that should leave"),
        (["merge", BREAD, BREAD], "two different themes"),
        (["status", BREAD, "plannd"], "planned"),
        (["rename", BREAD, "  "], "say what is wished for"),
        (["undo"], "nothing has to be done"),
        (["undo", "12345678"], "there are none"),
    ],
)
def test_wrong_word_is_answered_with_the_nearest(ran: Company, words: list[str], mend: str) -> None:
    option = [] if words[0] == "show" else ["--reason", "because"]
    result = engage("theme", *words, *option)
    assert result.exit_code == 2
    assert mend in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.output
    assert ran.rows("theme_decisions") == []


def test_theme_keeps_the_idea_that_it_is_named_after_also_where_another_came_first(
    ran: Company,
) -> None:
    decide("merge", BREAD, DARK)
    words = ("theme", "split", DARK, "idea:shop:1", "idea:shop:3", "--reason", "two things")
    result = engage(*words)
    assert result.exit_code == 2
    assert "keeps the idea" in result.stderr
    decide("split", DARK, "idea:shop:1", "idea:shop:2")
    assert {name: row["votes_count"] for name, row in themes(ran).items()} == {BREAD: 2, DARK: 1}


def test_decision_needs_a_reason_that_holds_no_personal_data(ran: Company) -> None:
    assert engage("theme", "rename", DARK, "Dark").exit_code == 2
    assert engage("theme", "rename", DARK, "Dark", "--reason", " ").exit_code == 2
    engage("theme", "rename", DARK, "Dark", "--reason", "jan.jansen@example.org asked")
    (row,) = ran.rows("theme_decisions")
    assert "jan.jansen" not in row["reason"]


def test_decision_that_breaks_the_contract_is_an_error_and_not_lost(ran: Company) -> None:
    result = engage("theme", "rename", DARK, "Dark", "--reason", "clearer", "--by", " ")
    assert result.exit_code != 0
    assert "is recorded" not in result.output
    assert "decided_by" in result.stderr
    assert ran.rows("theme_decisions") == []
