"""The operator's page: what the DAG files say about themselves, without importing Airflow."""

from __future__ import annotations

import ast
from pathlib import Path

from pipeline.errors import FatalError

FACTS = ("Reads", "Writes", "Re-run", "Triage", "Owner")
"""The lines that every DAG's docstring has, in this order."""


def docstring_of(file: Path) -> str:
    """Read the docstring of a DAG file. Raises FatalError when there is none."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        raise FatalError(
            "no docstring", where=file.name, mend=f"begin it with one: {', '.join(FACTS)}"
        )
    return text


def facts_of(docstring: str) -> dict[str, str]:
    """Split a docstring into its facts: a fact goes on until the next one begins."""
    facts: dict[str, str] = {}
    name = ""
    for line in docstring.splitlines()[1:]:
        begun = next((fact for fact in FACTS if line.startswith(f"{fact}:")), "")
        if begun:
            name, line = begun, line.removeprefix(f"{begun}:")
        if name:
            facts[name] = f"{facts.get(name, '')} {line.strip()}".strip()
    return facts


def dags_markdown(folder: Path) -> str:
    """Write `docs/dags.md` from the docstrings of `<folder>/*_dag.py`.

    Raises FatalError for a DAG file without a docstring or without one of the facts.
    """
    parts = ["# DAGs", "What each DAG does, and what to do when it is red."]
    for file in sorted(folder.glob("*_dag.py")):
        text = docstring_of(file)
        facts = facts_of(text)
        missing = [fact for fact in FACTS if not facts.get(fact)]
        if missing:
            raise FatalError(
                f"the docstring does not say {', '.join(missing)}",
                where=file.name,
                mend=f"add a line that begins with '{missing[0]}:'",
            )
        parts.append(f"## {file.stem.removesuffix('_dag')}")
        parts.append(text.splitlines()[0])
        parts.append("\n".join(f"- **{fact}**: {facts[fact]}" for fact in FACTS))
    return "\n\n".join(parts) + "\n"
