"""Entries of one RSS or Atom feed, as feedparser reads it.

Format:    RSS 0.9 to 2.0, Atom, RDF. `robots.txt` is asked first, and obeyed.
Threading: none; the entry's title is the subject.
Times:     `published`, else `updated`; a time without a zone needs `time_zone`. With `updated`
           alone, an entry that was heard and is edited stays on its first day, and `edited_at` is
           the new time.
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
from typing import Any
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from pipeline.errors import FatalError, RejectedRow, SettingsError
from pipeline.records import Window
from pipeline.sources._fetched import FetchedSource, Row
from pipeline.sources._html import text_of

_ZONED = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d|\b[A-Z]{1,4})$")


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
        feed = feedparser.parse(self.api.get().content)
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
        content = (item.get("content") or [{}])[0].get("value") or item.get("summary")
        link = item.get("link") or ""
        text = text_of(content, lambda _: None) if content else None
        return {
            "native_id": item.get("id") or link,
            "author": item.get("author"),
            "sent_at": sent or updated,
            "edited_at": updated if sent and updated != sent else None,
            "text": text or item.get("title"),
            "subject": item.get("title"),
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


def _time(item: Mapping[str, Any], name: str) -> str | None:
    """A time as ISO 8601, where it has a zone and can be read; else as it stands."""
    written, parsed = item.get(name), item.get(f"{name}_parsed")
    if not parsed or not _ZONED.search(str(written).strip()):
        return written
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parsed[:6])


SOURCE = Rss
