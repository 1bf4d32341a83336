"""`engage run`: the stages over whole days, without Airflow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipeline.cli._app import Config, First, Last, app, settings_of
from pipeline.errors import SettingsError


@app.command()
def run(
    first: First,
    last: Last = None,
    config: Config = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="Only listen, assemble, detect, publish, watch or measure; repeat. [default: all]",
        ),
    ] = None,
) -> None:
    """Run the stages over whole UTC days, and measure. Running again gives the same tables.

    Files and deliveries are for `export` and `deliver`: nothing leaves the lake by itself.
    """
    from pipeline import measuring, stages
    from pipeline.console import command, progress
    from pipeline.records import Window
    from pipeline.registry import choices

    steps = (*stages.STAGES, "measure")
    for name in stage or ():
        if name not in steps:
            raise SettingsError(
                f"there is no stage '{name}'", where="--stage", mend=choices(name, steps)
            )
    settings, window = settings_of(config), Window.of_days(first, last)
    chosen = tuple(name for name in steps if not stage or name in stage)
    count = len(settings.sources) * ("listen" in chosen) + len(chosen) - ("listen" in chosen)
    with progress(f"run {window}") as tick:
        done = 0

        def step(text: str) -> None:
            nonlocal done
            tick(text, min(done / max(count, 1), 1.0))
            done += 1

        runs = stages.run(settings, window, now=datetime.now(UTC), stages=chosen, on_progress=step)
        if "measure" in chosen:
            step("measure")
            measuring.after_run(settings, window)
    show_runs(runs)
    typer.echo(f"look at it: {command('report', config)}")
    typer.echo(f"hand it over: {command('export', config)}, then {command('deliver', config)}")


def show_runs(runs: list[Any]) -> None:
    """Print what runs did, one a line."""
    from pipeline.console import add, console, table

    counts = ("rows_in", "rows_out", "quarantined", "duplicates", "excluded")
    shown = tuple(name.replace("_", " ") for name in counts)
    made = table(("stage", "source", *shown, "seconds"), right=(*shown, "seconds"))
    for one in runs:
        numbers = [getattr(one, name) for name in counts]
        add(made, (one.stage, one.source, *numbers, f"{one.seconds:.1f}"))
    console().print(made)
