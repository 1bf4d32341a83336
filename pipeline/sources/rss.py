"""Entries of one RSS or Atom feed, as feedparser reads it.

Format:    RSS 0.9 to 2.0, Atom, RDF. `robots.txt` is asked first, and obeyed.
Threading: none; the entry's title is the subject.
Times:     `published`, else `updated`; a time without a zone needs `time_zone`. Zones may have
           a name where that says one thing only: those of RFC 822, and CET, CEST, BST and the
           like of Europe. With `updated` alone, an entry that was heard and is edited stays on
           its first day, and `edited_at` is the new time.
Text:      the content, else the summary, without mark-up; else the title.
Late:      a feed shows its newest entries only: older ones stay in the tables as they were heard.
           An entry that was edited is so while the feed shows it; a deleted one stays.
Personal:  author, and the text.
Rejected:  entries without an id or a link (`missing_id`) or without a readable time; a feed that
           is cut off (`invalid_feed`, one record; the entries before the fault arrive).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.robotparser import RobotFileParser
from zoneinfo import ZoneInfo

from pipeline.errors import FatalError, RejectedRow, SettingsError
from pipeline.records import Window
from pipeline.sources._fetched import FetchedSource, Row
from pipeline.sources._html import text_of

_HALVES = re.compile(rb"(?:&#(?:[xX][dD][\da-fA-F]{3}|5[5-7]\d{3});)+")
"""Signs among which are all halves of UTF-16, mostly of emoji: XML has none, feedparser fails."""
_OFFSET = re.compile(r"[\d ](?:[Zz]|(?:GMT)?[+-]\d\d:?\d\d)$")
_NAMED = re.compile(r"\d\d \d\d?:\d\d(?::\d\d)? ([A-Z]{2,4})$")
_READ = ("UT", "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "MET", "MEST")
"""Names of zones that feedparser reads right; any other is UTC to it."""
_EUROPE = ("Europe/Lisbon", "Europe/London", "Europe/Amsterdam", "Europe/Athens")


class Rss(FetchedSource):
    """Entries of a feed."""

    channel = "blog"
    needs = ("address",)
    asks_by_day = False
    forgets = True

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the feed, which is one page."""
        import feedparser  # type: ignore[import-untyped]

        self._obey_robots()
        feed = feedparser.parse(_HALVES.sub(_joined, self.api.get().content))
        if not feed.version:
            raise FatalError(
                "unexpected shape: this is no feed",
                where=f"sources.{self.settings.name}.address",
                mend="give the address of the feed itself; a page about it will not do",
            )
        yield [dict(entry) for entry in feed.entries]
        fault = type(feed.get("bozo_exception")).__name__
        if fault.startswith("SAX"):
            yield [{"fault": fault}]

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what an entry means."""
        if "fault" in item:
            raise RejectedRow("invalid_feed", value=str(item["fault"]))
        sent, updated = _time(item, "published"), _time(item, "updated")
        contents = [*(item.get("content") or ()), item.get("summary_detail")]
        text, title = _first(contents), _first([item.get("title_detail")])
        # A blank in a link is one that a browser writes as %20.
        link = re.sub(r"\s", lambda blank: quote(blank[0]), item.get("link") or "")
        return {
            "native_id": item.get("id") or link,
            "author": item.get("author"),
            "sent_at": sent or updated,
            "edited_at": updated if sent and updated != sent else None,
            "text": text or title,
            "subject": title,
            # feedparser takes an id for a link where there is none.
            "url": link if link.startswith(("http://", "https://")) else None,
        }

    def _obey_robots(self) -> None:
        parts = urlsplit(self.place)
        robots = RobotFileParser()
        try:
            answer = self.api.get(f"{parts.scheme}://{parts.netloc}/robots.txt")
            robots.parse(answer.text.splitlines())
        except SettingsError:
            # A site without the file, or that does not show it, forbids nothing by it.
            robots.parse([])
        if not robots.can_fetch("engage", self.place):
            raise SettingsError(
                "robots.txt of the site does not let us read this feed",
                where=f"sources.{self.settings.name}.address",
                mend="ask the owner of the site, or remove the source",
            )


def _joined(halves: re.Match[bytes]) -> bytes:
    """Two halves that belong together as the sign that they are; half a sign as one unknown."""
    numbers = (one.lstrip(b"&#") for one in halves[0].split(b";")[:-1])
    units = (int(one[1:], 16) if one[:1] in b"xX" else int(one) for one in numbers)
    text = b"".join(one.to_bytes(2, "big") for one in units).decode("utf-16-be", "replace")
    return "".join(f"&#{ord(sign)};" for sign in text).encode()


def _first(contents: Iterable[Mapping[str, str] | None]) -> str | None:
    """The words of the first content that has any, without mark-up where it says that it has it."""
    for one in contents:
        if value := (one or {}).get("value"):
            is_plain = (one or {}).get("type") == "text/plain"
            return value if is_plain else text_of(value, lambda _: None)
    return None


def _time(item: Mapping[str, Any], name: str) -> str | None:
    """A time as ISO 8601, where its zone is known and it can be read; else as it stands."""
    written, parsed = item.get(name), item.get(f"{name}_parsed")
    ahead = _unread(str(written))
    if not parsed or ahead is None:
        return written
    return (datetime(*parsed[:6]) - ahead).isoformat() + "Z"  # noqa: DTZ001


def _unread(written: str) -> timedelta | None:
    """What feedparser missed of a zone's distance to UTC; none where the zone is not known."""
    if _OFFSET.search(written):
        return timedelta()
    named = _NAMED.search(written)
    return _zones().get(named[1]) if named else None


@cache
def _zones() -> dict[str, timedelta]:
    """Name of a zone to what feedparser misses of its distance to UTC."""
    seasons = [
        datetime(2026, month, 1, tzinfo=ZoneInfo(place)) for place in _EUROPE for month in (1, 7)
    ]
    ahead = {at.strftime("%Z"): at.utcoffset() or timedelta() for at in seasons}
    return ahead | dict.fromkeys(_READ, timedelta())


SOURCE = Rss
