"""How well conversations are rebuilt, where exports say the truth twice.

`python -m benchmarks.threads --exports FOLDER [--write]` runs `listen` and `assemble` over real
exports and sets the conversations against what the exports say otherwise, read here without the
code of Engage: which tweets answered a tweet (Engage reads only what a tweet answers), which turns
a dialogue holds (asked again with the dialogues' ids taken away), which posts a topic holds.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl

from pipeline import settings, stages
from pipeline.records import Window
from pipeline.storage import Lake

PAGE = Path(__file__).parent.parent / "docs" / "threads.md"
Edge = tuple[str, str]


def rebuilt(kind: str, path: Path) -> pl.DataFrame:
    """Every message of an export and its conversation: `native_id`, `conversation_id`."""
    with tempfile.TemporaryDirectory(prefix="engage-threads-") as folder:
        file = Path(folder) / "engage.toml"
        file.write_text(
            f'[company]\nname = "Someone"\n[[sources]]\nname = "real"\ntype = "{kind}"\n'
            f"path = {json.dumps(str(path))}\n"
            'time_zone = "UTC"\n',
            encoding="utf-8",
        )
        known = settings.load(file)
        window, now = Window.of_days("2008-01-01", "2026-11-30"), datetime(2026, 12, 1, tzinfo=UTC)
        stages.run(known, window, now=now, stages=("listen", "assemble"))
        lake = Lake(known.lake_location)
        members = pl.DataFrame(lake.read("conversations", ["conversation_id", "message_ids"]))
        return members.explode("message_ids").select(
            "conversation_id", native_id=pl.col("message_ids").str.split_exact(":", 1).struct[1]
        )


def tweets(path: Path) -> Iterator[Edge]:
    """Tweet and an answer to it, by the list of its answers."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for answer in filter(None, row["response_tweet_id"].split(",")):
                yield row["tweet_id"], answer.strip()


def turns(folder: Path) -> Iterator[Edge]:
    """Two turns, one after the other, of a dialogue."""
    for file in sorted(folder.glob("*.json")):
        for dialogue in json.loads(file.read_text(encoding="utf-8")):
            yield from pairwise(str(one["tweet_ID"]) for one in dialogue["dialogContent"])


def posts(folder: Path) -> Iterator[Edge]:
    """Two posts, one after the other, of a topic."""
    for file in sorted(folder.glob("topic_*.json")):
        listed = json.loads(file.read_text(encoding="utf-8"))["post_stream"]["posts"]
        yield from pairwise(str(one["id"]) for one in listed)


def row(name: str, found: pl.DataFrame, edges: Iterable[Edge]) -> str:
    """A row of the table: edges kept, threads that are exactly the true ones.

    A true thread is what its edges connect; an edge to a message that did not arrive says nothing.
    """
    place = dict(found.select("native_id", "conversation_id").iter_rows())
    known = sorted({edge for edge in edges if edge[0] in place and edge[1] in place})
    kept = sum(place[a] == place[b] for a, b in known)
    true: dict[str, str] = {one: one for one in place}

    def root(one: str) -> str:
        while true[one] != one:
            one = true[one]
        return one

    for a, b in known:
        true[root(a)] = root(b)
    threads: dict[str, set[str]] = {}
    conversations: dict[str, set[str]] = {}
    for one, conversation in place.items():
        threads.setdefault(root(one), set()).add(one)
        conversations.setdefault(conversation, set()).add(one)
    # Messages that the export ties to nothing are no evidence either way.
    tied = {one for edge in known for one in edge}
    asked = [thread for thread in threads.values() if thread <= tied]
    exact = sum(conversations[place[next(iter(thread))]] == thread for thread in asked)
    return (
        f"| {name} | {len(place):,} | {len(known):,} | {_share(kept, len(known))} "
        f"| {len(asked):,} | {_share(exact, len(asked))} |"
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.4f}" if whole else "–"


def table(exports: Path) -> str:
    """The measured table in Markdown."""
    exports = exports.resolve()
    twcs = exports / "twcs"
    made = [
        row(f"tweets, `{file.name}`", rebuilt("twcs", file), tweets(file))
        for file in sorted(twcs.glob("*.csv"))
    ]
    support, forum = exports / "ibm_twitter_care", exports / "discourse"
    made.append(row("support dialogues", rebuilt("turns", support / "*.json"), turns(support)))
    made.append(row("forum topics", rebuilt("discourse", forum / "topic_*.json"), posts(forum)))
    head = "| export | messages | true answers | kept together | true threads | exactly rebuilt |"
    return "\n".join([head, "|---|---:|---:|---:|---:|---:|", *made])


def page(measured: str) -> str:
    """The page docs/threads.md."""
    return f"""# How well conversations are rebuilt

Written by `python -m benchmarks.threads --write`, over real exports that are not part of this
repository. Each says twice what answers what; Engage reads it once, and is held against the other.
A true answer is kept together when both messages are in one conversation; a true thread is exactly
rebuilt when the conversation holds its messages and no other.

{measured}

Tweets are rebuilt from `in_response_to_tweet_id` and held against `response_tweet_id`, the list of
answers; an export of what customers wrote alone ties no two of its messages. Dialogues are held
against the order of their turns, topics against the posts that lie in their file.
"""


def main() -> None:
    """Measure, print, and with `--write` publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads", description=__doc__)
    parser.add_argument("--exports", type=Path, default=Path("../shared/data/threads"))
    parser.add_argument("--write", action="store_true", help="write docs/threads.md")
    asked = parser.parse_args()
    if not asked.exports.is_dir():
        sys.exit(f"error: there are no exports in {asked.exports}\nmend: name their folder")
    measured = table(asked.exports)
    sys.stdout.write(measured + "\n")
    if asked.write:
        PAGE.write_text(page(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
