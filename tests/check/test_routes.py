"""`engage check` tries the function wheel: gaps, dead routes, unknown topics, examples astray."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import settings
from pipeline.check import routes
from pipeline.errors import SettingsError
from pipeline.model_sets import champion
from pipeline.settings import load, shipped_models
from pipeline.tagger import Tagger
from tests.opportunities import made

EXAMPLE = Path(__file__).parents[2] / "examples" / "engage.toml"
REST = {"tag": "complaint", "department": "customer_service", "owner": "Desk"}
PHONE = {"tag": "complaint", "topics": ["outage"], "department": "product", "owner": "Night shift"}


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load(champion(shipped_models()))


def wheel(*routing: dict[str, Any], **values: Any) -> settings.Settings:
    return made.settings(routing=list(routing), **values)


def test_rows_that_no_route_takes_fail_with_the_first_of_them() -> None:
    (problem,) = routes.problems(wheel(PHONE))
    assert problem.what == (
        "no route takes a complaint about delivery of severity 1 in nl, channel microblog"
    )
    assert "one that has no condition" in problem.mend


def test_route_without_conditions_leaves_no_gap_and_neither_do_no_routes_at_all() -> None:
    assert not list(routes.problems(wheel(PHONE, REST)))
    assert not list(routes.problems(wheel()))


def test_conditions_that_cover_everything_together_leave_no_gap() -> None:
    dutch, english = ({**REST, "languages": [one]} for one in ("nl", "en"))
    assert not list(routes.problems(wheel(dutch, english)))
    assert list(routes.problems(wheel(dutch)))


def test_topic_that_there_is_not_is_named_with_the_known_ones() -> None:
    problem = next(routes.problems(wheel({**PHONE, "topics": ["outtage"]}, REST)))
    assert (problem.where, problem.what) == (
        "routing[0].topics",
        "a complaint has no topic 'outtage'",
    )
    assert problem.mend.startswith("did you mean 'outage'?")


def test_topic_of_the_settings_is_known() -> None:
    named = {"name": "gears", "phrases": ["derailleur"]}
    wanted = {**PHONE, "topics": ["gears"]}
    assert not list(routes.problems(wheel(wanted, REST, topics=[named])))


def test_route_behind_one_that_takes_all_is_of_no_use() -> None:
    (warning,) = routes.warnings(wheel(REST, PHONE))
    assert (warning.where, warning.what) == (
        "routing[1]",
        "the routes before it leave nothing to Night shift",
    )
    assert not list(routes.warnings(wheel(PHONE, REST)))


def astray(tagger: Tagger, *routing: dict[str, Any]) -> list[SettingsError]:
    return list(routes.misrouted(wheel(*routing), tagger))


def test_example_that_another_route_takes_is_found(tagger: Tagger) -> None:
    outage, late = "The network is down again.", "My parcel never arrived."
    assert not astray(tagger, {**PHONE, "examples": [outage]}, {**REST, "examples": [late]})
    (error,) = astray(tagger, {**PHONE, "examples": [outage, late]}, REST)
    assert error.where == "routing[0].examples[1]"
    assert error.what.startswith("the example goes to Desk (customer_service)")
    assert late not in str(error)


def test_language_and_channel_of_an_example_count(tagger: Tagger) -> None:
    mail = {**REST, "channels": ["email"], "owner": "Mail desk"}
    text = "My parcel never arrived."
    assert not astray(tagger, {**mail, "examples": [{"text": text, "channel": "email"}]}, REST)
    assert astray(tagger, {**mail, "examples": [text]}, REST)
    dutch = {**REST, "languages": ["nl"], "owner": "Dutch desk"}
    assert not astray(tagger, {**dutch, "examples": ["Mijn pakket is nooit aangekomen."]}, REST)
    assert astray(tagger, {**dutch, "examples": [{"text": text, "language": "en"}]}, REST)


def test_examples_of_leads_and_ideas_are_tried_too(tagger: Tagger) -> None:
    quote = {"tag": "lead", "topics": ["quote"], "department": "sales", "owner": "Ada"}
    rest = {"tag": "lead", "department": "sales", "owner": "Bo"}
    idea = {"tag": "idea", "department": "product", "owner": "Cy", "examples": ["Add a map."]}
    ask = "Could you send us a quote for 12 chairs?"
    assert not astray(tagger, {**quote, "examples": [ask]}, rest, idea)
    assert astray(tagger, quote, {**rest, "examples": [ask]}, idea)


def test_example_company_has_a_wheel_without_gaps_whose_examples_hold(tagger: Tagger) -> None:
    example = load(EXAMPLE)
    assert not [*routes.problems(example), *routes.warnings(example)]
    assert not list(routes.misrouted(example, tagger))
    assert sum(len(route.examples) for route in example.routing) >= 10
