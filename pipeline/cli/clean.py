"""`engage clean`: the rows of a file, cleaned and without personal data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli._app import app
from pipeline.cli._rows import Input, Output, echo_doubts, readable


@app.command()
def clean(
    source: Input,
    output: Output,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="Settings whose company and queries count. Without it: nobody's.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Clean the rows of a file as `listen` would: try it before you connect anything.

    INPUT has a column text and optionally id, lang, html (true where the text is mark-up), channel
    and author. OUTPUT has one row per input row, in the same order: id, text (cleaned, personal
    data replaced), language, language_score, redactions (kind, start and end in the input's text),
    duplicate_of, excluded_reason, error. A row that cannot be read keeps its place, with nulls and
    the reason in error.
    """
    from pipeline.console import LOG_EVERY_SECONDS, counted, progress
    from pipeline.rows.cleaning import clean as clean_file
    from pipeline.settings import load

    settings = None if config is None else load(config)
    with progress(f"clean {source.name}", every=LOG_EVERY_SECONDS) as tick:
        done = clean_file(
            source, output, settings, lambda rows, share: tick(f"{rows:,} rows", share)
        )
    typer.echo(
        f"{readable(done)} cleaned into {output}: "
        f"{counted(done.redacted_counts.total(), 'redaction')}, "
        f"{counted(done.duplicates_count, 'repost')}, "
        f"{counted(done.excluded_counts.total(), 'row')} left out"
    )
    for kind, count in sorted(done.redacted_counts.items()):
        typer.echo(f"  {kind.replace('_', ' ')}: {count:,}")
    echo_doubts(done)
