"""Conversations of Intercom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request, Response

from tests.sources.conformance import AT, Sent
from tests.sources.fetched import PAGE, SECRET, Fake, FetchedConformance


class TestIntercom(FetchedConformance):
    """Parts of conversations."""

    type = "intercom"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType({"token_env": "FAKE_TOKEN"})

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        assert request.headers["Authorization"] == f"Bearer {SECRET}"
        assert request.headers["Intercom-Version"] == "2.11"
        if request.path.startswith("/conversations/c-"):
            assert request.args["display_as"] == "plaintext"
            return self.conversation(sent[int(request.path.removeprefix("/conversations/c-"))])
        assert (request.method, request.path) == ("POST", "/conversations/search")
        asked = request.get_json()
        assert asked["query"]["field"] == "updated_at"
        # Newest first, as without it, a conversation that goes on meanwhile is passed by.
        assert asked["sort"] == {"field": "updated_at", "order": "ascending"}
        number = int(asked["pagination"].get("starting_after", 0))
        is_last = (number + 1) * PAGE >= len(sent)
        shown = range(len(sent))[number * PAGE : (number + 1) * PAGE]
        return {
            "conversations": [{"id": f"c-{at}"} for at in shown],
            "pages": {"next": None if is_last else {"starting_after": str(number + 1)}},
        }

    def conversation(self, one: Sent) -> dict[str, Any]:
        """One that the company opened without a word."""
        at = one.at if isinstance(one.at, str) else int(one.at.timestamp())
        author = {"type": "user", "id": one.author}
        part = {"id": one.id, "part_type": "comment", "body": one.text, "created_at": at}
        opened = {"id": "3", "body": None, "author": {"type": "admin", "id": "9"}}
        return {
            "id": f"c-{one.id}",
            "created_at": int(AT.timestamp()),
            "source": opened,
            "conversation_parts": {"conversation_parts": [{**part, "author": author}]},
        }

    def test_what_opened_a_conversation_is_its_own_even_where_a_part_has_its_id(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.conversation

        def conversation(one: Sent) -> dict[str, Any]:
            opened = {"id": "101", "body": "Hoi!", "author": {"type": "user", "id": one.author}}
            return {**whole(one), "source": opened}

        monkeypatch.setattr(self, "conversation", conversation)
        fake.sent = [Sent("101"), Sent("102")]
        got = self.read(fake)
        assert got.ids == ["c-101/101", "101", "c-102/101", "102"]
        assert (got.rules, got.duplicates_count) == ([], 0)

    def test_parts_are_in_the_thread_and_admins_are_the_company(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        part = {"id": "p-1", "part_type": "comment", "body": "Komt in orde.", "created_at": 0}
        part |= {"author": {"type": "admin", "id": "9"}, "created_at": int(AT.timestamp()) + 60}
        note = {**part, "id": "p-2", "part_type": "note"}
        closed = {**part, "id": "p-3", "part_type": "close", "body": None}
        whole = self.conversation(Sent("101"))
        whole["conversation_parts"]["conversation_parts"] += [part, note, closed]
        monkeypatch.setattr(self, "conversation", lambda _: whole)
        fake.sent = [Sent("101")]
        got = {one["native_id"]: one for one in self.read(fake).messages}
        assert {name: one["is_agent"] for name, one in got.items()} == {"101": False, "p-1": True}
        assert {one["thread_native_id"] for one in got.values()} == {"c-101"}
        assert {one["closed_at"] for one in got.values()} == {None}
        whole["state"] = "closed"
        closed |= {"body": "Dan sluit ik dit af."}
        messages = self.read(fake).messages
        assert "p-3" in [one["native_id"] for one in messages]
        closed_at = {one["closed_at"] for one in messages}
        assert closed_at == {AT + timedelta(minutes=1)}

    def test_a_conversation_of_another_shape_is_rejected_and_the_others_arrive(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.conversation
        odd: dict[str, Any] = {"102": {"id": "c-1", "source": None}, "103": ["niets"]}
        monkeypatch.setattr(self, "conversation", lambda one: odd.get(one.id) or whole(one))
        listed = self.answer

        def answer(request: Request, sent: Sequence[Sent]) -> Any:
            given = listed(request, sent)
            is_first = request.path == "/conversations/search" and given["pages"]["next"]
            return (
                {**given, "conversations": [None, *given["conversations"]]} if is_first else given
            )

        fake._answer = answer
        fake.sent = [Sent("101"), Sent("102"), Sent("103")]
        got = self.read(fake)
        assert got.ids == ["101"]
        assert sorted(got.rules) == ["not_an_object", "not_an_object", "unexpected_shape"]

    def test_a_conversation_that_is_gone_meanwhile_keeps_no_other_from_being_heard(
        self, fake: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = self.conversation

        def conversation(one: Sent) -> Any:
            return Response("", 404) if one.id == "102" else whole(one)

        monkeypatch.setattr(self, "conversation", conversation)
        fake.sent = [Sent("101"), Sent("102"), Sent("103")]
        assert [one["native_id"] for one in self.read(fake).messages] == ["101", "103"]
