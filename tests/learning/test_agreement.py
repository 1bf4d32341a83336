"""Two readings of the same messages: kappa by hand, and what is published."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.learning import agreement
from pipeline.settings import shipped_models

PAIRS = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15


def readings(pairs: list[tuple[int, int]], language: str = "nl") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"id": f"{language}-x-{number}", "first_lead": first, "lead": second}
            for number, (first, second) in enumerate(pairs)
        ]
    )


def test_kappa_is_what_one_computes_by_hand() -> None:
    """35 of 50 the same; by chance .5 * .6 yes and .5 * .4 no, so (.7 - .5) / (1 - .5)."""
    (found,) = agreement.agreements(readings(PAIRS), ("lead",))
    assert found[:6] == ("lead", "nl", 20, 5, 10, 15)
    assert (found.rows, found.share) == (50, 0.7)
    assert found.kappa.value == pytest.approx(0.4)


def test_interval_holds_kappa_and_narrows_with_more_messages() -> None:
    (few,), (many,) = (
        agreement.agreements(readings(PAIRS * times), ("lead",)) for times in (1, 16)
    )
    for one in (few, many):
        assert one.kappa.low < 0.4 < one.kappa.high
    widths = [one.kappa.high - one.kappa.low for one in (few, many)]
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.2)


def test_interval_is_near_that_of_the_known_standard_error() -> None:
    """Of Fleiss, Cohen and Everitt (1969), for the same fifty: .13."""
    (found,) = agreement.agreements(readings(PAIRS), ("lead",))
    assert (found.kappa.high - found.kappa.low) / 2 / 1.96 == pytest.approx(0.128, abs=0.01)


def test_perfect_agreement_is_one_opposite_answers_are_below_chance() -> None:
    assert float(agreement.kappa(np.array([7.0, 0, 0, 13]))) == 1
    assert float(agreement.kappa(np.array([0.0, 5, 5, 0]))) == -1


def test_kappa_is_unknown_where_all_answers_are_one() -> None:
    (found,) = agreement.agreements(readings([(0, 0)] * 9), ("lead",))
    assert found.share == 1
    assert all(math.isnan(one) for one in found.kappa)


def test_languages_are_compared_apart() -> None:
    both = pl.concat([readings([(1, 1), (0, 0)], "en"), readings([(1, 0), (0, 1)], "nl")])
    found = {one.language: one.kappa.value for one in agreement.agreements(both, ("lead",))}
    assert found == {"en": 1, "nl": -1}


def test_second_reading_is_of_rows_that_exist_and_answers_yes_or_no() -> None:
    corpora = shipped_models() / "corpora"
    second = pl.read_csv(corpora / "second.csv")
    known: set[Any] = set()
    for file in corpora.glob("??/*.jsonl"):
        known |= set(pl.read_ndjson(file, infer_schema_length=None)["id"])
    assert second["id"].is_unique().all()
    assert set(second["id"]) <= known
    labels = [f"{reading}{tag}" for reading in ("", "first_") for tag in agreement.LABELS]
    assert second.columns == ["id", *labels]
    assert all(second[label].is_in([0, 1]).all() for label in labels)


def test_table_has_a_row_per_tag_and_language() -> None:
    second = pl.read_csv(shipped_models() / "corpora" / "second.csv")
    table = agreement.as_markdown(agreement.agreements(second))
    rows = re.findall(r"^\| (\w+) \| (en|nl) \| 350 \|.*\(\d\.\d\d to \d\.\d\d\) \|$", table, re.M)
    assert len(set(rows)) == len(rows) == 10
