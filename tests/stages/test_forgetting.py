"""Places that show their newest messages only: one message is one row, on its first day."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import http
from pipeline.errors import RetriableError
from pipeline.sources.reddit import Reddit
from pipeline.stages import _kept
from tests.conftest import TAGGED, Company, said
from tests.sources.fetched import ASKS_HERE, LIMITS
from tests.sources.imap_server import MailServer, mail_of

pytestmark = ASKS_HERE
THIRD, FOURTH = "2026-11-03", "2026-11-04"
BEFORE = "De app loopt vast bij het betalen en ik kan niets meer bestellen."
AFTER = f"{BEFORE} Na de update nog steeds, ik wil mijn geld terug!"
VERSIONS = {THIRD: (f"{THIRD}T22:00:00Z", BEFORE), FOURTH: (f"{FOURTH}T07:30:00Z", AFTER)}
NONE = pa.array([], pa.string())
Show = Callable[[str, str], None]


def add_source(company: Company, kind: str, **given: Any) -> None:
    """Let the company listen to one more source, named after its type."""
    lines = [f"{key} = {orjson.dumps(value).decode()}" for key, value in given.items()]
    toml = company.folder / "engage.toml"
    text = "\n".join(("[[sources]]", f'name = "{kind}"', f'type = "{kind}"', *lines, ""))
    toml.write_text(f"{toml.read_text('utf-8')}{text}", encoding="utf-8")


def app_store(at: str, text: str) -> Response:
    """The feed of an app with one review, edited at a time."""
    said = {"id": "77001", "updated": at, "title": "Betalen", "content": text, "im:rating": "1"}
    entry = {name: {"label": value} for name, value in said.items()}
    entry["author"] = {"name": {"label": "noor"}}  # type: ignore[dict-item]
    return Response(orjson.dumps({"feed": {"entry": entry}}), content_type="application/json")


def rss(at: str, text: str) -> Response:
    """An Atom feed whose entry says only when it was updated."""
    return Response(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>77001</id><title>Betalen</title>'
        f"<updated>{at}</updated><content>{text}</content></entry></feed>"
    )


FEEDS: dict[str, tuple[Callable[[str, str], Response], dict[str, Any]]] = {
    "app_store": (app_store, {"follow": ["nl/1"]}),
    "rss": (rss, {}),
}


@pytest.fixture(params=FEEDS)
def feed(
    request: pytest.FixtureRequest, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, dict[str, Any], Show]:
    """A type of source, its settings, and what makes its service show the one message."""
    monkeypatch.setattr(http, "LIMITS", LIMITS)
    write, given = FEEDS[request.param]
    shown: list[Response] = []

    def answer(asked: Request) -> Response:
        if asked.path == "/robots.txt":
            return Response("", 404)
        is_further_page = "page=" in asked.path and "page=1/" not in asked.path
        return Response('{"feed": {}}') if is_further_page else shown[-1]

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    given = {"address": httpserver.url_for("/feed").rstrip("/"), **given}
    return request.param, given, lambda at, text: shown.append(write(at, text))


def test_an_edit_after_midnight_is_the_same_row_with_the_new_text(
    company: Company, feed: tuple[str, dict[str, Any], Show]
) -> None:
    kind, given, show = feed
    add_source(company, kind, **given)
    for day, version in VERSIONS.items():
        show(*version)
        company.run(day, stages=TAGGED)
    (row,) = company.rows("messages")
    assert row["text"].endswith(AFTER)
    assert str(row["sent_on"]) == THIRD
    assert row["sent_at"] == datetime(2026, 11, 3, 22, tzinfo=UTC)
    assert row["seen_at"] == datetime(2026, 11, 4, tzinfo=UTC)
    assert row["edited_at"] == datetime(2026, 11, 4, 7, 30, tzinfo=UTC)
    before = company.checksums()
    for day in (FOURTH, THIRD):
        company.run(day, stages=TAGGED)
        assert company.checksums() == before


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail that one folder took in before midnight and another one after it."""
    monkeypatch.setenv("FAKE_TOKEN", "wachtwoord")
    server = MailServer(secret="wachtwoord")  # noqa: S106 - for the fake
    mail = mail_of(1, AFTER)
    server.put(mail, datetime(2026, 11, 3, 23, 59, 58, tzinfo=UTC))
    server.put(mail, datetime(2026, 11, 4, 0, 0, 4, tzinfo=UTC), "Klachten")
    with server.running():
        yield server


def test_a_mail_in_two_folders_round_midnight_is_one_row_in_any_order_of_days(
    companies: Callable[[str], Company], mailbox: MailServer
) -> None:
    orders = [(FOURTH, THIRD), (THIRD, FOURTH), (THIRD, THIRD)]
    lakes = []
    given = {"user": mailbox.user, "token_env": "FAKE_TOKEN", "follow": ["INBOX", "Klachten"]}
    for at, days in enumerate(orders):
        company = companies(str(at))
        add_source(company, "imap", address=mailbox.address, **given)
        for day in days:
            runs = company.run(day, FOURTH if len(set(days)) == 1 else day)
        lakes.append(company.checksums())
    (run,) = (one for one in runs if one.source == "imap")
    assert (run.rows_in, run.rows_out, run.duplicates, run.rows_written) == (2, 1, 1, 1)
    assert lakes[0] == lakes[1] == lakes[2]
    (row,) = company.rows("messages")
    assert row["sent_at"] == datetime(2026, 11, 3, 23, 59, 58, tzinfo=UTC)
    assert (row["edited_at"], row["duplicate_of"]) == (None, None)
    assert "INBOX" in row["origin"]
    assert {str(one["sent_on"]) for one in company.rows("detections")} == {THIRD}


