"""Priority comes out of the table's own columns, by the SQL that the docstring gives."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline.contracts import conform
from pipeline.opportunities import complaints, leads, scoring
from pipeline.query import ask
from pipeline.settings import Scoring
from pipeline.storage import Lake
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


def test_engage_sql_gives_the_same_number(tmp_path: Path) -> None:
    assert SQL is not None
    lake = Lake(str(tmp_path))
    for table, rows in zip(("leads", "complaints"), tables(), strict=True):
        made = conform(rows.to_arrow(), table)
        for day in rows["opened_on"].unique():
            of_day = made.filter(pc.equal(made["opened_on"], pa.scalar(day)))
            lake.write(table, {"opened_on": str(day)}, of_day)
        answer = ask(lake, f"SELECT priority, {SQL[1]} AS again FROM {table}")  # noqa: S608
        assert len(answer) == len(rows)
        assert answer["again"].to_pylist() == pytest.approx(
            answer["priority"].to_pylist(), abs=1e-3
        )
        factors = ask(lake, f"SELECT {', '.join(scoring.FACTORS)} FROM {table}")  # noqa: S608
        for name in scoring.FACTORS:
            assert all(0 <= value <= 1 for value in factors[name].to_pylist()), name


def test_equal_priorities_have_one_order_only() -> None:
    same = [{"text": TEXTS[0], "sent_at": MONDAY} for _ in range(6)]
    made = [
        pl.DataFrame(
            leads.build(detected(*same).sample(6, seed=seed, shuffle=True), settings(), {}, MONDAY)
        )
        for seed in range(3)
    ]
    orders = [
        rows.sort("priority", "lead_id", descending=[True, False])["lead_id"] for rows in made
    ]
    assert made[0]["priority"].n_unique() == 1
    assert all(order.to_list() == sorted(order) for order in orders)


def test_weights_of_the_settings_are_the_exponents() -> None:
    told = {"channel": ["chat"], "audience": [0], "updated_at": [MONDAY]}
    rows = pl.DataFrame({"probability": [0.5], "value": [0.25], "urgency": [0.5], **told})
    only_value = Scoring(probability=0, value=0.5, urgency=0, reach=0, recency=0)
    assert scoring.with_priority(rows, only_value, MONDAY)["priority"].to_list() == [50.0]


def test_recency_halves_with_each_half_life_and_never_passes_one() -> None:
    times = [MONDAY, MONDAY - timedelta(days=7), MONDAY + timedelta(days=1)]
    made = pl.DataFrame({"updated_at": times}).select(scoring.recency(MONDAY, 7))
    assert made.to_series().to_list() == [1.0, 0.5, 1.0]


def test_reach_is_least_in_private_and_all_there_is_at_a_million_readers() -> None:
    rows = pl.DataFrame({"channel": ["email", "forum", "microblog", "microblog"]}).with_columns(
        audience=pl.Series([0, 0, 999, 999_999])
    )
    made = rows.select(scoring.reach()).to_series()
    assert made.to_list() == pytest.approx([0.1, 0.3, 0.5, 1.0])


def test_reasons_add_up_but_never_beyond_one() -> None:
    made = pl.select(scoring.either(pl.lit(0.5), pl.lit(0.5)), b=scoring.either(pl.lit(1.0)))
    assert made.row(0) == (0.75, 1.0)
