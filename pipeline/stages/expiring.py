"""Expire: texts and pseudonyms that are older than `privacy.keep_days` go, what was counted stays.

Days that have expired are removed whole, table by table, after a row in `runs` has said so: from
then on no stage looks at them, and `listen` refuses them. What reaches over the first day that is
kept, such as a conversation, is made anew of what is left. Every step can be done again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl

from pipeline.contracts import contract
from pipeline.errors import SettingsError
from pipeline.records import DAY, Window, midnight
from pipeline.settings import Settings
from pipeline.stages._horizon import STAGE, horizon
from pipeline.stages._runs import Run, recorded
from pipeline.stages.assembling import assemble
from pipeline.stages.detecting import link
from pipeline.stages.publishing import publish
from pipeline.stages.watching import watch
from pipeline.storage import Lake, frames

# From the right to the left: no table may point to what is gone.
REMOVED = (
    "labels", "leads", "complaints", "ideas", "detections", "conversations", "quarantine",
    "messages",
)  # fmt: skip
"""Tables of which days that have expired are removed whole."""


def expire(settings: Settings, window: Window, *, now: datetime) -> Run | None:
    """Let everything expire that is older than the last `privacy.keep_days` days of a window.

    Returns what was done; None where nothing is old enough, and never was.
    Raises SettingsError when the settings do not say how long texts are kept, and for a window
    whose last day begins after `now` (aware): a slip in its year would empty the lake for good.
    """
    Window(window.end - DAY, window.end).refuse_ahead(now)
    kept = settings.privacy.keep_days
    if kept is None:
        raise SettingsError(
            "nothing says how long texts are kept",
            where="privacy.keep_days",
            mend="give a number of days, such as keep_days = 730",
        )
    lake = Lake(settings.lake_location)
    before = horizon(lake)
    first = max(before, (window.end - kept * DAY).date())
    old = {table: _old(lake, table, first) for table in (*REMOVED, *_BLANKED)}
    if before == date.min and not any(old.values()):
        return None
    begin = midnight(first)
    with recorded(settings, lake, STAGE, Window(begin - DAY, begin), old) as recorder:
        counts = recorder.counts
        for table in REMOVED:
            for partition in old[table]:
                names = contract(table).schema.names[:1]
                counts.rows_in += lake.read_partition(table, partition, names).num_rows
        counts.rows_out = counts.rows_in
    _clear(lake, old)
    _join(settings, lake)
    rest = Window.of_days(first, max(first, (window.end - timedelta(microseconds=1)).date()))
    publish(settings, rest)
    watch(settings, rest)
    return recorder.run


def _old(lake: Lake, table: str, first: date) -> list[dict[str, str]]:
    by = contract(table).day_column
    return [one for one in lake.partitions(table) if one[by] < str(first)]


def _clear(lake: Lake, old: dict[str, list[dict[str, str]]]) -> None:
    with lake.lock():
        for table in REMOVED:
            for partition in old[table]:
                lake.remove(table, partition)
        for table, blank in _BLANKED.items():
            for partition in old[table]:
                rows = pl.DataFrame(lake.read_partition(table, partition))
                made = blank(rows).to_arrow(compat_level=pl.CompatLevel.oldest())
                lake.write(table, partition, made.cast(contract(table).schema))


def _join(settings: Settings, lake: Lake) -> None:
    """Make conversations of the messages whose conversation began before the first day kept."""
    for day in _without_conversation(lake):
        assemble(settings, Window.of_days(day))
    link(lake)


def _without_conversation(lake: Lake) -> list[date]:
    """The days with a message that is in no conversation."""
    joined = [
        one["message_ids"].explode().hash()
        for one in frames(lake, "conversations", ["message_ids"])
    ]
    is_known = pl.col("message_id").hash().is_in(pl.concat(joined).implode())
    lone = pl.concat(
        one.filter(~is_known) for one in frames(lake, "messages", ["message_id", "sent_on"])
    )
    return lone["sent_on"].unique().sort().to_list()


def _empty() -> pl.Expr:
    return pl.lit([], pl.List(pl.String))


_BLANKED: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "alerts": lambda rows: rows.with_columns(words=_empty()),
    "idea_themes": lambda rows: rows.with_columns(
        title=pl.col("terms").list.join(", "), examples=_empty()
    ),
    "outcomes": lambda rows: rows.with_columns(
        reason=pl.lit(None, pl.String), decided_by=pl.lit(None, pl.String)
    ),
}
"""Tables whose rows are figures, by what is done about the words that stand beside these."""
