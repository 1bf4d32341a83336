"""The documentation: generated pages are fresh, links lead somewhere, what is shown really runs."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from pipeline import docs
from pipeline.cli import app
from pipeline.engagement.base import target_of, targets
from pipeline.errors import FatalError
from pipeline.records import Window
from pipeline.settings import DeliverySettings, SourceSettings
from tests.commands import engage

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


def blocks(page: Path, language: str) -> Iterator[str]:
    """The fenced blocks of one language."""
    yield from re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def shown(page: Path, word: str) -> list[list[str]]:
    """Commands that a page shows in `sh` blocks and that begin with a word."""
    lines = [
        line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").splitlines()
    ]
    cleaned = [line.split("  #")[0].strip().removeprefix(".venv/bin/") for line in lines]
    return [shlex.split(line) for line in cleaned if line.split(" ")[0] == word]


@pytest.mark.parametrize("name", docs.pages())
def test_generated_page_is_fresh(name: str) -> None:
    text = docs.pages()[name]()
    assert (ROOT / "docs" / name).read_text("utf-8") == text, "run `make docs`"


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{name}: {target}"


@pytest.mark.parametrize("name", NAMES)
def test_no_page_names_a_path_of_one_machine(name: str) -> None:
    assert not re.search(r"(?<![\w.])/(?:work|root|home|tmp)/", (ROOT / name).read_text("utf-8"))


def test_every_engage_command_in_the_docs_exists_with_its_options() -> None:
    known = get_command(app)
    seen = 0
    for page in PAGES:
        for _, *words in shown(page, "engage"):
            command, name = known, "engage"
            while words and hasattr(command, "commands"):
                name = words.pop(0)
                assert name in command.commands, f"{page.name}: engage {name}"
                command = command.commands[name]
            options = {option for one in command.params for option in one.opts}
            given = {word for word in words if word.startswith("-")}
            assert given <= options | {"--help"}, f"{page.name}: engage {name} {given - options}"
            seen += 1
    assert seen > 10


def test_every_make_target_in_the_docs_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.M))
    seen = [words[1] for page in PAGES for words in shown(page, "make") if "=" not in words[1]]
    assert {"run", "test"} <= set(seen) <= targets


def test_every_query_in_the_docs_runs(tmp_path: Path) -> None:
    settings = tmp_path / "engage.toml"
    settings.write_text(
        '[company]\nname = "Molenaar"\n[[sources]]\nname = "a"\ntype = "jsonl"\npath = "a"\n'
    )
    queries = [
        words[-1]
        for page in PAGES
        for words in shown(page, "engage")
        if words[1] == "sql" and len(words) > 2
    ]
    assert len(queries) >= 3
    for query in queries:
        result = engage("sql", query, "--config", str(settings))
        assert result.exit_code == 0, f"{query}\n{result.output}"


@pytest.mark.parametrize("name", NAMES)
def test_python_that_a_page_shows_is_valid(name: str) -> None:
    for block in blocks(ROOT / name, "python"):
        compile(block, name, "exec")


def test_the_source_of_the_how_to_works(tmp_path: Path) -> None:
    """The file that `add-a-source` shows, run over two lines of an export."""
    text = (ROOT / "docs" / "add-a-source.md").read_text("utf-8")
    (shown_file,) = re.findall(r"^   ```python\n(.*?)^   ```", text, re.M | re.S)
    module: dict[str, Any] = {}
    exec(compile(textwrap.dedent(shown_file), "deskly.py", "exec"), module)  # noqa: S102
    record = {"key": "7", "created": "2026-11-02T10:00:00Z", "body": "Hallo", "reply_to": "6"}
    (tmp_path / "deskly.jsonl").write_text(f"{json.dumps(record)}\n{{broken\n", "utf-8")
    settings = SourceSettings(name="desk", type="deskly", path=str(tmp_path / "deskly.jsonl"))
    window = Window.of_days("2026-11-02")
    fetched = list(module["SOURCE"](settings).fetch(window, not_after=window.end))
    messages = [row for one in fetched for row in one.messages.to_pylist()]
    rejected = [row for one in fetched for row in one.rejected.to_pylist()]
    assert [(row["native_id"], row["reply_to_native_id"]) for row in messages] == [("7", "6")]
    assert [(row["rule_id"], row["origin"]) for row in rejected] == [
        ("invalid_json", "deskly.jsonl:2")
    ]


def test_the_fetched_source_of_the_how_to_works() -> None:
    """The file that `add-a-source` shows for a service, run over one page."""
    text = (ROOT / "docs" / "add-a-source.md").read_text("utf-8")
    (shown_file,) = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    module: dict[str, Any] = {}
    exec(compile(shown_file, "briefkast.py", "exec"), module)  # noqa: S102
    settings = SourceSettings(name="post", type="briefkast", query="fiets", token_env="POST_TOKEN")  # noqa: S106
    source = module["SOURCE"](settings)
    asked: list[dict[str, Any]] = []

    class Service:
        def pages(self, _path: str, **how: Any) -> list[list[Any]]:
            asked.append(how["params"])
            return [[{"id": 7, "sent": "2026-11-02T10:00:00Z", "letter": "Hallo", "answers": 6}, 8]]

        def close(self) -> None:
            pass

    source.api = Service()
    window = Window.of_days("2026-11-02", "2026-11-03")
    fetched = list(source.fetch(window, not_after=window.end))
    messages = [row for one in fetched for row in one.messages.to_pylist()]
    assert [(row["native_id"], row["reply_to_native_id"]) for row in messages] == [("7", "6")]
    assert {row["rule_id"] for one in fetched for row in one.rejected.to_pylist()} == {
        "not_an_object"
    }
    assert [one["since"][:10] for one in asked] == ["2026-11-02", "2026-11-03"]


def test_decisions_are_numbered_and_one_page_each() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert len(page.read_text("utf-8").splitlines()) <= 60, page.name


def test_make_help_lists_every_target_in_a_line() -> None:
    # Not as a part of the `make test` that may be running this.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "help"]
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=True)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split()
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert sorted(listed) == sorted(targets)
    assert all(len(line.split()) >= 4 for line in done.stdout.splitlines())


def test_make_clean_leaves_nothing_that_a_run_wrote(tmp_path: Path) -> None:
    written = (".airflow/airflow.db", "exports/leads/leads.csv", "lake/runs/a", "report.html")
    for name in written:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    # In a folder of its own: a clean here would take the caches of these very tests.
    command = ["make", "--makefile", str(ROOT / "Makefile"), "clean"]
    subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, check=True)
    assert list(tmp_path.iterdir()) == []


def test_the_page_of_speeds_names_its_command() -> None:
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    assert "make bench" in page
    assert len(re.findall(r"^\| stage ", page, re.M)) == 5


def test_a_dag_file_without_its_facts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bare_dag.py").write_text('"""Does things.\n\nReads: a.\n"""\n')
    with pytest.raises(FatalError, match="does not say Writes, Re-run, Triage, Owner"):
        docs.dags_markdown(tmp_path)


def test_a_guideline_without_its_marks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "labelling.md").write_text("# What is a lead\n")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    with pytest.raises(FatalError, match="no place for the table of agreement"):
        docs.labelling_markdown()


def test_the_module_writes_all_pages_and_writing_again_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As `make docs` does, but where the models are loaded and judged already.
    monkeypatch.setattr(sys, "argv", ["docs", str(tmp_path)])
    runpy.run_path(docs.__file__, run_name="__main__")
    told = capsys.readouterr().out.splitlines()
    assert told == [f"wrote {tmp_path.name}/{name}" for name in docs.pages()]
    assert {file.name for file in tmp_path.iterdir()} == set(docs.pages())
    assert docs.write(tmp_path) == []


@pytest.mark.parametrize("name", ["docs/deliveries.md", "examples/engage.toml"])
def test_deliveries_that_a_page_shows_are_whole(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    if name.endswith(".md"):
        shown_settings = "\n".join(blocks(ROOT / name, "toml"))
    else:
        shown_settings = re.sub("^# ?", "", text[text.index("# [[deliveries]]") :], flags=re.M)
    held = tomllib.loads(shown_settings)["deliveries"]
    assert len(held) == 2
    for one in held:
        target_of(DeliverySettings.model_validate(one))


def test_the_page_of_deliveries_has_every_type_and_no_other() -> None:
    page = (ROOT / "docs" / "deliveries.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]*) \|", page.split("## Types")[1].split("## ")[0], re.M)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(targets())
