"""Comments of YouTube, as its Data API gives them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request, Response

from pipeline.errors import RetriableError
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import (
    DAY,
    PAGE,
    SECRET,
    Fake,
    FetchedConformance,
    logged,
    page_of,
    status,
)

CHANNEL = "UC" + "peddel" * 3 + "test"


class TestYoutubeComments(FetchedConformance):
    """Comments below a video."""

    type = "youtube_comments"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"follow": ("dQpeddel101",), "token_env": "FAKE_TOKEN"}
    )
    path = "/youtube/v3"

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        told = request.args
        assert (told["key"], told["textFormat"]) == (SECRET, "plainText")
        if request.path == "/youtube/v3/comments":
            found = [self.reply(told["parentId"], number) for number in range(1, 4)]
        else:
            assert request.path == "/youtube/v3/commentThreads"
            assert (told["part"], told["order"]) == ("snippet,replies", "time")
            name = "allThreadsRelatedToChannelId" if CHANNEL in told.values() else "videoId"
            assert told[name] in (CHANNEL, *self.given["follow"])
            found = [self.item(one) for one in sent]
        at = int(told.get("pageToken", 0))
        more = {"nextPageToken": str(at + 1)} if len(found) > (at + 1) * PAGE else {}
        return {"kind": "youtube#list", "items": page_of(found, at), **more}

    def item(self, one: Sent) -> dict[str, Any]:
        snippet = {"videoId": "dQpeddel101", "topLevelComment": self.comment(one)}
        return {"id": one.id, "snippet": {**snippet, "totalReplyCount": 0}}

    def comment(self, one: Sent, **more: str) -> dict[str, Any]:
        at = one.time("%Y-%m-%dT%H:%M:%SZ")
        said = {"videoId": "dQpeddel101", "textDisplay": one.text, "authorDisplayName": one.author}
        said |= {"likeCount": 8, "publishedAt": at, "updatedAt": at, **more}  # type: ignore[dict-item]
        return {"kind": "youtube#comment", "id": one.id, "snippet": said}

    def reply(self, parent: str, number: int) -> dict[str, Any]:
        return self.comment(Sent(f"{parent}.{number}", text="Bij mij ook."), parentId=parent)

    def test_a_comment_begins_a_thread(self, fake: Fake) -> None:
        fake.sent = [Sent("101")]
        (one,) = self.read(fake).messages
        assert (one["reply_to_native_id"], one["thread_native_id"]) == (None, "101")
        assert (one["likes_count"], one["edited_at"]) == (8, None)
        assert one["url"] == "https://www.youtube.com/watch?v=dQpeddel101&lc=101"

    def test_an_edited_comment_says_when(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = self.item(Sent("101", at="2026-11-02T08:00:00Z"))
        whole["snippet"]["topLevelComment"]["snippet"]["updatedAt"] = f"{AT:%Y-%m-%dT%H:%M:%SZ}"
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("101")]
        assert [one["edited_at"] for one in self.read(fake).messages] == [AT]

    def test_replies_that_came_with_their_thread_are_not_asked_again(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.item(Sent("101"))
        whole["snippet"]["totalReplyCount"] = 1
        whole["replies"] = {"comments": [self.reply("101", 1)]}
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("101")]
        got = {one["native_id"]: one["reply_to_native_id"] for one in self.read(fake).messages}
        assert got == {"101": None, "101.1": "101"}
        assert len(fake.requests) == 1

    def test_more_replies_than_come_with_a_thread_are_asked_for(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.item(Sent("101"))
        whole["snippet"]["totalReplyCount"] = 3
        whole["replies"] = {"comments": [self.reply("101", 1)]}
        monkeypatch.setattr(self, "item", lambda _: whole)
        fake.sent = [Sent("101")]
        got = self.read(fake)
        assert (sorted(got.ids), got.duplicates_count) == (["101", "101.1", "101.2", "101.3"], 0)
        assert {one["thread_native_id"] for one in got.messages} == {"101"}

    def test_a_channel_is_all_its_videos(self, fake: Fake) -> None:
        assert len(CHANNEL) == 24
        assert len(self.read(fake, DAY, follow=(CHANNEL,)).ids) == 5
        assert all("allThreadsRelatedToChannelId" in one.args for one in fake.requests)

    def test_a_thread_of_another_shape_is_rejected_and_the_others_arrive(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.item
        odd: dict[str, Any] = {"102": {"id": "102"}, "103": "niets"}
        monkeypatch.setattr(self, "item", lambda one: odd.get(one.id) or whole(one))
        got = self.read(fake, DAY)
        assert sorted(got.ids) == ["101", "104", "105"]
        assert got.rules == ["unexpected_shape", "not_an_object"]

    @pytest.mark.parametrize("code", [400, 403, 500])
    def test_the_key_is_in_no_error_and_no_log(
        self, fake: Fake, code: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        fake.always = status(code)
        with pytest.raises(Exception, match=str(code)) as caught:
            self.read(fake, DAY)
        assert SECRET not in repr(caught.value.__cause__) + str(caught.value)
        assert SECRET not in logged(caplog)

    def test_a_quota_that_is_used_up_is_for_later(self, fake: Fake) -> None:
        words = '{"error": {"code": 403, "errors": [{"reason": "quotaExceeded"}]}}'
        fake.always = lambda: Response(words, 403)
        with pytest.raises(RetriableError):
            self.read(fake, DAY)

    def test_a_video_without_comments_keeps_no_other_from_being_heard(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = self.answer
        words = '{"error": {"code": 403, "errors": [{"reason": "commentsDisabled"}]}}'

        def off(request: Request, sent: Sequence[Sent]) -> Any:
            is_off = request.args["videoId"] == "dQpeddel100"
            return Response(words, 403) if is_off else answer(request, sent)

        monkeypatch.setattr(fake, "_answer", off)
        fake.sent = [Sent("101")]
        assert self.read(fake, follow=("dQpeddel100", "dQpeddel101")).ids == ["101"]

    def test_a_thread_that_is_gone_meanwhile_keeps_no_other_from_being_heard(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole, answer = self.item, self.answer

        def item(one: Sent) -> dict[str, Any]:
            made = whole(one)
            made["snippet"]["totalReplyCount"] = 3
            return made

        def gone(request: Request, sent: Sequence[Sent]) -> Any:
            is_gone = request.args.get("parentId") == "101"
            return Response("", 404) if is_gone else answer(request, sent)

        monkeypatch.setattr(self, "item", item)
        monkeypatch.setattr(fake, "_answer", gone)
        fake.sent = [Sent("101"), Sent("102")]
        read = [one["native_id"] for one in self.read(fake).messages]
        assert sorted(read) == ["101", "102", "102.1", "102.2", "102.3"]
