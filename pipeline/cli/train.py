"""`engage train`: the models, made from the corpora."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli._app import Config, app, models_folder, settings_of, target_precision
from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.learning.people import Taught


@app.command()
def train(
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only this tag; repeat. [default: all]"),
    ] = None,
    labelled: Annotated[
        Path | None,
        typer.Option(
            "--labelled",
            metavar="FOLDER",
            help="Folder with the labelled sets of others; without it our own text alone.",
            show_default=False,
        ),
    ] = None,
    licence: Annotated[
        list[str] | None,
        typer.Option(
            "--licence", metavar="CLASS", help="Licence class of those sets to use; repeat."
        ),
    ] = None,
    lake_labels: Annotated[
        bool,
        typer.Option("--lake-labels", help="Learn from what people labelled in the lake too."),
    ] = False,
    challenger: Annotated[
        bool,
        typer.Option(
            "--challenger",
            help="Leave the models in use alone: make a set for `engage compare`, of all tags.",
        ),
    ] = False,
    further: Annotated[
        bool,
        typer.Option(
            "--further",
            help="Teach the models in use what people labelled in the lake since, as a challenger: "
            "nothing that they know is forgotten.",
        ),
    ] = False,
    config: Config = None,
) -> None:
    """Train the models from the corpora.

    The same texts give the same bytes. Without --challenger the models are written in place.
    """
    from pipeline import learning
    from pipeline.model_sets import lineage

    if licence and labelled is None:
        raise SettingsError(
            "only sets of others have a licence class, and none are named",
            where="--licence",
            mend="name their folder with --labelled, or leave --licence out",
        )
    if further:
        if tag or labelled or lake_labels:
            raise SettingsError(
                "the models in use are taught what people labelled, and nothing else",
                where="--further",
                mend="leave --tag, --labelled and --lake-labels out",
            )
        _teach_further(config)
        return
    allowed = tuple(licence) if licence else learning.LICENCES
    people = _taught(config) if lake_labels else None
    folder, tags = models_folder(config), tuple(tag or ())
    if challenger and tags:
        raise SettingsError(
            "a challenger has the models of all tags, which share one vocabulary",
            where="--tag",
            mend="leave --tag out",
        )
    if challenger:
        name = learning.challenge(
            folder,
            labelled,
            licences=allowed,
            people=people,
            target=target_precision(config),
            say=typer.echo,
        )
        _say_next(name, config)
        return
    if (held := lineage(folder)).promoted:
        raise SettingsError(
            f"{held.champion} is in use, so models written in place would not be",
            where=str(folder),
            mend="train with --challenger, or go back with `engage rollback` first",
        )
    learning.train(
        folder,
        labelled,
        licences=allowed,
        tags=tags,
        people=people,
        target=target_precision(config),
        say=typer.echo,
    )


def _teach_further(config: Path | None) -> None:
    """Make a challenger of people's labels. Raises SettingsError when there are too few."""
    from pipeline import learning
    from pipeline.learning.adapting import LEAST
    from pipeline.storage import Lake

    lake = Lake(settings_of(config).lake_location)
    name = learning.challenge_by_labels(models_folder(config), lake, typer.echo)
    if not name:
        raise SettingsError(
            f"no tag has {LEAST} new answers of yes and {LEAST} of no",
            where="--further",
            mend="label more with `engage review` or `engage label FILE`",
        )
    _say_next(name, config)


def _say_next(name: str, config: Path | None) -> None:
    from pipeline.console import command

    after = " and ".join(command(word, config) for word in ("compare", "promote"))
    typer.echo(f"challenger {name}; next: {after}")


def _taught(config: Path | None) -> Taught:
    """The labelled messages of the lake. Raises SettingsError when there are none."""
    from pipeline.console import counted
    from pipeline.learning.people import taught
    from pipeline.storage import Lake

    found = taught(Lake(settings_of(config).lake_location))
    if found.rows.is_empty():
        raise SettingsError(
            "nobody labelled a message in Dutch or English yet",
            where="--lake-labels",
            mend="label some with `engage review` or `engage label FILE`, or leave it out",
        )
    typer.echo(f"{counted(len(found.rows), 'message')} that people labelled")
    return found
