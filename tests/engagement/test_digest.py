"""Digests: what a row says at a glance, in the company's zone and the reader's language."""

from __future__ import annotations

import inspect
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.contracts import contract
from pipeline.engagement._cells import heading
from pipeline.engagement._digest import entry
from pipeline.engagement.base import IDS, Letter, Quoted, Request
from pipeline.opportunities import advice
from pipeline.opportunities.routing import DEFAULTS
from pipeline.page import words
from pipeline.text import groups, vocabulary
from tests.engagement.offered import ROWS, built, context, strings, table


def head(name: str, language: str, **change: object) -> str:
    (row,) = table(name, change).to_pylist()
    return entry(row, context("slack", name, language=language)).head


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("leads", "nl", "74 · bellen · Noor · shop · vóór ma 16 nov 12:00"),
        (
            "complaints",
            "en",
            "74 · severity 3 · delivery · call · Noor · shop · late since Mon 16 Nov 12:00",
        ),
        (
            "complaints",
            "nl",
            "74 · ernst 3 · levering · bellen · Noor · shop · te laat sinds ma 16 nov 12:00",
        ),
        ("ideas", "en", "wish · shop · nl"),
        ("idea_themes", "nl", "4 stemmen · nl, en"),
        (
            "alerts",
            "nl",
            "klachten lopen op · storing · 17 waar 1,5 gewoon is · shop, town · zo 15 nov 20:41",
        ),
    ],
)
def test_head_says_what_to_do_for_whom_and_by_when(name: str, language: str, said: str) -> None:
    assert head(name, language) == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("on\u00adverstaanbaar", "onverstaanbaar"),
        ("nul\u200bbreed en \ufeffmerk", "nulbreed en merk"),
        ("\u202egnirts\u202c om", "gnirts om"),
        ("een\ttwee\r\ndrie\u2028vier\x85vijf", "een twee drie vier vijf"),
        ("👩\u200d🔧 en 🇳🇱", "👩\u200d🔧 en 🇳🇱"),
    ],
)
def test_sign_that_nobody_sees_parts_no_word(said: str, shown: str) -> None:
    (row,) = table("leads", {"snippet": said}).to_pylist()
    assert entry(row, context("slack")).words == shown


def test_time_is_that_of_the_company_in_summer_and_winter() -> None:
    summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert head("leads", "en", respond_by=summer).endswith("by Thu 2 Jul 00:30")


def test_row_without_promise_or_owner_says_nothing_of_them() -> None:
    said = head("leads", "en", respond_by=None, owner=None, department=None)
    assert said == "74 · call · shop"


def test_row_without_a_link_names_its_message_and_its_department_in_words() -> None:
    said = head("complaints", "nl", url=None, owner="customer_service", message_id="mail:7@x.nl")
    assert said.startswith("74 · ernst 3 · levering · bellen · klantenservice · mail:7@x.nl · ")
    unsafe = head("leads", "en", url="javascript:alert(1)", message_id="mail:7@x.nl")
    assert "mail:7@x.nl" in unsafe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"kind": "severe_message", "observed": 1, "message_ids": ["mail:7@x.nl"]},
            "ernstig bericht · storing · 1 bericht · mail:7@x.nl · zo 15 nov 20:41",
        ),
        (
            {"kind": "deadline_missed", "subject": "sales", "observed": 26},
            "beloften niet nagekomen · verkoop · 26 beloften · shop, town · zo 15 nov 20:41",
        ),
    ],
)
def test_alert_without_a_usual_number_says_how_many_and_a_grave_one_which_message(
    change: dict[str, Any], said: str
) -> None:
    assert head("alerts", "nl", expected=None, **change) == said


def test_number_that_is_hardly_ever_usual_is_no_zero() -> None:
    assert "· 17 waar er haast nooit een is ·" in head("alerts", "nl", expected=0.03)
    assert "· 17 where there is hardly ever one ·" in head("alerts", "en", expected=0.0)
    assert "· 17 waar 0,1 gewoon is ·" in head("alerts", "nl", expected=0.06)


def test_page_and_digest_call_a_severity_the_same() -> None:
    page = tomllib.loads((Path(words.__file__).parent / "words.toml").read_text(encoding="utf-8"))
    for at, english in advice.SEVERITY.items():
        assert page["en"]["term"][f"severity_{at}"] == english.lower()
        assert (
            page["nl"]["term"][f"severity_{at}"]
            == vocabulary("reasons.nl.toml")["begins"][english].lower()
        )


def test_every_topic_and_department_has_words() -> None:
    known = {*groups("topic"), "other", *DEFAULTS.values()}
    assert {name for name in known if name not in vocabulary("deliveries.nl.toml")["names"]} <= {
        "product"
    }


