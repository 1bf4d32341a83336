"""Figures from people's answers: of the models alone, on a company's own messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.learning import label_book, reviewed
from pipeline.learning.estimates import Stratum
from pipeline.learning.label_book import Label
from pipeline.learning.reviewed import Figures
from pipeline.tagger import Tagger
from tests.conftest import FIRST, LAST, NOW, TAGGED, Company, said
from tests.week import SHOP, TOWN

ANGRY, BROKEN = "shop:1", "town:b"
"""Complaints that the model detects."""
GRAVE = "Zoals besproken met mijn advocaat: de bloemen zijn prachtig, dank."
"""What people are asked about for a cue alone: the model takes it for none."""


@pytest.fixture
def ran(company: Company, made: Callable[..., Company]) -> Company:
    toml = company.folder / "engage.toml"
    toml.write_text(toml.read_text().replace("audit_share = 0.2", "audit_share = 0.5"))
    company.hear("shop", SHOP)
    hours = [said(f"h{at}", f"De winkel is om {at} uur open.") for at in range(8, 18)]
    company.hear("town", [*TOWN, *hours, said("law", GRAVE)])
    return made(company)


def complaints(company: Company, **taught: object) -> Figures:
    models = Tagger.load(company.settings.models_folder)
    found = reviewed.figures(company.settings, company.lake, models, taught)  # type: ignore[arg-type]
    return {one.tag: one for one in found}["complaint"]


def answer(company: Company, *labels: tuple[str, bool]) -> None:
    given = [Label(name, "complaint", is_yes) for name, is_yes in labels]
    label_book.add(company.lake, given, NOW)


def of(company: Company, decision: str) -> list[str]:
    return [
        row["message_id"]
        for row in company.rows("detections")
        if (row["decision"], row["tag"]) == (decision, "complaint")
    ]


def test_rows_are_counted_before_anybody_answers(ran: Company) -> None:
    found = complaints(ran)
    assert found.detected == Stratum(len(of(ran, "detected")), 0, 0)
    heard = [row for row in ran.rows("messages") if row["excluded_reason"] is None]
    assert found.detected.rows + found.review.rows + found.below.rows == len(heard)
    assert (found.precision_of_reviewed, found.precision, found.recall) == (None, None, None)


def test_answers_count_for_what_the_model_says_alone_before_and_after_they_are_heeded(
    ran: Company,
) -> None:
    detected, (drawn, *_) = of(ran, "detected"), of(ran, "audit")
    assert {ANGRY, BROKEN} <= set(detected)
    answer(ran, *((name, name != ANGRY) for name in detected), (drawn, True))
    before = complaints(ran)
    ran.run(FIRST, LAST, stages=TAGGED)
    assert set(of(ran, "detected")) == {*detected, drawn} - {ANGRY}
    assert complaints(ran) == before
    assert before.detected == Stratum(len(detected), len(detected), len(detected) - 1)
    assert (before.below.reviewed, before.below.true) == (1, 1)
    assert before.precision_of_reviewed is not None
    assert before.precision_of_reviewed.value == pytest.approx(1 - 1 / len(detected))
    assert before.precision is not None
    assert before.precision.low == before.precision.high == before.precision_of_reviewed.value


def test_missed_message_that_somebody_came_across_is_no_sample(ran: Company) -> None:
    known = {row["message_id"] for row in ran.rows("detections") if row["tag"] == "complaint"}
    missed = next(
        row["message_id"]
        for row in ran.rows("messages")
        if row["message_id"] not in known and row["excluded_reason"] is None
    )
    answer(ran, (missed, True))
    assert complaints(ran).below.reviewed == 0


def test_grave_message_below_the_threshold_is_below_before_and_after_an_answer(
    ran: Company,
) -> None:
    assert "town:law" in of(ran, "review")
    before = complaints(ran)
    answer(ran, ("town:law", True))
    after = complaints(ran)
    assert (after.review, after.detected) == (before.review, before.detected)
    assert after.below.rows == before.below.rows


def test_answers_that_the_model_was_taught_say_nothing_about_it(ran: Company) -> None:
    answer(ran, (ANGRY, True))
    assert complaints(ran).detected.reviewed == 1
    taught = complaints(ran, complaint=NOW)
    assert taught.detected.reviewed == 0
    assert taught.detected.rows == complaints(ran).detected.rows
    assert complaints(ran, complaint=NOW - timedelta(days=1)).detected.reviewed == 1
    assert complaints(ran, lead=NOW).detected.reviewed == 1


def test_answer_that_came_after_the_model_was_taught_counts_however_old_it_is(ran: Company) -> None:
    late = Label(ANGRY, "complaint", is_yes=True, labelled_at=NOW - timedelta(days=3))
    label_book.add(ran.lake, [late], NOW)
    assert complaints(ran, complaint=NOW - timedelta(days=1)).detected.reviewed == 1


def test_metadata_say_until_when_a_model_was_taught(tmp_path: Path) -> None:
    for tag, data in (("lead", [{"name": "own"}, {"until": NOW.isoformat()}]), ("idea", [])):
        (tmp_path / tag).mkdir()
        (tmp_path / tag / "metadata.json").write_text(json.dumps({"data": data}))
    assert reviewed.taught(tmp_path, ["idea", "lead"]) == {"lead": NOW}


def marked(generator: np.random.Generator, count: int, answers: int) -> pl.DataFrame:
    """Rows over the review threshold of .3, of which `engage review` asked about some.

    A yes is as likely as the score says. Four in five were asked about since they lie nearest to
    the threshold of .5, and one by chance.
    """
    score = generator.uniform(0.3, 1.0, count)
    doubt, is_asked = np.argsort(np.abs(score - 0.5)), np.zeros(count, dtype=bool)
    is_asked[doubt[: answers * 4 // 5]] = True
    is_asked[generator.permutation(np.flatnonzero(~is_asked))[: answers // 5]] = True
    return pl.DataFrame(
        {
            "tag": ["lead"] * count,
            "message_id": [f"shop:{at}" for at in range(count)],
            "score": score,
            "decision": np.where(score >= 0.5, "detected", "review"),
            "is_reviewed": is_asked,
            "is_true": generator.random(count) < score,
        }
    )


def test_doubtful_rows_asked_about_more_pull_no_figure_down() -> None:
    generator = np.random.default_rng(4)
    held, away = {"precision": 0, "recall": 0}, []
    for _ in range(100):
        rows = marked(generator, 2_000, 300)
        detected = pl.col("decision") == "detected"
        right, total = (rows.filter(one)["is_true"].sum() for one in (detected, True))
        precision, recall = right / rows.filter(detected).height, right / total
        found = reviewed._figures("lead", rows, len(rows))
        assert found.precision is not None
        assert found.recall is not None
        assert reviewed.recall(rows, len(rows)) == found.recall
        assert found.detected.rows + found.review.rows == len(rows)
        held["precision"] += found.precision.low <= precision <= found.precision.high
        held["recall"] += found.recall.low <= recall <= found.recall.high
        away.append(found.precision.value - precision)
    assert min(held.values()) >= 92, held
    assert abs(np.mean(away)) < 0.01
