"""`engage tag`: the rows of a file, tagged."""

from __future__ import annotations

import typer

from pipeline.cli._app import Config, app, models_in_use
from pipeline.cli._rows import Input, Output, echo_doubts, readable


@app.command()
def tag(source: Input, output: Output, config: Config = None) -> None:
    """Tag the rows of a file: lead, complaint, idea.

    INPUT has a column text and optionally id and lang (a code or a name; what is no language is
    identified from the text). OUTPUT has one row per input row, in the
    same order: id, language, lead, complaint, idea (calibrated probabilities), is_lead,
    is_complaint, is_idea, evidence, error. A row that cannot be read keeps its place, with nulls
    and the reason in error. A row without an id gets its number, from 0: row:7 where others have
    ids.
    """
    from pipeline.console import LOG_EVERY_SECONDS, counted, progress
    from pipeline.rows.tagging import TAGS
    from pipeline.rows.tagging import tag as tag_file
    from pipeline.tagger import Tagger

    models = Tagger.load(models_in_use(config))
    with progress(f"tag {source.name}", every=LOG_EVERY_SECONDS) as tick:
        done = tag_file(source, output, models, lambda rows, share: tick(f"{rows:,} rows", share))
    found = ", ".join(counted(done.tag_counts[name], name) for name in TAGS)
    typer.echo(f"{readable(done)} tagged into {output}: {found}")
    echo_doubts(done)
