"""What people decide about themes holds, in every order, until it is undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipeline.contracts import contract
from pipeline.opportunities import decisions
from tests.opportunities.made import MONDAY

A, B, C = "theme:made:0", "theme:made:1", "theme:made:2"


def ledger(*said: dict[str, Any]) -> pl.DataFrame:
    """Decisions, one an hour from Monday on; `undoes` is the position of another one."""
    rows = []
    for at, one in enumerate(said):
        undoes = one.pop("undoes", None)
        when = MONDAY + timedelta(hours=at)
        row = {
            "decision_id": f"d{at}",
            "decided_at": when,
            "decided_on": when.date(),
            "idea_ids": [],
            "reason": f"why {at}",
            "undoes_id": None if undoes is None else f"d{undoes}",
            **one,
        }
        rows.append(row)
    return decisions.holding(pa.Table.from_pylist(rows, contract("theme_decisions").full_schema))


def merge(one: str, into: str) -> dict[str, Any]:
    return {"action": "merge", "theme_id": one, "into_theme_id": into}


def split(one: str, *ideas: int) -> dict[str, Any]:
    names = [f"idea:made:{at}" for at in ideas]
    into = f"theme:made:{ideas[0]}"
    return {"action": "split", "theme_id": one, "into_theme_id": into, "idea_ids": names}


def rename(one: str, title: str) -> dict[str, Any]:
    return {"action": "rename", "theme_id": one, "new_title": title}


def status(one: str, state: str) -> dict[str, Any]:
    return {"action": "status", "theme_id": one, "new_state": state}


def undo(at: int) -> dict[str, Any]:
    return {"action": "undo", "theme_id": A, "undoes": at}


def found(*leaders: int, hours: tuple[int, ...] = ()) -> pl.DataFrame:
    """Ideas by the position of the idea that leads each; opened long before the decisions."""
    opened = [MONDAY + timedelta(hours=at) for at in hours or [-999] * len(leaders)]
    return pl.DataFrame(
        {
            "idea_id": [f"idea:made:{at}" for at in range(len(leaders))],
            "opened_at": opened,
            "theme_id": [f"theme:made:{at}" for at in leaders],
        },
        schema_overrides={"opened_at": pl.Datetime("us", "UTC")},
    )


def replayed(ideas: pl.DataFrame, held: pl.DataFrame, near: tuple[str, ...] = ()) -> list[int]:
    """Leaders after the decisions; ideas `near` are like whatever they are split off with."""

    def likeness(one: str, other: str) -> float:
        return float(one in near and other != A.replace("theme", "idea"))

    return [int(one[-1]) for one in decisions.replay(ideas, held, likeness)]


def test_merge_moves_all_ideas_and_those_that_come_later() -> None:
    held = ledger(merge(A, B))
    assert replayed(found(0, 1, 0, 1), held) == [1, 1, 1, 1]
    assert replayed(found(0, 1, 0, 1, 0), held) == [1, 1, 1, 1, 1]


def test_merged_theme_is_found_under_its_old_id() -> None:
    held = ledger(merge(A, B), merge(A, C))
    assert replayed(found(0, 1, 2), held) == [2, 2, 2]


def test_split_moves_the_named_ideas_alone() -> None:
    assert replayed(found(0, 0, 0, 0), ledger(split(A, 2, 3))) == [0, 0, 2, 2]


def test_later_idea_joins_the_nearer_half_and_an_earlier_one_stays() -> None:
    ideas = found(0, 0, 0, 0, hours=(-9, -8, -7, 5))
    near = ("idea:made:1", "idea:made:3")
    assert replayed(ideas, ledger(split(A, 2)), near) == [0, 0, 2, 2]


def test_idea_that_was_split_off_does_not_follow_the_next_split() -> None:
    ideas = found(0, 0, 0, 0, hours=(-9, -8, -7, 5))
    held = ledger(split(A, 2, 3), split(A, 1))
    assert replayed(ideas, held, ("idea:made:3",)) == [0, 1, 2, 2]


def test_merge_and_split_take_each_other_back_for_later_ideas_too() -> None:
    held = ledger(merge(A, B), split(B, 0, 2))
    assert replayed(found(0, 1, 0, 0, hours=(-9, -8, -7, 5)), held) == [0, 1, 0, 0]


def test_decision_about_a_theme_that_is_not_there_waits() -> None:
    held = ledger(merge("theme:made:9", A), merge(A, "theme:made:9"), split("theme:made:9", 1))
    assert replayed(found(0, 0), held) == [0, 0]


def test_undo_takes_a_decision_back_and_can_be_undone_itself() -> None:
    ideas = found(0, 1)
    assert replayed(ideas, ledger(merge(A, B), undo(0))) == [0, 1]
    assert replayed(ideas, ledger(merge(A, B), undo(0), undo(1))) == [1, 1]


def standing(ideas: pl.DataFrame, held: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    columns = ("theme_id", "given_title", "given_state", "given_reason")
    rows = decisions.standing(ideas, held).select(columns).rows()
    return {row[0]: row[1:] for row in rows}


def test_last_title_and_state_hold() -> None:
    held = ledger(rename(A, "Night"), status(A, "planned"), rename(A, "Dark"), status(A, "shipped"))
    assert standing(found(0, 0), held) == {A: ("Dark", "shipped", "why 3")}


def test_of_one_moment_what_comes_last_is_said_last() -> None:
    said = ledger(*(rename(A, f"title {at}") for at in range(60)))
    moments = [MONDAY + timedelta(hours=at % 2) for at in range(60)]
    two = said.with_columns(decided_at=pl.Series(moments, dtype=said.schema["decided_at"]))
    assert standing(found(0), two)[A][0] == "title 59"
    assert standing(found(0), two.reverse())[A][0] == "title 1"


@pytest.mark.parametrize(
    ("said", "title"),
    [([rename(A, "Night")], "Night"), ([rename(B, "Dark"), rename(A, "Night")], "Dark")],
)
def test_title_goes_along_with_a_merged_theme_that_has_none(
    said: list[dict[str, Any]], title: str
) -> None:
    ideas = found(1, 1)
    assert standing(ideas, ledger(*said, merge(A, B)))[B][0] == title


def test_order_of_the_rows_does_not_matter() -> None:
    table = pa.Table.from_pylist(
        ledger(merge(A, B), undo(0)).to_dicts(), contract("theme_decisions").full_schema
    )
    assert decisions.holding(table).is_empty()
