"""A small company with two sources, whose messages each test says itself."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import hypothesis
import pyarrow as pa
import pytest
import skops.io  # noqa: F401 - looks through all modules: before Airflow's, which warn of that
from pytest_httpserver import HTTPServer

from pipeline import settings as settings_module
from pipeline import stages
from pipeline.records import Window
from pipeline.settings import Settings
from pipeline.storage import Lake
from tests.workers import once

# Tables are as wide as in a file, whatever terminal, or runner of tests, this is.
os.environ.pop("COLUMNS", None)

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("engage", deadline=None)
hypothesis.settings.load_profile("engage")

LONGEST = (
    "test_dags.py", "test_real_exports.py", "test_stages.py", "test_every_source.py",
    "test_labelling.py", "test_add_a_tag.py", "test_tagger.py", "test_first_source.py",
    "test_forgetting.py", "test_lifecycle.py", "test_people.py", "test_calibration.py",
    "test_rules.py", "test_looking_back.py", "test_privacy.py", "test_docs.py", "test_page.py",
)  # fmt: skip
"""Files that are begun first, so that no worker is left with one of them at the end."""

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 12, 1, tzinfo=UTC)
FIRST, LAST = "2026-11-02", "2026-11-06"
TAGGED = ("listen", "assemble", "detect")
"""The stages that make detections; those of opportunities and alerts take twice as long."""
SETTINGS = """\
lake = "lake"
[company]
name = "Molenaar"
own_accounts = ["molenaar"]
products = ["Molenbrood"]
competitors = ["Bakkerij Zon"]
[detection]
audit_share = 0.2
[[sources]]
name = "shop"
type = "jsonl"
path = "shop.jsonl"
[[sources]]
name = "town"
type = "jsonl"
path = "town.jsonl"
"""


gc.disable()  # hardly anything that is imported to collect the tests is garbage


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """What is there now stays: the tests of sources would look at it for garbage, each time."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _power_stays_on() -> Iterator[None]:
    """Files are not waited for until they are on the disk: no test cuts the power.

    A run of a few days waits for half a second; that a file is waited for is told by
    `tests/test_storage.py`, in a process of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IO[str]]:
    """A file in the folder that all workers share, locked by each as long as it is there."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / "workers").open("w") as workers:
        fcntl.flock(workers, fcntl.LOCK_SH)
        yield workers


@pytest.fixture(scope="session")
def warm(_worker: IO[str]) -> Iterator[list[str]]:
    """What to put before a module and its words to run it as a process that has all imports.

    One `tests/warm.py` serves all workers: the first to need it starts it, it ends with the last.
    """
    name = f"engage-{hashlib.sha256(_worker.name.encode()).hexdigest()[:16]}"
    server = None
    with once(Path(_worker.name).parent, "warm") as is_first:
        if is_first:
            command = [sys.executable, "-m", "tests.warm", name, _worker.name]
            server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
            assert server.stdout is not None
            assert server.stdout.readline()
    yield [sys.executable, "-S", str(ROOT / "tests" / "ask.py"), name]
    if server is not None:
        fcntl.flock(_worker, fcntl.LOCK_UN)
        with server:
            pass


class Company:
    """A folder with settings, two sources and a lake."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "engage.toml").write_text(SETTINGS, encoding="utf-8")
        self.hear("shop", [])
        self.hear("town", [])

    @property
    def settings(self) -> Settings:
        return settings_module.load(self.folder / "engage.toml")

    @property
    def lake(self) -> Lake:
        return Lake(self.settings.lake_location)

    def hear(self, source: str, messages: Iterable[dict[str, Any] | str]) -> None:
        """Let a source hold these messages; text is a raw line."""
        lines = [one if isinstance(one, str) else json.dumps(one) for one in messages]
        text = "".join(f"{line}\n" for line in lines)
        (self.folder / f"{source}.jsonl").write_text(text, encoding="utf-8")

    def run(self, first: str = FIRST, last: str | None = None, **options: Any) -> list[stages.Run]:
        """Run the stages over days; one day when `last` is not given."""
        return stages.run(self.settings, Window.of_days(first, last), now=NOW, **options)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, by key."""
        held: list[dict[str, Any]] = self.lake.read(table).to_pylist()
        return sorted(held, key=lambda row: str(row.get("message_id") or list(row.values())))

    def column(self, table: str, key: str, value: str) -> dict[str, Any]:
        """One column of a table by another."""
        held: pa.Table = self.lake.read(table, [key, value])
        return dict(zip(held[key].to_pylist(), held[value].to_pylist(), strict=True))

    def checksums(self) -> dict[str, str]:
        return checksums(self.folder / "lake")


def checksums(lake: Path) -> dict[str, str]:
    """The bytes of every partition of a lake but those of `runs`."""
    return {
        file.relative_to(lake).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(lake.rglob("*.parquet"))
        if file.relative_to(lake).parts[0] != "runs"
    }


def said(
    name: str, text: str, at: str = "2026-11-02T10:00:00Z", author: str = "ans", **more: Any
) -> dict[str, Any]:
    """One message as the sources of the company hold it."""
    return {"id": name, "text": text, "sent_at": at, "author": author, **more}


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    """The fake services: what is asked is answered though an answer before it is late."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


@pytest.fixture
def companies(tmp_path: Path) -> Callable[[str], Company]:
    def make(name: str) -> Company:
        (tmp_path / name).mkdir()
        return Company(tmp_path / name)

    return make


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Company]:
    """Do something to a lake, or copy what it came to when it was done to the same lake before.

    The same input gives the same bytes, which tests of their own hold; making them takes seconds.
    """
    held: dict[str, Path] = {}

    def do(company: Company, step: Callable[..., object], *given: Any) -> Company:
        files = sorted(file for file in company.folder.rglob("*") if file.is_file())
        told = hashlib.sha256(f"{step.__module__}.{step.__qualname__} {given}".encode())
        for file in files:
            name = file.relative_to(company.folder).as_posix()
            if not name.startswith("lake/runs/"):  # when and how long
                told.update(f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}".encode())
        key, lake = told.hexdigest(), company.folder / "lake"
        if key not in held:
            step(company, *given)
            held[key] = tmp_path_factory.mktemp("done") / "lake"
            shutil.copytree(lake, held[key])
        else:
            shutil.rmtree(lake, ignore_errors=True)
            shutil.copytree(held[key], lake)
        return company

    return do


@pytest.fixture(scope="session")
def made(done: Callable[..., Company]) -> Callable[..., Company]:
    """Run a company's days, or copy the lake of one with the same sources and settings."""

    def make(company: Company, first: str = FIRST, last: str = LAST) -> Company:
        return done(company, Company.run, first, last)

    return make


@pytest.fixture
def ran(company: Company, made: Callable[..., Company], monkeypatch: pytest.MonkeyPatch) -> Company:
    """The company after its week (`tests/week.py`); commands find its settings."""
    from tests.week import opened

    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    return made(opened(company))


@pytest.fixture(scope="session")
def example(_worker: IO[str]) -> Path:
    """The settings of the example company, its fourteen days in the lake beside them, to read."""
    from benchmarks import recipes

    folder = Path(_worker.name).parent
    with once(folder, "example") as is_first:
        if is_first:
            recipes.make_example(folder / "example")
    return folder / "example" / "examples" / "engage.toml"
