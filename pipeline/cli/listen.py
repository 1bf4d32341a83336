"""`engage listen`: one source over whole days, or a look at what it would bring."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli._app import Config, First, Last, app, settings_of

if TYPE_CHECKING:
    from pipeline.records import Window
    from pipeline.settings import Settings

SHOWN = 10
"""Messages that a dry run shows, and after which it stops asking."""
LONGEST_LINE = 300


@app.command()
def listen(
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Name of the source.")],
    first: First,
    last: Last = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show ten messages, and store nothing.")
    ] = False,
    config: Config = None,
) -> None:
    """Listen to one source over whole UTC days.

    A dry run shows its messages as the tables would hold them: without personal data.
    """
    from pipeline import stages
    from pipeline.cli.run import show_runs
    from pipeline.records import Window

    settings, window = settings_of(config), Window.of_days(first, last)
    if dry_run:
        _show(settings, source, window)
        return
    show_runs([stages.listen(settings, source, window, now=datetime.now(UTC))])


def _show(settings: Settings, name: str, window: Window) -> None:
    from pipeline.console import add, clean, console, counted, table
    from pipeline.stages.listening import heard

    made = table(("sent at", "language", "message"), grow="message")
    rules: Counter[str] = Counter()
    shown = 0
    for messages, rejected in heard(settings, name, window, now=datetime.now(UTC)):
        rules.update(rejected["rule_id"].to_pylist())
        for row in messages.slice(0, SHOWN - shown).to_pylist():
            line = clean(" ".join(row["text"].split()))[:LONGEST_LINE]
            add(made, (f"{row['sent_at']:%Y-%m-%d %H:%M}", row["language"], line))
            shown += 1
        if shown == SHOWN:
            break
    console().print(made)
    for rule, count in sorted(rules.items()):
        typer.echo(f"rejected: {rule} ({count})")
    typer.echo(f"{counted(shown, 'message')} of {name} {window}; nothing was stored")
