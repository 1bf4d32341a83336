"""Estimates: known intervals, honest ones, and none where there is nothing to go by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.learning.estimates import Stratum, precision, recall, wilson


@pytest.mark.parametrize(
    ("true", "reviewed", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_interval_is_that_of_wilson(true: int, reviewed: int, low: float, high: float) -> None:
    found = wilson(true, reviewed)
    assert found is not None
    assert found == pytest.approx((true / reviewed, low, high), abs=1e-4)


def test_without_answers_there_is_no_figure() -> None:
    some, none = Stratum(10, 5, 4), Stratum(10, 0, 0)
    assert wilson(0, 0) is None
    assert precision([none, none]) is None
    assert precision([]) is None
    assert recall([some], [some, none]) is None
    assert recall([none], [some]) is None
    assert recall([Stratum(9, 9, 0)], [Stratum(9, 9, 0)]) is None, "nothing is true"


def test_when_all_is_reviewed_nothing_is_uncertain() -> None:
    detected, review, below = Stratum(10, 10, 8), Stratum(5, 5, 2), Stratum(100, 100, 6)
    assert precision([detected]) == pytest.approx((0.8, 0.8, 0.8))
    assert recall([detected], [review, below]) == pytest.approx((0.5, 0.5, 0.5))


def test_doubtful_rows_reviewed_more_do_not_pull_the_precision_down() -> None:
    sure, unsure = Stratum(900, 30, 30), Stratum(100, 90, 45)
    found, alone = precision([sure, unsure]), wilson(75, 120)
    assert found is not None
    assert alone is not None
    assert found.value == pytest.approx(0.95)
    assert alone.value == pytest.approx(0.625)
    assert alone.high < found.low


def test_stratum_without_an_answer_counts_with_its_neighbour() -> None:
    assert precision([Stratum(50, 0, 0), Stratum(50, 10, 8)]) == precision([Stratum(100, 10, 8)])
    assert precision([Stratum(50, 10, 8), Stratum(50, 0, 0)]) == precision([Stratum(100, 10, 8)])


def test_rare_misses_of_a_large_rest_weigh_by_its_size() -> None:
    found = recall([Stratum(1_000, 1_000, 800)], [Stratum(100_000, 1_000, 2)])
    assert found is not None
    assert found.value == pytest.approx(800 / (800 + 200))


def test_none_missed_in_the_audit_is_no_proof_of_full_recall() -> None:
    found = recall([Stratum(100, 100, 80)], [Stratum(10_000, 100, 0)])
    assert found is not None
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.25


def test_models_that_detect_nothing_have_no_recall_for_sure() -> None:
    assert recall([Stratum(0, 0, 0)], [Stratum(5, 5, 2), Stratum(100, 50, 1)]) == (0.0, 0.0, 0.0)


strata = st.builds(
    lambda rows, reviewed, true: Stratum(rows, min(rows, reviewed), min(true, reviewed, rows)),
    st.integers(1, 10_000),
    st.integers(1, 300),
    st.integers(0, 300),
)


@given(detected=st.lists(strata, max_size=3), missed=st.lists(strata, max_size=3))
def test_figure_lies_in_its_interval_and_that_in_0_to_1(
    detected: list[Stratum], missed: list[Stratum]
) -> None:
    for found in (precision(detected), recall(detected, missed)):
        if found is not None:
            assert -1e-9 <= found.low <= found.value + 1e-9
            assert found.value - 1e-9 <= found.high <= 1 + 1e-9


@pytest.mark.parametrize("reviewed", [(10, 20, 10, 200), (30, 60, 40, 1_000)])
def test_interval_holds_the_truth_about_19_times_in_20(reviewed: tuple[int, ...]) -> None:
    generator = np.random.default_rng(2)
    rows, shares = (500, 500, 300, 100_000), (0.95, 0.7, 0.3, 0.002)
    held = {"precision": 0, "recall": 0}
    for _ in range(500):
        true = generator.binomial(rows, shares)
        seen = generator.hypergeometric(true, rows - true, reviewed)
        made = [Stratum(*map(int, one)) for one in zip(rows, reviewed, seen, strict=True)]
        by_precision, by_recall = precision(made[:2]), recall(made[:2], made[2:])
        assert by_precision is not None
        assert by_recall is not None
        right = true[:2].sum()
        held["precision"] += by_precision.low <= right / 1_000 <= by_precision.high
        held["recall"] += by_recall.low <= right / true.sum() <= by_recall.high
    assert min(held.values()) > 0.92 * 500, held
