"""Real messages, labelled by our definitions, whose text is not part of the repository.

`models/corpora/labels/<set>.csv` says of each message only the beginning of its text's SHA-256 and
the labels. The text itself is read where it lies: from the folder `threads` beside the labelled
sets of others. Where that is not, there are no rows.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import polars as pl

from pipeline.learning.corpora import TAGS
from pipeline.sources._html import text_of
from pipeline.sources.discourse import reading

LABELS = (*TAGS, "praise", "question")
DIGITS = 16
"""So many hex digits of a text's SHA-256 name it."""
SCHEMA = pl.Schema(
    {
        "text": pl.String,
        "lang": pl.String,
        **dict.fromkeys(LABELS, pl.Int8),
        "corpus": pl.String,
    }
)


@dataclass(frozen=True)
class Threads:
    """A set of conversations: its licence class, its files under `threads/`, how they are read."""

    name: str
    licence: str
    lang: str
    files: str
    texts: Callable[[Path], Iterable[str]]


@dataclass(frozen=True)
class Real:
    """Labelled messages with the columns `SCHEMA`, and set to the number of texts not found."""

    rows: pl.DataFrame
    missing: dict[str, int]


def read(labels: Path, labelled: Path | None, licences: tuple[str, ...]) -> Real:
    """Find the text of the messages that are labelled.

    Args:
        labels: folder with one CSV per set: `text_sha256`, and 0 or 1 for each of `LABELS`.
        labelled: folder with the sets of others; `threads` lies beside it. None: no rows.
        licences: licence classes of the sets that may be used.

    Returns:
        The rows in the order of `SETS` and of the label files; `missing` names the sets with a
        label whose text is not in their files. A folder that is absent misses nothing.
    """
    threads = labelled.parent / "threads" if labelled else None
    frames, missing = [pl.DataFrame(schema=SCHEMA)], {}
    for one in SETS:
        listed = labels / f"{one.name}.csv"
        if not (threads and threads.is_dir() and one.licence in licences and listed.exists()):
            continue
        judged = pl.read_csv(listed, schema_overrides={"text_sha256": pl.String})
        texts = {
            digest(text): text
            for file in sorted(threads.glob(one.files))
            for text in one.texts(file)
        }
        found = judged.with_columns(
            text=pl.col("text_sha256").replace_strict(texts, default=None, return_dtype=pl.String),
            lang=pl.lit(one.lang),
            corpus=pl.lit(one.name),
        )
        if found["text"].null_count():
            missing[one.name] = found["text"].null_count()
        frames.append(found.drop_nulls("text").select(SCHEMA.names()).cast(SCHEMA))
    return Real(pl.concat(frames), missing)


def digest(text: str) -> str:
    """The name of a text in the label files."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGITS]


def _tweets(file: Path) -> Iterator[str]:
    rows = pl.read_csv(file, infer_schema=False).drop_nulls("text")
    for text in rows.filter(pl.col("inbound").str.to_lowercase() == "true")["text"]:
        yield html.unescape(text)


def _turns(file: Path) -> Iterator[str]:
    for dialogue in orjson.loads(file.read_bytes()):
        for turn in dialogue["dialogContent"]:
            if any(key.startswith("client") for key in turn):
                yield turn["message"]


def _posts(file: Path) -> Iterator[str]:
    for post in orjson.loads(file.read_bytes())["post_stream"]["posts"]:
        yield text_of(post["cooked"], reading)


SETS = (
    # The upstream export of these tweets is licensed for non-commercial use only.
    Threads("twcs_spotify", "research_only", "en", "twcs/spotifycares_inbound_only.csv", _tweets),
    Threads("ibm_twitter_care", "unstated", "en", "ibm_twitter_care/*.json", _turns),
    Threads("discourse", "unstated", "en", "discourse/topic_*.json", _posts),
)
