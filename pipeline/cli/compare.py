"""`engage compare`: a challenger beside the champion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli._app import Config, app, models_folder

if TYPE_CHECKING:
    from pipeline.learning.comparison import Comparison

Challenger = Annotated[
    str | None,
    typer.Argument(
        metavar="CHALLENGER",
        help="Name of the set of models. [default: the last one trained]",
        show_default=False,
    ),
]
On = Annotated[
    Path | None,
    typer.Option(
        "--on",
        metavar="FILE",
        help="Labelled rows: text, lead, complaint, idea, maybe lang. [default: the frozen sets]",
        show_default=False,
    ),
]


@app.command()
def compare(challenger: Challenger = None, on: On = None, config: Config = None) -> None:
    """Set a challenger against the champion, per tag and language.

    Differences, challenger minus champion, come with the 95 % interval of a paired bootstrap: both
    are drawn the same rows. Even means that chance explains the difference in F1.
    """
    from pipeline import learning

    show(learning.compare(models_folder(config), learning.rows_on(on), challenger))


def show(found: Comparison) -> None:
    """Print a comparison."""
    from pipeline.console import add, console, table
    from pipeline.learning.comparison import HEADER

    typer.echo(f"champion {found.champion} → challenger {found.challenger}")
    if not found.is_new:
        typer.echo("they are the same, byte for byte")
    made = table(HEADER, right=HEADER[2:-1])
    for one in found.differences:
        add(made, one.cells, {"worse": "red", "better": "green"}.get(one.verdict, ""))
    console().print(made)
