"""The labelled messages behind docs/fields.md, and what the figures must not fall below."""

from __future__ import annotations

import polars as pl
import pytest
import spacy

from benchmarks.fields import sets
from benchmarks.fields.figures import (
    COMPLAINT_FIELDS,
    FOLLOW_UP_FIELDS,
    LEAD_FIELDS,
    figures,
    rankings,
    read_complaints,
    read_follow_ups,
    read_leads,
    share_of_other,
)
from pipeline.brands import brand_in
from pipeline.opportunities import rules
from pipeline.opportunities.heard import plain
from pipeline.opportunities.mentions import with_mentions, words
from pipeline.opportunities.needs import NEEDS
from pipeline.opportunities.readers import FIELDS, LISTS, Names, Reader
from pipeline.settings import Company
from pipeline.text import groups

PRECISION = dict.fromkeys(LEAD_FIELDS, 0.85) | {"need": 0.75}


def test_sets_are_large_enough_bilingual_and_parted_by_trade() -> None:
    for rows, least in ((sets.leads(), 200), (sets.complaints(), 150)):
        assert len(rows) >= least
        assert rows["text"].is_unique().all()
        assert rows["language"].value_counts()["count"].min() >= 0.4 * len(rows)  # type: ignore[operator]
        parts = rows.group_by("trade").agg(pl.col("part").n_unique())
        assert parts["part"].to_list() == [1] * len(parts)
        assert rows["part"].value_counts()["count"].min() >= 0.4 * len(rows)  # type: ignore[operator]


def test_labels_are_values_that_the_tables_know() -> None:
    leads, follow_ups, complaints = sets.leads(), sets.follow_ups(), sets.complaints()
    assert set(leads["need"]) == set(NEEDS)
    assert set(complaints["topic"]) <= {*groups("topic"), "other"}
    assert set(leads["trade"]) == set(follow_ups["trade"]) == set(sets.companies())
    named = pl.concat((leads, follow_ups)).select("trade", "product", "competitor")
    for trade, product, competitor in named.iter_rows():
        company = sets.companies()[trade]
        assert product is None or product in company["products"]
        assert competitor is None or competitor in company["competitors"]


def test_gate_before_spacy_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole texts, all fields open and the usual tokenizer give what passages give."""

    def ungated(rows: pl.DataFrame, us: Names, rivals: Names) -> pl.DataFrame:
        return rows.select("message_id", "language", "text", **dict.fromkeys(FIELDS, pl.lit(True)))

    fields = [name for field in FIELDS for name in (field, f"{field}_said")]
    by_trade = sets.leads().select("trade", "text", "language").partition_by("trade")
    asked = [
        (plain(rows), Company.model_validate(sets.companies()[rows["trade"][0]]))
        for rows in by_trade
    ]
    gated = [ruled(*one) for one in asked]
    monkeypatch.setattr(rules, "passages", ungated)
    monkeypatch.setattr(rules, "_gates", lambda *_, **__: {"any": pl.lit(True)})
    for made, one in zip(gated, asked, strict=True):
        assert made.select(fields).equals(ruled(*one).select(fields))
    assert sum(made[field].count() for made in gated for field in FIELDS) > 100


@pytest.mark.parametrize("language", ["nl", "en"])
def test_reader_cuts_words_as_the_usual_tokenizer_does(language: str) -> None:
    exceptions = "Dhr. A. de Vries o.v.v. nr. 12, 's avonds bijv. a.u.b. :-) Don't they? I'm Mr. C."
    texts = [*sets.leads()["text"], *sets.complaints()["text"], exceptions]
    usual = spacy.blank(language)
    for text, read in zip(texts, Reader(language).read(texts, ("Wij",), ("Zij",)), strict=True):
        assert [token.text for token in read.doc] == [token.text for token in usual(text)]


def ruled(rows: pl.DataFrame, company: Company) -> pl.DataFrame:
    named = with_mentions(rows, words(pl.col("text")), LISTS).with_columns(
        competitor=brand_in(pl.col("text"), company.competitors)
    )
    return rules.with_rules(named, company)


@pytest.fixture(scope="module")
def leads() -> pl.DataFrame:
    return read_leads().filter(pl.col("part") == "report")


def test_what_stands_in_a_lead_is_mostly_right(leads: pl.DataFrame) -> None:
    for one in figures(leads, LEAD_FIELDS):
        assert one.precision >= PRECISION[one.field], one


def test_what_a_follow_up_adds_is_mostly_right() -> None:
    made = [one for one in figures(read_follow_ups(), FOLLOW_UP_FIELDS) if one.made]
    assert sum(one.right for one in made) >= 0.85 * sum(one.made for one in made)
    assert sum(one.right for one in made) >= 0.75 * sum(one.labelled for one in made)


def test_first_ten_by_priority_are_worth_far_more_than_the_first_ten_to_arrive(
    leads: pl.DataFrame,
) -> None:
    arrival, priority = rankings(leads)
    assert priority.precision >= arrival.precision + 0.3
    assert priority.captured >= arrival.captured + 0.15


def test_few_complaints_are_left_without_a_topic() -> None:
    rows = read_complaints().filter(pl.col("part") == "report")
    assert share_of_other(rows) <= 0.1
    found = {one.field: one for one in figures(rows, COMPLAINT_FIELDS)}
    assert found["topic"].precision >= 0.55
    assert found["severity"].precision >= 0.6
