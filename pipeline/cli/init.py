"""`engage init`: a first engage.toml after five questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import app


@app.command()
def init(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")
    ] = Path("engage.toml"),
) -> None:
    """Write a commented engage.toml after five questions."""
    from pipeline import init as first
    from pipeline.console import clean, command

    def ask(question: str) -> str:
        while True:
            answer = str(typer.prompt(question, default="", show_default=False)).strip()
            problem = first.fault(question, answer, output.parent)
            if problem is None:
                return answer
            typer.echo(f"  {problem}", err=True)

    made = first.write(output, ask)
    source = made.sources[0]
    typer.echo(f"wrote {output} for {clean(made.company.name)}")
    typer.echo(f"source {source.name}, read as {source.type}: {clean(source.path or '')}")
    for field, column in source.mapping.items():
        typer.echo(f"  {field} = {clean(column)}")
    typer.echo(f"now run: {command('check', output)}")
