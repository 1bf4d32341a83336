"""Thresholds and figures at the base rate that they stand for."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.learning.figures import BASE_RATE, ece, line, measure, thresholds, to_base_rate


def test_positives_weigh_the_base_rate_and_the_sum_stays() -> None:
    labels, weights = np.array([1, 1, 0, 1]), np.array([1.0, 3.0, 2.0, 2.0])
    scaled = to_base_rate(labels, weights)
    assert scaled[labels == 1].sum() / scaled.sum() == pytest.approx(BASE_RATE)
    assert scaled.sum() == pytest.approx(weights.sum())
    assert scaled[1] == pytest.approx(3 * scaled[0])


@pytest.mark.parametrize("labels", [[1, 1], [0, 0]])
def test_where_one_kind_is_missing_weights_stay(labels: list[int]) -> None:
    assert to_base_rate(np.array(labels), np.array([1.0, 2.0])).tolist() == [1.0, 2.0]


def spread(apart: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Half positives of 4,000, whose scores lie higher, with chance."""
    chance = np.random.default_rng(5)
    labels = np.arange(4_000) % 2
    return labels, 1 / (1 + np.exp(-chance.normal((labels - 0.5) * apart, 1.0)))


def threshold(base_rate: float | None, apart: float = 3.0) -> float:
    labels, probability = spread(apart)
    chosen = thresholds(
        labels, probability, ["nl"] * len(labels), ["own"] * len(labels), 0.8, base_rate=base_rate
    )
    return chosen["nl"]["detected"]


def test_a_rarer_tag_needs_a_higher_threshold_for_the_same_precision() -> None:
    labels, probability = spread()
    assert threshold(0.05) > threshold(0.2) > threshold(None)
    weights = to_base_rate(labels, np.ones(len(labels)), 0.2)
    taken = probability >= threshold(0.2)
    precision = weights[taken & (labels == 1)].sum() / weights[taken].sum()
    assert precision >= 0.8


def figures_at(limit: float, apart: float) -> tuple[float, float]:
    """Precision and F1 where a fifth are positives."""
    labels, probability = spread(apart)
    weights = to_base_rate(labels, np.ones(len(labels)), 0.2)
    taken = probability >= limit
    hit = weights[taken & (labels == 1)].sum()
    precision, recall = hit / weights[taken].sum(), hit / weights[labels == 1].sum()
    return precision, 2 * precision * recall / (precision + recall)


def test_threshold_is_the_best_f1_of_those_that_hold_the_target() -> None:
    chosen = figures_at(threshold(0.2), 3.0)[1]
    others = [figures_at(limit, 3.0) for limit in np.linspace(0.05, 0.95, 91)]
    assert max(f1 for precision, f1 in others if precision >= 0.8) <= chosen + 0.005


def test_where_the_target_would_miss_too_many_the_best_f1_is_chosen() -> None:
    precision, f1 = figures_at(threshold(0.2, apart=2.0), 2.0)
    best = max(figures_at(limit, 2.0)[1] for limit in np.linspace(0.05, 0.95, 91))
    assert precision < 0.8
    assert f1 == pytest.approx(best, abs=0.005)


def test_threshold_of_rows_that_lie_far_apart_is_midway() -> None:
    labels = np.array([1] * 20 + [0] * 80)
    probability = np.concatenate([np.linspace(0.99, 0.8, 20), np.linspace(0.1, 0.01, 80)])
    ours = ["nl"] * 100, ["own"] * 100
    assert thresholds(labels, probability, *ours, 0.8)["nl"]["detected"] == pytest.approx(0.45)
    # Where all are taken there is nothing below to go midway to.
    every = np.ones(100, dtype=int)
    assert thresholds(every, probability + 0.1, *ours, 0.8)["nl"]["detected"] == 0.11


def test_rows_of_equal_probability_are_taken_together_or_not_at_all() -> None:
    """Texts without a known word all score the same; whose row stands first says nothing."""
    labels = np.array([1] * 12 + [0] * 30)
    probability = np.array([0.9] * 5 + [0.5] * 27 + [0.1] * 10)
    chosen = thresholds(labels, probability, ["nl"] * 42, ["own"] * 42, 0.8)["pooled"]["detected"]
    assert labels[probability >= chosen].mean() == 1.0
    assert (probability >= chosen).sum() == 5


def test_tag_that_is_labelled_in_the_lake_alone_has_thresholds_and_figures() -> None:
    labels, probability = spread()
    spoken, count = ["nl"] * len(labels), len(labels)
    chosen = thresholds(labels, probability, spoken, ["people"] * count, 0.8)
    assert chosen == thresholds(labels, probability, spoken, ["own"] * count, 0.8)
    rows = pl.DataFrame({"corpus": ["people"] * count, "lang": spoken})
    assert line(measure(rows, labels, probability, chosen)).startswith("nl P 0.")


def test_own_text_is_measured_at_the_base_rate_and_others_as_they_are() -> None:
    labels, probability = spread()
    rows = pl.DataFrame({"corpus": ["own", "own", "theirs", "theirs"] * 1_000}).with_columns(
        lang=pl.lit("nl")
    )
    limits = {name: {"detected": 0.5} for name in ("nl", "pooled")}
    own, theirs = measure(rows, labels, probability, limits)
    assert own["recall"] == pytest.approx(theirs["recall"], abs=0.03)
    assert own["precision"] < theirs["precision"] - 0.1


def test_calibration_error_is_that_of_the_weighed_rows() -> None:
    labels, probability = np.array([1, 0, 0, 0]), np.array([0.5, 0.5, 0.5, 0.5])
    assert ece(labels, probability) == pytest.approx(0.25)
    assert ece(labels, probability, np.array([3.0, 1.0, 1.0, 1.0])) == pytest.approx(0.0)