def test_an_id_that_is_in_the_lake_twice_stops_detect_by_name(company: Company) -> None:
    for day, (at, text) in VERSIONS.items():
        # A file holds no more than its newest state: the other day is not heard again.
        company.hear("shop", [said("1", text, at)])
        company.run(day, stages=("listen",))
    company.run(THIRD, FOURTH, stages=("assemble",))
    with pytest.raises(RetriableError, match="twice") as caught:
        company.run(FOURTH, stages=("detect",))
    assert caught.value.where == "messages shop:1"
    assert f"{THIRD}, {FOURTH}" in str(caught.value)
    company.run(THIRD, FOURTH)
    assert [one["text"] for one in company.rows("messages")] == [AFTER]


def rows(company: Company, *versions: tuple[str, str, str | None]) -> pa.Table:
    """Rows of one message as it was heard: time, text, time of the edit."""
    made = []
    for at, text, edited_at in versions:
        company.hear("shop", [said("1", text, at, edited_at=edited_at)])
        company.run(at[:10], stages=("listen",))
        table = company.lake.read("messages")
        made.append(table.slice(0, 1))
        company.hear("shop", [said("0", "Hallo.", "2026-01-01T10:00:00Z")])
        company.run(at[:10], stages=("listen",))
    return pa.concat_tables(made)


def test_versions_of_a_message_become_the_same_row_in_any_order(company: Company) -> None:
    heard = rows(
        company,
        (f"{THIRD}T10:00:00Z", "Eén.", None),
        (f"{THIRD}T10:00:00Z", "Twee.", f"{THIRD}T11:00:00Z"),
        (f"{FOURTH}T09:00:00Z", "Drie.", None),
    )
    made = []
    for first, second, third in itertools.permutations(range(3)):
        settled = _kept.settled(heard.slice(first, 1), heard.slice(second, 1), NONE)
        made.append(_kept.settled(settled, heard.slice(third, 1), NONE))
    assert all(one.equals(made[0]) for one in made)
    (row,) = made[0].to_pylist()
    assert (row["text"], str(row["sent_on"])) == ("Drie.", THIRD)
    assert row["edited_at"] == datetime(2026, 11, 4, 9, tzinfo=UTC)


def test_what_changed_without_a_time_of_its_own_is_as_it_was_heard_last(company: Company) -> None:
    at = f"{THIRD}T10:00:00Z"
    heard = rows(company, (at, "Eén.", None), (at, "Twee.", None))
    settled = _kept.settled(heard.slice(0, 1), heard.slice(1, 1), NONE)
    assert settled.equals(heard.slice(1, 1))


def test_a_repost_whose_text_is_the_same_stays_one(company: Company) -> None:
    heard = rows(company, (f"{THIRD}T10:00:00Z", "Eén.", None))
    at = heard.schema.get_field_index("duplicate_of")
    held = heard.set_column(at, heard.schema.field(at), pa.array(["shop:0"]))
    assert _kept.settled(held, heard, NONE).equals(held)


def posted(name: str, **more: Any) -> dict[str, Any]:
    """A post of a sub-forum."""
    at = datetime(2026, 11, 3, 9, tzinfo=UTC).timestamp()
    post = {"name": name, "author": "noor", "created_utc": at, "permalink": f"/r/f/{name}"}
    said = {"title": "Fiets", "selftext": BEFORE, "selftext_html": f"<p>{BEFORE} {name}</p>"}
    return {"kind": "t3", "data": {**post, **said, **more}}


def test_a_post_that_its_author_deleted_is_gone_and_the_others_stay(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LIMITS", LIMITS)
    monkeypatch.setattr(Reddit, "token_address", httpserver.url_for("/token"))
    monkeypatch.setenv("FAKE_TOKEN", "wachtwoord")
    shown: list[dict[str, Any]] = [posted("t3_a"), posted("t3_b")]

    def answer(asked: Request) -> Response:
        children = shown if asked.path == "/r/f/new" else []
        told: dict[str, Any] = {"access_token": "t", "data": {"children": children, "after": None}}
        return Response(orjson.dumps(told), content_type="application/json")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    given = {"user": "app", "token_env": "FAKE_TOKEN", "follow": ["f"]}
    add_source(company, "reddit", address=httpserver.url_for("/").rstrip("/"), **given)
    company.run(THIRD, stages=TAGGED)
    assert len(company.rows("messages")) == 2
    shown[:] = [posted("t3_a", selftext="[deleted]", selftext_html="<p>[deleted]</p>")]
    company.run(THIRD, stages=TAGGED)
    assert [one["native_id"] for one in company.rows("messages")] == ["t3_b"]
    assert [one["rule_id"] for one in company.rows("quarantine")] == ["withdrawn"]
    assert set(company.column("detections", "message_id", "tag")) <= {"reddit:t3_b"}


def test_what_was_read_stays_when_its_file_is_moved_away(company: Company) -> None:
    folder = company.folder / "drop"
    folder.mkdir()
    add_source(company, "drop", path="drop/*")

    def put(name: str, *messages: dict[str, Any]) -> None:
        (folder / name).write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in messages))

    at = f"{THIRD}T10:00:00Z"
    company.hear("town", [said("t", "Mooi weer.", at)])
    put("a.jsonl", said("1", BEFORE, at), said("2", AFTER, at))
    company.run(THIRD, stages=("listen",))
    (folder / "a.jsonl").unlink()
    put("b.jsonl", said("3", "Het zadel zit los.", at))
    put("c.jsonl.part", said("4", "Nog niet af.", at))
    company.run(THIRD, stages=("listen",))
    assert [one["native_id"] for one in company.rows("messages")] == ["1", "2", "3", "t"]
    (folder / "b.jsonl").unlink()
    before = company.checksums()
    company.run(THIRD, stages=("listen",))
    assert company.checksums() == before
