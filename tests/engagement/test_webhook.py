"""Webhook: who has the secret can tell that we sent it, when, and whether it came before."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from pytest_httpserver import HTTPServer

from pipeline.engagement.base import Access
from pipeline.engagement.webhook import signature
from pipeline.errors import SettingsError
from tests.conftest import Company
from tests.engagement.offered import NOW, bodies, built, put, send, serve, table

ENV = {"token_env": "WEBHOOK_SECRET"}


def test_body_is_the_row_as_the_table_holds_it() -> None:
    rows = table("leads", {})
    (payload,) = built("webhook", rows, **ENV)
    (body,) = bodies([payload])
    assert (body["type"], body["id"]) == ("engage.leads", payload.key)
    assert body["data"]["respond_by"] == "2026-11-16T11:00:00Z"  # type: ignore[index]
    assert set(body["data"]) == set(rows.column_names)  # type: ignore[call-overload]


def test_numbers_have_no_more_digits_than_the_table_means() -> None:
    rows = table("leads", {"probability": 0.87, "reach": 0.05, "budget_amount": 310.55})
    (body,) = bodies(built("webhook", rows, **ENV))
    data = body["data"]
    numbers = [data[name] for name in ("probability", "reach", "budget_amount")]  # type: ignore[index,call-overload]
    assert numbers == [0.87, 0.05, 310.55]


def test_signature_is_that_of_the_specification() -> None:
    (payload,) = built("webhook", table("leads", {}), **ENV)
    secret = base64.b64encode(b"0123456789abcdef01234567").decode()
    headers = signature(payload, Access(token=f"whsec_{secret}"), NOW)
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = f"{payload.key}.{headers['webhook-timestamp']}.".encode()
    made = hmac.new(b"0123456789abcdef01234567", signed + payload.content.body, hashlib.sha256)  # type: ignore[union-attr]
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(made.digest()).decode()}"
    assert headers["webhook-id"] == headers["Idempotency-Key"] == payload.key


def test_secret_that_is_no_base64_is_not_taken_for_one() -> None:
    (payload,) = built("webhook", table("leads", {}), **ENV)
    with pytest.raises(SettingsError, match="not base64") as caught:
        signature(payload, Access(token="whsec_geheim!"), NOW)  # noqa: S106
    assert "geheim" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.enable_socket
def test_receiver_gets_a_signed_request_a_row(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/in", method="POST").respond_with_data("", 204)
    put(company, "leads", {}, {"lead_id": "lead:shop:2"})
    serve(company, httpserver, monkeypatch, "/in", type="webhook", address_env="HOOK", **ENV)
    assert [one.outcome for one in send(company)] == ["sent", "sent"]
    for request, _ in httpserver.log:
        head = request.headers
        signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + request.data
        made = base64.b64encode(hmac.new(b"geheim", signed, hashlib.sha256).digest()).decode()
        assert head["webhook-signature"] == f"v1,{made}"
    assert len({request.headers["webhook-id"] for request, _ in httpserver.log}) == 2
