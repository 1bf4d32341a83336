"""Teams: an adaptive card of text runs, which know no Markdown."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import Company
from tests.engagement.offered import bodies, built, put, send, serve, table

ENV = {"address_env": "TEAMS_URL"}


def test_card_has_text_runs_only() -> None:
    (body,) = bodies(built("teams", table("complaints", {}), "complaints", **ENV))
    card = body["attachments"][0]["content"]  # type: ignore[index]
    assert {one["type"] for one in card["body"]} == {"RichTextBlock"}
    assert [block.get("separator", False) for block in card["body"]] == [False, True] + [False] * 3
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert [run["text"] for run in runs] == [
        "1 complaint waits at Molenaar",
        "74 · severity 3 · delivery · call · Noor · shop · late since Mon 16 Nov 12:00",
        "“Kunt u mij morgen bellen?”",
        "Asks for a call.",
        "open the message",
    ]


@pytest.mark.enable_socket
def test_workflow_gets_the_card(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_oneshot_request("/workflows/x", method="POST").respond_with_data("", 202)
    put(company, "leads", {})
    serve(company, httpserver, monkeypatch, "/workflows/x", type="teams", **ENV)
    assert [(one.outcome, one.status) for one in send(company)] == [("sent", 202)]
    httpserver.check()
