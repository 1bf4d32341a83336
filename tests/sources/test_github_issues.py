"""Issues and comments of GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

import orjson
import pytest
from werkzeug import Request, Response

from tests.sources.conformance import AT, Sent
from tests.sources.fetched import DAY, PAGE, Fake, FetchedConformance, page_of

ISSUE = {
    "id": 9001,
    "number": 12,
    "title": "Slot opent niet",
    "body": "Sinds de nieuwe app.",
    "created_at": f"{AT:%Y-%m-%dT%H:%M:%SZ}",
    "html_url": "https://github.com/peddel/app/issues/12",
    "user": {"login": "noor"},
    "author_association": "NONE",
    "labels": [{"name": "bug"}],
    "reactions": {"+1": 4},
}


class TestGithubIssues(FetchedConformance):
    """Comments on issues."""

    type = "github_issues"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"follow": ["peddel/app"], "token_env": "FAKE_TOKEN"}
    )

    def issues(self) -> list[Any]:
        return []

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        assert request.headers["Authorization"] == "Bearer s3cr3t-and-long"
        assert request.args["since"].endswith("T00:00:00Z")
        if request.path == "/repos/peddel/app/issues":
            return self.issues()
        assert request.path == "/repos/peddel/app/issues/comments"
        number = int(request.args.get("page", 0))
        shown = [self.comment(one) for one in page_of(sent, number)]
        more = f'<{request.base_url}?since={request.args["since"]}&page={number + 1}>; rel="next"'
        is_last = (number + 1) * PAGE >= len(sent)
        return Response(orjson.dumps(shown), headers={} if is_last else {"Link": more})

    def comment(self, one: Sent) -> dict[str, Any]:
        return {
            "id": int(one.id),
            "body": one.text,
            "created_at": one.time("%Y-%m-%dT%H:%M:%SZ"),
            "updated_at": one.time("%Y-%m-%dT%H:%M:%SZ"),
            "html_url": f"https://github.com/peddel/app/issues/12#issuecomment-{one.id}",
            "user": {"login": one.author},
            "author_association": "NONE",
        }

    def test_a_comment_answers_its_issue(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert one["reply_to_native_id"] == one["thread_native_id"] == "peddel/app#12"

    def test_a_comment_says_when_it_was_edited(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole, edited = self.comment, {"updated_at": "2026-11-04T08:00:00Z"}
        monkeypatch.setattr(
            self, "comment", lambda one: whole(one) | (edited if one.id == "102" else {})
        )
        fake.sent = [Sent("101"), Sent("102")]
        at = {one["native_id"]: one["edited_at"] for one in self.read(fake).messages}
        assert at == {"101": None, "102": datetime(2026, 11, 4, 8, tzinfo=UTC)}

    def test_a_closed_issue_closes_the_comments_that_come_with_it(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = {**ISSUE, "state": "closed", "closed_at": "2026-11-04T08:00:00Z"}
        monkeypatch.setattr(self, "issues", lambda: [closed, {**ISSUE, "html_url": "…/issues/13"}])
        fake.sent = [Sent("101")]
        got = {one["native_id"]: one["closed_at"] for one in self.read(fake).messages}
        assert got.pop("101") == got.pop("peddel/app#12") == datetime(2026, 11, 4, 8, tzinfo=UTC)
        assert set(got.values()) == {None}

    def test_an_issue_is_its_title_and_its_body(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(self, "issues", lambda: [ISSUE])
        fake.sent = []
        (one,) = self.read(fake).messages
        assert (one["native_id"], one["subject"]) == ("peddel/app#12", "Slot opent niet")
        assert one["text"] == "Slot opent niet\n\nSinds de nieuwe app."
        assert (one["likes_count"], one["attributes"]) == (4, '{"labels":["bug"]}')

    def test_pull_requests_are_no_messages_and_members_are_the_company(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pull = {**ISSUE, "html_url": "https://github.com/peddel/app/pull/13"}
        member = {**ISSUE, "author_association": "MEMBER"}
        monkeypatch.setattr(self, "issues", lambda: [pull, member])
        fake.sent = []
        got = self.read(fake, DAY)
        assert [one["is_agent"] for one in got.messages] == [True]
        assert got.rules == []
