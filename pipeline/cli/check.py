"""`engage check`: what a run needs, each problem with its mend."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def check(
    config: Config = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also ask each service for something small.")
    ] = False,
) -> None:
    """Check all that a run needs, each problem with its mend.

    Settings, the first records of every source, contracts, models, the lake and the exports.
    """
    from pipeline import check as checks
    from pipeline.settings import find

    found = checks.findings(
        settings_of(config), find(config), now=datetime.now(UTC), connect=connect
    )
    raise typer.Exit(checks.show(found, typer.echo))
