"""The command `engage`: the same stages as the DAGs, without Airflow.

Each command imports what it needs when it runs, so that `--help` answers at once. Errors that
Engage knows print as two lines, what and mend; the exit code says what the caller should do.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline import __version__
from pipeline.errors import EngageError

if TYPE_CHECKING:
    from pipeline.settings import Settings

EPILOG = (
    "Exit codes: 0 all is well; 1 unexpected, run again with --debug; 2 the settings or the "
    "command line must be mended; 3 a contract was broken or a person must look, and nothing was "
    "replaced; 4 try again later, for instance because the disk is full."
)


class Stage(StrEnum):
    """The stages, in the order in which they run."""

    listen = "listen"
    assemble = "assemble"
    detect = "detect"
    publish = "publish"


class Format(StrEnum):
    """How an answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class _Guarded(TyperGroup):
    """Turns errors into short blocks on stderr and exit codes."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own context class is private
        try:
            return super().invoke(ctx)
        except EngageError as error:
            if ctx.params.get("debug"):
                raise
            from pipeline.console import explain

            typer.echo(explain(error), err=True)
            raise typer.Exit(error.exit_code) from error
        except BrokenPipeError as error:
            # The reader has what it wanted; Python would complain once more when it flushes.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error
        except Exception as error:
            # What has an exit code is typer's own: help, a wrong option, an orderly exit.
            if hasattr(error, "exit_code") or ctx.params.get("debug"):
                raise
            typer.echo(f"error: unexpected {type(error).__name__}: {error}", err=True)
            typer.echo("mend:  run again with --debug (engage --debug …) and report it", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=_Guarded,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=EPILOG,
    help="Turns customer conversations into leads, complaints and product ideas.",
)
quarantine_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at rejected rows, and read them again after a fix.",
)
app.add_typer(quarantine_app, name="quarantine")

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="The settings. Without it: $ENGAGE_SETTINGS, ./engage.toml, the example's.",
        show_default=False,
    ),
]
SourceName = Annotated[
    str | None, typer.Option("--source", help="Only this source.", show_default=False)
]


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Turns customer conversations into leads, complaints and product ideas."""


@app.command()
def run(
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day: 2026-11-02.")],
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="Last day, included. [default: --from]"),
    ] = None,
    config: Config = None,
    stage: Annotated[
        list[Stage] | None,
        typer.Option("--stage", help="Only this stage; repeat for more. [default: all]"),
    ] = None,
) -> None:
    """Run the stages over whole UTC days. Running again gives the same tables."""
    from pipeline import stages
    from pipeline.console import progress
    from pipeline.records import Window

    settings, window = _settings(config), Window.of_days(first, last)
    chosen = tuple(name for name in stages.STAGES if not stage or name in stage)
    steps = len(settings.sources) * ("listen" in chosen) + len(chosen) - ("listen" in chosen)
    with progress(f"run {window}") as tick:
        done = 0

        def step(text: str) -> None:
            nonlocal done
            tick(text, min(done / max(steps, 1), 1.0))
            done += 1

        runs = stages.run(settings, window, now=datetime.now(UTC), stages=chosen, on_progress=step)
    _show_runs(runs)


@app.command()
def tag(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help=".jsonl, .csv or .parquet.")],
    output: Annotated[Path, typer.Option("--output", "-o", help=".parquet or .jsonl.")],
    config: Config = None,
) -> None:
    """Tag the rows of a file: lead, complaint, idea, and the evidence.

    INPUT has a column text and optionally id and lang. OUTPUT has one row per input row, in the
    same order: id, language, lead, complaint, idea (calibrated probabilities), is_lead,
    is_complaint, is_idea, evidence, error. A row that cannot be read keeps its place, with nulls
    and the reason in error.
    """
    from pipeline.console import progress
    from pipeline.tagger import Tagger
    from pipeline.tagging import tag as tag_file

    models = Tagger.load(_models_folder(config))
    with progress(f"tag {source.name}", every=5.0) as tick:
        done = tag_file(source, output, models, lambda rows, share: tick(f"{rows:,} rows", share))
    typer.echo(
        f"{done.rows_count:,} rows tagged into {output}, "
        f"{done.unreadable_count:,} of them not readable (see the column error)"
    )


