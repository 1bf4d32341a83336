"""Salesforce: a Lead that is made once, however often it is sent."""

from __future__ import annotations

import re

import pytest
from pytest_httpserver import HTTPServer

from pipeline.engagement.base import Request
from tests.conftest import Company
from tests.engagement.offered import bodies, built, put, send, serve, table

GIVEN = {"address": "https://molenaar.my.salesforce.com", "token_env": "SALESFORCE_TOKEN"}


def test_lead_is_updated_or_made_by_its_key() -> None:
    (payload,) = built("salesforce", table("leads", {}), **GIVEN)
    assert isinstance(payload.content, Request)
    assert payload.content.method == "PATCH"
    assert payload.content.path.endswith(f"/sobjects/Lead/Engage_Key__c/{payload.key}")
    (body,) = bodies([payload])
    assert (body["LastName"], body["Company"]) == ("Lead shop 1", "[not provided]")
    assert "Engage_Key__c" not in body


@pytest.mark.parametrize(
    ("priority", "rating"), [(60, "Hot"), (59.9, "Warm"), (30, "Warm"), (29, "Cold")]
)
def test_rating_follows_the_priority(priority: float, rating: str) -> None:
    (body,) = bodies(built("salesforce", table("leads", {"priority": priority}), **GIVEN))
    assert body["Rating"] == rating


@pytest.mark.enable_socket
def test_account_gets_the_lead_and_its_id_is_kept(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = re.compile(r"/services/data/v60\.0/sobjects/Lead/Engage_Key__c/[0-9a-f]{64}")
    httpserver.expect_oneshot_request(
        path, method="PATCH", headers={"Authorization": "Bearer geheim"}
    ).respond_with_json({"id": "00Q1", "success": True, "created": True}, 201)
    put(company, "leads", {})
    serve(company, httpserver, monkeypatch, "", type="salesforce", token_env="SALESFORCE_TOKEN")  # noqa: S106
    assert [one.outcome for one in send(company)] == ["sent"]
    assert company.column("deliveries", "sent_id", "their_reference") == {"lead:shop:1": "00Q1"}
    httpserver.check()
