"""Asks the recipes of `docs/recipes.md` over the example company, and writes their answers there.

python -m benchmarks.recipes           # say which answers are no longer true
python -m benchmarks.recipes --write   # write them anew
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from pipeline import settings, stages
from pipeline.cli import app
from pipeline.records import Window
from pipeline.storage import replace_file

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "recipes.md"
DAYS = ("2026-11-02", "2026-11-15")
NOW = datetime(2026, 12, 1, tzinfo=UTC)
WIDTH = "100"
_RECIPE = re.compile(r"^```sh\n(engage sql .*?)\n```\n(?:\n```text\n.*?^```\n)?", re.M | re.S)


def make_example(folder: Path) -> Path:
    """Copy the example company into a folder and run its fourteen days.

    Returns the path of its settings, whose lake lies in the same folder.
    """
    shutil.copytree(ROOT / "examples", folder / "examples")
    toml = folder / "examples" / "engage.toml"
    stages.run(settings.load(toml), Window.of_days(*DAYS), now=NOW)
    return toml


def ask(command: str, toml: Path) -> str:
    """Run `engage sql "…"` as a terminal of a hundred columns shows it."""
    words = shlex.split(command.replace("\\\n", " "))[1:]
    done = CliRunner(env={"COLUMNS": WIDTH}).invoke(app, [*words, "--config", str(toml)])
    if done.exit_code:
        raise RuntimeError(f"{command}\n{done.output}")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "\n".join(lines).strip("\n")


def answered(page: str, answer: Callable[[str], str]) -> str:
    """Put the answer of every recipe below it, in place of the one that stood there."""

    def one(found: re.Match[str]) -> str:
        return f"```sh\n{found[1]}\n```\n\n```text\n{answer(found[1])}\n```\n"

    return _RECIPE.sub(one, page)


def main() -> int:
    """Compare, or write with `--write`. Returns 1 when an answer is no longer true."""
    held = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        toml = make_example(Path(folder))
        fresh = answered(held, lambda command: ask(command, toml))
    if "--write" in sys.argv[1:]:
        replace_file(PAGE, [fresh.encode()])
    elif fresh != held:
        print("docs/recipes.md is not what the example company answers: run with --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
