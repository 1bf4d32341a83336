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


def test_card_that_would_be_too_large_becomes_several() -> None:
    words = "😡 Mijn fiets staat al drie dagen op slot bij het station en niemand neemt op. " * 4
    rows = table(
        "leads", *({"lead_id": f"lead:shop:{at:02}", "snippet": words} for at in range(20))
    )
    made = built("teams", rows, language="nl", **ENV)
    assert [row_id for one in made for row_id in one.row_ids] == rows["lead_id"].to_pylist()
    counts = [len(one.row_ids) for one in made]
    assert counts == [10, 10]
    for one, (body, count) in zip(made, zip(bodies(made), counts, strict=True), strict=True):
        assert len(one.content.body.decode().encode("utf-16-le")) < 28_000  # type: ignore[union-attr]
        title = body["attachments"][0]["content"]["body"][0]["inlines"][0]["text"]  # type: ignore[index]
        assert title == f"{count} nieuwe leads voor Molenaar"


@pytest.mark.enable_socket
def test_workflow_gets_the_card(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_oneshot_request("/workflows/x", method="POST").respond_with_data("", 202)
    put(company, "leads", {})
    serve(company, httpserver, monkeypatch, "/workflows/x", type="teams", **ENV)
    assert [(one.outcome, one.status) for one in send(company)] == [("sent", 202)]
    httpserver.check()
