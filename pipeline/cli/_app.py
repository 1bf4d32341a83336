"""What every command shares: the application, its exit codes, where settings and models are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline import __version__
from pipeline.errors import EngageError

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from pipeline.storage import Lake

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

First = Annotated[str, typer.Option("--from", metavar="DAY", help="First day: 2026-11-02.")]
Last = Annotated[
    str | None, typer.Option("--to", metavar="DAY", help="Last day, included. [default: --from]")
]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who decides.", show_default=False)
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


def settings_of(config: Path | None) -> Settings:
    """The settings that `--config` names, or those found without it."""
    from pipeline.settings import load

    return load(config)


def _settings_if_any(config: Path | None) -> Settings | None:
    from pipeline.settings import find, load

    return load(config) if config or find(config).exists() else None


def models_folder(config: Path | None) -> Path:
    """The settings' models; without settings the shipped ones, so that tagging needs none."""
    from pipeline.settings import shipped_models

    settings = _settings_if_any(config)
    return settings.models_folder if settings else shipped_models()


def lake_of(config: Path | None) -> Lake | None:
    """The settings' lake; None without settings."""
    from pipeline.storage import Lake

    settings = _settings_if_any(config)
    return Lake(settings.lake_location) if settings else None


def target_precision(config: Path | None) -> float:
    """The precision that thresholds are chosen for; without settings the default one."""
    from pipeline.settings import Detection

    settings = _settings_if_any(config)
    return (settings.detection if settings else Detection()).target_precision


def models_in_use(config: Path | None) -> Path:
    """The champion of the models' folder, whole."""
    from pipeline.model_sets import champion

    return champion(models_folder(config))


def warn(line: str) -> None:
    """Say on stderr what is wrong and did not stop the work."""
    from pipeline.console import clean

    typer.echo(f"warning: {clean(line)}", err=True)
