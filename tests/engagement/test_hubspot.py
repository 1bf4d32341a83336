"""HubSpot: a contact that is made once, however often it is sent."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import Company
from tests.engagement.offered import HOSTILE, bodies, built, put, send, serve, table

GIVEN = {"address": "https://api.hubapi.com", "token_env": "HUBSPOT_TOKEN"}


def test_contact_is_known_by_the_key_and_holds_no_handle() -> None:
    rows = table("leads", {"snippet": HOSTILE})
    (payload,) = built("hubspot", rows, **GIVEN)
    (body,) = bodies([payload])
    (one,) = body["inputs"]  # type: ignore[misc]
    assert (one["id"], one["idProperty"]) == (payload.key, "engage_key")
    assert one["properties"]["lastname"] == "Lead shop 1"
    assert "&lt;b&gt;vet" in one["properties"]["message"]
    assert "<" not in one["properties"]["message"]


@pytest.mark.enable_socket
def test_account_gets_the_contact_and_its_id_is_kept(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_oneshot_request(
        "/crm/v3/objects/contacts/batch/upsert",
        method="POST",
        headers={"Authorization": "Bearer geheim"},
    ).respond_with_json({"status": "COMPLETE", "results": [{"id": "512", "new": True}]})
    put(company, "leads", {})
    serve(company, httpserver, monkeypatch, "", type="hubspot", token_env="HUBSPOT_TOKEN")  # noqa: S106
    assert [one.outcome for one in send(company)] == ["sent"]
    assert company.column("deliveries", "sent_id", "their_reference") == {"lead:shop:1": "512"}
    httpserver.check()
