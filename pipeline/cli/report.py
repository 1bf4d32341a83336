"""`engage report`: what came in, what went out, what to do first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def report(
    config: Config = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", "-o", metavar="FILE", help="Write one HTML page instead, to open or mail."
        ),
    ] = None,
) -> None:
    """Show what came in, what went out, and what to do first."""
    from pipeline.console import command

    if html is not None:
        from pipeline import page

        page.write(settings_of(config), html)
        typer.echo(f"wrote {html}")
        return
    from pipeline import report as reports

    reports.show(settings_of(config), lambda words: command(words, config))
