"""`engage promote`: a challenger becomes the champion."""

from __future__ import annotations

import typer

from pipeline.cli._app import Config, app, lake_of, models_folder, warn
from pipeline.cli._said import echo_from_now
from pipeline.cli.compare import Challenger, On, show


@app.command()
def promote(challenger: Challenger = None, on: On = None, config: Config = None) -> None:
    """Put a challenger in the place of the champion, in one step.

    Refused when its F1 is lower beyond noise ("worse") for any tag in either language, on any of
    the rows that `engage compare` shows, or when its files are not whole. The old champion is kept:
    engage rollback.
    """
    from pipeline import learning
    from pipeline.console import command

    rows = learning.rows_on(on, warn)
    found = learning.promote(models_folder(config), rows, challenger, lake_of(config))
    show(found)
    back = command("rollback", config)
    typer.echo(f"{found.challenger} is the champion; back to {found.champion}: {back}")
    echo_from_now()
