"""What every source that asks a service shares: pages of items in, records out, day by day.

A source says what to ask for a window (`pages`) and what an item means (`row`); requests, retries
and pages are `pipeline.http`'s, types, windows and duplicates `sources.base`'s. There is no state:
what a day holds is what the service answers about that day, so a late, edited or deleted item is
right after the day is heard again, and the same answer gives the same bytes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import polars as pl

from pipeline.errors import RejectedRow
from pipeline.records import Window
from pipeline.sources._documents import as_text, cleaned, shown
from pipeline.sources._rows import in_batches
from pipeline.sources.base import Fetched, Source

if TYPE_CHECKING:
    from pipeline.http import Api

Row = Mapping[str, Any]
"""Columns of `records.RECORD` to the platform's own strings."""
BUILT_OTHERWISE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What reading an item raises that is not built as promised."""


class FetchedSource(Source):
    """A source that asks a service for the messages of a window."""

    is_fetched = True
    address: ClassVar[str] = ""
    """Where the service is, when the settings do not say."""
    asks_by_day: ClassVar[bool] = True
    """False when the service cannot be asked for a time: then it is asked once for a window."""

    @abstractmethod
    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Ask for the items of a window, page by page.

        More than was asked for does no harm: what is outside the window is left out, and an item
        that comes again is a duplicate, or an edit when its text is another by then. The first page
        costs one request: `engage check` asks it.
        """

    @abstractmethod
    def row(self, item: Mapping[str, Any]) -> Row | None:
        """Say what an item means; None for one that is no message, such as an advertisement.

        Raises RejectedRow for an item that cannot be read. An item that is built otherwise than
        promised (KeyError, TypeError and the like) breaks the rule `unexpected_shape`.
        """

    def linked(self, pages: Iterator[Iterable[Any]]) -> Iterable[Iterable[Any]]:
        """Look through the pages first, where an item is understood by the ones around it."""
        return pages

    def auth(self) -> Any:  # noqa: ANN401 - dlt's own form
        """How requests are signed, as `http.Api` takes it: a bearer token when there is one."""
        token = self.settings.token()
        return {"type": "bearer", "token": token} if token else None

    def headers(self) -> dict[str, str]:
        """What is sent with every request."""
        return {}

    @cached_property
    def api(self) -> Api:
        """The service."""
        return self.service(self.place, self.auth())

    def service(self, address: str, auth: Any = None) -> Api:  # noqa: ANN401 - dlt's own form
        """A service at another address too, such as the one where we sign in."""
        # Imported when something is asked: dlt takes a second, and most sources are files.
        from pipeline.http import Api

        return Api(
            address,
            where=f"sources.{self.settings.name}",
            token_env=self.settings.token_env,
            auth=auth,
            headers=self.headers(),
        )

    @property
    def place(self) -> str:
        """The address of the service."""
        return self.settings.address or self.address

    def fetch(self, window: Window, *, not_after: datetime) -> Iterator[Fetched]:
        """Read the messages of a window; see `Source.fetch`.

        A rejected item without a readable time is on the day that was asked.
        """
        days = [Window.of_days(day) for day in window.days()] if self.asks_by_day else [window]
        with self._closing():
            for asked in days:
                yield from self.judged(
                    map(pl.DataFrame, in_batches(self._rows(asked))),
                    asked,
                    not_after=not_after,
                    undated_on=asked.start.date() if self.asks_by_day else None,
                    takes_edits=True,
                )

    def connect(self, window: Window) -> str:
        """Try the address and the key with one small request. Returns what came."""
        with self._closing():
            items = list(next(self.pages(window), ()))
        return f"{self._shown_place} answers: {len(items)} items on its first page"

    @contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            if "api" in self.__dict__:
                self.api.close()

    def _rows(self, window: Window) -> Iterator[Row]:
        at = 0
        for page in self.linked(self.pages(window)):
            for item in page:
                row = self._row(item, at)
                at += 1
                if row is not None:
                    yield row

    def _row(self, item: Any, at: int) -> Row | None:  # noqa: ANN401 - JSON values
        made: dict[str, Any] = {"origin": f"{self._shown_place}#[{at}]", **shown(item)}
        if "rule_id" in made:
            return made
        try:
            row = self.row(item)
        except RejectedRow as error:
            made |= {"native_id": None, "rule_id": error.rule_id, "column": error.column or None}
            return {**made, "value": error.value or None}
        except BUILT_OTHERWISE:
            return {**made, "rule_id": "unexpected_shape"}
        if row is None:
            return None
        made |= {name: one if name == "is_agent" else _plain(one) for name, one in row.items()}
        if any(isinstance(one, dict | list) for one in made.values()):
            return {"origin": made["origin"], **shown(item), "rule_id": "unexpected_shape"}
        if made.get("native_id"):
            made["origin"] = f"{self._shown_place}#{made['native_id']}"
        return made

    @property
    def _shown_place(self) -> str:
        """The address without what may be secret in it."""
        parts = urlsplit(self.place)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def taken_apart(things: Iterable[Any], parts: Callable[[Any], Iterable[Any]]) -> list[Any]:
    """The items that things such as threads hold, as `parts` says.

    A thing that is built otherwise stays whole: `FetchedSource.row` cannot read it, and it alone
    is rejected.
    """
    found: list[Any] = []
    for one in things:
        try:
            found += list(parts(one))
        except BUILT_OTHERWISE:
            found.append(one)
    return found


def down_to(
    start: datetime, pages: Iterable[Iterable[Any]], sent_at: Callable[[Any], Any]
) -> Iterator[Iterable[Any]]:
    """Turn the pages of a service that shows its newest items first, and takes no time.

    Args:
        start: What is before it is left out; a page that is wholly before it is the last one.
        pages: As `FetchedSource.pages` gives them.
        sent_at: The time of an item: ISO 8601 with a zone, or epoch seconds.
    """
    for page in pages:
        items = list(page)
        kept = [item for item in items if not _is_before(start, item, sent_at)]
        yield kept
        if items and not kept:
            return


def _is_before(start: datetime, item: Any, sent_at: Callable[[Any], Any]) -> bool:  # noqa: ANN401
    try:
        at = sent_at(item)
        read = (
            datetime.fromisoformat(at) if isinstance(at, str) else datetime.fromtimestamp(at, UTC)
        )
        return read < start
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        # Whether it can be read is judged later; here it stops nothing.
        return False


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON values
    """A value as the platform wrote it; lists and objects stay, to be found out."""
    if isinstance(value, str):
        return cleaned(value)
    return value if isinstance(value, dict | list) else as_text(value)
