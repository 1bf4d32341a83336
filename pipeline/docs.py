"""Writes the generated pages of `docs/`: `python -m pipeline.docs [FOLDER]`.

Each page comes from the one place where its facts are declared. A test compares them with what is
on the disk, so a page cannot part from the code.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.contracts import columns_markdown
from pipeline.detectors.base import Detector
from pipeline.errors import FatalError
from pipeline.learning import frozen
from pipeline.learning.agreement import agreements, as_markdown
from pipeline.settings import json_schema, settings_markdown, shipped_models
from pipeline.sources.base import sources_markdown
from pipeline.storage import replace_file
from pipeline.tagger import detectors

ROOT = Path(__file__).parent.parent
READINGS = {
    "agreement": "second.csv",
    "agreement on real messages": "labels/second.csv",
}
"""Parts of the guideline, and the two readings that each compares."""
DAG_FACTS = ("Reads", "Writes", "Re-run", "Triage", "Owner")
"""The lines that every DAG's docstring has, in this order."""


def pages() -> Mapping[str, Callable[[], str]]:
    """File name of each generated page to the function that writes its text."""
    return {
        "columns.md": columns_markdown,
        "sources.md": sources_markdown,
        "tags.md": tags_markdown,
        "dags.md": lambda: dags_markdown(ROOT / "dags"),
        "settings.md": settings_markdown,
        "settings.schema.json": lambda: json.dumps(json_schema(), indent=2) + "\n",
        "commands.md": commands_markdown,
        "labelling.md": labelling_markdown,
        "quality.md": quality_markdown,
    }


def write(folder: Path) -> list[str]:
    """Write all pages into a folder. Returns the names of those that changed."""
    changed = []
    for name, page in pages().items():
        text, file = page().encode(), folder / name
        if not file.exists() or file.read_bytes() != text:
            replace_file(file, [text])
            changed.append(name)
    return changed


def docstring_of(file: Path) -> str:
    """Read the docstring of a DAG file without importing it. Raises FatalError for none."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        raise FatalError(
            "no docstring", where=file.name, mend=f"begin it with one: {', '.join(DAG_FACTS)}"
        )
    return text


def facts_of(docstring: str) -> dict[str, str]:
    """Split a DAG's docstring into its facts: a fact goes on until the next one begins."""
    facts: dict[str, str] = {}
    name = ""
    for line in docstring.splitlines()[1:]:
        begun = next((fact for fact in DAG_FACTS if line.startswith(f"{fact}:")), "")
        name = begun or name
        if name:
            said = line.removeprefix(f"{begun}:") if begun else line
            facts[name] = f"{facts.get(name, '')} {said.strip()}".strip()
    return facts


def dags_markdown(folder: Path) -> str:
    """Write the page of the DAGs from the docstrings of `<folder>/*_dag.py`.

    Raises FatalError for a DAG file without a docstring or without one of the facts.
    """
    parts = ["# DAGs", "What each DAG does, and what to do when it is red."]
    for file in sorted(folder.glob("*_dag.py")):
        text = docstring_of(file)
        facts = facts_of(text)
        missing = [fact for fact in DAG_FACTS if not facts.get(fact)]
        if missing:
            raise FatalError(
                f"the docstring does not say {', '.join(missing)}",
                where=file.name,
                mend=f"add a line that begins with '{missing[0]}:'",
            )
        parts += [f"## {file.stem.removesuffix('_dag')}", text.splitlines()[0]]
        parts.append("\n".join(f"- **{fact}**: {facts[fact]}" for fact in DAG_FACTS))
    return "\n\n".join(parts) + "\n"


def tags_markdown() -> str:
    """Write the page of the tags: what each means, and the cues that show in its evidence."""
    parts = ["# Tags", "What the detectors assign to messages, and the cues they know by name."]
    for tag, detector in sorted(detectors().items()):
        meaning = inspect.getdoc(import_module(f"pipeline.detectors.{tag}")) or ""
        parts += [f"## {tag}", meaning, f"Model card: [models/{tag}](../models/{tag}/README.md)."]
        parts.append("\n".join(_cues(detector)))
    return "\n\n".join(parts) + "\n"


def _cues(detector: Detector) -> Iterator[str]:
    yield "| Cue | Dutch, for instance | English, for instance |"
    yield "|---|---|---|"
    shown = {
        language: {cue["name"]: (cue.get("phrases") or [""])[0] for cue in cues}
        for language, cues in detector.vocabulary.items()
    }
    for name in detector.cue_names:
        yield f"| `{name}` | {shown['nl'].get(name, '')} | {shown['en'].get(name, '')} |"


def commands_markdown() -> str:
    """Write the page of the command line: what `engage … --help` prints, command by command."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from pipeline.cli import app

    parts = ["# Commands", "What `--help` says, command by command."]
    for words in ([], *_commands(get_command(app))):
        result = CliRunner().invoke(app, [*words, "--help"], prog_name="engage", terminal_width=96)
        text = "\n".join(line.rstrip() for line in result.output.strip().splitlines())
        parts += [f"## engage {' '.join(words)}".rstrip(), f"```text\n{text}\n```"]
    return "\n\n".join(parts) + "\n"


def _commands(group: Any, above: tuple[str, ...] = ()) -> Iterator[list[str]]:  # noqa: ANN401
    for name, command in group.commands.items():
        yield [*above, name]
        if hasattr(command, "commands"):
            yield from _commands(command, (*above, name))


def labelling_markdown() -> str:
    """The guideline with its tables of agreement, the generated parts of it, written anew.

    Raises FatalError where the marks of such a part are missing.
    """
    text = (ROOT / "docs" / "labelling.md").read_text(encoding="utf-8")
    for part, file in READINGS.items():
        table = as_markdown(agreements(pl.read_csv(shipped_models() / "corpora" / file)))
        text = _with_part(text, part, table, "docs/labelling.md")
    return text


def quality_markdown() -> str:
    """The page of the benchmarks with the figures of the frozen sets, which are written anew.

    Raises FatalError where the marks of that part are missing.
    """
    text = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    return _with_part(text, "frozen", frozen.markdown(shipped_models()), "docs/quality.md")


def _with_part(text: str, part: str, table: str, where: str) -> str:
    marks = rf"(<!-- {part}: .*? -->\n).*?(<!-- to here -->\n)"
    text, found = re.subn(marks, rf"\1\n{table}\n\n\2", text, flags=re.DOTALL)
    if found != 1:
        raise FatalError(
            f"no place for the table of {part}",
            where=where,
            mend=f"restore the comments '{part}: …' and 'to here' from git",
        )
    return text


def main() -> None:
    """Write the pages into `docs/`, or into the folder of the command line."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    for name in write(folder):
        sys.stdout.write(f"wrote {folder.name}/{name}\n")


if __name__ == "__main__":
    main()
