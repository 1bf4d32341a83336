"""Mattermost: Markdown of which every sign of a customer's is escaped."""

from __future__ import annotations

import re

import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import Company
from tests.engagement.offered import HOSTILE, bodies, built, put, send, serve, table

ENV = {"address_env": "MATTERMOST_URL"}


def test_message_is_short_markdown() -> None:
    (body,) = bodies(built("mattermost", table("idea_themes", {}), "idea_themes", **ENV))
    assert body["text"] == (
        "#### 1 wish of Molenaar's customers\n\n**4 votes · nl, en**\n\n> Een bel op de fiets"
    )


def test_every_sign_of_a_customers_markdown_is_escaped() -> None:
    (body,) = bodies(built("mattermost", table("leads", {"snippet": HOSTILE}), **ENV))
    words = str(body["text"]).split("\n\n")[2].removeprefix("> ")
    assert not re.search(r"(?<!\\)[`*_\[\]()<>#:~]", words)
    assert not re.search(r"@\w", words)


@pytest.mark.enable_socket
def test_webhook_gets_the_message(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_oneshot_request("/hooks/x", method="POST").respond_with_data("ok")
    put(company, "leads", {})
    serve(company, httpserver, monkeypatch, "/hooks/x", type="mattermost", **ENV)
    assert [one.outcome for one in send(company)] == ["sent"]
    httpserver.check()
