"""Messages for the benchmarks: as many as asked for, in both languages, the same every time.

Made of the sentences of our own corpora, recombined and sprinkled with order numbers and handles,
so that words, cues and lengths are those of real messages while no two are alike. As on the open
web most are no opportunity: `SHARE` of them come from messages that are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import polars as pl

SHARE = 0.15
DAYS = 14
START = datetime(2026, 11, 2, tzinfo=UTC)
CORPORA = Path(__file__).parent.parent / "models" / "corpora"
SETTINGS = """\
lake = "lake"
[company]
name = "Bench"
own_accounts = ["bench"]
[[sources]]
name = "bench"
type = "jsonl"
path = "messages.jsonl"
channel = "microblog"
"""


def messages(count: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """Yield `count` messages with id, sent_at, author, text and, for one in three, reply_to."""
    choice = random.Random(seed)  # noqa: S311 - the same numbers every time are what is wanted
    corpora = pl.concat(
        [
            pl.read_ndjson(file).select("text", "lang", "lead", "complaint", "idea")
            for file in sorted(CORPORA.glob("*/*.jsonl"))
        ]
    )
    is_any = pl.max_horizontal("lead", "complaint", "idea") > 0
    pools = [
        (
            language,
            flag,
            corpora.filter((pl.col("lang") == language) & (is_any == flag))["text"].to_list(),
        )
        for language in ("nl", "en")
        for flag in (True, False)
    ]
    sentences = {
        (language, flag): [one for text in texts for one in text.split(". ") if len(one) > 15]
        for language, flag, texts in pools
    }
    step = timedelta(days=DAYS) / (count + 1)
    for at in range(count):
        key = (choice.choice(("nl", "en")), choice.random() < SHARE)
        own = choice.choice(sentences[key])
        rest = choice.choices(sentences[key[0], False], k=choice.choice((0, 1, 1, 2)))
        mention = f"@shop{choice.randrange(200)} " if choice.random() < 0.4 else ""
        order = f" ({choice.randrange(10**6)})" if choice.random() < 0.5 else ""
        made = {
            "id": str(at),
            "sent_at": (START + step * at).isoformat(timespec="seconds"),
            "author": f"person{choice.randrange(count // 3 + 1)}",
            "text": mention + ". ".join([own, *rest]) + order,
        }
        if at > 10 and choice.random() < 1 / 3:
            made["reply_to_native_id"] = str(at - choice.randrange(1, 10))
        yield made


def write(folder: Path, count: int) -> Path:
    """Write `messages.jsonl` and `engage.toml` into a folder. Returns the settings' file."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "messages.jsonl").open("wb") as file:
        for one in messages(count):
            file.write(orjson.dumps(one) + b"\n")
    settings = folder / "engage.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    return settings
