"""What is chance among many comparisons of two sets of models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.detectors._tokens import Floats
from pipeline.learning.bootstrap import drawn, estimate, estimates
from pipeline.learning.comparison import (
    Comparison,
    Difference,
    among,
    among_all,
    fall,
    paired,
    shown,
)
from pipeline.learning.estimates import Estimate
from pipeline.learning.evaluation import measure

ROWS = 700
CELLS = 16
"""Tags in two languages on two sets."""
YES, FOUND, MISTAKEN = 0.2, 0.78, 0.05
"""Shares: of rows with the tag, of them that are found, of the others that are taken for some."""
Decisions = np.ndarray[tuple[int, int], np.dtype[np.bool_]]


def made(trials: int, alike: float, seed: int) -> tuple[Decisions, Decisions, Decisions]:
    """Labels of many cells, and the decisions of two equally good models.

    Where a row of `alike` is drawn, both decide alike.
    """
    generator = np.random.default_rng(seed)

    def happens(share: float | Floats) -> Decisions:
        return generator.random((ROWS, trials * CELLS)) < share

    labels = happens(YES)
    old, new = (happens(np.where(labels, FOUND, MISTAKEN)) for _ in range(2))
    return labels, old, np.where(happens(alike), old, new)


def compared(labels: Decisions, old: Decisions, new: Decisions) -> list[list[Difference]]:
    """The comparisons of each trial."""

    def f1(weights: Floats, decided: Decisions) -> Floats:
        found: Floats = 2 * (weights @ (labels & decided))
        return found / (weights @ (labels.astype(float) + decided))

    def measured(weights: Floats) -> dict[str, Floats]:
        differences = f1(weights, new) - f1(weights, old)
        return {f"{at}": one for at, one in enumerate(differences.T)}

    cells = [
        Difference(
            set="made",
            tag="lead",
            language=name,
            positives=int(labels[:, int(name)].sum()),
            champion_f1=0.0,
            challenger_f1=0.0,
            f1=estimate(value, values),
            champion_average_precision=0.0,
            challenger_average_precision=0.0,
            average_precision=estimate(value, values),
            chance=fall(value, values),
        )
        for name, (value, values) in drawn(measured, ROWS).items()
    ]
    return [among_all(list(cells[at : at + CELLS])) for at in range(0, len(cells), CELLS)]


def refused(trials: list[list[Difference]]) -> float:
    return sum(any(one.is_regression for one in cells) for cells in trials) / len(trials)


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.9])
def test_of_equal_models_at_most_one_in_twenty_is_refused(alike: float) -> None:
    trials = compared(*made(200, alike, seed=7))
    by_itself = sum(any(one.f1.high < 0 for one in cells) for cells in trials) / len(trials)
    assert by_itself > 0.25, "each comparison by itself refuses many"
    assert refused(trials) <= 0.05 + 0.015, "of 200 trials, chance makes .015 more or less"


def test_a_fall_of_five_hundredths_on_one_of_sixteen_is_refused() -> None:
    labels, old, new = made(50, 1.0, seed=8)
    for first in range(0, labels.shape[1], CELLS):
        hits = np.flatnonzero(labels[:, first] & old[:, first])
        new[hits[: round(0.1 * len(hits))], first] = False
    trials = compared(labels, old, new)
    falls = [cells[0].f1.value for cells in trials]
    assert np.mean(falls) == pytest.approx(-0.05, abs=0.005)
    assert refused(trials) > 0.8
    assert {one.verdict for cells in trials for one in cells[1:]} == {"even"}


def test_what_may_be_chance_among_many_is_told_to_a_person_and_refuses_nothing() -> None:
    trials = compared(*made(40, 0.5, seed=9))
    maybe = next(cells for cells in trials if any(one.verdict == "maybe worse" for one in cells))
    found = Comparison("shipped", "0123456789ab", True, (), (), (), {}, tuple(maybe))
    assert not found.regressions
    assert "| maybe worse |" in found.markdown()
    assert f"among {CELLS} comparisons" in found.markdown()


def test_a_tag_that_no_row_tells_of_is_named() -> None:
    found = Comparison("shipped", "0123456789ab", True, (), (), ("safety",), {}, ())
    assert found.notes == [
        "nothing says whether safety got worse: no labelled row has a yes; give some with --on FILE"
    ]


def test_chances_are_those_of_holm() -> None:
    assert among([0.01, 0.04, 0.03, 0.9]) == pytest.approx([0.04, 0.09, 0.09, 0.9])
    assert among([0.01]) == [0.01]
    assert among([]) == []


def test_a_fall_without_a_draw_that_differs_is_no_chance() -> None:
    assert fall(-1.0, np.full(9, -1.0)) == 0.0
    assert fall(1.0, np.full(9, 1.0)) == 1.0
    assert fall(0.0, np.zeros(9)) == 0.5


def figures(labels: list[int], old: list[float], new: list[float]) -> dict[str, Any]:
    kind = np.array(labels)
    measures = [measure(kind, np.array(one), np.array(one) >= 0.5) for one in (old, new)]
    return estimates(paired(*measures), len(labels))


def test_equal_models_do_not_differ_at_all() -> None:
    found = figures([1, 0, 1, 0], [0.9, 0.1, 0.4, 0.6], [0.9, 0.1, 0.4, 0.6])
    assert found["f1"] == (0, 0, 0)
    assert found["average_precision"] == (0, 0, 0)


def test_difference_is_that_of_the_two_figures() -> None:
    found = figures([1, 0, 1, 0], [0.9, 0.1, 0.4, 0.6], [0.9, 0.1, 0.8, 0.6])
    assert found["champion_f1"].value == pytest.approx(0.5)
    assert found["challenger_f1"].value == pytest.approx(0.8)
    assert found["f1"].value == pytest.approx(0.3)


def test_pairing_sees_what_two_intervals_side_by_side_hide() -> None:
    """One set finds all that the other finds and a little more: small, but not by chance."""
    labels = [1, 0] * 200
    old = [0.9 if at % 4 == 0 else 0.1 for at in range(400)]
    new = [0.9 if at % 4 == 0 or at % 40 == 2 else 0.1 for at in range(400)]
    found = figures(labels, old, new)
    assert found["challenger_f1"].low < found["champion_f1"].high
    assert found["f1"].low > 0


def test_figures_are_short_and_keep_their_sign() -> None:
    assert shown(Estimate(0.0312, -0.004, 0.07)) == "+.031 [-.004 +.070]"
    assert shown(Estimate(-1, -1, -0.05)) == "-1.000 [-1.000 -.050]"
    assert shown(Estimate(0, 0, 0)) == "+.000 [+.000 +.000]"
