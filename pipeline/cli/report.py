"""`engage report`: what came in, what went out, what to do first."""

from __future__ import annotations

from pipeline.cli._app import Config, app, settings_of


@app.command()
def report(config: Config = None) -> None:
    """Show what came in, what went out, and what to do first."""
    from pipeline import report as reports
    from pipeline.console import command

    reports.show(settings_of(config), lambda words: command(words, config))
