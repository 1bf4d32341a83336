"""`engage evaluate`: how good the models are on labelled text."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli._app import Config, app, models_in_use, warn
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from rich.console import Console

    from pipeline.learning.estimates import Estimate
    from pipeline.learning.evaluation import Result
    from pipeline.tagger import Tagger

MainTags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        help="This tag; repeat. [default: lead, complaint, idea]",
        show_default=False,
    ),
]
SLICES = ("channel", "length", "kind")
SHOWN = 20
"""Slices of one kind that are shown; the rest is in the JSON."""


class Format(StrEnum):
    """How the figures are printed."""

    TABLE = "table"
    JSON = "json"


@app.command()
def evaluate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", help="Labelled .jsonl, .csv or .parquet. [default: frozen sets]"
        ),
    ] = None,
    tag: MainTags = None,
    slices: Annotated[
        bool, typer.Option("--slices", help="By channel, length and kind of hard case too.")
    ] = False,
    confusions: Annotated[
        int,
        typer.Option(
            "--confusions", metavar="N", min=0, help="Show N false alarms and N misses of each tag."
        ),
    ] = 0,
    form: Annotated[
        Format, typer.Option("--format", help="A table to read, or JSON to build on.")
    ] = Format.TABLE,
    models: Annotated[
        Path | None,
        typer.Option(
            "--models",
            metavar="FOLDER",
            help="Evaluate these models. [default: the settings' models]",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Measure the models on labelled text, the weakest figures first.

    A FILE has a column text and one for each tag, lead, complaint and idea, with 1 or 0, yes or no,
    or nothing where nobody has judged; optionally lang, channel and kind. Behind each figure stands
    its 95 % bootstrap interval.
    """
    from pipeline.learning import evaluation
    from pipeline.tagger import Tagger

    if confusions and form is Format.JSON:
        what = "messages are shown to people alone, never written into JSON"
        raise SettingsError(what, where="--confusions", mend="leave out --format json")
    tagger = Tagger.load(models or models_in_use(config))
    tags = known_tags(tag, tagger)
    scored = evaluation.score(_rows(files, tags), tagger)
    whole = evaluation.evaluate(scored, tags)
    parts = {one: evaluation.evaluate(scored, tags, (one,)) for one in SLICES if slices}
    if form is Format.JSON:
        _print_json(tagger, whole, parts)
        return
    _print_tables(whole, parts)
    if confusions:
        for one in tags:
            _print_confusions(one, *evaluation.confusions(scored, one, confusions))


def known_tags(wanted: Sequence[str] | None, tagger: Tagger) -> tuple[str, ...]:
    """The tags asked for, else the main ones. Raises SettingsError for one that there is not."""
    from pipeline.detectors.base import MAIN_TAGS
    from pipeline.registry import choices
    from pipeline.tagger import detectors

    for one in wanted or ():
        if one not in tagger.tags:
            if one in detectors():
                what, mend = f"the models in use have none of {one}", f"engage train --tag {one}"
                raise SettingsError(what, where="--tag", mend=mend)
            mend = choices(one, tagger.tags)
            raise SettingsError(f"there is no tag '{one}'", where="--tag", mend=mend)
    return tuple(dict.fromkeys(wanted or sorted(MAIN_TAGS)))


def _rows(files: Sequence[Path] | None, tags: Sequence[str]) -> pl.DataFrame:
    """The rows of all files, each with the name of its set.

    Raises SettingsError for a file in which no row is judged: its figures would be missing.
    """
    import polars as pl

    from pipeline.learning import labelled

    named = [(str(file), file) for file in files or ()]
    if not named:
        named = labelled.frozen()
    read = []
    for name, file in named:
        rows = labelled.read(file, tags, warn)
        if rows.select(pl.all_horizontal(pl.col(*tags).is_null().all())).item():
            raise SettingsError(
                f"no row says yes or no to {' or '.join(tags)}",
                where=str(file),
                mend="label some rows, or name the tags that are labelled with --tag",
            )
        read.append(rows.with_columns(set=pl.lit(name)))
    return pl.concat(read)


def _print_json(tagger: Tagger, whole: list[Result], parts: dict[str, list[Result]]) -> None:
    import json

    from pipeline.learning.bootstrap import DRAWS, LEVEL

    found = {
        "models": tagger.model_versions,
        "interval": {"level": LEVEL, "draws": DRAWS},
        "results": [one.as_json() for one in whole],
        "slices": [one.as_json() for some in parts.values() for one in some],
    }
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


def _print_tables(whole: list[Result], parts: dict[str, list[Result]]) -> None:
    from pipeline.console import console

    screen = console()
    for name in dict.fromkeys(one.set for one in whole):
        screen.print(f"{name}, with 95 % intervals", style="bold")
        _print_whole(screen, [one for one in whole if one.set == name])
        for by, results in parts.items():
            _print_slices(screen, by, [one for one in results if one.set == name])


def _print_whole(screen: Console, results: list[Result]) -> None:
    from pipeline.console import add, table

    columns = ("rows", "yes", "precision", "recall", "F1", "AP", "ECE")
    made = table(("tag", "lang", *columns), right=columns)
    for one in results:
        figures = map(shown, (one.precision, one.recall, one.f1, one.average_precision))
        add(made, (one.tag, one.language, one.rows, one.positives, *figures, short(one.ece, 3)))
    screen.print(made)


def _print_slices(screen: Console, by: str, results: list[Result]) -> None:
    from pipeline.console import add, table

    if not results:
        screen.print(f"no row says its {by}\n")
        return
    columns = ("rows", "yes", "false alarms", "misses", "wrong", "F1")
    made = table((by, "tag", "lang", *columns), right=columns)
    for one in results[:SHOWN]:
        wrong = (one.false_positives, one.false_negatives, f"{one.wrong_share:.0%}")
        figures = (one.rows, one.positives, *wrong, shown(one.f1))
        add(made, (one.part, one.tag, one.language, *figures))
    screen.print(made)
    if (more := len(results) - SHOWN) > 0:
        screen.print(f"{more} more with fewer wrong; all of them with --format json\n")


def _print_confusions(tag: str, taken: pl.DataFrame, missed: pl.DataFrame) -> None:
    from pipeline.console import add, console, table

    screen = console()
    for title, rows in (("false alarms", taken), ("misses", missed)):
        screen.print(f"{tag}: {title}" if len(rows) else f"{tag}: no {title}", style="bold")
        if len(rows):
            made = table(("p", "lang", "text"), right=("p",), grow="text")
            for one in rows.iter_rows(named=True):
                add(made, (f"{one['probability']:.2f}", one["language"], one["text"]))
            screen.print(made)


def shown(one: Estimate) -> str:
    """`.82 .75–.88`, or a dash where it is not defined."""
    if math.isnan(one.value):
        return "–"
    return f"{short(one.value)} {short(one.low)}–{short(one.high)}"


def short(value: float, digits: int = 2) -> str:
    """`.82`, and `1.0` as wide: the table must fit."""
    return f"{value:.{digits}f}".removeprefix("0")[: digits + 1]
