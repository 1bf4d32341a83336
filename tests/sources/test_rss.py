"""Entries of feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar

import pytest
from werkzeug import Request, Response

from pipeline.errors import FatalError, SettingsError
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import DAY, Fake, FetchedConformance

RSS = """<rss version="2.0"><channel><title>Het Fietsforum</title>
<item><guid>r-1</guid><title>Bel kapot</title><link>https://forum.example/1</link>
<pubDate>Tue, 03 Nov 2026 10:30:00 +0100</pubDate></item>
<item><guid>r-2</guid><title>Zadel los</title><pubDate>Tue, 03 Nov 2026 10:30</pubDate></item>
</channel></rss>"""


class TestRss(FetchedConformance):
    """Entries of an Atom feed."""

    type = "rss"
    given: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    path = "/feed.xml"
    robots = "User-agent: *\nDisallow: /private\n"

    def answer(self, request: Request, sent: Sequence[Sent]) -> Any:
        if request.path == "/robots.txt":
            return Response(self.robots)
        assert request.path == "/feed.xml"
        entries = "".join(
            f"<entry><id>{one.id}</id><author><name>{one.author}</name></author>"
            f"<published>{one.time('%Y-%m-%dT%H:%M:%SZ')}</published><title> </title>"
            f'<content type="html">{escape(escape(one.text))}</content></entry>'
            for one in sent
        )
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Fiets</title>{entries}</feed>'
        return Response(feed, content_type="application/atom+xml")

    def test_rss_is_read_like_atom(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fake, "always", lambda: Response(RSS))
        got = self.read(fake)
        (one,) = got.messages
        assert (one["native_id"], one["sent_at"], one["text"]) == ("r-1", AT, "Bel kapot")
        assert (one["subject"], one["url"]) == ("Bel kapot", "https://forum.example/1")

    def test_an_entry_that_says_it_has_no_mark_up_keeps_its_signs(self, fake: Fake) -> None:
        entry = (
            "<entry><id>1</id><published>2026-11-03T09:30:00Z</published>"
            '<title type="html">Tips &amp;amp; &lt;i&gt;trucs&lt;/i&gt;</title>'
            '<content type="text">Schrijf &lt;b&gt; voor vet &amp; 1 &lt; 2.</content>'
            '<link href="https://forum.example/de bel"/></entry>'
        )
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'
        fake.always = lambda: Response(feed)
        (one,) = self.read(fake).messages
        assert (one["text"], one["subject"]) == ("Schrijf <b> voor vet & 1 < 2.", "Tips & trucs")
        assert one["url"] == "https://forum.example/de%20bel"

    @pytest.mark.parametrize(
        ("written", "read_as"),
        [
            ("&#xD83D;&#xDEB2;", "🚲"),
            ("&#55357;&#56992;", "🚠"),
            ("&#xd83d;", "�"),
            ("&#57343;&#55296; &#55215;", "�� \ud7af"),
            ("&#5530; &#x41;", "ᖚ A"),
        ],
    )
    def test_signs_that_are_written_in_halves_do_not_stop_the_source(
        self, fake: Fake, written: str, read_as: str
    ) -> None:
        fake.always = lambda: Response(RSS.replace("Bel kapot", f"Bel kapot {written}"))
        (one,) = self.read(fake).messages
        assert one["text"] == f"Bel kapot {read_as}"

    def test_a_time_without_a_zone_is_not_taken_for_utc(self, fake: Fake) -> None:
        fake.always = lambda: Response(RSS)
        (one,) = self.read(fake).rejected
        assert (one["rule_id"], one["value"]) == ("unreadable_time", "Tue, 03 Nov 2026 10:30")

    @pytest.mark.parametrize(
        "written",
        [
            "Tue, 03 Nov 2026 09:30:00 GMT",
            "Tue, 03 Nov 2026 09:30:00 Z",
            "Tue, 03 Nov 2026 10:30:00 CET",
            "3 Nov 2026 10:30 CET",
            "Tue, 03 Nov 2026 11:30:00 CEST",
            "Tue, 03 Nov 2026 10:30:00 BST",
            "Tue, 03 Nov 2026 12:30:00 EEST",
            "Tue, 03 Nov 2026 04:30:00 EST",
            "Tue, 03 Nov 2026 10:30:00 GMT+0100",
            "2026-11-03T10:30:00+01:00",
        ],
    )
    def test_zone_counts_however_it_is_written(self, fake: Fake, written: str) -> None:
        fake.always = lambda: Response(RSS.replace("Tue, 03 Nov 2026 10:30:00 +0100", written))
        assert [one["sent_at"] for one in self.read(fake).messages] == [AT]

    @pytest.mark.parametrize(
        "written",
        [
            "Tue, 03 Nov 2026 10:30:00 XYZ",
            "Tue, 03 Nov 2026 10:30:00 A",
            "Tue, 03 Nov 2026 10:30:00 PM",
            "Tue, 03 Nov 2026 10:30:00 UTC+01:00",
            "2026-11-03T10:30:00MEZ",
        ],
    )
    def test_zone_that_nobody_knows_is_not_taken_for_utc(self, fake: Fake, written: str) -> None:
        fake.always = lambda: Response(RSS.replace("Tue, 03 Nov 2026 10:30:00 +0100", written))
        got = self.read(fake)
        assert (got.messages, got.rules) == ([], ["unreadable_time"] * 2)

    def test_a_feed_that_is_cut_off_gives_what_came_before(self, fake: Fake) -> None:
        fake.always = lambda: Response(RSS[: RSS.index("<item><guid>r-2") + 20])
        got = self.read(fake, DAY)
        assert "r-1" in got.ids
        assert "invalid_feed" in got.rules

    def test_a_page_that_is_no_feed_stops_the_source(self, fake: Fake) -> None:
        fake.always = lambda: Response("<html><body>Welkom</body></html>")
        with pytest.raises(FatalError, match="no feed"):
            self.read(fake)

    def test_robots_are_obeyed(self, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(self, "robots", "User-agent: *\nDisallow: /\n")
        with pytest.raises(SettingsError, match=r"robots\.txt"):
            self.read(fake)
        assert [one.path for one in fake.requests] == ["/robots.txt"]

    def test_a_site_without_robots_forbids_nothing(self, fake: Fake) -> None:
        fake.faults.append(lambda: Response("", 404))
        assert len(self.read(fake, DAY).ids) == 5
