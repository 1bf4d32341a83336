"""Labelled text: our own under `models/corpora/`, and sets of others that a trainer has on disk.

Sets of others are never part of the repository. Each is named here with its licence class, what it
may teach and how much it counts beside our own text, whose labels follow our definitions exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from pipeline.detectors.base import MAIN_TAGS
from pipeline.errors import SettingsError
from pipeline.learning import labelled
from pipeline.tagger import detectors
from pipeline.text import LANGUAGES

TAGS = (*MAIN_TAGS, *(tag for tag in sorted(detectors()) if tag not in MAIN_TAGS))
"""All registered tags."""
COLUMNS = ("text", "lang", *TAGS, "corpus", "group", "weight")
"""Of labelled text. A label is 0, 1, or null where nobody has judged it."""
KINDS = dict.fromkeys(COLUMNS, pl.String) | dict.fromkeys(TAGS, pl.Int8) | {"weight": pl.Float64}
_NONE = pl.DataFrame(schema=KINDS)

LICENCE, YOURS = "Apache-2.0", "yours"
"""Licences of our own text, and of files that somebody added for a tag of their own."""
OWN_WEIGHT = 3.0
"""What a row counts that is labelled by our definitions: few rows, but in both languages."""


@dataclass(frozen=True)
class External:
    """A set of others: licence class, tags it may teach, and the weight of one of its rows."""

    name: str
    licence: str
    tags: tuple[str, ...]
    weight: float


EXTERNAL = (
    External("complaints_acl2019", "unstated", ("complaint",), 0.5),
    # Half of its feature requests are none: its label of ideas teaches nothing.
    External("maalej_rej2016", "unstated", ("complaint",), 0.3),
    External("google_play_top20_manchester", "unstated", ("idea",), 0.2),
    External("nlbse2024_issues", "unstated", ("idea",), 0.1),
    External("bever_nl_40pct", "unstated", ("complaint", "idea"), 1.5),
    External("reddit_city_40pct", "unstated", ("lead", "complaint"), 1.5),
    External("churn_intent_swisscom", "permissive", ("lead",), 0.5),
    # Answers that recommend: hard negatives for leads; with more weight they ruin the recall.
    External("hardwarerecs_answers", "permissive", ("lead",), 0.1),
    External("purchase_intent_tweets_hasan", "permissive", ("lead",), 0.1),
)


def own(folder: Path, say: Callable[[str], None] = lambda _: None) -> pl.DataFrame:
    """Read our corpora, one file per trade and language. Columns: `COLUMNS`.

    A file need not label every tag. One without any of the main tags is somebody's own labelled
    file and no trade.

    Raises SettingsError when there is no file, or one cannot be used, with the line.
    """
    files = sorted(folder.glob("*/*.jsonl"))
    if not files:
        raise SettingsError(
            "there are no corpora", where=str(folder), mend="restore models/corpora from git"
        )
    return pl.concat([_own(file, say) for file in files])


def _own(file: Path, say: Callable[[str], None]) -> pl.DataFrame:
    try:
        frame = pl.read_ndjson(file, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        frame = pl.DataFrame()
    if not _is_sound(frame):
        frame = _by_line(file, say)
    # Folds never share a trade, in either language.
    group = pl.lit(f"{file.parent.name}/{file.stem}")
    if not any(frame[tag].count() for tag in MAIN_TAGS if tag in frame.columns):
        group = group + "/" + pl.col("text").map_elements(fold, pl.String)
    return frame.select(
        "text",
        "lang",
        *_labels(frame.columns),
        corpus=pl.lit("own"),
        group=group,
        weight=pl.lit(OWN_WEIGHT),
    )


def _is_sound(frame: pl.DataFrame) -> bool:
    """Whether all rows have a text, a language that the models know, and labels of 0, 1 or null."""
    if not all(frame.schema.get(name) == pl.String for name in ("text", "lang")):
        return False
    labels = frame.select(cs.by_name(TAGS, require_all=False))
    if not all(one.is_integer() or one == pl.Null for one in labels.dtypes):
        return False
    has_text = pl.col("text").str.contains(r"\S") & pl.col("lang").is_in(LANGUAGES)
    is_label = (pl.col(name).is_in([0, 1]) | pl.col(name).is_null() for name in labels.columns)
    is_sound = pl.all_horizontal(has_text.fill_null(value=False), *is_label)
    return bool(frame.select(is_sound.all()).item())


def _by_line(file: Path, say: Callable[[str], None]) -> pl.DataFrame:
    """Read a file slowly, so that what is wrong with it is told with its line."""
    frame = labelled.read(file, (), say, also=TAGS)
    wrong = frame.filter(~pl.col("lang").is_in(LANGUAGES).fill_null(value=False))
    if len(wrong):
        raise SettingsError(
            "the lang is neither nl nor en",
            where=f"{file}:{wrong['line'][0]}",
            mend="give every line a text and its lang, nl or en",
        )
    return frame


def licence(ours: pl.DataFrame) -> str:
    """The licence of rows of `own` that a tag is taught: ours label the main tags, too."""
    labels_ours = ours.select(pl.any_horizontal(pl.col(MAIN_TAGS).is_not_null()).any()).item()
    return LICENCE if labels_ours or ours.is_empty() else YOURS


def external(folder: Path | None, licences: tuple[str, ...]) -> tuple[pl.DataFrame, list[External]]:
    """Read the sets of others that lie in `folder` and whose licence class is allowed."""
    used, frames = [], [_NONE]
    for known in EXTERNAL:
        file = folder / f"{known.name}.parquet" if folder else None
        if file is None or known.licence not in licences or not file.exists():
            continue
        used.append(known)
        frames.append(
            pl.read_parquet(file)
            .filter(pl.col("lang").is_in(LANGUAGES), pl.col("text").str.len_chars() > 0)
            .filter(pl.col("split").fill_null("train") != "test")
            .select(
                "text",
                "lang",
                *_labels(known.tags),
                corpus=pl.lit(known.name),
                # Other people's sets have no trades: their folds are cut by the text itself.
                group=known.name + "/" + pl.col("text").map_elements(fold, pl.String),
                weight=pl.lit(known.weight),
            )
            .unique("text", keep="first", maintain_order=True)
        )
    return pl.concat(frames), used


def fact(name: str, licence: str, rows: pl.DataFrame, tag: str) -> dict[str, Any]:
    """What the metadata of a model say of a set of text that taught its tag."""
    return {"name": name, "licence": licence, "rows": len(rows), "sha256": digest(rows, tag)}


def digest(frame: pl.DataFrame, tag: str) -> str:
    """Hash of what labelled text teaches a tag, for its model's metadata."""
    body = frame.select("text", "lang", tag, "corpus", "group", "weight").write_ndjson().encode()
    return hashlib.sha256(body).hexdigest()


def _labels(told: Sequence[str]) -> Iterator[pl.Expr]:
    """The columns of all tags, null for those that the text was not labelled for."""
    for tag in TAGS:
        yield (pl.col(tag) if tag in told else pl.lit(None)).cast(pl.Int8).alias(tag)


def fold(text: str) -> str:
    """Which sixteenth of all texts one is in, by the text: a repost is with what it repeats."""
    return hashlib.sha256(text.encode()).hexdigest()[0]
