"""The DAGs: they parse fast, follow the house's rules, and really run."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline import learning, measuring, model_sets, settings, stages
from pipeline.docs import DAG_FACTS, docstring_of, facts_of
from pipeline.records import Window
from tests.conftest import NOW, Company, checksums, said
from tests.learning.test_lifecycle import TAGS as TAGGED
from tests.learning.test_lifecycle import few_corpora, mute
from tests.week import SHOP, opened

ROOT = Path(__file__).parent.parent
DAGS = ROOT / "dags"
SCHEDULES = {"schedule:daily", "schedule:weekly", "schedule:assets"}
TAGS = {"engage", *SCHEDULES, "writes:lake", "writes:files", "writes:models"}
OWNERS = {"data-engineering", "data-science"}
HEAVY = {"pandas", "polars", "spacy", "sklearn", "great_expectations", "duckdb", "pyarrow", "skops"}

pytestmark = pytest.mark.airflow

FACTS = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
bag = DagBag(sys.argv[1])
heavy = sorted(name for name in set(sys.modules) - before if "." not in name)
dags = {
    name: {
        "doc": dag.doc_md or "", "tags": sorted(dag.tags), "catchup": dag.catchup,
        "schedule": type(dag.timetable).__name__,
        "makes_up_for": str(getattr(dag.timetable, "run_immediately", None)),
        "max_active_runs": dag.max_active_runs,
        "tasks": {
            task.task_id: {
                "owner": task.owner,
                "retries": task.retries,
                "policy": type(task.retry_policy).__name__,
                "after": sorted(task.upstream_task_ids), "mapped": task.is_mapped,
                "operator": type(task).__name__,
                "outlets": sorted(getattr(asset, "name", "") for asset in task.outlets or []),
            }
            for task in dag.tasks
        },
    }
    for name, dag in bag.dags.items()
}
print("FACTS " + json.dumps({"errors": bag.import_errors, "modules": heavy, "dags": dags}))
"""


