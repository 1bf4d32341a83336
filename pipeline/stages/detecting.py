"""Detect: customers' messages get their tags, with score, decision and evidence.

A message's tags depend on the message, the models and people's labels alone. Its conversation can
still change when other days come in, so rows of other days whose conversation is another one now
are linked anew, without being scored again. Labels may be about any day: messages of other days
whose rows are not yet as people say are tagged again, and so are those edited in this window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import labels
from pipeline.contracts import conform, contract
from pipeline.model_sets import champion
from pipeline.records import Window, with_column
from pipeline.settings import Settings
from pipeline.stages import _linked, _moved
from pipeline.stages._audit import audited, quarantine, replace, swap
from pipeline.stages._groups import in_groups
from pipeline.stages._runs import Counts, Run, accounted, recorded
from pipeline.storage import Lake, among
from pipeline.tagger import BATCH, Tagger

GROUP = 50_000
"""Messages from which days are tagged, audited and written: each time has a slow beginning."""
KEPT = ["message_id", "source", "author_id", "language", "sent_on"]
READ = [*KEPT, "text", "excluded_reason"]


def detect(settings: Settings, window: Window) -> Run:
    """Tag the messages of a window.

    Raises:
        RetriableError: a message has no conversation yet, or two.
        FatalError: a model cannot be used.
        ContractError: the detections break their contract; the old ones stay.
    """
    lake = Lake(settings.lake_location)
    tagger = Tagger.load(champion(settings.models_folder))
    with recorded(settings, lake, "detect", window, ("detections",)) as recorder:
        recorder.counts.model_versions = tagger.model_versions
        window = window.reaching_back(settings.look_back_days)
        answers = _answers(lake, tagger.tags)
        messages = _messages(lake, window)
        held = sorted({*messages, *(set(lake.days("detections")) & set(window.days()))})
        for days in in_groups(held, messages.__getitem__, GROUP):
            of_days = pc.field("sent_on").isin(pa.array(days, pa.date32()))
            recorder.counts.rows_in += sum(messages[day] for day in days)
            found = list(_found(lake, tagger, settings, answers, of_days, recorder.counts))
            accounted(
                recorder.counts.rows_in, recorder.counts.kept, f"detect {days[0]}..{days[-1]}"
            )
            _swap(lake, days, found, recorder.counts)
        unsettled = _moved.unsettled(lake, settings, window)
        _moved.drop_left_behind(lake, unsettled)
        link(lake)
        _tag_other_days(lake, tagger, settings, answers, window, unsettled)
    return recorder.run


def _answers(lake: Lake, tags: Sequence[str]) -> pl.DataFrame:
    """What people say (`labels.ruling`) of tags that there are, and of messages not forgotten.

    Of a forgotten message nothing is left; a tag that was taken out again can have no row.
    """
    said = labels.ruling(lake.read("labels"), lake.read("outcomes"))
    gone = lake.read("forgotten", ["forgotten_id"])["forgotten_id"]
    is_gone = pl.col("message_id").is_in(gone.to_pylist())
    return said.filter(~is_gone, pl.col("tag").is_in(tags))


def _messages(lake: Lake, window: Window) -> Counter[date]:
    """How many messages each day of a window has."""
    inside = pc.field("sent_on").isin(pa.array(window.days(), pa.date32()))
    counted = lake.read("messages", ["sent_on"], inside)["sent_on"].value_counts()
    return Counter({one["values"]: one["counts"] for one in counted.to_pylist()})


def _found(
    lake: Lake,
    tagger: Tagger,
    settings: Settings,
    answers: pl.DataFrame,
    where: pc.Expression,
    counts: Counts,
) -> Iterator[pa.Table]:
    """Tag some messages, batch by batch."""
    spoken = pa.array(settings.company.languages)
    for batch in lake.scan("messages", READ, where):
        heard = pc.and_(pc.is_null(batch["excluded_reason"]), pc.is_in(batch["language"], spoken))
        asked = pc.or_(heard, _has_yes(batch["message_id"], answers))
        kept, heard = batch.filter(asked), heard.filter(asked)
        excluded = batch.filter(pc.invert(asked)).num_rows
        counts.excluded += excluded
        counts.rows_out += excluded
        for start in range(0, kept.num_rows, BATCH):
            piece = kept.slice(start, BATCH)
            counts.rows_out += piece.num_rows
            share = settings.detection.audit_share
            yield detections(piece, tagger, share, answers, heard.slice(start, BATCH))


def _swap(lake: Lake, days: list[date], found: list[pa.Table], counts: Counts) -> None:
    where = f"{days[0]}..{days[-1]}"
    linked = _linked.conversations(lake, Window.of_days(days[0], days[-1]))
    rows = _linked.with_conversations(pa.concat_tables(found), linked, where) if found else _none()
    good, rejected = audited(rows, "detections", where=where)
    counts.rows_written += swap(lake, "detections", "detect", days, good, rejected)


def detections(
    batch: pa.RecordBatch,
    tagger: Tagger,
    audit_share: float,
    answers: pl.DataFrame,
    heard: pa.BooleanArray,
) -> pa.Table:
    """Tag a batch of messages.

    Args:
        batch: the columns `READ`.
        tagger: the models.
        audit_share: share of the messages drawn for the audit.
        answers: what people say (`labels.ruling`).
        heard: which messages the models decide on; the others are here for a person's yes.

    Returns:
        The table `detections` without `conversation_id`: what is over the review threshold, every
        tag of the messages drawn for the audit, and what people say yes to; nothing that they say
        no to.
    """
    ids = batch["message_id"]
    drawn = labels.drawn_for_audit(ids, audit_share)
    has_yes = _has_yes(ids, answers)
    found = tagger.detections(batch["text"], batch["language"], pc.or_(drawn, has_yes))
    if len(answers):
        found = labels.outrank(found, ids, answers, drawn=drawn, heard=heard)
    messages = pa.Table.from_batches([batch]).select(KEPT).take(found["row"])
    for name in messages.column_names:
        found = found.append_column(messages.schema.field(name), messages[name])
    return found.drop_columns("row")


def _has_yes(message_ids: pa.Array, answers: pl.DataFrame) -> pa.BooleanArray:
    wanted = answers.filter("is_yes")["message_id"].to_arrow()
    return pc.is_in(message_ids, pa.array(wanted, pa.string()))


def _none() -> pa.Table:
    return contract("detections").full_schema.empty_table()


def link(lake: Lake) -> None:
    """Let the detections of all days name the conversations that their messages are in now."""
    for day in _linked.stale_days(lake):
        linked = _linked.conversations(lake, Window.of_days(day))
        partition = {"sent_on": str(day)}
        held = lake.read_partition("detections", partition)
        new = pl.DataFrame(held.select(["message_id", "conversation_id"])).join(
            linked, on="message_id", how="left", maintain_order="left"
        )
        values = new.select(pl.coalesce("conversation_id_right", "conversation_id")).to_series()
        column = values.to_arrow().cast(pa.string())
        lake.write("detections", partition, with_column(held, "conversation_id", column))


def _tag_other_days(
    lake: Lake,
    tagger: Tagger,
    settings: Settings,
    answers: pl.DataFrame,
    window: Window,
    unsettled: pl.DataFrame,
) -> None:
    """Tag messages of other days again: those edited, or whose rows are not as people say."""
    before = pl.col("sent_on").is_in(_moved.edited_days(unsettled, window))
    wanted = unsettled.filter(before)["message_id"]
    if len(answers):
        asked = among("message_id", answers["message_id"])
        held = lake.read("detections", ["message_id", "tag", "decision", "score"], asked)
        wanted = wanted.append(labels.unheeded(answers, held))
    if wanted.is_empty():
        return
    changed = among("message_id", wanted)
    inside = set(window.days())
    days = lake.read("messages", ["sent_on"], changed)["sent_on"].unique().to_pylist()
    for day in sorted(set(days) - inside):
        # A message that is in no conversation yet waits for its own run.
        linked = _linked.conversations(lake, Window.of_days(day))
        is_linked = among("message_id", linked["message_id"])
        these = (pc.field("sent_on") == day) & changed & is_linked
        found = list(_found(lake, tagger, settings, answers, these, Counts()))
        again = lake.read("messages", ["message_id"], these)["message_id"]
        if not len(again):
            continue
        held = lake.read("detections", None, pc.field("sent_on") == day)
        kept = held.filter(pc.invert(pc.is_in(held["message_id"], again.combine_chunks())))
        if found:  # what is left out, or forgotten, is not tagged
            tagged = _linked.with_conversations(pa.concat_tables(found), linked, str(day))
            new = conform(tagged, "detections")
            kept = pa.concat_tables([kept, new])
        rows = _linked.ordered(kept)
        good, rejected = audited(rows, "detections", where=f"labels of {day}")
        replace(lake, "detections", good, [day])
        if rejected.num_rows:
            quarantine(lake, rejected, table="detections", stage="detect", days=[day])
