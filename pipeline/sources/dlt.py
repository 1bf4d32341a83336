"""Any dlt resource or source: its items, named by a mapping, with no code.

Format:    `resource = "package.module:name"` is called with `arguments`; a dlt source gives the
           items of all its resources. dlt's declarative REST source is one of them:
           `dlt.sources.rest_api:rest_api_source`, with `config` among the arguments.
Mapping:   field to key or dotted path, as for jsonl.
Threading: `reply_to_native_id` and `thread_native_id`, where the items have them.
Items:     objects one by one or in lists, or tables of Arrow, Polars or pandas, a row an item.
           Times, dates, UUIDs, decimals and other Python values are read as they are written.
Times:     ISO 8601, epoch, or Python times with a zone. `{start}` and `{end}` in an argument are
           the bounds of the UTC day that is asked for, as `2026-11-02T00:00:00Z`.
Secrets:   an argument whose name ends in `_env` is the value of that variable, and loses the end.
Personal:  whatever `author` and `text` hold.
Rejected:  items that are no objects, and those whose fields cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.sources._documents import as_text
from pipeline.sources._fetched import FetchedSource, Row
from pipeline.sources._mapping import FieldMapping, finish

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

PAGE_ITEMS = 1_000


class Dlt(FetchedSource):
    """Items of a dlt resource."""

    channel = "ticket"
    needs = ("resource",)
    takes = ("arguments", "mapping")

    def __init__(self, settings: SourceSettings) -> None:
        """Check the mapping."""
        super().__init__(settings)
        self._mapping = FieldMapping(settings)

    @property
    def place(self) -> str:
        """The import path, as an address."""
        return f"dlt://{str(self.settings.resource).replace(':', '/')}"

    def pages(self, window: Window) -> Iterator[Iterable[Any]]:
        """Call the resource for a window and yield its items, a page at a time."""
        from pipeline.http import explained_by_cause

        bounds = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (window.start, window.end))
        arguments = self.settings.call_arguments(*bounds)
        page: list[Any] = []
        with explained_by_cause(f"sources.{self.settings.name}"):
            for given in self._named()(**arguments):
                for item in _items(given):
                    page.append(_plain(item))
                    if len(page) == PAGE_ITEMS:
                        yield page
                        page = []
        yield page

    def row(self, item: Mapping[str, Any]) -> Row:
        """Say what an item means, by the mapping."""
        found = {field: _first(item, paths) for field, paths in self._mapping.paths.items()}
        given = {field: [value] for field, value in found.items() if value is not None}
        done = finish(given, 1, [None])
        return {name: values[0] for name, values in done.items() if values[0] is not None}

    def _named(self) -> Any:  # noqa: ANN401 - what dlt decorated
        module, _, name = str(self.settings.resource).partition(":")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise SettingsError(
                f"'{self.settings.resource}' cannot be imported ({type(error).__name__})",
                where=f"sources.{self.settings.name}.resource",
                mend="write it as package.module:name, and install its package beside Engage",
            ) from error


def _items(given: Any) -> Iterator[Any]:  # noqa: ANN401 - what a resource yields
    """The items of what a resource yields at once."""
    if isinstance(given, list):
        for one in given:
            yield from _items(one)
    elif hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__"):
        for batch in pa.table(given).to_batches(max_chunksize=PAGE_ITEMS):
            yield from batch.to_pylist()
    else:
        yield given


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON values
    """A value in those of JSON; what it does not know as it is written."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        # The order of a set is another one in every process.
        return sorted(map(_plain, value), key=str)
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)


def _first(item: Mapping[str, Any], paths: tuple[str, ...]) -> str | None:
    """The text at the first path that an item has."""
    for path in paths:
        value = item.get(path)
        if value is None and "." in path:
            value = reduce(_step, path.split("."), item)
        if value is not None:
            return as_text(value)
    return None


def _step(value: Any, key: str) -> Any:  # noqa: ANN401 - JSON values
    return value.get(key) if isinstance(value, Mapping) else None


SOURCE = Dlt
