"""`engage calibrate`: probabilities and thresholds that hold for one's own messages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli._app import Config, app, models_in_use, target_precision, warn
from pipeline.cli.evaluate import MainTags, known_tags, short, shown
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.learning.calibration import Outcome


@app.command()
def calibrate(
    sample: Annotated[
        Path,
        typer.Option(
            "--on", metavar="FILE", help="Some 200 labelled rows of your own, drawn at random."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to write the models."),
    ] = Path("models-calibrated"),
    tag: MainTags = None,
    config: Config = None,
) -> None:
    """Fit probabilities and thresholds to your own messages.

    FILE is a labelled file as `engage evaluate` takes it. A tag with fewer than 50 labelled rows,
    or fewer than 10 of yes or of no, is left as it is. Before and after are measured on rows that
    were not fitted on. The models in use are never changed, unless FOLDER is where they are.
    """
    import hashlib

    from pipeline.learning import calibration, labelled
    from pipeline.model_sets import lineage
    from pipeline.tagger import Tagger

    models = models_in_use(config)
    if output.exists() and not output.is_dir():
        raise SettingsError("is a file", where=str(output), mend="give the name of a folder")
    if lineage(output).promoted:
        raise SettingsError(
            "the models in use there are a promoted set, which does not change",
            where=str(output),
            mend="give another folder with -o",
        )
    tagger = Tagger.load(models)
    tags = known_tags(tag, tagger)
    rows = labelled.read(sample, tags, warn)
    target = target_precision(config)
    outcomes = calibration.calibrate(rows, tagger, tags, target)
    facts = {"rows": len(rows), "sha256": hashlib.sha256(sample.read_bytes()).hexdigest()}
    calibration.write(outcomes, models, output, facts, target)
    _print(outcomes)
    typer.echo(f"Written into {output}. To use these models, let engage.toml say:")
    typer.echo(f'\n[detection]\nmodels = "{_as_settings_say(output, config)}"')


def _as_settings_say(folder: Path, config: Path | None) -> str:
    """The folder as seen from where the settings are."""
    from pipeline.settings import find

    home = find(config).resolve().parent
    given = folder.resolve()
    return (given.relative_to(home) if given.is_relative_to(home) else given).as_posix()


def _print(outcomes: Sequence[Outcome]) -> None:
    from pipeline.console import add, console, table
    from pipeline.text import LANGUAGES

    columns = ("rows", "yes", "precision", "recall", "ECE", "threshold")
    made = table(("tag", "lang", "", *columns), right=columns)
    screen = console()
    for one in outcomes:
        if one.fit is None:
            screen.print(f"{one.tag} is left as it was: {one.left_because}")
            continue
        sides = (
            ("before", one.before, one.limits_before),
            ("after", one.after, one.fit.thresholds),
        )
        lines = [(found, when, limits) for when, results, limits in sides for found in results]
        for found, when, limits in sorted(lines, key=lambda line: line[0].language):
            figures = (found.rows, found.positives, shown(found.precision), shown(found.recall))
            limit = short(limits[found.language]["detected"])
            row = (one.tag, found.language, when, *figures, short(found.ece, 3), limit)
            add(made, row, "bold" if when == "after" else "")
    screen.print("On rows of the sample that were not fitted on, with 95 % intervals:")
    screen.print(made)
    for language in LANGUAGES:
        unseen = [
            one.tag
            for one in outcomes
            if one.fit and language not in {result.language for result in one.after}
        ]
        if unseen:
            screen.print(
                f"No row in {language} for {', '.join(unseen)}: thresholds there are those of the "
                "other language, and nothing says how good they are."
            )
