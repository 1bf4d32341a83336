"""`engage export`: CSV and XLSX, in line with the tables."""

from __future__ import annotations

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def export(config: Config = None) -> None:
    """Bring the CSV and XLSX exports in line with the tables."""
    from pipeline.console import counted
    from pipeline.delivery import exporting

    settings = settings_of(config)
    done = exporting.export(settings)
    for one in done:
        typer.echo(f"{one.action} {one.table} {one.day}: {counted(one.rows_count, 'row')}")
    changed = counted(len(done), "partition")
    typer.echo(f"{changed} changed; the exports are in {settings.exports_folder}")