@app.command()
def sql(
    query: Annotated[
        str | None, typer.Argument(help="The query; none lists tables and columns.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
    config: Config = None,
) -> None:
    """Ask the tables in SQL (DuckDB). It sees the lake and nothing else."""
    from pipeline import query as queries
    from pipeline.storage import Lake

    lake = Lake(_settings(config).lake_location)
    answer = queries.columns() if query is None else queries.ask(lake, query)
    if not lake.exists():
        typer.echo(f"note: nothing is written yet in {lake.location}", err=True)
    queries.show(answer, form)


@app.command()
def check(config: Config = None) -> None:
    """Check settings, sources, contracts, models and lake: each problem with its mend."""
    from pipeline import check as checks
    from pipeline.console import clean, explain

    settings = _settings(config)
    found = []
    for one in checks.findings(settings):
        found.append(one)
        mark = "FAIL" if one.is_problem else "warn" if one.is_warning else "ok"
        typer.echo(f"{mark:4}  {one.subject}" + (f": {clean(one.what)}" if one.what else ""))
        if one.error is not None:
            typer.echo("      " + explain(one.error).replace("\n", "\n      "))
    problems = sum(one.is_problem for one in found)
    typer.echo(f"{problems or 'no'} problem{'' if problems == 1 else 's'}")
    raise typer.Exit(checks.exit_code(found))


@quarantine_app.command("list")
def quarantine_list(
    source: SourceName = None,
    rule: Annotated[
        str | None, typer.Option("--rule", help="Only this rule.", show_default=False)
    ] = None,
    config: Config = None,
) -> None:
    """List rejected rows: where each is from and the rule it breaks."""
    from pipeline import quarantine
    from pipeline.console import add, console, table

    rows = quarantine.rows(_settings(config), source, rule)
    names = ("quarantine_id", "source", "seen_on", "rule_id", "column", "value", "origin")
    made = table(names)
    for row in rows.select(names).to_pylist():
        add(made, (row["quarantine_id"][:12], *list(row.values())[1:]))
    screen = console()
    if rows.num_rows:
        screen.print(made)
    screen.print(f"{rows.num_rows:,} rejected row{'' if rows.num_rows == 1 else 's'}")


@quarantine_app.command("show")
def quarantine_show(
    quarantine_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or its beginning.")],
    config: Config = None,
) -> None:
    """Show all that is known of one rejected row."""
    from pipeline import quarantine
    from pipeline.console import clean

    for name, value in quarantine.row(_settings(config), quarantine_id).items():
        typer.echo(f"{name:16}  {'' if value is None else clean(value)}")


@quarantine_app.command("replay")
def quarantine_replay(source: SourceName = None, config: Config = None) -> None:
    """Read rejected rows again after a fix, and run the stages for their days."""
    from pipeline import quarantine
    from pipeline.console import progress

    settings = _settings(config)
    with progress("replay") as tick:
        done = quarantine.replay(settings, now=datetime.now(UTC), source=source, on_progress=tick)
    typer.echo(
        f"{done.tried_count:,} read again over {len(done.days)} days: "
        f"{done.released_count:,} released, {done.remaining_count:,} remain, "
        f"{done.new_count:,} newly rejected"
    )


@app.command()
def init(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path(
        "engage.toml"
    ),
) -> None:
    """Write a commented engage.toml after five questions."""
    from pipeline import init as first

    settings = first.write(output, lambda question: str(typer.prompt(question, default="")))
    typer.echo(f"wrote {output} for {settings.company.name}; now run: engage check -c {output}")


@app.command()
def report(config: Config = None) -> None:
    """Show what came in, what went out, and what to do first."""
    from pipeline import report as reports

    reports.show(_settings(config))


@app.command()
def train(
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", help="Only this tag; repeat for more. [default: all]"),
    ] = None,
    labelled: Annotated[
        Path | None,
        typer.Option(
            "--labelled",
            help="Folder with the labelled sets of others; without it our own text alone.",
            show_default=False,
        ),
    ] = None,
    licence: Annotated[
        list[str] | None,
        typer.Option("--licence", help="Licence classes of those sets that may be used."),
    ] = None,
    config: Config = None,
) -> None:
    """Train the models from the corpora and write them, the same data giving the same bytes."""
    from pipeline import learning

    allowed = tuple(licence) if licence else learning.LICENCES
    folder = _models_folder(config)
    learning.train(folder, labelled, licences=allowed, tags=tuple(tag or ()), say=typer.echo)


@app.command()
def export(config: Config = None) -> None:
    """Bring the CSV and XLSX exports in line with the tables."""
    from pipeline.delivery import deliver

    settings = _settings(config)
    done = deliver(settings)
    for one in done:
        typer.echo(f"{one.action} {one.table} {one.day}: {one.rows_count:,} rows")
    typer.echo(f"{len(done):,} partitions changed; the exports are in {settings.exports_folder}")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"engage {__version__}")


def main() -> None:
    """Run the command line."""
    app(prog_name="engage")


def _settings(config: Path | None) -> Settings:
    from pipeline.settings import load

    return load(config)


def _models_folder(config: Path | None) -> Path:
    """The settings' models; without settings the shipped ones, so that tagging needs none."""
    from pipeline.settings import find, load, shipped_models

    return load(config).models_folder if find(config).exists() or config else shipped_models()


def _show_runs(runs: list[Any]) -> None:
    from pipeline.console import add, console, table

    counts = ("rows_in", "rows_out", "quarantined", "duplicates", "excluded")
    shown = tuple(name.replace("_", " ") for name in counts)
    made = table(("stage", "source", *shown, "seconds"), right=(*shown, "seconds"))
    for one in runs:
        numbers = [getattr(one, name) for name in counts]
        add(made, (one.stage, one.source, *numbers, f"{one.seconds:.1f}"))
    console().print(made)
