"""Every row has exactly one owner: the first route that fits, else the tag's own department."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.opportunities.routing import DEFAULTS, with_informed, with_owner
from tests.opportunities.made import settings

ROUTES = [
    {"tag": "complaint", "minimum_severity": 4, "department": "legal", "owner": "Lawyers"},
    {
        "tag": "complaint",
        "topics": ["outage", "app"],
        "languages": ["nl"],
        "department": "customer_service",
        "owner": "Dutch desk",
        "respond_within_hours": 2,
    },
    {"tag": "complaint", "topics": ["outage"], "department": "product", "owner": "Night shift"},
    {"tag": "lead", "topics": ["outage"], "department": "sales", "owner": "Nobody"},
]


def routed(topic: str, language: str, severity: int, routes: list[dict[str, Any]]) -> list[Any]:
    row = pl.DataFrame({"topic": [topic], "language": [language], "severity": [severity]})
    made = with_owner(row, settings(routing=routes), "complaint", "topic")
    return list(made.select("department", "owner", "promise_hours").row(0))


def test_first_route_that_fits_is_taken() -> None:
    assert routed("outage", "nl", 4, ROUTES)[:2] == ["legal", "Lawyers"]
    assert routed("outage", "nl", 3, ROUTES) == ["customer_service", "Dutch desk", 2.0]
    assert routed("outage", "en", 3, ROUTES)[:2] == ["product", "Night shift"]


def test_all_conditions_of_a_route_must_hold() -> None:
    assert routed("app", "en", 2, ROUTES)[1] == "customer_service"


def test_row_that_no_route_fits_goes_to_the_department_of_its_tag() -> None:
    assert routed("billing", "nl", 1, ROUTES) == ["customer_service", "customer_service", 8.0]
    assert routed("billing", "nl", 1, []) == ["customer_service", "customer_service", 8.0]


def test_route_may_look_at_the_channel() -> None:
    route = {**ROUTES[2], "channels": ["chat", "email"]}
    rows = pl.DataFrame({"topic": "outage", "language": "en", "channel": ["chat", "forum"]})
    made = with_owner(rows, settings(routing=[route]), "complaint", "topic")
    assert made["owner"].to_list() == ["Night shift", "customer_service"]


def test_promise_in_days_is_as_many_hours_as_the_company_works() -> None:
    route = {"tag": "complaint", "department": "legal", "owner": "Lena", "respond_within_days": 1.5}
    assert routed("billing", "nl", 1, [route])[2] == 12.0  # nine to five


def test_promise_in_hours_and_in_days_is_refused() -> None:
    both = {**ROUTES[1], "respond_within_days": 1}
    with pytest.raises(ValueError, match="leave one out"):
        settings(routing=[both])


def informed(routes: list[dict[str, Any]] | None = None, **values: Any) -> list[str]:
    row = {
        "topic": "billing",
        "language": "en",
        "channel": "forum",
        "severity": 2,
        "is_public": True,
        "crisis_id": None,
        "churn_risk": 0.1,
        "competitor": None,
    }
    rows = pl.DataFrame([{**row, **values}])
    made = with_owner(rows, settings(routing=routes or []), "complaint", "topic")
    return list(with_informed(made, "complaint")["informed"].to_list()[0])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"churn_risk": 0.6}, ["sales"]),
        ({"severity": 4}, ["communications", "legal"]),
        ({"severity": 4, "is_public": False}, ["legal"]),
        ({"crisis_id": "crisis:a"}, ["communications"]),
        ({"topic": "quality"}, ["product"]),
        ({"topic": "quality", "severity": 1}, []),
        ({"competitor": "Nimbus"}, ["market_research"]),
        ({"topic": "service", "severity": 3}, ["human_resources"]),
        ({"topic": "information"}, ["marketing"]),
    ],
)
def test_those_whom_it_concerns_are_told(values: dict[str, Any], expected: list[str]) -> None:
    assert informed(**values) == expected


def test_route_decides_who_is_told_and_never_tells_the_one_who_acts() -> None:
    route = {"tag": "complaint", "department": "legal", "owner": "Lena"}
    told = {**route, "informed": ["sales", "legal"]}
    assert informed([told], severity=4) == ["sales"]
    assert informed([{**route, "informed": []}], severity=4) == []
    assert informed([route], severity=4) == ["customer_service", "communications"]


def test_every_tag_has_a_department() -> None:
    rows = pl.DataFrame({"need": ["buy"], "language": ["en"]})
    for tag, department in DEFAULTS.items():
        assert with_owner(rows, settings(), tag, "need")["owner"].to_list() == [department]


def test_promise_of_the_settings_stands_where_a_route_has_none() -> None:
    row = pl.DataFrame({"topic": ["outage"], "language": ["en"], "severity": [1]})
    made = with_owner(
        row, settings(routing=ROUTES, promises={"complaint": 3}), "complaint", "topic"
    )
    assert made["promise_hours"].to_list() == [3.0]
