"""Slack: one message a digest, whose words ring nobody."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import Company
from tests.engagement.offered import HOSTILE, bodies, built, put, send, serve, states, table

ENV = {"address_env": "SLACK_URL"}


def test_message_says_what_to_do_the_words_and_the_reason_in_the_language() -> None:
    (body,) = bodies(built("slack", table("leads", {}), language="nl", **ENV))
    assert body["text"] == "1 nieuwe lead voor Molenaar"
    assert body["blocks"][1]["text"]["text"] == (  # type: ignore[index]
        "74 · bellen · Noor · shop · vóór ma 16 nov 12:00\n"
        "“Kunt u mij morgen bellen?”\nAsks for a call."
    )


def test_words_of_customers_are_plain_text_in_which_nothing_is_read() -> None:
    (body,) = bodies(built("slack", table("leads", {"snippet": HOSTILE}), **ENV))
    section = body["blocks"][1]["text"]  # type: ignore[index]
    assert section["type"] == "plain_text"
    assert not section["emoji"]
    assert "&lt;!channel&gt;" in section["text"]
    assert "<" not in section["text"]


def test_link_cannot_be_broken_out_of() -> None:
    url = "https://shop.example/a|b>c<!here>?x=1&y='2'"
    (body,) = bodies(built("slack", table("leads", {"url": url}), **ENV))
    assert not body["unfurl_links"]
    link = body["blocks"][2]["elements"][0]["text"]  # type: ignore[index]
    assert link == (
        "<https://shop.example/a%7Cb%3Ec%3C!here%3E?x=1&amp;y=%272%27|open the message>"
    )


@pytest.mark.enable_socket
def test_webhook_gets_one_message_for_all_new_rows(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_oneshot_request("/services/T/B", method="POST").respond_with_data("ok")
    put(company, "leads", {}, {"lead_id": "lead:shop:2"})
    serve(company, httpserver, monkeypatch, "/services/T/B", type="slack", **ENV)
    assert [one.outcome for one in send(company)] == ["sent"]
    assert states(company) == {"lead:shop:1": "sent", "lead:shop:2": "sent"}
    assert send(company) == []
    httpserver.check()
