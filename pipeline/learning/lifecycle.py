"""The life of models: a challenger is trained, set against the champion, promoted, rolled back.

A regression beyond noise, of any tag in either language, is never promoted: on the frozen sets, on
what people answered about messages in the lake, and on a file where one is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import model_sets
from pipeline.errors import FatalError, SettingsError
from pipeline.learning import labelled as labels_of
from pipeline.learning import reviewed
from pipeline.learning.comparison import Comparison, differences, shown
from pipeline.learning.corpora import TAGS
from pipeline.learning.people import taught
from pipeline.model_store import read_metadata
from pipeline.settings import Settings
from pipeline.storage import Lake
from pipeline.tagger import Tagger

REVIEWED = "reviewed"
"""Name of the rows that people answered about, beside the sets that models are compared on."""


def rows_on(file: Path | None = None, say: Callable[[str], None] = lambda _: None) -> pl.DataFrame:
    """The labelled rows of the frozen sets, and those of a file beside them.

    `set` is the name of the rows that belong together. `say` is told what of a file does not count.
    Raises SettingsError when the file is wrong, or the frozen sets are not there and no file is
    given.
    """
    named = labels_of.frozen(needed=file is None)
    if file is not None:
        named.append((file.name, file))
    return pl.concat(
        [
            labels_of.read(one, say=say, also=TAGS).with_columns(set=pl.lit(name))
            for name, one in named
        ]
    )


def compare(
    models: Path, rows: pl.DataFrame, name: str | None = None, lake: Lake | None = None
) -> Comparison:
    """Set a challenger against the champion, set by set, tag by tag and language by language.

    Args:
        models: folder of the models.
        rows: labelled rows, as `rows_on` gives them.
        name: the challenger; None: the last one trained.
        lake: where people answered about messages, which count too, as the rows `REVIEWED`;
            answers that one of the two was taught are left out.

    Raises:
        SettingsError: there is no such challenger, or no row has a positive.
        FatalError: one of the two sets is broken, changed or mixed, or the challenger lacks a tag.
    """
    challenger, champion = model_sets.asked_for(models, name), model_sets.lineage(models).champion
    held, made = (model_sets.folder_of(models, one) for one in (champion, challenger))
    old, new = Tagger.load(held), Tagger.load(made)
    if lacking := sorted(set(old.tags) - set(new.tags)):
        raise FatalError(
            f"the challenger has no model of {', '.join(lacking)}",
            where=f"models/sets/{challenger}",
            mend="train one of all tags with `engage train --challenger`",
        )
    if lake is not None:
        rows = pl.concat([rows, _reviewed(lake, (held, made), old.tags)], how="diagonal")
    found = differences(rows, old, new)
    if not found:
        mend = "give a file in which some rows have the label 1, in Dutch or English"
        raise SettingsError("there is nothing to compare on: no positive", mend=mend)
    was_calibrated, is_calibrated = (
        {tag for tag in old.tags if "calibrated" in read_metadata(folder / tag)}
        for folder in (held, made)
    )
    was_taught, is_taught = (
        {one["name"] for tag in old.tags for one in read_metadata(folder / tag).get("data", ())}
        for folder in (held, made)
    )
    return Comparison(
        champion=champion,
        challenger=challenger,
        is_new=model_sets.digest(held) != challenger,
        uncalibrated=tuple(sorted(was_calibrated - is_calibrated)),
        unlearned=tuple(sorted(was_taught - is_taught)),
        uncompared=tuple(sorted(set(old.tags) - {one.tag for one in found})),
        further=_further(made, old),
        differences=tuple(found),
    )


def _further(made: Path, champion: Tagger) -> dict[str, dict[str, Any]]:
    """What the metadata say of the tags that people's answers to the champion taught further."""
    held = {tag: read_metadata(made / tag).get("adapted") for tag in champion.tags}
    return {
        tag: one
        for tag, one in held.items()
        if one and one["model"] == champion.models[tag].version
    }


def _reviewed(lake: Lake, folders: Sequence[Path], tags: Sequence[str]) -> pl.DataFrame:
    """What people answered about messages of a lake, since any of the models was taught answers."""
    since: dict[str, datetime] = {}
    for folder in folders:
        for tag, until in reviewed.taught(folder, tags).items():
            since[tag] = max(until, since.get(tag, until))
    return taught(lake, since).rows.select("text", "lang", *TAGS, set=pl.lit(REVIEWED))


def proposal(settings: Settings, name: str, say: Callable[[str], None] = lambda _: None) -> str:
    """What to ask a person about a challenger, in Markdown; empty when there is nothing to ask.

    There is nothing to ask about a set that is the champion already, worse beyond noise, or that
    a person said no to. `say` is told the comparison and why nothing is asked.
    """
    models = settings.models_folder
    found = compare(models, rows_on(), name, Lake(settings.lake_location))
    say(found.markdown())
    if not found.is_new:
        say("nothing new was learned: the challenger is the champion, byte for byte")
    if found.regressions:
        say("the challenger is worse beyond noise")
    if not found.is_new or found.regressions:
        return ""
    if model_sets.lineage(models).refused == name:
        say(f"this set was asked about before, and not approved: `engage promote {name}` does it")
        return ""
    return found.markdown()


def answer(settings: Settings, name: str, *, is_yes: bool) -> None:
    """Do what a person said of a challenger: promote it, as `promote` does, or ask no more.

    No to a set that is the champion by now changes nothing.
    """
    models = settings.models_folder
    if is_yes:
        promote(models, rows_on(), name, Lake(settings.lake_location))
    elif model_sets.lineage(models).champion != name:
        model_sets.refuse(models, name)


def promote(
    models: Path, rows: pl.DataFrame, name: str | None = None, lake: Lake | None = None
) -> Comparison:
    """Make a challenger the champion, unless it is worse beyond noise. Returns the comparison.

    Takes what `compare` takes.

    Raises:
        SettingsError: there is no such challenger, or it is the champion byte for byte.
        FatalError: a regression, or a set that is broken, changed or mixed.
        RetriableError: another set became the champion meanwhile.
    """
    found = compare(models, rows, name, lake)
    if not found.is_new:
        raise SettingsError(
            f"{found.challenger} is the champion already, byte for byte",
            mend="train on other text, or leave it as it is",
        )
    if found.regressions:
        what = "; ".join(
            f"{one.tag} in {one.language} ({one.set}): F1 {shown(one.f1)}"
            for one in found.regressions
        )
        raise FatalError(
            f"the challenger is worse than the champion beyond noise: {what}",
            where=f"models/sets/{found.challenger}",
            mend="keep the champion; mend the text or the cues, then `engage train --challenger`",
        )
    model_sets.promote(models, found.challenger, instead_of=found.champion)
    return found


def rollback(models: Path) -> str:
    """Bring the former champion back, the last one that this code can use. Returns its name.

    Raises SettingsError when the shipped models are in use, FatalError when no former champion can
    be used; then nothing is changed.
    """
    held, failed = model_sets.lineage(models), None
    for name in held.former:
        try:
            Tagger.load(model_sets.folder_of(models, name))
        except FatalError as error:
            failed = error
            continue
        model_sets.go_back(models, name, instead_of=held.champion)
        return name
    raise failed or SettingsError(
        "there is no former champion: the models in use were never promoted",
        where=str(models),
        mend="to undo `make train`, restore models/ from git; to undo `engage calibrate`, take "
        "`detection.models` out of the settings",
    )
