"""The right to be forgotten: a person's words and pseudonym leave every table, and stay away.

First the table `forgotten` says who and which messages go, then what is stored of them is blanked
or removed, and what rests on it is made anew by the stages. Each step can be done again: a killed
run is made good when the same is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import stages
from pipeline.contracts import check, contract
from pipeline.conversations.forgetting import blanked
from pipeline.conversations.pseudonyms import pseudonyms_of
from pipeline.errors import SettingsError
from pipeline.records import Window
from pipeline.retention.places import Asked, clear
from pipeline.settings import Settings
from pipeline.stages.detecting import link
from pipeline.storage import Lake

TABLE = "forgotten"


def asked(
    settings: Settings, source: str, *, author: str | None = None, message: str | None = None
) -> Asked:
    """Find what the lake holds of a person, or of one message.

    Args:
        settings: the settings.
        source: name of the source.
        author: the name by which the source knows the person, or the `author_id`.
        message: a `message_id`, with or without the source in front.

    Raises SettingsError, which repeats neither, when there is nothing of the kind.
    """
    settings.source(source)
    if (author is None) == (message is None):
        raise SettingsError(
            "it must be said who or what is to be forgotten",
            where="forget",
            mend="give --author, or --message for one message alone",
        )
    lake = Lake(settings.lake_location)
    if author is not None:
        wanted = _pseudonyms(settings, source, author)
        found = _messages(lake, source, pc.field("author_id").isin(wanted))
    else:
        wanted = pa.array([f"{source}:{str(message).removeprefix(f'{source}:')}"])
        found = _messages(lake, source, pc.field("message_id").isin(wanted))
    listed = lake.read(TABLE)
    before = listed.filter(pc.is_in(listed["forgotten_id"], wanted))
    if not found.num_rows and not before.num_rows:
        raise _nothing(source, is_author=author is not None)
    ids = found["message_id"].to_pylist()
    # What was asked before may have been killed half-way, over whichever of these messages.
    ids += _of_kind(listed, "message") if before.num_rows else []
    reposts = lake.read("messages", ["message_id"], pc.field("duplicate_of").isin(_texts(ids)))
    gone = _texts({*ids, *reposts["message_id"].to_pylist()})
    days = lake.read("messages", ["source", "sent_on"], pc.field("message_id").isin(gone))
    authors = {*found["author_id"].drop_null().to_pylist(), *_of_kind(before, "author")}
    return Asked(
        source,
        _texts(authors if author is not None else ()),
        gone,
        pl.DataFrame(days).unique().sort("sent_on", "source"),
    )


def forget(settings: Settings, who: Asked, on: date) -> None:
    """Take a person or a message out of the lake, for good.

    Args:
        settings: the settings.
        who: what `asked` gives.
        on: the day on which it is asked for; of what was asked for before the first one stays.

    Raises EngageError of the first step that cannot go on.
    """
    lake = Lake(settings.lake_location)
    with lake.lock():
        _list(lake, who, on)
        for source, day in who.partitions.iter_rows():
            partition = {"source": source, "sent_on": str(day)}
            held = lake.read_partition("messages", partition)
            authors = who.author_ids if source == who.source else _texts(())
            lake.write("messages", partition, blanked(held, authors, who.message_ids))
        clear(lake, who)
    if who.days:
        for day in who.days:
            stages.assemble(settings, Window.of_days(day))
        link(lake)  # mails that its subject tied stand apart now
        window = Window.of_days(who.days[0], who.days[-1])
        stages.run(settings, window, now=window.end, stages=("publish", "watch"))


def _list(lake: Lake, who: Asked, on: date) -> None:
    """Add the person and the messages to the table `forgotten`, each in its source."""
    of_source = pl.DataFrame(
        lake.read(
            "messages", ["message_id", "source"], pc.field("message_id").isin(who.message_ids)
        )
    ).rename({"message_id": "forgotten_id"})
    made = pl.concat(
        [
            pl.DataFrame({"forgotten_id": pl.Series(who.author_ids)}).with_columns(
                source=pl.lit(who.source), forgotten_kind=pl.lit("author")
            ),
            of_source.with_columns(forgotten_kind=pl.lit("message")),
        ],
        how="diagonal",
    ).with_columns(forgotten_on=pl.lit(on))
    names = contract(TABLE).full_schema.names
    for source in made["source"].unique().sort():
        held = pl.DataFrame(lake.read(TABLE, None, pc.field("source") == source))
        new = made.filter(source=source).select(names)
        rows = pl.concat([held.select(names), new]).unique("forgotten_id", keep="first")
        arrow = rows.sort("forgotten_id").to_arrow(compat_level=pl.CompatLevel.oldest())
        checked = check(arrow.cast(contract(TABLE).full_schema), TABLE, where=source)
        lake.write(TABLE, {"source": source}, checked.good)


def _messages(lake: Lake, source: str, where: pc.Expression) -> pa.Table:
    columns = ["message_id", "author_id"]
    return lake.read("messages", columns, (pc.field("source") == source) & where)


def _pseudonyms(settings: Settings, source: str, author: str) -> pa.Array:
    """What the person may be called in the tables: the name, with or without an @, or as given."""
    bare = author.strip().lstrip("@")
    names = pl.Series(sorted({author, bare, f"@{bare}"}), dtype=pl.String)
    return _texts({author.strip(), *pseudonyms_of(names, source, settings.author_key())})


def _of_kind(listed: pa.Table, kind: str) -> list[str]:
    of_kind = listed.filter(pc.equal(listed["forgotten_kind"], kind))
    names: list[str] = of_kind["forgotten_id"].to_pylist()
    return names


def _texts(given: Iterable[str]) -> pa.Array:
    return pa.array(sorted(given), pa.string())


def _nothing(source: str, *, is_author: bool) -> SettingsError:
    if is_author:
        return SettingsError(
            "the lake holds nothing of this person",
            where=f"--author, in {source}",
            mend="write the name as the source does, capitals too; or give the author_id that the "
            "table messages has beside one of their messages",
        )
    return SettingsError(
        "the lake holds no such message",
        where=f"--message, in {source}",
        mend="give a message_id as the table messages has it",
    )
