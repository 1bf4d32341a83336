"""`engage check`: what a run needs, each problem with its mend."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def check(config: Config = None) -> None:
    """Check all that a run needs, each problem with its mend.

    Settings, the first records of every source, contracts, models, the lake and the exports.
    """
    from pipeline import check as checks
    from pipeline.settings import find

    found = checks.findings(settings_of(config), find(config), now=datetime.now(UTC))
    raise typer.Exit(checks.show(found, typer.echo))
