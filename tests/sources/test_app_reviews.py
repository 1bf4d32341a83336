"""Reviews in an app store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.sources.conformance import AT, Facts, Sent, SourceConformance


class TestAppReviews(SourceConformance):
    """Reviews in an app store."""

    type = "app_reviews"
    suffix = ".jsonl"
    facts = Facts(
        records=14,
        duplicates=1,
        rejected={
            "store_1.jsonl:4": "unreadable_number",
            "store_1.jsonl:6": "missing_id",
            "store_1.jsonl:7#developerResponse": "unreadable_time",
            "store_2.jsonl:3": "conflicting_duplicate",
            "store_2.jsonl:4": "truncated",
        },
        replies={"7001/response": "7001", "7012/response": "7012"},
    )

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        with path.open("w", encoding="utf-8") as file:
            for one in sent:
                review = {
                    "id": one.id,
                    "author": {"name": one.author},
                    "updated": one.time("%Y-%m-%dT%H:%M:%S+00:00"),
                    "rating": 4,
                    "content": one.text,
                }
                file.write(json.dumps(review, ensure_ascii=False) + "\n")

    def write_orphan(self, path: Path) -> None:
        response = {"body": "Dank u wel.", "modified": AT.isoformat()}
        review = {"id": "101", "updated": "ooit", "content": "Fijn.", "developerResponse": response}
        path.write_text(json.dumps(review) + "\n")

    def test_responses_are_messages_of_the_company(self) -> None:
        reviews = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert reviews["7012/response"]["is_agent"]
        assert reviews["7012/response"]["thread_native_id"] == "7012"
        assert reviews["7012"]["is_agent"] is None

    def test_a_review_of_a_title_alone_has_the_title_for_text(self) -> None:
        reviews = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert (reviews["7003"]["text"], reviews["7003"]["subject"]) == ("Prima", "Prima")

    def test_a_review_of_blanks_has_its_title_for_text(self, path: Path) -> None:
        review = {"id": "1", "updated": AT.isoformat(), "content": " \n", "title": "Prima"}
        path.write_text(json.dumps(review) + "\n")
        assert [one["text"] for one in self.read(path).messages] == ["Prima"]

    def test_stars_votes_and_version_are_kept(self) -> None:
        first = self.read(self.fixtures).messages[0]
        assert (first["rating"], first["likes_count"]) == (5.0, 2)
        assert first["attributes"] == '{"version":"2.1","country":"nl"}'

    def test_a_response_that_is_no_object_is_rejected_and_the_review_arrives(
        self, path: Path
    ) -> None:
        review = {"id": 1, "updated": "2026-11-03T00:00:00Z", "content": "x"}
        path.write_text(json.dumps({**review, "developerResponse": "dank"}) + "\n")
        got = self.read(path)
        assert (got.ids, got.rules) == (["1"], ["not_an_object"])
