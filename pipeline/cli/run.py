"""`engage run`: the stages over whole days, without Airflow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from pipeline.cli._app import Config, app, settings_of
from pipeline.errors import SettingsError


@app.command()
def run(
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day: 2026-11-02.")],
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="Last day, included. [default: --from]"),
    ] = None,
    config: Config = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="Only listen, assemble, detect, publish or watch; repeat. [default: all]",
        ),
    ] = None,
) -> None:
    """Run the stages over whole UTC days. Running again gives the same tables."""
    from pipeline import stages
    from pipeline.console import command, progress
    from pipeline.records import Window
    from pipeline.registry import choices

    for name in stage or ():
        if name not in stages.STAGES:
            raise SettingsError(
                f"there is no stage '{name}'", where="--stage", mend=choices(name, stages.STAGES)
            )
    settings, window = settings_of(config), Window.of_days(first, last)
    chosen = tuple(name for name in stages.STAGES if not stage or name in stage)
    steps = len(settings.sources) * ("listen" in chosen) + len(chosen) - ("listen" in chosen)
    with progress(f"run {window}") as tick:
        done = 0

        def step(text: str) -> None:
            nonlocal done
            tick(text, min(done / max(steps, 1), 1.0))
            done += 1

        runs = stages.run(settings, window, now=datetime.now(UTC), stages=chosen, on_progress=step)
    show_runs(runs)
    typer.echo(f"look at it: {command('report', config)}")


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
