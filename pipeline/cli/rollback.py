"""`engage rollback`: the former champion comes back."""

from __future__ import annotations

import typer

from pipeline.cli._app import Config, app, models_folder
from pipeline.cli._said import echo_from_now


@app.command()
def rollback(config: Config = None) -> None:
    """Bring the former champion back, in one step.

    One that cannot be used any more, such as one made for other features, is passed over.
    """
    from pipeline import learning

    typer.echo(f"{learning.rollback(models_folder(config))} is the champion again")
    echo_from_now()
