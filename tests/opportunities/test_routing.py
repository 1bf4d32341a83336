"""Every row has exactly one owner: the first route that fits, else the tag's own department."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.opportunities.routing import DEFAULTS, with_owner
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
