"""The shipped models as they are on the sets of others, each with its own idea of a tag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.detectors.base import MAIN_TAGS
from pipeline.learning.evaluation import Result, evaluate, score
from pipeline.model_store import read_metadata
from pipeline.settings import shipped_models
from pipeline.tagger import Tagger
from pipeline.text import LANGUAGES


def transfer(labelled: Path) -> str:
    """A table: figures at the shipped threshold, per set, language and tag.

    Where a set has an official test, only that is scored: no model was trained on it.
    """
    rows = pl.concat([_rows(file) for file in sorted(labelled.glob("*.parquet"))])
    scored = score(rows.select("text", "lang", *MAIN_TAGS, "set"), Tagger.load(shipped_models()))
    known = {tag: _trained_on(tag) for tag in MAIN_TAGS}
    lines = [
        "| tag | set | language | rows | yes | F1 | precision | recall | AP | ECE | trained on |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    lines += [
        f"| {one.tag} | {one.set} | {one.language} | {one.rows:,} | {one.positives:,} "
        f"| {one.f1.value:.2f} | {one.precision.value:.2f} | {one.recall.value:.2f} "
        f"| {one.average_precision.value:.2f} | {one.ece:.3f} | {_taught(one, known[one.tag])} |"
        for one in sorted(evaluate(scored, MAIN_TAGS), key=lambda one: (one.tag, one.set))
        if one.language in LANGUAGES and 0 < one.positives < one.rows
    ]
    return "\n".join([*lines, "", _silence(scored)])


def _rows(file: Path) -> pl.DataFrame:
    frame = pl.read_parquet(file).filter(pl.col("text").str.len_chars() > 0)
    if "test" in frame["split"].unique():
        frame = frame.filter(pl.col("split") == "test")
    return frame.select(
        "text", "lang", *(pl.col(tag).cast(pl.Int8) for tag in MAIN_TAGS), set=pl.lit(file.stem)
    )


def _trained_on(tag: str) -> dict[str, int]:
    """Set to the number of its rows that the shipped model was trained on."""
    found: dict[str, int] = {}
    for one in read_metadata(shipped_models() / tag)["data"]:
        name = one["name"].split(",")[0]
        found[name] = found.get(name, 0) + one["rows"]
    return found


def _taught(one: Result, known: dict[str, int]) -> str:
    taught = known.get(one.set, 0)
    if not taught:
        return "no"
    return "its training split" if one.set == "nlbse2024_issues" else f"yes, {taught:,} rows"


def _silence(scored: pl.DataFrame) -> str:
    """How much is tagged in sets that have no positives: false alarms, but for missed labels."""
    said = []
    for name, tags in (("tweeteval_neutral", MAIN_TAGS), ("hardwarerecs_answers", ("lead",))):
        part = scored.filter(pl.col("set") == name)
        if len(part):
            shares = ", ".join(
                f"{tag} {part[f'{tag}_detected'].sum() / len(part):.1%}" for tag in tags
            )
            known = pl.read_csv(shipped_models() / "corpora" / "labels" / f"{name}.csv")
            said.append(
                f"`{name}` ({len(part):,} rows, {len(known):,} of them learned from): {shares}"
            )
    return "Tagged in sets that hold no known positives: " + "; ".join(said) + "."


def weakest(table: str) -> Sequence[str]:
    """The rows of the table with the lowest F1 among sets that no model was trained on."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    unseen = sorted((one for one in cells if one and one[-1] == "no"), key=lambda one: one[5])
    return [
        f"shipped models, {one[0]} on {one[1]} ({one[2]}): F1 {one[5]}, average precision {one[8]}."
        for one in unseen[:3]
    ]
