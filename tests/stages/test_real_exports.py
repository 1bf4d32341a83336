"""The real exports beside the repository, all the way: everything arrives, threads intact."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pipeline import settings, stages
from pipeline.records import Window
from pipeline.stages import Run
from pipeline.storage import Lake
from tests.conftest import NOW

ROOT = Path(__file__).parent.parent.parent
THREADS = ROOT.parent / "shared" / "data" / "threads"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not THREADS.exists(), reason="../shared/data/threads is not here"),
]


def ran(folder: Path, kind: str, path: str, first: str, last: str) -> tuple[list[Run], Lake]:
    """Run all stages over the years of an export."""
    (folder / "engage.toml").write_text(
        '[company]\nname = "Someone"\nlanguages = ["nl", "en"]\n[[sources]]\n'
        f'name = "real"\ntype = "{kind}"\npath = "{THREADS / path}"\n'
    )
    known = settings.load(folder / "engage.toml")
    runs = stages.run(known, Window.of_days(first, last), now=NOW)
    return runs, Lake(known.lake_location)


def accounted(runs: list[Run]) -> Run:
    for run in runs:
        assert run.rows_in == run.rows_out + run.quarantined + run.duplicates
    return runs[0]


def test_fifteen_thousand_orphans_arrive(tmp_path: Path) -> None:
    runs, lake = ran(
        tmp_path, "twcs", "twcs/spotifycares_inbound_only.csv", "2013-09-01", "2017-12-31"
    )
    listen = accounted(runs)
    assert (listen.rows_in, listen.rows_out) == (15_103, 15_096)
    conversations = pl.DataFrame(lake.read("conversations"))
    assert conversations["messages_count"].sum() == 15_096
    # All answer a message that is not in the export; those that answer the same one are together.
    assert conversations["is_partial"].sum() == len(conversations) - 6 == 13_756
    members = conversations["message_ids"].explode()
    assert members.n_unique() == len(members) == 15_096


def test_support_conversations_keep_their_threads(tmp_path: Path) -> None:
    runs, lake = ran(tmp_path, "turns", "ibm_twitter_care/*.json", "2018-05-01", "2020-04-30")
    listen = accounted(runs)
    files = sorted((THREADS / "ibm_twitter_care").glob("*.json"))
    said = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    turns = sum(len(one["dialogContent"]) for listed in said for one in listed)
    assert sum(map(len, said)) == 1_025
    assert listen.rows_in == turns == listen.rows_out + listen.duplicates
    conversations = pl.DataFrame(lake.read("conversations"))
    # Three of them share tweets with another, and are one conversation with it.
    assert len(conversations) == 1_022
    assert conversations["messages_count"].sum() == listen.rows_out


def test_forum_topics_are_one_conversation_each(tmp_path: Path) -> None:
    runs, lake = ran(tmp_path, "discourse", "discourse/topic_*.json", "2018-03-01", "2019-10-31")
    assert accounted(runs).rows_in == 564
    conversations = pl.DataFrame(lake.read("conversations"))
    assert len(conversations) == 160
    messages = pl.DataFrame(lake.read("messages", ["message_id", "thread_id"]))
    threads = (
        conversations.select("conversation_id", "message_ids")
        .explode("message_ids")
        .join(messages, left_on="message_ids", right_on="message_id")
        .group_by("conversation_id")
        .agg(pl.col("thread_id").n_unique())
    )
    assert threads["thread_id"].max() == 1
