"""The steps of docs/add-a-tag.md, done as they stand there, in a copy of the repository."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "add-a-tag.md").read_text("utf-8")


def shown(language: str) -> list[str]:
    """The blocks of one language, as a reader would paste them."""
    found = re.findall(rf"^   ```{language}\n(.*?)^   ```", PAGE, re.M | re.S)
    return [textwrap.dedent(block) for block in found]


def bytes_of(models: Path) -> dict[str, str]:
    files = (file for file in models.rglob("*") if file.is_file() and "corpora" not in file.parts)
    return {
        file.relative_to(models).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
    }


class Copy:
    """A copy of what the steps touch, and what they print."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        own = ("own", "churn_risk", "churn_risk.py", "churn_risk.??.toml")  # whoever followed it
        hidden = shutil.ignore_patterns("__pycache__", "sets", "lineage.json", *own)
        for name in ("pipeline", "models", "examples", "data_contracts", "dags", "docs"):
            shutil.copytree(ROOT / name, folder / name, ignore=hidden)
        shutil.copytree(ROOT / "tests" / "model", folder / "tests" / "model", ignore=hidden)
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "tests/detectors").mkdir(parents=True)
        self.before = bytes_of(folder / "models")
        detector, test = shown("python")
        self.write("pipeline/detectors/churn_risk.py", detector)
        for cues in shown("toml"):
            name = re.match(r"# (\S+)\n", cues)
            assert name
            self.write(f"pipeline/detectors/patterns/{name[1]}", cues)
        self.write("tests/detectors/test_churn_risk.py", test)
        copying = next(block for block in shown("sh") if block.startswith("mkdir"))
        subprocess.run(["bash", "-c", copying], cwd=folder, check=True)
        self.log = folder / "errors.log"
        environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "100"}
        environment.pop("ENGAGE_SETTINGS", None)
        with self.log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "tests" / "warm.py"],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.said = self.engage("train", "--tag", "churn_risk")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def run(self, module: str, *words: str) -> str:
        """Do what `python -m MODULE WORDS` does in the copy."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([module, *words]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text("utf-8")
        code, printed = json.loads(answer)
        assert code == 0, printed + self.log.read_text("utf-8")
        return str(printed)

    def engage(self, *words: str) -> str:
        return self.run("pipeline", *words)

    def close(self) -> None:
        with self.process:
            pass


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    made = Copy(tmp_path_factory.mktemp("repository"))
    yield made
    made.close()


def test_training_writes_the_new_model_and_leaves_the_others_alone(copy: Copy) -> None:
    assert "churn_risk: " in copy.said
    after = bytes_of(copy.folder / "models")
    assert copy.before.items() <= after.items()
    new = {name for name in after if name not in copy.before}
    assert new == {f"churn_risk/{name}" for name in ("model.skops", "metadata.json", "README.md")}
    metadata = json.loads((copy.folder / "models/churn_risk/metadata.json").read_text("utf-8"))
    (own,) = metadata["data"]
    assert (own["name"], own["licence"], own["rows"]) == ("own", "yours", 160)


def test_training_says_how_much_it_detects_where_nobody_labelled(copy: Copy) -> None:
    """Taught no ordinary message it detected a fifth of them, by figures that looked no worse."""
    (share,) = re.findall(r"^churn_risk: detects (\d+)% of 47,\d{3} messages", copy.said, re.M)
    assert int(share) < 16


def test_the_test_of_the_page_passes(copy: Copy) -> None:
    told = copy.run("pytest", "tests/detectors/test_churn_risk.py")
    assert "4 passed" in told


def test_the_code_of_the_page_passes_lint(copy: Copy) -> None:
    files = ["pipeline/detectors/churn_risk.py", "tests/detectors/test_churn_risk.py"]
    for words in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, *files]
        done = subprocess.run(command, cwd=copy.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_page_of_tags_describes_it(copy: Copy) -> None:
    copy.run("pipeline.docs")
    page = (copy.folder / "docs" / "tags.md").read_text("utf-8")
    assert "## churn_risk" in page
    assert "| `announces_leaving` | zeg ik mijn abonnement op |" in page


def test_it_is_explained(copy: Copy) -> None:
    (words,) = re.findall(r"^   \.venv/bin/engage explain --tag churn_risk (\".*\")$", PAGE, re.M)
    told = copy.engage("explain", "--tag", "churn_risk", words.strip('"'))
    assert re.search(r"cue:announces_leaving .*i.m cancelling", told.lower())
    assert re.search(r"churn_risk: [01]\.\d{3}, detected", told)


@pytest.fixture(scope="module")
def shop(copy: Copy) -> Copy:
    """The copy after a run over two messages of a shop."""
    copy.write(
        "engage.toml",
        'lake = "lake"\n[company]\nname = "Molenaar"\n'
        '[[sources]]\nname = "shop"\ntype = "jsonl"\npath = "shop.jsonl"\n',
    )
    texts = [
        "If this happens again I'm cancelling, your competitor is cheaper. We won't be renewing.",
        "Which bus goes to the museum on Sunday?",
    ]
    lines = [
        {"id": str(at), "text": text, "sent_at": "2026-11-02T10:00:00Z", "author": "ans"}
        for at, text in enumerate(texts)
    ]
    copy.write("shop.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    copy.engage("run", "--from", "2026-11-02", "--to", "2026-11-02", "--config", "engage.toml")
    return copy


def test_it_lands_in_the_detections(shop: Copy) -> None:
    query = "select message_id from detections where tag = 'churn_risk' and decision = 'detected'"
    told = shop.engage("sql", query, "--config", "engage.toml")
    assert "shop:0" in told
    assert "shop:1" not in told


def test_ordinary_messages_are_drawn_and_labelled_as_the_page_says(shop: Copy) -> None:
    (query,) = re.findall(r'^   \.venv/bin/engage sql --format csv "(.*)" > ordinary', PAGE, re.M)
    drawn = shop.engage("sql", "--format", "csv", query, "--config", "engage.toml")
    assert drawn.splitlines()[0] == "id,tag,answer,text"
    shop.write("ordinary.csv", drawn)
    told = shop.engage("label", "ordinary.csv", "--config", "engage.toml")
    assert "2 labels added" in told
