"""Listening to services: what stays in the lake, and what one failure costs the others."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline import http
from pipeline.check import findings
from pipeline.errors import FatalError, RetriableError
from pipeline.sources.rss import Rss
from tests.commands import engage
from tests.conftest import NOW, Company, said
from tests.sources.fetched import ASKS_HERE, LIMITS, status

pytestmark = ASKS_HERE
TEXTS = {"1": "De bel doet het niet.", "2": "Het zadel zit los.", "3": "Het slot is stuk."}


class Feed:
    """A feed of some entries, at two minutes from each other; or a fault."""

    def __init__(self, server: HTTPServer) -> None:
        self.shown: Sequence[str] = ("1", "2")
        self.is_down = False
        server.expect_request(re.compile(".*")).respond_with_handler(self)

    def __call__(self, request: Request) -> Response:
        if self.is_down:
            return status(503)()
        if request.path == "/robots.txt":
            return Response("", 404)
        entries = "".join(
            f"<entry><id>{name}</id><title>{TEXTS[name]}</title>"
            f"<published>2026-11-02T10:0{name}:00Z</published></entry>"
            for name in self.shown
        )
        return Response(f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>')


@pytest.fixture
def feed(company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Feed:
    monkeypatch.setattr(http, "LIMITS", LIMITS)
    toml = company.folder / "engage.toml"
    source = (
        f'[[sources]]\nname = "feed"\ntype = "rss"\naddress = "{httpserver.url_for("/a.xml")}"\n'
    )
    text = toml.read_text(encoding="utf-8")
    # First of all sources, so that those after it show whether they are still heard.
    toml.write_text(text.replace("[[sources]]", source + "[[sources]]", 1), encoding="utf-8")
    return Feed(httpserver)


def test_the_same_window_heard_twice_changes_no_byte(company: Company, feed: Feed) -> None:
    company.run(stages=("listen",))
    before = company.checksums()
    company.run(stages=("listen",))
    assert company.checksums() == before
    assert len(company.rows("messages")) == 2


@pytest.mark.parametrize("forgets", [True, False])
@pytest.mark.parametrize("is_newest_first", [True, False])
def test_of_an_entry_that_comes_twice_the_newest_text_stays(
    company: Company,
    feed: Feed,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_newest_first: bool,
    forgets: bool,
) -> None:
    entry = "<entry><id>7</id><published>2026-11-02T10:00:00Z</published>"
    old = f"{entry}<title>Het slot is stuk.</title></entry>"
    new = f"{entry}<updated>2026-11-03T10:00:00Z</updated><title>Het slot doet het.</title></entry>"
    shown = f"{new}{old}" if is_newest_first else f"{old}{new}"
    page = f'<feed xmlns="http://www.w3.org/2005/Atom">{shown}</feed>'
    monkeypatch.setattr(Feed, "__call__", lambda *_: Response(page))
    monkeypatch.setattr(Rss, "forgets", forgets)
    (run, *_) = company.run(stages=("listen",))
    (row,) = company.rows("messages")
    assert (row["text"], f"{row['edited_at']:%d}") == ("Het slot doet het.", "03")
    assert (run.rows_in, run.rows_out, run.duplicates) == (2, 1, 1)
    assert company.rows("quarantine") == []


def test_what_a_feed_no_longer_shows_stays(company: Company, feed: Feed) -> None:
    company.run(stages=("listen",))
    feed.shown = ("2", "3")
    company.run(stages=("listen",))
    assert [one["native_id"] for one in company.rows("messages")] == ["1", "2", "3"]


def test_one_source_that_is_down_does_not_stop_the_others(company: Company, feed: Feed) -> None:
    company.hear("shop", [said("7", "Het brood was oud.")])
    feed.is_down = True
    with pytest.raises(RetriableError) as caught:
        company.run()
    assert caught.value.where == "sources.feed"
    assert [one["message_id"] for one in company.rows("messages")] == ["shop:7"]
    assert company.rows("conversations") == []


def test_a_source_that_fails_unexpectedly_is_named_without_its_words_and_stops_no_other(
    company: Company, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("Mijn geheim is bekend.")

    company.hear("shop", [said("7", "Het brood was oud.")])
    monkeypatch.setattr(Rss, "pages", fails)
    with pytest.raises(FatalError, match="unexpected ZeroDivisionError") as caught:
        company.run()
    assert caught.value.where == "sources.feed"
    assert "test_fetching.py" in str(caught.value)
    assert "geheim" not in "".join(traceback.format_exception(caught.value)) + caught.value.mend
    assert [one["message_id"] for one in company.rows("messages")] == ["shop:7"]


def test_a_dry_run_shows_messages_and_stores_nothing(company: Company, feed: Feed) -> None:
    toml = str(company.folder / "engage.toml")
    words = ["listen", "--source", "feed", "--from", "2026-11-02", "-c", toml]
    done = engage(*words, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "De bel doet het niet." in done.output
    assert "2 messages of feed 2026-11-02..2026-11-02; nothing was stored" in done.output
    assert not company.lake.exists()
    done = engage(*words)
    assert done.exit_code == 0, done.output
    assert len(company.rows("messages")) == 2


def test_the_connection_is_tried_only_when_asked(company: Company, feed: Feed) -> None:
    toml = company.folder / "engage.toml"

    def about(*, connect: bool) -> str:
        found = findings(company.settings, toml, now=NOW, connect=connect)
        one = next(one for one in found if one.subject == "source feed")
        return one.what if one.error is None else str(one.error)

    assert "answers: 2 items" in about(connect=True)
    feed.is_down = True
    assert "--connect" in about(connect=False)
    assert "cannot answer now (503)" in about(connect=True)
