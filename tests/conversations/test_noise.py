"""Noise: what is no customer's voice is kept apart, and what is one is not."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.contracts import contract
from pipeline.conversations.noise import KINDS, excluded_reason


def reason(text: str, *, is_own: bool = False) -> str | None:
    return pl.select(excluded_reason(pl.lit(text), pl.lit(is_own))).item()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Je hebt gewonnen! Klik op de link en claim je prijs.", "spam"),
        ("Gegarandeerd rendement met crypto signalen, stuur mij een dm voor info", "spam"),
        ("VACATURE: monteur gezocht, 32 uur per week, solliciteer nu", "job_ad"),
        (
            "Persbericht. Molenaar neemt over wat Zon liet liggen, maakte bekend: omzetgroei",
            "press",
        ),
    ],
)
def test_message_with_two_phrases_of_a_kind_is_of_that_kind(text: str, kind: str) -> None:
    assert reason(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Op jullie vacature kreeg ik nooit antwoord.",
        "Vacature weg. Nieuwe vacature weg. Die vacature ook weg?",
        "Ik heb gewonnen van de helpdesk, na drie weken bellen.",
        "De nieuwe lamp is kapot en niemand neemt op.",
        "Can someone recommend an online shop for lamps?",
        "",
    ],
)
def test_customer_who_uses_such_a_word_is_heard(text: str) -> None:
    assert reason(text) is None


def test_company_itself_comes_before_every_other_reason() -> None:
    assert reason("Solliciteer nu op onze vacature!", is_own=True) == "own"
    assert reason("Hallo", is_own=True) == "own"


def test_each_row_has_its_own_reason() -> None:
    frame = pl.DataFrame(
        {
            "text": ["Vacature: solliciteer nu", "Kapot!", "Hallo", None],
            "is_own": [False, False, True, False],
        }
    )
    found = frame.select(excluded_reason(pl.col("text"), pl.col("is_own"))).to_series()
    assert found.to_list() == ["job_ad", None, "own", None]


def test_reasons_are_those_that_the_contract_knows() -> None:
    (column,) = (at for at in contract("messages").columns if at.name == "excluded_reason")
    (allowed,) = (rule.kwargs["value_set"] for rule in column.rules if "value_set" in rule.kwargs)
    assert {"own", *KINDS} <= set(allowed)
