"""GitHub: an issue a theme, whose examples mention nobody."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import Company
from tests.engagement.offered import HOSTILE, bodies, built, put, send, serve, table

GIVEN = {
    "address": "https://api.github.com",
    "project": "molenaar/ideas",
    "token_env": "GITHUB_TOKEN",
}


def test_issue_has_title_votes_and_examples() -> None:
    (body,) = bodies(built("github", table("idea_themes", {}), "idea_themes", **GIVEN))
    assert body["title"] == "Een bel op de fiets"
    assert body["body"] == "4 votes · nl, en\n\n```text\nDoe er een bel op.\nAdd a bell!\n```\n"


def test_example_cannot_leave_its_block() -> None:
    hostile = {"examples": ["````\n@molenaar", HOSTILE], "title": "@molenaar <b>"}
    (body,) = bodies(built("github", table("idea_themes", hostile), "idea_themes", **GIVEN))
    lines = str(body["body"]).splitlines()
    assert lines[2] == "`````text"
    assert lines.index("`````") == len(lines) - 1
    assert "@molenaar" not in str(body["title"])


@pytest.mark.enable_socket
def test_repository_gets_the_issue_and_its_number_is_kept(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_oneshot_request(
        "/repos/molenaar/ideas/issues",
        method="POST",
        headers={"Authorization": "Bearer geheim", "X-GitHub-Api-Version": "2022-11-28"},
    ).respond_with_json({"number": 17}, 201)
    put(company, "idea_themes", {})
    more = {"project": "molenaar/ideas", "token_env": "GITHUB_TOKEN", "table": "idea_themes"}
    serve(company, httpserver, monkeypatch, "", type="github", **more)
    assert [one.outcome for one in send(company)] == ["sent"]
    assert company.column("deliveries", "sent_id", "their_reference") == {"theme:shop:1": "17"}
    httpserver.check()
