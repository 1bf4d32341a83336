"""Outcomes fed back: states, the next training set, and nothing that a run could undo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

import polars as pl
import pytest

from pipeline.books import add, outcome_files
from pipeline.learning import label_book, people
from pipeline.learning.label_book import Label
from tests.conftest import FIRST, LAST, NOW, Company
from tests.week import opened

AT = "2026-11-06T11:00:00Z"
FILE = f"""\
opportunity_id,outcome,reason,value,decided_at,decided_by
lead:shop:4,won,,4200,{AT},Noor
complaint:town:b,rejected,this is about another shop,,{AT},Els
theme:shop:5,planned,for the spring,,{AT},Ivo
"""


def feed(company: Company, text: str = FILE) -> None:
    file = company.folder / "outcomes.csv"
    file.write_text(text, encoding="utf-8")
    handed = outcome_files.read(file, company.lake, NOW, UTC)
    add(company.lake, outcome_files.BOOK, handed.outcomes, NOW)


def states(company: Company) -> dict[str, str]:
    themes = pl.DataFrame(company.lake.read("idea_themes")).sort("as_of")
    return {
        **company.column("leads", "lead_id", "state"),
        **company.column("complaints", "complaint_id", "state"),
        **dict(themes.select("theme_id", "state").iter_rows()),
    }


@pytest.fixture
def fed(company: Company, made: Callable[..., Company]) -> Company:
    made(opened(company))
    before = states(company)
    assert not {name for name, state in WANTED.items() if before[name] == state}
    feed(company)
    company.run(FIRST, LAST, stages=("publish",))
    return company


WANTED = {"lead:shop:4": "won", "complaint:town:b": "rejected", "theme:shop:5": "planned"}


def test_next_publish_changes_the_states_and_later_runs_keep_them(fed: Company) -> None:
    assert {name: states(fed)[name] for name in WANTED} == WANTED
    fed.run(FIRST, LAST)
    assert {name: states(fed)[name] for name in WANTED} == WANTED
    before = fed.checksums()
    fed.run(FIRST, LAST)
    assert fed.checksums() == before


def test_what_people_took_up_stays_when_the_models_do_not_see_it(fed: Company) -> None:
    # A lead that only a label sees stands for one that another model no longer sees.
    unseen = ("town:c", "town:a")
    label_book.add(fed.lake, [Label(name, "lead", True) for name in unseen], NOW)
    fed.run(FIRST, LAST, stages=("detect", "publish"))
    feed(fed, "id,outcome\nlead:town:c,contacted\n")
    for partition in fed.lake.partitions("labels"):
        fed.lake.remove("labels", partition)
    fed.run(FIRST, LAST, stages=("detect", "publish"))
    held = fed.column("leads", "lead_id", "state")
    assert held["lead:town:c"] == "contacted"
    assert "lead:town:a" not in held


def test_rejected_and_won_rows_are_in_the_next_training_set(fed: Company) -> None:
    taught = people.taught(fed.lake)
    by_text = {row["text"]: row for row in taught.rows.to_dicts()}
    (rejected,) = [row for text, row in by_text.items() if text.startswith("Ik ben het zat")]
    (won,) = [row for text, row in by_text.items() if text.startswith("Wij zoeken een bakker")]
    assert (rejected["complaint"], rejected["lead"], rejected["weight"]) == (0, None, 3.0)
    assert (won["lead"], won["complaint"]) == (1, None)
    assert taught.until["complaint"] == NOW, "when it was handed in"
