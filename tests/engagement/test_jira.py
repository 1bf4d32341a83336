"""Jira: an issue a theme, described in text nodes."""

from __future__ import annotations

import base64

import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import Company
from tests.engagement.offered import bodies, built, put, send, serve, table

GIVEN = {
    "address": "https://molenaar.atlassian.net",
    "project": "MOL",
    "user": "bot@molenaar.example",
    "token_env": "JIRA_TOKEN",
}


def test_issue_has_title_votes_and_examples_as_text() -> None:
    examples = {"examples": ["h1. {color:red}@ans", " ", "Een bel"], "title": "Bel\r\nop de fiets"}
    (body,) = bodies(built("jira", table("idea_themes", examples), "idea_themes", **GIVEN))
    fields = body["fields"]
    assert fields["summary"] == "Bel op de fiets"  # type: ignore[index]
    votes, quoted = fields["description"]["content"]  # type: ignore[index]
    assert votes["content"] == [{"type": "text", "text": "4 votes · nl, en"}]
    texts = [item["content"][0]["content"][0]["text"] for item in quoted["content"]]
    assert texts == ["h1. {color:red}@ans", "Een bel"]


@pytest.mark.enable_socket
def test_project_gets_the_issue_and_its_key_is_kept(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = base64.b64encode(b"bot@molenaar.example:geheim").decode()
    httpserver.expect_oneshot_request(
        "/rest/api/3/issue", method="POST", headers={"Authorization": f"Basic {pair}"}
    ).respond_with_json({"id": "10", "key": "MOL-3"}, 201)
    put(company, "idea_themes", {})
    more = {key: value for key, value in GIVEN.items() if key != "address"}
    serve(company, httpserver, monkeypatch, "", type="jira", table="idea_themes", **more)
    assert [one.outcome for one in send(company)] == ["sent"]
    assert company.column("deliveries", "sent_id", "their_reference") == {"theme:shop:1": "MOL-3"}
    httpserver.check()
