"""The command `engage`: the same stages as the DAGs, without Airflow.

Each command imports what it needs when it runs, so that `--help` answers at once. Errors that
Engage knows print as two lines, what and mend; the exit code says what the caller should do.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline import __version__
from pipeline.errors import EngageError, SettingsError

if TYPE_CHECKING:
    from pipeline.settings import Settings

EPILOG = """\
Begin with a file of your own: engage tag FILE -o OUT. Your company: engage init, engage check,
then engage run --from DAY.

Exit codes: 0 all is well; 1 unexpected, run again with --debug; 2 the settings or the command line
must be mended; 3 a contract was broken or a person must look, and the old rows are in place; 4 try
again later, for instance because the disk is full; 130 stopped by you.
"""


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
        except (KeyboardInterrupt, typer.Abort) as error:
            typer.echo("stopped; nothing is half written", err=True)
            raise typer.Exit(130) from error
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
    context_settings={"help_option_names": ["--help", "-h"]},
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
        metavar="FILE",
        help="The settings. Without it: $ENGAGE_SETTINGS, ./engage.toml, the example's.",
        show_default=False,
    ),
]
SourceName = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="Only this source.", show_default=False),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"engage {__version__}")
        raise typer.Exit


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
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
        list[str] | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="Only listen, assemble, detect or publish; repeat for more. [default: all]",
        ),
    ] = None,
) -> None:
    """Run the stages over whole UTC days. Running again gives the same tables."""
    from pipeline import stages
    from pipeline.console import command, progress
    from pipeline.records import Window
    from pipeline.registry import choices

    for name in stage or ():
        if name not in stages.STAGES:
            raise SettingsError(
                f"there is no stage '{name}'", where="--stage", mend=choices(name, stages.STAGES)
            )
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
    typer.echo(f"look at it: {command('report', config)}")


@app.command()
def tag(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A .jsonl, .csv or .parquet.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUTPUT", help="A .parquet or .jsonl.")
    ],
    config: Config = None,
) -> None:
    """Tag the rows of a file: lead, complaint, idea.

    INPUT has a column text and optionally id and lang. OUTPUT has one row per input row, in the
    same order: id, language, lead, complaint, idea (calibrated probabilities), is_lead,
    is_complaint, is_idea, evidence, error. A row that cannot be read keeps its place, with nulls
    and the reason in error.
    """
    from pipeline.console import counted, progress
    from pipeline.tagger import Tagger
    from pipeline.tagging import TAGS
    from pipeline.tagging import tag as tag_file

    models = Tagger.load(_models_folder(config))
    with progress(f"tag {source.name}", every=5.0) as tick:
        done = tag_file(source, output, models, lambda rows, share: tick(f"{rows:,} rows", share))
    found = ", ".join(counted(done.tag_counts[name], name) for name in TAGS)
    typer.echo(f"{counted(done.rows_count, 'row')} tagged into {output}: {found}")
    if done.unreadable_count:
        typer.echo(f"{done.unreadable_count:,} could not be read; the column error says why")


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
    from pipeline.storage import Lake

    lake = Lake(_settings(config).lake_location)
    answer = queries.columns() if query is None else queries.ask(lake, query)
    if not lake.exists():
        typer.echo(f"note: nothing is written yet in {lake.location}", err=True)
    queries.show(answer, form)


@app.command()
def check(config: Config = None) -> None:
    """Check all that a run needs, each problem with its mend.

    Settings, the first records of every source, contracts, models, the lake and the exports.
    """
    from pipeline import check as checks
    from pipeline.settings import find

    found = checks.findings(_settings(config), find(config), now=datetime.now(UTC))
    raise typer.Exit(checks.show(found, typer.echo))


@quarantine_app.command("list")
def quarantine_list(
    source: SourceName = None,
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="RULE", help="Only this rule.", show_default=False),
    ] = None,
    config: Config = None,
) -> None:
    """List rejected rows: the rule that each breaks and where it is from."""
    from pipeline import quarantine
    from pipeline.console import add, command, console, counted, pairs
    from pipeline.registry import choices

    settings = _settings(config)
    rows = quarantine.rows(settings, source, rule).to_pylist()
    if rule and not rows:
        known = quarantine.rows(settings, source)["rule_id"].unique().to_pylist()
        raise SettingsError(
            f"no row was rejected by '{rule}'", where="--rule", mend=choices(rule, known)
        )
    made = pairs()
    for row in rows:
        broken = ", ".join(str(row[name]) for name in ("column", "value") if row[name])
        add(made, (row["quarantine_id"][:12], f"{row['rule_id']}: {broken}".removesuffix(": ")))
        add(made, ("", f"{row['origin']} ({row['source']}, {row['seen_on']})"), "dim")
    screen = console()
    screen.print(made)
    screen.print(counted(len(rows), "rejected row"))
    if rows:
        shown = command(f"quarantine show {rows[0]['quarantine_id'][:12]}", config)
        screen.print(f"All of one: {shown}", soft_wrap=True)


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
    from pipeline.console import counted, progress

    settings = _settings(config)
    with progress("replay") as tick:
        done = quarantine.replay(settings, now=datetime.now(UTC), source=source, on_progress=tick)
    typer.echo(
        f"{done.tried_count:,} read again over {counted(len(done.days), 'day')}: "
        f"{done.released_count:,} released, {done.remaining_count:,} remain, "
        f"{done.new_count:,} newly rejected"
    )


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
    typer.echo(f"source {source.name}, read as {source.type}: {clean(source.path)}")
    for field, column in source.mapping.items():
        typer.echo(f"  {field} = {clean(column)}")
    typer.echo(f"now run: {command('check', output)}")


@app.command()
def report(config: Config = None) -> None:
    """Show what came in, what went out, and what to do first."""
    from pipeline import report as reports
    from pipeline.console import command

    reports.show(_settings(config), lambda words: command(words, config))


@app.command()
def train(
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only this tag; repeat. [default: all]"),
    ] = None,
    labelled: Annotated[
        Path | None,
        typer.Option(
            "--labelled",
            metavar="FOLDER",
            help="Folder with the labelled sets of others; without it our own text alone.",
            show_default=False,
        ),
    ] = None,
    licence: Annotated[
        list[str] | None,
        typer.Option(
            "--licence", metavar="CLASS", help="Licence class of those sets to use; repeat."
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Train the models from the corpora.

    The same texts give the same bytes.
    """
    from pipeline import learning

    allowed = tuple(licence) if licence else learning.LICENCES
    folder = _models_folder(config)
    learning.train(folder, labelled, licences=allowed, tags=tuple(tag or ()), say=typer.echo)


@app.command()
def export(config: Config = None) -> None:
    """Bring the CSV and XLSX exports in line with the tables."""
    from pipeline.console import counted
    from pipeline.delivery import deliver

    settings = _settings(config)
    done = deliver(settings)
    for one in done:
        typer.echo(f"{one.action} {one.table} {one.day}: {counted(one.rows_count, 'row')}")
    changed = counted(len(done), "partition")
    typer.echo(f"{changed} changed; the exports are in {settings.exports_folder}")


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
