"""The queue: doubt first, disagreement before it, and a share by chance that does not wander."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.contracts import contract
from pipeline.learning.review_queue import queue, waiting, weighed
from tests.conftest import FIRST, LAST, Company, said

SPANS = contract("detections").schema.field("evidence").type


def rows(*made: dict[str, Any]) -> pl.DataFrame:
    """Rows that are detected at .9 of .5, by a cue, except for what is given."""
    plain = {"tag": "lead", "score": 0.9, "threshold": 0.5, "decision": "detected", "cue": 1.0}
    full = [{"message_id": f"shop:{at}", **plain, **one} for at, one in enumerate(made)]
    evidence = [
        [
            {"start": 0, "end": 1, "text": "a", "weight": one["cue"], "kind": "cue:asks"},
            {"start": 1, "end": 2, "text": "b", "weight": -9.0, "kind": "ngram"},
        ]
        for one in full
    ]
    frame = pl.DataFrame(full).drop("cue")
    return weighed(frame.with_columns(pl.Series("evidence", pa.array(evidence, SPANS))))


def names(found: pl.DataFrame) -> list[str]:
    return [name.removeprefix("shop:") for name in found["message_id"]]


def test_nearest_to_the_threshold_comes_first() -> None:
    held = rows({"score": 0.9}, {"score": 0.52}, {"score": 0.45, "decision": "review", "cue": -1.0})
    assert names(queue(held, 3, 0.0)) == ["1", "2", "0"]
    assert names(queue(held, 2, 0.0)) == ["1", "2"]


def test_row_whose_cues_speak_against_the_decision_comes_before_its_like() -> None:
    held = rows(
        {"score": 0.62},
        {"score": 0.63, "cue": -1.0},
        {"score": 0.38, "decision": "review", "cue": -1.0},
        {"score": 0.37, "decision": "review", "cue": 1.0},
    )
    found = queue(held, 4, 0.0)
    assert sorted(names(found)[:2]) == ["1", "3"]
    why = dict(zip(names(found), found["why"], strict=True))
    assert [why[one] for one in "0123"] == [
        "near the threshold",
        "cues disagree",
        "near the threshold",
        "cues disagree",
    ]


def test_every_fifth_row_is_drawn_by_chance_also_from_the_audit() -> None:
    sure = [{"score": 0.5 + at / 1_000} for at in range(200)]
    audit = [{"score": 0.01, "decision": "audit", "cue": 0.0} for _ in range(200)]
    found = queue(rows(*sure, *audit), 50)
    assert len(found) == 50
    drawn = found.filter(why="by chance")
    assert len(drawn) == 10
    assert set(drawn["decision"]) == {"audit", "detected"}
    assert set(found.filter(pl.col("why") != "by chance")["decision"]) == {"detected"}
    places = found.with_row_index().filter(why="by chance")["index"].to_list()
    assert max(b - a for a, b in pairwise(places)) <= 6


def test_rows_drawn_by_chance_stay_the_same_until_they_are_answered() -> None:
    held = rows(*({"score": 0.5 + at / 1_000} for at in range(300)))
    first = queue(held, 50).filter(why="by chance")["message_id"]
    shuffled = queue(held.sample(fraction=1, shuffle=True, seed=3), 50)
    assert shuffled.filter(why="by chance")["message_id"].equals(first)
    left = held.filter(~pl.col("message_id").is_in(first[:4].implode()))
    again = queue(left, 50).filter(why="by chance")["message_id"]
    assert again[:6].equals(first[4:])


def test_no_row_comes_twice_and_none_is_made_up() -> None:
    held = rows({}, {"decision": "audit", "score": 0.1}, {"decision": "audit", "score": 0.2})
    for count in range(1, 6):
        found = queue(held, count)
        assert len(found) == min(count, 3)
        assert found["message_id"].is_unique().all()
    assert queue(held.clear(), 5).is_empty()
    many = queue(rows(*({"score": 0.5 + at / 100} for at in range(30))), 25)
    assert many["message_id"].n_unique() == len(many) == 25


def test_repost_of_what_somebody_else_said_is_not_asked_about(company: Company) -> None:
    """An answer would change nothing: the original has the row in the tables."""
    bad = "De taart was waardeloos en kapot, ik wil mijn geld terug!"
    times = ("2026-11-02T09:00:00Z", "2026-11-03T09:00:00Z", "2026-11-04T09:00:00Z")
    by = ("ans", "bo", "ans")
    company.hear(
        "shop",
        [said(str(at), bad, *one) for at, one in enumerate(zip(times, by, strict=True))],
    )
    company.run(FIRST, LAST, stages=("listen", "assemble", "detect"))
    held = [row["message_id"] for row in company.rows("detections") if row["tag"] == "complaint"]
    assert sorted(held) == ["shop:0", "shop:1", "shop:2"]
    found = waiting(company.lake, ["complaint"])
    assert sorted(names(found)) == ["0", "2"]
    assert "evidence" not in found.columns, "nine tenths of a row, for all rows of the lake"