def _environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An Airflow of our own: a home with a database."""
    environment = _environment(tmp_path_factory.mktemp("airflow"))
    command = [str(Path(sys.executable).parent / "airflow"), "db", "migrate"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return environment


@pytest.fixture(scope="session")
def facts(airflow: dict[str, str]) -> dict[str, Any]:
    """What Airflow knows of the DAG files once it has parsed them."""
    done = subprocess.run(
        [sys.executable, "-c", FACTS, str(DAGS)],
        env=airflow,
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("FACTS "))
    known: dict[str, Any] = json.loads(line.removeprefix("FACTS "))
    return known


def test_every_file_is_a_dag_of_its_name(facts: dict[str, Any]) -> None:
    assert facts["errors"] == {}
    assert set(facts["dags"]) == {file.stem.removesuffix("_dag") for file in DAGS.glob("*_dag.py")}


def test_parsing_imports_nothing_heavy(facts: dict[str, Any]) -> None:
    assert not HEAVY & set(facts["modules"])


def test_no_dag_file_imports_anything_heavy_at_the_top() -> None:
    for file in DAGS.glob("*_dag.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or alias.name for alias in node.names]
                roots = {name.split(".")[0] for name in names}
                assert not roots & (HEAVY | {"pipeline"}), f"{file.name}:{node.lineno}"


def test_dag_files_stay_short() -> None:
    long = {file.name for file in DAGS.glob("*_dag.py") if len(file.read_text().splitlines()) > 60}
    assert not long


def test_every_dag_keeps_the_rules_of_the_house(facts: dict[str, Any]) -> None:
    for name, dag in facts["dags"].items():
        assert set(dag["tags"]) <= TAGS, name
        assert "engage" in dag["tags"], name
        assert any(tag.startswith("writes:") for tag in dag["tags"]), name
        assert dag["max_active_runs"] == 1, name
        assert not dag["catchup"], name
        assert set(facts_of(dag["doc"])) == set(DAG_FACTS), name
        for task_id, task in dag["tasks"].items():
            assert task["owner"] in OWNERS, (name, task_id)
            assert task["retries"] == 3, (name, task_id)
            assert task["policy"] == "ExceptionRetryPolicy", (name, task_id)


def test_the_docstring_is_the_operators_page() -> None:
    for file in DAGS.glob("*_dag.py"):
        said = facts_of(docstring_of(file))
        assert all(
            len(said[fact].split()) >= (1 if fact == "Owner" else 3) for fact in DAG_FACTS
        ), file


def test_opportunities_listens_to_every_source_then_goes_on_in_a_row(facts: dict[str, Any]) -> None:
    dag = facts["dags"]["opportunities"]
    assert dag["schedule"] == "CronDataIntervalTimetable"
    after = {name: task["after"] for name, task in dag["tasks"].items()}
    assert after == {
        "sources": [],
        "listen": ["sources"],
        "assemble": ["listen"],
        "detect": ["assemble"],
        "publish": ["detect"],
        "watch": ["publish"],
    }
    assert dag["tasks"]["listen"]["mapped"]
    assert dag["tasks"]["publish"]["outlets"] == ["complaints", "idea_themes", "ideas", "leads"]
    assert dag["tasks"]["watch"]["outlets"] == ["alerts"]


def test_engagement_runs_when_something_was_published(facts: dict[str, Any]) -> None:
    assert "Asset" in facts["dags"]["engagement"]["schedule"]


def test_measurement_runs_when_something_was_published(facts: dict[str, Any]) -> None:
    assert "Asset" in facts["dags"]["measurement"]["schedule"]
    assert set(facts["dags"]["measurement"]["tasks"]) == {"measure"}


def test_retention_expires_daily_where_the_settings_say_so(facts: dict[str, Any]) -> None:
    dag = facts["dags"]["retention"]
    assert dag["schedule"] == "CronDataIntervalTimetable"
    assert {name: task["after"] for name, task in dag["tasks"].items()} == {
        "has_limit": [],
        "expire": ["has_limit"],
    }
    assert dag["tasks"]["expire"]["outlets"] == ["complaints", "idea_themes", "ideas", "leads"]


def test_learning_asks_a_person_before_it_promotes(facts: dict[str, Any]) -> None:
    dag = facts["dags"]["learning"]
    assert dag["schedule"] == "CronTriggerTimetable"
    assert dag["makes_up_for"] == "0:00:00"  # no run of a Monday that has begun
    after = {name: task["after"] for name, task in dag["tasks"].items()}
    assert after == {
        "challenge": [],
        "compare": ["challenge"],
        "approve": ["compare"],
        "promote": ["approve", "challenge"],
        "remember": ["challenge", "promote"],
    }
    assert dag["tasks"]["approve"]["operator"] == "ApprovalOperator"
    assert {task["owner"] for task in dag["tasks"].values()} == {"data-science"}


def _example(folder: Path) -> Path:
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder / "examples" / "engage.toml"


RUNS = """
import json, os, runpy, sys, threading
from datetime import datetime
from airflow._shared.timezones.timezone import utcnow
from airflow.dag_processing.dagbag import DagBag
from airflow.models import import_all_models
from airflow.models.hitl import HITLDetail
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import handle_event_submit
from airflow.triggers.base import TriggerEvent
from airflow.utils.session import create_session
from pipeline import model_sets, settings
from sqlalchemy import select

def decide(answer, asked, ended):
    # What the button in the web interface does.
    waiting = select(TaskInstance).where(TaskInstance.state == "awaiting_input")
    while not ended.wait(0.2):
        with create_session() as session:
            for task in session.scalars(waiting):
                detail = session.get(HITLDetail, task.id)
                asked.append([detail.subject, detail.body])
                detail.responded_at, detail.responded_by = utcnow(), {"id": "1", "name": "ans"}
                detail.chosen_options, detail.params_input = [answer], {}
                event = TriggerEvent(detail.as_resume_event_payload())
                handle_event_submit(event, task_instance=task, session=session)

def learn(dag, answer):
    # Two threads that import Airflow's tables at the same time wait for each other for ever.
    import_all_models()
    asked, ended = [], threading.Event()
    person = threading.Thread(target=decide, args=(answer, asked, ended), daemon=True)
    person.start()
    run = dag.test()
    ended.set()
    person.join()
    states = {one.task_id: one.state for one in run.get_task_instances()}
    champion = model_sets.lineage(settings.load().models_folder).champion
    print("LEARNED " + json.dumps([asked, states, champion]), flush=True)
    return run.state

dags = sys.argv[1]
sys.path.append(dags)  # as Airflow does; `runpy` takes its own entry away again
for line in sys.stdin:
    asked = json.loads(line)
    os.chdir(asked["folder"])
    os.environ["ENGAGE_SETTINGS"] = asked["settings"]
    sys.argv = [dags, *asked["days"]]
    try:
        if answer := asked["answer"]:
            ended = learn(DagBag(dags).dags[asked["dag"]], answer)
        elif at := asked["logical_date"]:
            dag = DagBag(dags).dags[asked["dag"]]
            ended = dag.test(
                logical_date=datetime.fromisoformat(at), run_conf=asked["parameters"]
            ).state
        else:
            runpy.run_path(dags, run_name="__main__")
    except SystemExit as end:
        ended = end.code
    print("ENDED", ended, flush=True)
