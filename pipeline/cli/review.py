"""`engage review`: rows shown one by one, and a person's answers written at once."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli._app import Config, app, settings_of
from pipeline.cli._said import echo_next_run
from pipeline.cli.explain import ShownTags, coloured, style_of

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from pipeline.learning.estimates import Estimate
    from pipeline.settings import Settings
    from pipeline.storage import Lake

KEYS = {"y": "yes", "j": "yes", "n": "no", "s": "skip", "q": "quit"}
PARTS = 6
"""Parts of the evidence that are shown."""


@app.command()
def review(
    count: Annotated[int, typer.Option("-n", min=1, help="How many rows to show.")] = 20,
    tag: ShownTags = None,
    audit: Annotated[
        bool,
        typer.Option(
            "--audit", help="Only the audit sample of what was not tagged: for the recall."
        ),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Who answers.", show_default=False),
    ] = None,
    figures: Annotated[
        bool,
        typer.Option("--figures", help="Show no rows: precision and recall by the answers so far."),
    ] = False,
    config: Config = None,
) -> None:
    """Answer yes or no to what the models doubt, and to a fifth drawn by chance.

    Each answer is kept at once and outranks the models; the next run puts it into the tables.
    """
    from pipeline.registry import lookup
    from pipeline.storage import Lake
    from pipeline.tagger import detectors

    known = detectors()
    for name in tag or ():
        lookup(known, name, kind="tag", where="--tag")
    tags = tag or [name for name, detector in sorted(known.items()) if not detector.shadow]
    settings = settings_of(config)
    lake = Lake(settings.lake_location)
    if figures:
        _show_figures(settings, lake, tags)
        return
    _ask(lake, tags, count, audit=audit, by=by, config=config)


def _ask(
    lake: Lake, tags: list[str], count: int, *, audit: bool, by: str | None, config: Path | None
) -> None:
    from threading import Thread

    from pipeline import contracts
    from pipeline.console import command, console, counted
    from pipeline.learning import label_book, review_queue

    asked = review_queue.queue(review_queue.waiting(lake, tags, audit=audit), count)
    if asked.is_empty():
        what = "row of the audit sample" if audit else "row"
        again = command("run --from DAY", config)
        typer.echo(f"no {what} waits for an answer: all have one, or none is there yet ({again})")
        return
    messages, evidence = review_queue.messages(lake, asked), review_queue.evidence(lake, asked)
    given, screen = {"yes": 0, "no": 0, "skip": 0}, console()
    # While the first row is read: the first answer would have to wait for seconds.
    preparing = Thread(target=contracts.prepare, daemon=True)
    for at, row in enumerate(asked.iter_rows(named=True), 1):
        spans = evidence[row["message_id"], row["tag"]]
        _show(screen, f"{at}/{len(asked)}", row, messages[row["message_id"]], spans)
        if at == 1:
            preparing.start()
        answer = _key()
        if answer == "quit":
            break
        given[answer] += 1
        if answer != "skip":
            said = label_book.Label(
                row["message_id"], row["tag"], answer == "yes", None, by, datetime.now(UTC)
            )
            preparing.join()
            label_book.add(lake, [said], datetime.now(UTC))
    typer.echo(
        f"{counted(given['yes'] + given['no'], 'answer')}: {given['yes']} yes, {given['no']} no; "
        f"{given['skip']} skipped"
    )
    if given["yes"] + given["no"]:
        echo_next_run(lake, config)


def _key() -> str:
    """What is typed, or piped in: a letter and a line end. The end of the input quits."""
    while True:
        typer.echo("y(es) n(o) s(kip) q(uit)? ", nl=False)
        line = sys.stdin.readline()
        if not sys.stdin.isatty():
            typer.echo(line.strip())
        if not line:
            return "quit"
        if line.strip()[:1].lower() in KEYS:
            return KEYS[line.strip()[:1].lower()]


def _show(
    screen: Console,
    place: str,
    row: dict[str, Any],
    message: dict[str, Any],
    evidence: list[dict[str, Any]],
) -> None:
    from pipeline.console import add, clean, table

    about = [row["message_id"], message["channel"], message["language"], message["sent_on"]]
    screen.print()
    screen.print(
        f"{place} · {row['tag']}? · " + " · ".join(clean(one) for one in about), style="dim"
    )
    if message["subject"]:
        screen.print(clean(message["subject"]), style="bold")
    screen.print(coloured(message["text"], evidence))
    screen.print(
        f"{row['tag']}: {row['score']:.2f}, {row['decision']} "
        f"(detected from {row['threshold']:.2f}); shown because: {row['why']}"
    )
    made = table(("weight", "kind", "text"), right=("weight",), grow="text")
    for part in evidence[:PARTS]:
        if part["text"]:
            shown = (f"{part['weight']:+.2f}", part["kind"], part["text"])
            add(made, shown, style_of(part["weight"]))
    screen.print(made)


def _show_figures(settings: Settings, lake: Lake, tags: list[str]) -> None:
    from pipeline.console import add, console, counted, table
    from pipeline.learning import reviewed
    from pipeline.model_sets import champion
    from pipeline.tagger import Tagger

    folder = champion(settings.models_folder)
    tagger = Tagger.load(folder)
    taught = reviewed.taught(folder, tagger.tags)
    names = ("tag", "figure", "value", "95 % interval")
    made = table((*names, "by"), right=names[2:])
    is_known = True
    for one in reviewed.figures(settings, lake, tagger, taught):
        if one.tag not in tags:
            continue
        seen, below = one.detected, one.below
        by_audit = f"{below.true} true of {below.reviewed:,} of the audit"
        lines = (
            ("precision of reviewed", one.precision_of_reviewed, f"{seen.true} of {seen.reviewed}"),
            ("precision", one.precision, counted(seen.rows, "row") + " detected"),
            ("recall", one.recall, f"{by_audit}, for {counted(below.rows, 'message')}"),
        )
        for at, (name, estimate, by) in enumerate(lines):
            add(made, ("" if at else one.tag, name, *_shown(estimate), by))
        is_known &= one.recall is not None
    screen = console()
    screen.print(made)
    screen.print("These are figures of the models alone, before people's answers.")
    if not is_known:
        screen.print(
            "A recall wants answers to detected rows and rows for review (engage review) and to "
            "the audit sample (engage review --audit)."
        )


def _shown(one: Estimate | None) -> tuple[str, str]:
    return ("–", "–") if one is None else (f"{one.value:.2f}", f"{one.low:.2f} to {one.high:.2f}")
