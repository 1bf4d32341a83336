"""`engage compare`: a challenger beside the champion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli._app import Config, app, lake_of, models_folder, warn

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
        help="Labelled rows beside those: text, lead, complaint, idea, maybe lang.",
        show_default=False,
    ),
]


@app.command()
def compare(challenger: Challenger = None, on: On = None, config: Config = None) -> None:
    """Set a challenger against the champion, per tag and language.

    On the frozen sets, on what people answered about messages in the lake (but for answers that
    one of the two was taught), and on FILE. Differences, challenger minus champion, come with the
    95 % interval of a paired bootstrap: both are drawn the same rows. Even means that chance
    explains the difference in F1, maybe that it still may among so many comparisons; below 10 rows
    with a yes nothing is said.
    """
    from pipeline import learning

    rows = learning.rows_on(on, warn)
    show(learning.compare(models_folder(config), rows, challenger, lake_of(config)))


def show(found: Comparison) -> None:
    """Print a comparison."""
    from pipeline.console import add, console, table
    from pipeline.learning.comparison import HEADER

    typer.echo(f"champion {found.champion} → challenger {found.challenger}")
    if not found.is_new:
        typer.echo("they are the same, byte for byte")
    screen = console()
    for note in found.notes:
        screen.print(note)
    for name in dict.fromkeys(one.set for one in found.differences):
        screen.print(f"{name} rows", style="bold")
        made = table(HEADER, right=HEADER[2:-1])
        for one in (one for one in found.differences if one.set == name):
            add(made, one.cells, {"worse": "red", "better": "green"}.get(one.verdict, ""))
        screen.print(made)
