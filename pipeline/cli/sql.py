"""`engage sql`: the tables, asked in SQL."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli._app import Config, app, settings_of


@app.command()
def sql(
    query: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help="None lists the tables and columns."),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="How to print it: table, csv, json.")
    ] = "table",
    config: Config = None,
) -> None:
    """Ask the tables in SQL (DuckDB). It sees the lake and nothing else."""
    from pipeline import query as queries
    from pipeline.query.answers import show
    from pipeline.storage import Lake

    lake = Lake(settings_of(config).lake_location)
    answer = queries.columns() if query is None else queries.ask(lake, query)
    if not lake.exists():
        typer.echo(f"note: nothing is written yet in {lake.location}", err=True)
    show(answer, form)
