"""Topics by query: what is asked for is kept, and an example that fails says why."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.conversations.queries import failures, is_off_topic, matches
from pipeline.errors import SettingsError
from pipeline.settings import Query, load
from tests.conftest import FIRST, LAST, TAGGED, Company, said


def matched(text: str | None, **asked: Any) -> bool:
    query = Query.model_validate({"name": "topic", **asked})
    return bool(pl.select(matches(query, pl.lit(text, pl.String))).item())


@pytest.mark.parametrize(
    "text",
    [
        "Mijn bakfiets is stuk",
        "BAKFIETS kwijt",
        "#bakfiets",
        "een 'bakfiets', zeggen ze",
        "Is a cargo bike worth it?",
        "cargo\n  bike",
    ],
)
def test_any_phrase_is_enough_in_any_case_and_across_lines(text: str) -> None:
    assert matched(text, any=["bakfiets", "cargo bike"])


@pytest.mark.parametrize(
    "text", ["bakfietsen te koop", "bak fiets", "cargo for my bike", "cargobike", "", None]
)
def test_phrase_is_whole_words_in_their_order(text: str | None) -> None:
    assert not matched(text, any=["bakfiets", "cargo bike"])


def test_star_stands_for_any_ending_and_for_none() -> None:
    for text in ("verzekering", "verzeker je fiets", "Verzekerd?"):
        assert matched(text, any=["verzeker*"])
    assert not matched("onverzekerd", any=["verzeker*"])
    assert matched("electric bicycles", any=["electric* bicycle*"])
    assert not matched("electric or other bicycles", any=["electric* bicycle*"])


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("it's", "it’s broken again"),
        ("it’s", "it's broken again"),
        ("foto's", "de foto`s zijn weg"),
        ("e-bike*", "mijn e‑bikes staan stil"),
        ("e–bike", "my e-bike is dead"),
        ("@ziggo", "@Ziggo wat een service"),
        ("@ziggo", "@ziggo@mastodon.example wat een service"),
    ],
)
def test_quotes_and_dashes_of_phones_are_the_plain_ones(phrase: str, text: str) -> None:
    assert matched(text, any=[phrase])


@pytest.mark.parametrize("text", ["Mail mij: j.mol@ziggo.nl", "j.mol@ziggo.nl", "(a+b@ziggo.nl)"])
def test_provider_in_an_address_is_no_topic(text: str) -> None:
    assert not matched(text, any=["ziggo"])
    assert not matched(text, any=["@ziggo"])
    assert matched(f"{text} Ziggo doet het niet", any=["ziggo"])


def test_letters_of_a_regular_expression_mean_themselves() -> None:
    assert matched("is c++ ok?", any=["c++"])
    assert not matched("ccc", any=["c+"])
    assert not matched("abc", any=["a.c"])


def test_all_asks_for_every_phrase_and_none_forbids_each() -> None:
    asked = {"all": ["slot", "app"], "none": ["te koop", "gevonden"]}
    assert matched("De app krijgt het slot niet open", **asked)
    assert not matched("Het slot klemt", **asked)
    assert not matched("Slot met app te koop", **asked)
    assert not matched("Gevonden: slot, app erbij", **asked)


def test_any_and_all_must_both_hold() -> None:
    asked = {"any": ["lamp", "licht"], "all": ["kapot"]}
    assert matched("licht kapot", **asked)
    assert not matched("licht aan", **asked)
    assert not matched("fiets kapot", **asked)


@pytest.mark.parametrize(
    ("text", "within", "holds"),
    [
        ("batterij leeg", 1, True),
        ("leeg batterij", 1, True),
        ("batterij is leeg", 1, False),
        ("batterij is leeg", 2, True),
        ("de accu, die van mij dus, is alweer leeg", 7, True),
        ("de accu, die van mij dus, is alweer leeg", 6, False),
        ("leeg is ze nooit, die accu", 5, True),
        ("accu", 5, False),
        ("accupack leeg", 5, False),
    ],
)
def test_near_counts_words_either_way(text: str, within: int, holds: bool) -> None:
    near = [{"one": ["accu", "batterij"], "other": ["leeg", "dood"], "within": within}]
    assert matched(text, near=near) is holds


def test_near_takes_what_holds_together_for_one_word() -> None:
    near = [{"one": ["foto's"], "other": ["fiets"], "within": 3}]
    assert matched("foto’s van m’n fiets", near=near)
    assert matched("foto's van e-bike, fiets", near=near)
    assert not matched("foto's van m'n mooie fiets", near=near)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("geinteresseerd", "Ik ben geïnteresseerd"),
        ("geïnteresseerd", "ik ben geinteresseerd"),
        ("cafe*", "Twee CAFÉS in één straat"),
        ("Skoda", "mijn škoda staat stil"),
        ("ideeën", "Nieuwe ideeen graag"),
    ],
)
def test_accents_may_be_there_or_not_on_either_side(phrase: str, text: str) -> None:
    assert matched(text, any=[phrase])
    assert matched(text, all=[phrase], near=[{"one": [phrase], "other": text.split()}])
    assert not matched(text, any=["straat", phrase], none=[phrase])


def test_letters_that_are_no_accented_ones_stay_themselves() -> None:
    assert not matched("smørrebrød", any=["smorrebrod"])
    assert not matched("Straße", any=["Strase"])


def test_accents_that_a_file_of_settings_writes_apart_are_those_of_messages() -> None:
    assert matched("Ik zoek een café", any=[unicodedata.normalize("NFD", "café")])
    query = Query.model_validate(
        {
            "name": "x",
            "any": ["café"],
            "must_match": [unicodedata.normalize("NFD", "Naar het café")],
            "must_not_match": ["Naar het theehuis"],
        }
    )
    assert not list(failures(query))


def test_every_near_must_hold() -> None:
    near = [
        {"one": ["fiets"], "other": ["zoek*"]},
        {"one": ["fiets"], "other": ["kind*", "zoon", "dochter"]},
    ]
    assert matched("Wij zoeken een fiets voor onze dochter", near=near)
    assert not matched("Wij zoeken een fiets", near=near)


TWO = (
    Query.model_validate({"name": "locks", "sources": ["shop"], "any": ["slot"]}),
    Query.model_validate({"name": "lamps", "sources": ["shop", "town"], "any": ["lamp"]}),
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("shop", [False, False, True, True]),
        ("town", [True, False, True, True]),
        ("mail", [False, False, False, False]),
    ],
)
def test_source_keeps_what_one_of_its_queries_matches_and_all_when_it_has_none(
    source: str, expected: list[bool]
) -> None:
    frame = pl.DataFrame({"text": ["slot", "lamp", "brood", None]})
    found = frame.with_columns(found=is_off_topic(TWO, source, pl.col("text")))
    assert found["found"].to_list() == expected


def test_query_without_sources_is_for_all() -> None:
    everywhere = [Query.model_validate({"name": "bread", "any": ["brood"]})]
    assert pl.select(is_off_topic(everywhere, "whatever", pl.lit("lamp"))).item()


# --- examples


def test_examples_that_hold_are_no_failures() -> None:
    query = Query.model_validate(
        {
            "name": "locks",
            "any": ["slot"],
            "none": ["kasteel"],
            "must_match": ["Slot kapot"],
            "must_not_match": ["Slot Loevestein, mooi kasteel", "lamp"],
        }
    )
    assert list(failures(query)) == []


@pytest.mark.parametrize(
    ("text", "part", "mend"),
    [
        ("Het raam klemt op kamer vier", "any", "`any`"),
        ("De deur van vier klemt", "all[1]", "`all`"),
        ("Slot op kamer vier van het kasteel", "none", "`none`"),
        ("Slot, kamer zeven", "near[1]", "`within`"),
    ],
)
def test_example_that_is_missed_says_which_part_missed_it(text: str, part: str, mend: str) -> None:
    asked = {
        "any": ["slot", "deur"],
        "all": ["kamer"],
        "none": ["kasteel"],
        "near": [{"one": ["kamer", "deur"], "other": ["vier"]}],
    }
    query = Query.model_validate({"name": "x", **asked, "must_match": ["Slot kamer vier", text]})
    (failed,) = failures(query)
    assert failed.place == "must_match[2]"
    assert failed.what == f"does not match: `{part}` does not hold"
    assert mend in failed.mend
    assert text not in f"{failed.what}{failed.mend}"


def test_example_that_should_be_left_but_is_matched_fails() -> None:
    query = Query.model_validate(
        {"name": "locks", "any": ["slot"], "must_not_match": ["lamp", "Slot Loevestein"]}
    )
    (failed,) = failures(query)
    assert (failed.place, failed.what) == ("must_not_match[2]", "matches")
    assert "`none`" in failed.mend


# --- settings


def with_query(company: Company, text: str) -> Company:
    toml = company.folder / "engage.toml"
    toml.write_text(toml.read_text() + "[[queries]]\n" + text)
    return company


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('name = "x"\nnone = ["a"]', "asks for nothing"),
        ('name = "x"\nany = ["a"]\nsources = ["shp"]', "'shp' is not known"),
        ('name = "x"\nany = ["!!"]', "holds no letter or digit"),
        ('name = "x"\nany = ["a*b"]', "may only end a word"),
        ('name = "x"\nany = ["a *"]', "may only end a word"),
        ('name = "x"\nnear = [{one = ["a"], other = []}]', "near"),
        ('name = "x"\nanny = ["a"]', "unknown key"),
    ],
)
def test_query_that_means_nothing_is_refused(company: Company, text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=r"engage\.toml") as raised:
        load(with_query(company, text).folder / "engage.toml")
    assert problem in str(raised.value)


def test_names_of_queries_are_used_once(company: Company) -> None:
    with_query(with_query(company, 'name = "x"\nany = ["a"]\n'), 'name = "x"\nany = ["b"]\n')
    with pytest.raises(SettingsError, match="query name used twice: x"):
        load(company.folder / "engage.toml")


# --- the stages


def test_message_off_topic_stays_with_its_reason_and_is_never_tagged(company: Company) -> None:
    angry = "Het brood was alweer beschimmeld, ik ben er helemaal klaar mee!"
    other = "De lamp was alweer stuk, ik ben er helemaal klaar mee!"
    company.hear("shop", [said("1", angry), said("2", other), said("3", "x", subject="Brood")])
    company.hear("town", [said("4", other)])
    with_query(company, 'name = "bread"\nsources = ["shop"]\nany = ["brood"]\n')
    runs = company.run(FIRST, LAST, stages=TAGGED)
    reasons = {row["message_id"]: row["excluded_reason"] for row in company.rows("messages")}
    assert reasons == {"shop:1": None, "shop:2": "query", "shop:3": None, "town:4": None}
    tagged = {row["message_id"] for row in company.rows("detections")}
    assert "shop:2" not in tagged
    assert {"shop:1", "town:4"} <= tagged
    (listened,) = (run for run in runs if (run.stage, run.source) == ("listen", "shop"))
    assert (listened.rows_out, listened.excluded) == (3, 1)


def test_query_for_a_handle_matches_although_the_handle_is_taken_out(company: Company) -> None:
    said_to = [said("1", "@lampenbaas wat een waardeloze lamp"), said("2", "@anders mooie lamp")]
    company.hear("shop", [*said_to, said("3", "Lamp stuk", subject="Voor @Lampenbaas")])
    with_query(company, 'name = "lamps"\nsources = ["shop"]\nany = ["@lampenbaas"]\n')
    company.run(FIRST, LAST, stages=("listen",))
    found = {row["message_id"]: row for row in company.rows("messages")}
    reasons = [found[f"shop:{at}"]["excluded_reason"] for at in (1, 2, 3)]
    assert reasons == [None, "query", None]
    assert found["shop:1"]["text"] == "@user wat een waardeloze lamp"


def test_queries_that_the_page_shows_do_what_their_examples_say() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "topics.md").read_text("utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    shown = [Query.model_validate(one) for one in tomllib.loads(block)["queries"]]
    assert len(shown) == 2
    assert [list(failures(query)) for query in shown] == [[], []]
