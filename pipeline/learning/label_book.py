"""The table `labels`: people's answers are added, never changed, and the last one counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

import polars as pl
import pyarrow as pa

from pipeline.contracts import check, contract
from pipeline.conversations.personal import redact
from pipeline.errors import SettingsError
from pipeline.storage import Lake


@dataclass(frozen=True)
class Label:
    """One answer. `labelled_at` is null where the answer is given now."""

    message_id: str
    tag: str
    is_yes: bool
    reason: str | None = None
    labelled_by: str | None = None
    labelled_at: datetime | None = None


@dataclass(frozen=True)
class Added:
    """What was done: answers added, those known before, and those of them overruled since."""

    new: int
    known: int
    overruled: int


def add(lake: Lake, given: Iterable[Label], now: datetime) -> Added:
    """Add answers to the table `labels`.

    An answer that was given before is not added again: without a time of its own it is the same
    when all else is. So a file can be read twice, also when others have overruled it since.

    Args:
        lake: the lake.
        given: the answers, the last one about a message and tag last.
        now: aware; the time of answers that have none.

    Raises:
        SettingsError: an answer claims the very moment of another one; nothing is written.
        ContractError: an answer breaks the contract; nothing is written.
    """
    with lake.lock():
        held = _held(lake)
        contents = {replace(one, labelled_at=None) for one in held}
        moments = {(one.message_id, one.tag, one.labelled_at): one for one in held}
        last = {(one.message_id, one.tag): one.is_yes for one in held}
        new, known, overruled = [], 0, 0
        for one in _redacted(given):
            pair = (one.message_id, one.tag)
            if one in contents or moments.get((*pair, one.labelled_at)) == one:
                known += 1
                overruled += one in contents and last[pair] != one.is_yes
                continue
            made = replace(one, labelled_at=one.labelled_at or _free(moments, pair, now))
            if (*pair, made.labelled_at) in moments:
                raise _claimed(one)
            moments[(*pair, made.labelled_at)] = made
            contents.add(replace(made, labelled_at=None))
            new.append(made)
        _write(lake, new)
    return Added(len(new), known, overruled)


def _held(lake: Lake) -> list[Label]:
    names = [field.name for field in fields(Label)]
    rows = lake.read("labels", names).sort_by("labelled_at").to_pylist()
    return [Label(**row) for row in rows]


def _free(
    moments: dict[tuple[str, str, datetime | None], Label], pair: tuple[str, str], now: datetime
) -> datetime:
    """The first moment from now on at which nothing was said of the pair."""
    while (*pair, now) in moments:
        now += timedelta(microseconds=1)
    return now


def _redacted(given: Iterable[Label]) -> Iterator[Label]:
    listed = list(given)
    reasons = pl.DataFrame({"reason": pl.Series([one.reason for one in listed], dtype=pl.String)})
    for one, reason in zip(listed, reasons.select(redact(pl.col("reason")))["reason"], strict=True):
        yield replace(one, reason=reason)


def _write(lake: Lake, new: list[Label]) -> None:
    """Add rows to the days they belong to."""
    schema = contract("labels").full_schema
    rows = [
        {**asdict(one), "labelled_on": one.labelled_at.date()} for one in new if one.labelled_at
    ]
    order = [(name, "ascending") for name in ("labelled_at", "message_id", "tag")]
    for day in sorted({row["labelled_on"] for row in rows}):
        of_day = [row for row in rows if row["labelled_on"] == day]
        good = check(pa.Table.from_pylist(of_day, schema), "labels", where=str(day)).good
        partition = {"labelled_on": str(day)}
        held = lake.read_partition("labels", partition)
        whole = pa.concat_tables([held, good.select(held.column_names)])
        lake.write("labels", partition, whole.sort_by(order))


def _claimed(one: Label) -> SettingsError:
    return SettingsError(
        f"another answer about {one.message_id} and {one.tag} has the time {one.labelled_at}",
        where="labels",
        mend="give the later answer a later time",
    )
