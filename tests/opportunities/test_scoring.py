"""Priority comes out of the table's own columns, by the SQL that the docstring gives."""

from __future__ import annotations

import re
from datetime import timedelta

import duckdb
import polars as pl
import pytest

from pipeline.opportunities import complaints, leads, scoring
from pipeline.settings import Scoring
from tests.opportunities.made import MONDAY, detected, settings

SQL = re.search(r"SELECT (100 \*.*?) AS priority", scoring.__doc__ or "", re.S)
TEXTS = [
    "Could you send us a quote for 40 seats today? Our budget is 900 euro a month.",
    "Maybe one day I'd buy one.",
    "My parcel never arrived and nobody answers.",
]


def tables() -> list[pl.DataFrame]:
    heard = detected(
        *(
            {"text": text, "sent_at": MONDAY + timedelta(days=at), "score": 0.55 + at / 10}
            for at, text in enumerate(TEXTS)
        )
    )
    now = MONDAY + timedelta(days=9)
    return [
        pl.DataFrame(leads.build(heard, settings(), {}, now)),
        pl.DataFrame(complaints.build(heard, settings(), now)),
    ]


@pytest.mark.parametrize("table", [0, 1])
def test_sql_of_the_docstring_recomputes_the_priority(table: int) -> None:
    assert SQL is not None
    rows = tables()[table]
    again = duckdb.from_arrow(rows.to_arrow()).project(SQL[1]).fetchall()
    assert rows["priority"].n_unique() == len(rows)
    assert [value for (value,) in again] == pytest.approx(rows["priority"].to_list(), abs=1e-3)


def test_weights_of_the_settings_are_the_exponents() -> None:
    rows = pl.DataFrame({name: [0.25] for name in scoring.FACTORS})
    only_value = Scoring(probability=0, value=0.5, urgency=0, reach=0, recency=0)
    assert scoring.with_priority(rows, only_value)["priority"].to_list() == [50.0]


def test_recency_halves_with_each_half_life_and_never_passes_one() -> None:
    rows = pl.DataFrame({"at": [MONDAY, MONDAY - timedelta(days=7), MONDAY + timedelta(days=1)]})
    made = rows.select(scoring.recency(pl.col("at"), MONDAY, 7))
    assert made.to_series().to_list() == [1.0, 0.5, 1.0]


def test_reach_grows_with_readers_and_is_least_in_private() -> None:
    rows = pl.DataFrame({"channel": ["email", "forum", "microblog", "microblog"]}).with_columns(
        audience=pl.Series([0, 0, 10_000, 10**9])
    )
    few, some, many, all_of_us = rows.select(scoring.reach(pl.col("audience"))).to_series()
    assert few < some < many < all_of_us == 1.0


def test_reasons_add_up_but_never_beyond_one() -> None:
    made = pl.select(scoring.either(pl.lit(0.5), pl.lit(0.5)), b=scoring.either(pl.lit(1.0)))
    assert made.row(0) == (0.75, 1.0)
