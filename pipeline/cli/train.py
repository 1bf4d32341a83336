"""`engage train`: the models, made from the corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, models_folder


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
    config: Config = None,
) -> None:
    """Train the models from the corpora.

    The same texts give the same bytes.
    """
    from pipeline import learning

    allowed = tuple(licence) if licence else learning.LICENCES
    folder = models_folder(config)
    learning.train(folder, labelled, licences=allowed, tags=tuple(tag or ()), say=typer.echo)
