"""Tables that people write: rows are added, never changed, and the last word counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts import check, contract
from pipeline.conversations.personal import redact
from pipeline.errors import ContractError, SettingsError
from pipeline.storage import Lake

Row = TypeVar("Row", bound=Any)


@dataclass(frozen=True)
class Book(Generic[Row]):
    """A table that people write.

    Attributes:
        table: its name.
        row: the dataclass of its rows. It has a text `reason`; fields that are not compared are
            facts of the tables that were looked up.
        about: the columns that say what a row is about.
        at: the column with the time, null where it is said now.
        said: the column with what is said.
    """

    table: str
    row: type[Row]
    about: tuple[str, ...]
    at: str
    said: str


@dataclass(frozen=True)
class Added:
    """What was done: rows added, those known before, and those of them overruled since."""

    new: int
    known: int
    overruled: int


def add(lake: Lake, book: Book[Row], given: Iterable[Row], now: datetime) -> Added:
    """Add rows to a book.

    What was said before is not added again: without a time of its own it is the same when all else
    is. So a file can be read twice, also when others have overruled it since.

    Args:
        lake: the lake.
        book: the table.
        given: the rows, the last one about a thing last.
        now: aware; the time of rows that have none, and `recorded_at` where the table has it.

    Raises:
        SettingsError: a row claims the very moment of another one; nothing is written.
        ContractError: a row breaks the contract; nothing is written.
    """
    with lake.lock():
        held = rows_of(lake, book)
        contents = {_untimed(one, book) for one in held}
        moments = {(*_about(one, book), getattr(one, book.at)): one for one in held}
        new, known = [], []
        for one in _redacted(given):
            about = _about(one, book)
            if one in contents or moments.get((*about, getattr(one, book.at))) == one:
                known.append(one)
                continue
            at = getattr(one, book.at) or _free(moments, about, now)
            made = replace(one, **{book.at: at})
            if (*about, at) in moments:
                raise SettingsError(
                    f"another row about {' and '.join(about)} has the time {at}",
                    where=book.table,
                    mend="give the later row a later time",
                )
            moments[(*about, at)] = made
            contents.add(_untimed(made, book))
            new.append(made)
        _write(lake, book, new, now)
    ordered = sorted(moments.values(), key=attrgetter(book.at))
    last = {_about(one, book): getattr(one, book.said) for one in ordered}
    untimed = (one for one in known if getattr(one, book.at) is None)
    overruled = sum(last[_about(one, book)] != getattr(one, book.said) for one in untimed)
    return Added(len(new), len(known), overruled)


def sound(rows: list[dict[str, Any]], table: str) -> pa.Table:
    """Check rows that are to be added to a table. Raises ContractError when one breaks it."""
    checked = check(
        pa.Table.from_pylist(rows, contract(table).full_schema), table, where="new rows"
    )
    rejected = checked.rejected.to_pylist()
    if rejected:
        raise ContractError(
            f"{len(rejected)} of {len(rows)} rows break it, first {rejected[0]['rule_id']}",
            where=table,
            mend="mend these rows, then add them again; none was written",
        )
    return checked.good


def rows_of(lake: Lake, book: Book[Row]) -> list[Row]:
    """All rows of a book, in order of time."""
    names = [field.name for field in fields(book.row)]
    rows = lake.read(book.table, names).sort_by(book.at).to_pylist()
    return [book.row(**row) for row in rows]


def _about(row: Any, book: Book[Row]) -> tuple[str, ...]:  # noqa: ANN401 - any book's row
    return tuple(getattr(row, name) for name in book.about)


def _untimed(row: Row, book: Book[Row]) -> Row:
    untimed: Row = replace(row, **{book.at: None})
    return untimed


def _free(moments: dict[tuple[Any, ...], Row], about: tuple[str, ...], now: datetime) -> datetime:
    """The first moment from now on at which nothing was said of it."""
    while (*about, now) in moments:
        now += timedelta(microseconds=1)
    return now


def _redacted(given: Iterable[Row]) -> list[Row]:
    listed = list(given)
    reasons = pl.DataFrame({"reason": pl.Series([one.reason for one in listed], dtype=pl.String)})
    redacted = reasons.select(redact(pl.col("reason")))["reason"]
    return [replace(one, reason=reason) for one, reason in zip(listed, redacted, strict=True)]


def _write(lake: Lake, book: Book[Row], new: list[Row], now: datetime) -> None:
    """Add rows to the days they belong to; all are checked before any is written."""
    day = contract(book.table).day_column
    rows = [{**asdict(one), day: getattr(one, book.at).date(), "recorded_at": now} for one in new]
    if not rows:
        return
    order = [(name, "ascending") for name in (book.at, *book.about)]
    good = sound(rows, book.table)
    for one in sorted(set(good[day].to_pylist())):
        partition = {day: str(one)}
        held = lake.read_partition(book.table, partition)
        of_day = good.filter(pc.equal(good[day], pa.scalar(one, pa.date32())))
        whole = pa.concat_tables([held, of_day.select(held.column_names)])
        lake.write(book.table, partition, whole.sort_by(order))
