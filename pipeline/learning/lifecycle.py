"""The life of models: a challenger is trained, set against the champion, promoted, rolled back.

The comparison is paired: both sets score the same rows, and each draw of the bootstrap takes the
same rows for both, so what is hard for both cancels out. A regression beyond noise, of any tag in
either language, is never promoted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline import model_sets
from pipeline.detectors._ngrams import Floats
from pipeline.errors import FatalError, SettingsError
from pipeline.learning import labelled as labels_of
from pipeline.learning.evaluation import Estimate, Measure, estimates, measure, score
from pipeline.learning.people import Taught
from pipeline.learning.training import LICENCES, train
from pipeline.tagger import Tagger
from pipeline.text import LANGUAGES

SCORED = ("probability", "detected")
HEADER = ("tag", "language", "positives", "F1", "difference", "AP", "difference", "verdict")


@dataclass(frozen=True)
class Difference:
    """Champion and challenger on the rows of one tag and language.

    `f1` and `average_precision` are challenger minus champion, with their 95 % intervals.
    """

    tag: str
    language: str
    positives: int
    champion_f1: float
    challenger_f1: float
    f1: Estimate
    champion_average_precision: float
    challenger_average_precision: float
    average_precision: Estimate

    @property
    def is_regression(self) -> bool:
        """Whether F1 fell by more than chance explains: the interval lies wholly below zero."""
        return self.f1.high < 0

    @property
    def verdict(self) -> str:
        """What the difference in F1 says, in a word or two."""
        if self.is_regression:
            return "worse"
        return "better" if self.f1.low > 0 else "within noise"

    @property
    def cells(self) -> tuple[str, ...]:
        """The values under `HEADER`."""
        return (
            self.tag,
            self.language,
            f"{self.positives}",
            f"{self.champion_f1:.3f} → {self.challenger_f1:.3f}",
            _shown(self.f1),
            f"{self.champion_average_precision:.3f} → {self.challenger_average_precision:.3f}",
            _shown(self.average_precision),
            self.verdict,
        )


@dataclass(frozen=True)
class Comparison:
    """Two sets of models by name, and how they differ; `is_new`: their bytes are not the same."""

    champion: str
    challenger: str
    is_new: bool
    differences: tuple[Difference, ...]

    @property
    def regressions(self) -> tuple[Difference, ...]:
        """The tags and languages in which the challenger is worse beyond noise."""
        return tuple(one for one in self.differences if one.is_regression)

    def markdown(self) -> str:
        """The comparison as a table for the person who decides."""
        lines = [HEADER, ("---",) * len(HEADER), *(one.cells for one in self.differences)]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return f"Champion {self.champion} → challenger {self.challenger}\n\n{table}\n"


def challenge(
    models: Path,
    labelled: Path | None = None,
    *,
    licences: tuple[str, ...] = LICENCES,
    people: Taught | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Train all tags into a set of their own, the challenger. Returns its name.

    The arguments are those of `training.train`; the models in use are not touched.
    """
    with model_sets.new_set(models) as folder:
        train(models, labelled, licences=licences, into=folder, people=people, say=say)
        return model_sets.add(models, folder)


def rows_on(file: Path | None = None) -> pl.DataFrame:
    """The labelled rows of a file, else of the frozen sets.

    Raises SettingsError when the file is wrong, or the frozen sets are not there.
    """
    return pl.concat([labels_of.read(one) for one in ([file] if file else labels_of.frozen())])


def compare(models: Path, rows: pl.DataFrame, name: str | None = None) -> Comparison:
    """Set a challenger against the champion, tag by tag and language by language.

    Args:
        models: folder of the models.
        rows: labelled rows, as `rows_on` gives them.
        name: the challenger; None: the last one trained.

    Raises:
        SettingsError: there is no such challenger, or no row has a positive.
        FatalError: one of the two sets is broken, changed or mixed.
    """
    challenger, champion = model_sets.asked_for(models, name), model_sets.lineage(models).champion
    held, made = (model_sets.folder_of(models, one) for one in (champion, challenger))
    found = differences(rows, Tagger.load(held), Tagger.load(made))
    if not found:
        mend = "give a file in which some rows have the label 1, in Dutch or English"
        raise SettingsError("there is nothing to compare on: no positive", mend=mend)
    return Comparison(champion, challenger, model_sets.digest(held) != challenger, tuple(found))


def differences(rows: pl.DataFrame, champion: Tagger, challenger: Tagger) -> list[Difference]:
    """How two sets differ on labelled rows; tags and languages without a positive are left out."""
    held, made = score(rows, champion), score(rows, challenger)
    found = []
    for tag in (one for one in champion.tags if one in rows.columns):
        for language in LANGUAGES:
            mine = (held["language"] == language) & rows[tag].is_not_null()
            labels = rows[tag].filter(mine).to_numpy().astype(np.int64)
            if not labels.any():
                continue
            both = [
                measure(labels, *(one[f"{tag}_{what}"].filter(mine).to_numpy() for what in SCORED))
                for one in (held, made)
            ]
            figures = estimates(paired(*both), len(labels))
            found.append(
                Difference(
                    tag=tag,
                    language=language,
                    positives=int(labels.sum()),
                    champion_f1=figures["champion_f1"].value,
                    challenger_f1=figures["challenger_f1"].value,
                    f1=figures["f1"],
                    champion_average_precision=figures["champion_average_precision"].value,
                    challenger_average_precision=figures["challenger_average_precision"].value,
                    average_precision=figures["average_precision"],
                )
            )
    return found


def paired(champion: Measure, challenger: Measure) -> Measure:
    """Measure challenger minus champion on the same draws, and each of the two."""

    def measured(weights: Floats) -> dict[str, Floats]:
        old, new = champion(weights), challenger(weights)
        found = {}
        for name in ("f1", "average_precision"):
            found[name] = new[name] - old[name]
            found[f"champion_{name}"], found[f"challenger_{name}"] = old[name], new[name]
        return found

    return measured


def promote(models: Path, rows: pl.DataFrame, name: str | None = None) -> Comparison:
    """Make a challenger the champion, unless it is worse beyond noise. Returns the comparison.

    Raises:
        SettingsError: there is no such challenger, or it is the champion byte for byte.
        FatalError: a regression, or a set that is broken, changed or mixed.
        RetriableError: another set became the champion meanwhile.
    """
    found = compare(models, rows, name)
    if not found.is_new:
        raise SettingsError(
            f"{found.challenger} is the champion already, byte for byte",
            mend="train on other text, or leave it as it is",
        )
    if found.regressions:
        what = "; ".join(
            f"{one.tag} in {one.language}: F1 {_shown(one.f1)}" for one in found.regressions
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
        "there is no former champion: the shipped models are in use",
        where=str(models),
        mend="to undo `make train`, restore models/ from git",
    )


def _shown(one: Estimate) -> str:
    return f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
