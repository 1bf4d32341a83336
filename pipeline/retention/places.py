"""Where the lake holds something of a person beside `messages`, and what is done about it there.

Tables that a stage makes from `messages` are made anew by it once `detections` are gone; here they
are only counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from pipeline.contracts import contract
from pipeline.conversations.forgetting import BLANK
from pipeline.opportunities.further import message_of
from pipeline.records import with_column
from pipeline.storage import Lake, among

OPPORTUNITIES = ("leads", "complaints", "ideas")
Change = Callable[[pa.Table, pa.ChunkedArray], pa.Table]
"""Rows of a partition, and which of them are meant, to the rows that stay."""


@dataclass(frozen=True)
class Place:
    """Rows of a table that hold something of a person; without a change a stage makes it anew."""

    table: str
    where: pc.Expression
    change: Change | None = None


@dataclass(frozen=True)
class Asked:
    """Who is to be forgotten.

    Attributes:
        source: name of the source.
        author_ids: pseudonyms; none where only a message is meant.
        message_ids: all messages that go, reposts by others too.
        partitions: `source` and `sent_on` of the partitions of `messages` that hold any of them.
    """

    source: str
    author_ids: pa.Array
    message_ids: pa.Array
    partitions: pl.DataFrame

    @property
    def days(self) -> list[date]:
        """The days of these messages, sorted."""
        return self.partitions["sent_on"].unique().sort().to_list()


def clear(lake: Lake, who: Asked) -> None:
    """Remove or blank the rows that no stage makes anew."""
    for place in _places(lake, who):
        if place.change is not None:
            _rewrite(lake, place, place.change)


def counted(lake: Lake, who: Asked) -> dict[str, int]:
    """Count the rows of each table that hold something, tables without any left out."""
    of_message = pc.field("message_id").isin(who.message_ids)
    places = [Place("messages", of_message), *_places(lake, who)]
    found = {place.table: _count(lake, place) for place in places}
    return {table: count for table, count in found.items() if count}


def sent(lake: Lake, who: Asked) -> pl.DataFrame:
    """What was sent to others: `delivery`, `sent_id`, `their_reference`, sorted."""
    columns = ["delivery", "sent_id", "their_reference"]
    return pl.DataFrame(delivered(lake, _by(who))).select(columns).sort(columns)


def delivered(lake: Lake, of_person: pc.Expression) -> pa.Table:
    """The deliveries of the opportunities that an expression picks, and of their themes."""
    ids = _opportunities(lake, of_person)
    return lake.read("deliveries", None, pc.field("sent_id").isin(ids))


def _places(lake: Lake, who: Asked) -> Iterator[Place]:
    message_ids = who.message_ids
    of_message, of_person = pc.field("message_id").isin(message_ids), _by(who)
    yield Place("conversations", _having(lake, "conversations", message_ids))
    yield Place("detections", of_message, _without)
    for table in OPPORTUNITIES:
        yield Place(table, of_person)
    themes = lake.read("ideas", ["theme_id"], of_person)["theme_id"].combine_chunks()
    yield Place("idea_themes", pc.field("theme_id").isin(themes))
    yield Place("authors", pc.field("author_id").isin(who.author_ids))
    of_alert = _having(lake, "alerts", message_ids)
    yield Place("alerts", of_alert)
    yield Place("labels", of_message, _without)
    yield Place("outcomes", of_message, _blanking(reason=None))
    yield Place(
        "theme_decisions", _decided(lake, message_ids), _blanking(reason=BLANK, new_title=BLANK)
    )
    alerts = lake.read("alerts", ["alert_id"], of_alert)["alert_id"].combine_chunks()
    yield Place("alert_decisions", pc.field("alert_id").isin(alerts), _blanking(reason=None))
    yield Place("quarantine", _rejected(who), _blanking(raw=None, value=None))


def _by(who: Asked) -> pc.Expression:
    of_message = pc.field("message_id").isin(who.message_ids)
    return of_message | pc.field("author_id").isin(who.author_ids)


def _opportunities(lake: Lake, of_person: pc.Expression) -> pa.Array:
    ids: set[str] = set()
    for table in OPPORTUNITIES:
        (key,) = contract(table).key
        ids |= set(lake.read(table, [key], of_person)[key].to_pylist())
    themes = {one.replace("idea:", "theme:", 1) for one in ids}
    return pa.array(sorted(ids | themes), pa.string())


def _having(lake: Lake, table: str, message_ids: pa.Array) -> pc.Expression:
    """The rows whose `message_ids` name one of these."""
    (key,) = contract(table).key
    wanted = pl.Series(message_ids).implode()
    found = [
        pl.DataFrame(batch)
        .explode("message_ids")
        .filter(pl.col("message_ids").is_in(wanted))[key]
        .to_list()
        for batch in lake.scan(table, [key, "message_ids"])
    ]
    return among(key, sorted({one for part in found for one in part}))


def _decided(lake: Lake, message_ids: pa.Array) -> pc.Expression:
    """Decisions about a theme or an idea that these messages lead or hold."""
    rows = pl.DataFrame(
        lake.read("theme_decisions", ["decision_id", "theme_id", "into_theme_id", "idea_ids"])
    )
    named = pl.concat_list("theme_id", "into_theme_id", "idea_ids")
    ids = rows.select("decision_id", named=named).explode("named")
    of_message = message_of(pl.col("named").str.replace("^(?:theme|idea):", ""))
    found = ids.filter(of_message.is_in(pl.Series(message_ids).implode()))["decision_id"]
    return among("decision_id", found.unique())


def _rejected(who: Asked) -> pc.Expression:
    """Rejected rows that name the person, and records of the source, which do not say whose.

    Nothing is lost by blanking too many of them: a replay reads each at its origin.
    """
    ids = [*who.author_ids.to_pylist(), *who.message_ids.to_pylist()]
    pattern = "|".join(map(re.escape, ids))
    named = pc.match_substring_regex(pc.field("raw"), pattern)
    if not len(who.author_ids):
        return named
    is_record = (pc.field("table_name") == "messages") & (pc.field("source") == who.source)
    return is_record | named


def _count(lake: Lake, place: Place) -> int:
    rows: int = lake.read(place.table, [contract(place.table).key[0]], place.where).num_rows
    return rows


def _rewrite(lake: Lake, place: Place, change: Change) -> None:
    """Replace the partitions that hold any of the rows."""
    known = contract(place.table)
    keys = list(known.partition_by)
    held = pl.DataFrame(lake.read(place.table, keys, place.where)).unique().sort(keys)
    for partition in held.iter_rows(named=True):
        here = reduce(and_, (pc.field(key) == value for key, value in partition.items()))
        rows = lake.read(place.table, None, here)
        meant = ds.dataset(rows).to_table(columns={"meant": place.where})["meant"]
        lake.write(
            place.table,
            {key: str(value) for key, value in partition.items()},
            change(rows, pc.fill_null(meant, False)),
        )


def _without(rows: pa.Table, meant: pa.ChunkedArray) -> pa.Table:
    return rows.filter(pc.invert(meant))


def _blanking(**said: str | None) -> Change:
    """Put something else into columns of the rows that are meant, where they hold anything."""

    def change(rows: pa.Table, meant: pa.ChunkedArray) -> pa.Table:
        for name, text in said.items():
            is_said = pc.and_(meant, rows[name].is_valid())
            column = pc.if_else(is_said, pa.scalar(text, pa.string()), rows[name])
            rows = with_column(rows, name, column)
        return rows

    return change
