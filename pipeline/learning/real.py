"""Real messages, labelled by our definitions, whose text is not part of the repository.

`models/corpora/labels/<set>.csv` says of each message only the beginning of its text's SHA-256 and
the labels. The text itself is read where it lies: from the labelled sets of others, whose own
labels follow other definitions, and from the folder `threads` beside them. Where those are not,
there are no rows.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from pipeline.learning import corpora
from pipeline.learning.corpora import COLUMNS, KINDS, OWN_WEIGHT, TAGS
from pipeline.sources._html import text_of
from pipeline.sources.discourse import reading

DIGITS = 16
"""So many hex digits of a text's SHA-256 name it."""
OURS = ", our labels"
"""Stands behind the name of a set, beside the same set with its own labels."""
SCHEMA = pl.Schema({name: KINDS[name] for name in ("text", "lang", *TAGS, "corpus")})


Texts = Iterable[tuple[str, str]]
"""Texts, each with its language."""


@dataclass(frozen=True)
class Set:
    """A set: its licence class, its files beside or under `labelled/`, how they are read."""

    name: str
    licence: str
    files: str
    texts: Callable[[Path], Texts]


@dataclass(frozen=True)
class Real:
    """Labelled messages with the columns `SCHEMA`, and set to the number of texts not found."""

    rows: pl.DataFrame
    missing: dict[str, int]


def read(labels: Path, labelled: Path | None, licences: tuple[str, ...]) -> Real:
    """Find the text of the messages that are labelled.

    Args:
        labels: folder with one CSV per set: `text_sha256`, and 0 or 1 for each tag.
        labelled: folder with the sets of others; `threads` lies beside it. None: no rows.
        licences: licence classes of the sets that may be used.

    Returns:
        The rows in the order of `SETS` and of the label files; `missing` names the sets with a
        label whose text is not in their files. A set that is absent misses nothing.
    """
    frames, missing = [pl.DataFrame(schema=SCHEMA)], {}
    for one in SETS:
        listed = labels / f"{one.name}.csv"
        files = sorted(labelled.parent.glob(one.files)) if labelled else []
        if not (files and one.licence in licences and listed.exists()):
            continue
        judged = pl.read_csv(listed, schema_overrides={"text_sha256": pl.String})
        texts = {digest(text): (text, lang) for file in files for text, lang in one.texts(file)}
        held = [texts.get(name, (None, None)) for name in judged["text_sha256"]]
        found = judged.with_columns(
            text=pl.Series([text for text, _ in held], dtype=pl.String),
            lang=pl.Series([lang for _, lang in held], dtype=pl.String),
            corpus=pl.lit(one.name),
        )
        if found["text"].null_count():
            missing[one.name] = found["text"].null_count()
        # A tag that nobody labelled here is null.
        unlabelled = [pl.lit(None).alias(tag) for tag in TAGS if tag not in judged.columns]
        complete = found.drop_nulls("text").with_columns(unlabelled)
        frames.append(complete.select(SCHEMA.names()).cast(SCHEMA))
    return Real(pl.concat(frames), missing)


def rows(found: Real) -> pl.DataFrame:
    """What `read` found, with the columns that training wants (`corpora.COLUMNS`)."""
    fold = pl.col("text").map_elements(digest, pl.String).str.slice(0, 1)
    return found.rows.with_columns(
        corpus=pl.col("corpus") + OURS,
        group=pl.concat_str("corpus", pl.lit(OURS + "/"), fold),
        weight=pl.lit(OWN_WEIGHT),
    ).select(COLUMNS)


def facts(data: pl.DataFrame, tag: str) -> list[dict[str, Any]]:
    """What the metadata of a tag's model say of the sets among the rows that it was taught."""
    taught = data.filter(pl.col(tag).is_not_null())
    known = ((one, taught.filter(pl.col("corpus") == one.name + OURS)) for one in SETS)
    return [
        corpora.fact(one.name + OURS, one.licence, mine, tag) for one, mine in known if len(mine)
    ]


def digest(text: str) -> str:
    """The name of a text in the label files."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGITS]


def _tweets(file: Path) -> Iterator[tuple[str, str]]:
    rows = pl.read_csv(file, infer_schema=False).drop_nulls("text")
    for text in rows.filter(pl.col("inbound").str.to_lowercase() == "true")["text"]:
        yield html.unescape(text), "en"


def _turns(file: Path) -> Iterator[tuple[str, str]]:
    for dialogue in orjson.loads(file.read_bytes()):
        for turn in dialogue["dialogContent"]:
            if any(key.startswith("client") for key in turn):
                yield turn["message"], "en"


def _posts(file: Path) -> Iterator[tuple[str, str]]:
    for post in orjson.loads(file.read_bytes())["post_stream"]["posts"]:
        yield text_of(post["cooked"], reading), "en"


def _labelled(file: Path) -> Texts:
    """The texts of a labelled set."""
    return pl.read_parquet(file, columns=["text", "lang"]).iter_rows()


def _set_of_others(name: str, licence: str) -> Set:
    return Set(name, licence, f"labelled/{name}.parquet", _labelled)


SETS = (
    # The upstream export of these tweets is licensed for non-commercial use only.
    Set("twcs_spotify", "research_only", "threads/twcs/spotifycares_inbound_only.csv", _tweets),
    Set("ibm_twitter_care", "unstated", "threads/ibm_twitter_care/*.json", _turns),
    Set("discourse", "unstated", "threads/discourse/topic_*.json", _posts),
    _set_of_others("tweeteval_neutral", "unstated"),
    *(_set_of_others(one.name, one.licence) for one in corpora.EXTERNAL),
)