"""


@contextmanager
def _patience(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a process that has not done in an hour what takes a minute: it waits for itself."""
    timer = threading.Timer(3_600, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Airflow:
    """One process that runs DAGs: to start Airflow takes longer than to run a day."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUNS, str(DAGS)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def run(
        self,
        toml: Path,
        *days: str,
        dag: str = "opportunities",
        logical_date: str | None = None,
        answer: str | None = None,
        **parameters: str,
    ) -> tuple[str, str]:
        """Do what `python dags DAYS` does, run a date, or learn and give a person's answer.

        Returns how it ended, and what it printed.
        """
        asked = {"folder": str(toml.parent), "settings": str(toml), "days": days, "dag": dag}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked |= {"logical_date": logical_date, "answer": answer, "parameters": parameters}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        said = []
        with _patience(self.process):
            for line in self.process.stdout:
                if line.startswith("ENDED "):
                    return line.split()[1], "".join(said)
                said.append(line)
        raise AssertionError("".join(said) + self.log.read_text())

    def learn(self, toml: Path, answer: str) -> tuple[list[list[str]], dict[str, str], str]:
        """What a person was asked, how the tasks ended, and which set of models is in use."""
        _, told = self.run(toml, dag="learning", answer=answer)
        line = next(line for line in told.splitlines() if line.startswith("LEARNED "))
        asked, states, champion = json.loads(line.removeprefix("LEARNED "))
        return asked, states, champion

    def close(self) -> None:
        with self.process:
            pass


@pytest.fixture(scope="session")
def runs(airflow: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    server = Airflow(airflow, tmp_path_factory.mktemp("runs") / "errors.log")
    yield server
    server.close()


def test_dag_runs_of_a_day_and_of_a_window_equal_one_window_without_airflow(
    runs: Airflow, tmp_path: Path
) -> None:
    (tmp_path / "dag").mkdir()
    (tmp_path / "plain").mkdir()
    by_dag, plain = _example(tmp_path / "dag"), _example(tmp_path / "plain")
    assert runs.run(by_dag, "2026-11-03")[0] == "0"
    ended, told = runs.run(by_dag, "2026-11-03", "2026-11-04")
    assert ended == "0", told
    assert "listen twitter … done" in told
    assert "publish … done" in told
    assert "day 2026-11-04 … heard" in told
    stages.run(settings.load(plain), Window.of_days("2026-11-03", "2026-11-04"), now=NOW)
    measuring.measure(settings.load(plain), Window.of_days("2026-10-08", "2026-11-04"))
    expected = checksums(tmp_path / "plain" / "lake")
    assert len(expected) > 20
    assert checksums(tmp_path / "dag" / "lake") == expected
    # The engagement DAG ran after them, without a logical date as on assets.
    assert list((tmp_path / "dag" / "exports").rglob("leads-*.csv"))


@pytest.fixture
def few(company: Company) -> Path:
    """The settings of a company with two sources: for what many do not show any better."""
    return opened(company).folder / "engage.toml"


def test_a_scheduled_run_is_about_its_data_interval(runs: Airflow, few: Path) -> None:
    # The data interval of a run is the last whole day before its logical date.
    ended, told = runs.run(few, logical_date="2026-11-04T00:00:00+00:00")
    assert ended == "success", told
    days = {file.parent.name for file in (few.parent / "lake" / "messages").rglob("*.parquet")}
    assert days == {"sent_on=2026-11-03"}


@pytest.mark.parametrize("dag", ["opportunities", "measurement"])
def test_a_last_day_without_a_first_is_no_day_at_all(runs: Airflow, few: Path, dag: str) -> None:
    at = "2026-11-04T00:00:00+00:00"
    ended, _ = runs.run(few, logical_date=at, dag=dag, last_day="2026-11-05")
    assert ended == "failed"
    assert not (few.parent / "lake" / "messages").exists()


def test_retention_keeps_so_many_days_up_to_its_data_interval(runs: Airflow, few: Path) -> None:
    assert runs.run(few, "2026-11-03", "2026-11-04")[0] == "0"
    before = checksums(few.parent / "lake")
    # From 4 November, 3 o'clock, to the 5th: of the two days the 4th is the first.
    at = "2026-11-05T03:00:00+00:00"
    assert runs.run(few, logical_date=at, dag="retention")[0] == "success"
    assert checksums(few.parent / "lake") == before  # no keep_days: for ever
    with few.open("a", encoding="utf-8") as settings_file:
        settings_file.write("[privacy]\nkeep_days = 2\n")
    assert runs.run(few, logical_date=at, dag="retention")[0] == "success"
    days = {file.parent.name for file in (few.parent / "lake" / "messages").rglob("*.parquet")}
    assert days == {"sent_on=2026-11-04"}
    assert runs.run(few, "2026-11-03")[0] == "2"


def test_a_broken_contract_fails_the_task_and_leaves_the_tables(
    runs: Airflow, few: Path, company: Company
) -> None:
    assert runs.run(few, "2026-11-03")[0] == "0"
    before = checksums(few.parent / "lake")
    assert any(name.startswith("leads/") for name in before)
    company.hear("shop", [*SHOP, *(said(f"x{at}", "", "2026-11-03T10:00:00Z") for at in range(30))])
    ended, told = runs.run(few, "2026-11-03")
    assert ended == "3", told
    assert "rows are rejected" in told
    assert "mend:" in told
    assert checksums(few.parent / "lake") == before


def test_a_task_waits_for_another_run_to_end_where_nobody_is_watching(
    runs: Airflow, few: Path, company: Company
) -> None:
    with ExitStack() as another_run:
        another_run.enter_context(company.lake.lock("run"))
        ended, told = runs.run(few, "2026-11-03")
        assert ended == "4", told
        assert "another run is writing to this lake" in told
        threading.Timer(4, another_run.close).start()
        ended, told = runs.run(few, logical_date="2026-11-04T00:00:00+00:00")
        assert ended == "success", told


def test_the_log_of_a_task_names_the_mend_and_no_secret(runs: Airflow, few: Path) -> None:
    # Somebody put the keys of a store into its address; Airflow logs whole chains of errors.
    told = few.read_text(encoding="utf-8").replace(
        'lake = "lake"', 'lake = "s3://AKIAFIETS:fietsbel@peddels/lake"'
    )
    assert "fietsbel" in told
    few.write_text(told, encoding="utf-8")
    ended, told = runs.run(few, logical_date="2026-11-04T00:00:00+00:00")
    assert ended == "failed"
    assert "must hold no key and no password" in told
    assert "(mend: correct that value)" in told
    assert "fietsbel" not in told


def test_a_window_that_no_source_knows_leaves_an_empty_day(runs: Airflow, few: Path) -> None:
    ended, told = runs.run(few, "2026-10-01")
    assert ended == "0", told
    assert "heard 0, no leads, no complaints, no ideas" in told
    # That a source was silent is a fact too.
    names = settings.load(few).source_names
    assert sorted(checksums(few.parent / "lake")) == [
        *sorted(f"source_days/source={name}/part-0.parquet" for name in names),
        "source_hours/heard_on=2026-10-01/part-0.parquet",
    ]


def test_learning_promotes_what_a_person_approves_and_nothing_else(
    runs: Airflow, tmp_path: Path
) -> None:
    toml = _example(tmp_path)
    toml.write_text(toml.read_text() + '[detection]\nmodels = "ours"\n')
    models = few_corpora(toml.parent / "ours")
    name = learning.challenge(models)
    for tag in TAGGED:
        shutil.copytree(models / "sets" / name / tag, models / tag)
    mute(models)

    ((subject, body),), states, champion = runs.learn(toml, "Reject")
    assert name in subject
    assert "| lead | nl |" in body
    assert (states["approve"], states["promote"], champion) == ("success", "skipped", "shipped")
    assert (states["remember"], model_sets.lineage(models).refused) == ("success", name)

    # Nobody is asked twice about the very same set.
    asked, states, champion = runs.learn(toml, "Approve")
    assert (asked, states["compare"], states["promote"]) == ([], "success", "skipped")
    assert champion == "shipped"

    model_sets.refuse(models, "0123456789ab")
    _, states, champion = runs.learn(toml, "Approve")
    assert (set(states.values()), champion) == ({"success"}, name)

    # All this text taught the champion: there is nothing to learn.
    asked, states, champion = runs.learn(toml, "Approve")
    assert (asked, champion) == ([], name)
    assert states.pop("challenge") == "success"
    assert set(states.values()) == {"skipped"}
