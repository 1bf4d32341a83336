"""Run the DAGs over some days in this one process: `python dags 2026-11-02 2026-11-15`.

One run takes all the days: the same bytes as a run a day, and Airflow's own work once.
For a first look and for `make run`: no scheduler, no web server. Needs AIRFLOW_HOME with a migrated
database and this folder as DAGS_FOLDER. Airflow's own log goes to a file. The exit code is 0, or
that of the error (`engage --help` lists them).
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline import settings
from pipeline.console import counted
from pipeline.errors import EngageError
from pipeline.records import Window
from pipeline.storage import Lake

if TYPE_CHECKING:
    from airflow.sdk import DAG

LOG = Path(".airflow/logs/run.log")
_DAGS = ("engagement", "measurement")
"""Follow when something was published."""


@contextmanager
def _noise_aside() -> Iterator[Console]:
    """Send everything that is printed to the log; yield a console on the real output.

    The file descriptors are turned, not `sys.stdout`: Airflow configures its own streams.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    held = [os.dup(1), os.dup(2)]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output, LOG.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield Console(file=output, highlight=False)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(held[0], 1)
            os.dup2(held[1], 2)


def _load() -> dict[str, DAG]:
    """Parse this folder. Raises EngageError for a DAG file that cannot be parsed."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(Path(__file__).parent)
    for file, error in bag.import_errors.items():
        raise EngageError(error.strip().splitlines()[-1], where=file, mend=f"see {LOG}")
    return dict(bag.dags)


def _run(dag: DAG, ended: Callable[[str], None], **conf: str) -> None:
    """Run a DAG once, tell of each task that ended, and raise what its first failed task raised.

    The days go in as parameters: a run with its logical date would stand in the way of a later
    backfill of that day.
    """
    failed: list[BaseException] = []

    def remember(context: Any) -> None:  # noqa: ANN401 - Airflow's context
        failed.append(context["exception"])

    def tell(context: Any) -> None:  # noqa: ANN401 - Airflow's context
        instance = context["ti"]
        ended(" ".join(filter(None, (instance.task_id, instance.rendered_map_index))))

    for task in dag.tasks:
        # Somebody is watching: fail at once, instead of waiting for a disk to get free.
        task.retries, task.on_failure_callback = 0, [remember]
        task.on_success_callback = [tell]
    state = dag.test(run_conf=conf).state
    if failed:
        raise failed[0]
    if state != "success":
        raise EngageError(f"the run ended as {state}", where=dag.dag_id, mend=f"see {LOG}")


def _told(lake: Lake, day: date) -> str:
    """Say in a line what a day brought."""
    heard = lake.read("messages", ["message_id"], pc.field("sent_on") == day).num_rows
    counts = {
        name: lake.read(f"{name}s", ["opened_on"], pc.field("opened_on") == day).num_rows
        for name in ("lead", "complaint", "idea")
    }
    told = ", ".join(counted(number, name) for name, number in counts.items())
    return f"day {day} … heard {heard}, {told}"


def _days(console: Console, window: Window) -> None:
    chosen = settings.load()
    days = list(window.days())
    steps = len(chosen.source_names) + len(_DAGS) + 5
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("starting Airflow …", total=steps)
        if not console.is_terminal:
            console.print(f"running {len(days)} days, {window} …")

        def ended(step: str) -> None:
            progress.update(bar, advance=1, description=f"{step} done")
            if not console.is_terminal:
                console.print(f"{step} … done")

        dags = _load()
        _run(dags["opportunities"], ended, day=str(days[0]), last_day=str(days[-1]))
        for name in _DAGS:
            _run(dags[name], ended)  # as on assets: without a day
    lake = Lake(chosen.lake_location)
    for day in days:
        console.print(_told(lake, day))


def main() -> int:
    """Run the days of the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python dags", description=__doc__.splitlines()[0])
    parser.add_argument("first", help="first day, such as 2026-11-02")
    parser.add_argument("last", nargs="?", help="last day, included; default: the first")
    asked = parser.parse_args()
    with _noise_aside() as console:
        try:
            _days(console, Window.of_days(asked.first, asked.last))
        except EngageError as error:
            console.print(f"error: {error.told}", markup=False)
            console.print(f"mend: {error.mend or f'see {LOG}'}", markup=False)
            return error.exit_code
        except KeyboardInterrupt:
            console.print("stopped; run again to go on, nothing is half written")
            return 130
        except Exception as error:  # noqa: BLE001 - the log has the traceback
            traceback.print_exc()
            console.print(f"error: {type(error).__name__}: {error}", markup=False)
            console.print(f"mend: this is a mistake in Engage; the traceback is in {LOG}")
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