def test_both_languages_say_the_same_things() -> None:
    def keys(value: object) -> object:
        return {key: keys(held) for key, held in value.items()} if isinstance(value, dict) else 0

    assert keys(vocabulary("deliveries.nl.toml")) == keys(vocabulary("deliveries.en.toml"))
    assert set(ROWS) == set(IDS) == set(vocabulary("deliveries.en.toml")["titles"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Wie belt wint. Wants to leave a supplier, names Peddel Zakelijk, names the competitor "
            "Swungo, budget EUR 4,200 a month, time frame 'di, 3 mei', speaks of 60 e-bikes, "
            "speaks for a business, our answer is late.",
            "Wie belt wint. Wil weg bij een leverancier, noemt Peddel Zakelijk, noemt concurrent "
            "Swungo, budget € 4.200 per maand, termijn 'di, 3 mei', heeft het over 60 e-bikes, "
            "schrijft voor een bedrijf, ons antwoord is te laat.",
        ),
        (
            "Harm or legal threat with opening hours, is about Nimbus, not us, everyone can read "
            "it.",
            "Letsel of juridische dreiging bij openingstijden, gaat over Nimbus, niet over ons, "
            "iedereen kan het lezen.",
        ),
        (
            "Asks for a price, budget USD 1,250,000.50, time frame 'EUR 4,200', speaks of 12 mail, "
            "we have answered.",
            "Vraagt naar de prijs, budget USD 1.250.000,50, termijn 'EUR 4,200', heeft het over "
            "12 mail, wij hebben geantwoord.",
        ),
        ("Asks for a price, budget 5,000.", "Vraagt naar de prijs, budget 5.000."),
        ("Loss of trust is what we fear.", "Loss of trust is what we fear."),
        ("", ""),
    ],
)
def test_dutch_reader_is_told_why_in_dutch(text: str, said: str) -> None:
    (row,) = table("leads", {"action_reason": text}).to_pylist()
    assert entry(row, context("slack", "leads", language="nl")).why == said
    assert entry(row, context("slack", "leads", language="en")).why == text


def test_whatever_advice_says_has_dutch_words() -> None:
    source = inspect.getsource(advice)
    said = {*advice.NEED.values(), *advice.SEVERITY.values(), *advice.RAISED.values()}
    said |= {advice.UNTOLD, advice.MOVES, advice.LEAVES}
    said |= {text for text in re.findall(r'pl\.lit\("([^"]+ [^"]*)"\)', source)}
    known = {
        phrase.partition("{}")[0].strip()
        for part in vocabulary("reasons.nl.toml").values()
        for phrase in part
    }
    assert {one for one in said if one.strip() not in known} == set()


@pytest.mark.parametrize("name", IDS)
def test_every_column_has_a_dutch_heading(name: str) -> None:
    columns = contract(name).full_schema.names
    assert [column for column in columns if column not in vocabulary("columns.nl.toml")] == []
    assert len({heading(column, "nl") for column in columns}) == len(columns)
    assert len({heading(column, "en") for column in columns}) == len(columns)
    assert "_" not in "".join(heading(column, "en") for column in columns)


@pytest.mark.parametrize("type_", ["mail", "slack", "teams", "mattermost"])
def test_alert_without_words_quotes_nothing(type_: str) -> None:
    mail = {
        "address": "smtp://mail.example",
        "sender": "a@b.example",
        "recipients": ["c@b.example"],
    }
    where = mail if type_ == "mail" else {"address_env": "URL"}
    missed = table("alerts", {"kind": "deadline_missed", "subject": "sales", "words": []})
    (payload,) = built(type_, missed, "alerts", **where)
    content = payload.content
    if isinstance(content, Letter):
        said = content.text
    else:
        assert isinstance(content, Request)
        said = "\n".join(strings(orjson.loads(content.body)))
    assert "sales" in said
    assert "“" not in said
    assert not re.search(r"^> *$", said, re.MULTILINE)


def test_alert_quotes_what_it_is_about_and_links_to_it_where_that_is_known() -> None:
    (row,) = table("alerts", {"kind": "severe_message", "words": ["glas"]}).to_pylist()
    made = context("slack", "alerts")
    said = Quoted("Er zat glas in mijn brood.", "https://shop.example/7")
    told = entry(row, replace(made, quoted={row["alert_id"]: said}))
    assert (told.quote, told.url) == ("“Er zat glas in mijn brood.”", "https://shop.example/7")
    other = entry(row, replace(made, quoted={"alert:2": said}))
    assert (other.quote, other.url) == ("“glas”", None)
