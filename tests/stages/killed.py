"""Runs the tasks of a day in forks of one warm process, and kills them at moments drawn by lot.

    python tests/ask.py NAME tests.stages.killed '{"calm": …, "killed": …, "kills": 10, …}'

A task that was killed is begun again, as Airflow does; those that were done before it are not, so
nothing that a kill spoils is mended by running the whole day once more. A fork starts in no time:
what is killed is the task and not the imports before it. Prints which tasks were killed.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from bisect import bisect
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline import http, settings, stages
from pipeline.records import Window
from pipeline.sources.reddit import Reddit
from tests.sources.fetched import LIMITS

PATIENCE = 300
Task = tuple[str, Callable[[], object]]


class Worker:
    """A fork that does tasks from one of them on, and says when it begins each."""

    def __init__(self, tasks: list[Task], first: int, modules: Path | None = None) -> None:
        self.at, self.begun = first, {first: time.monotonic()}
        self._told, tell = os.pipe()
        self.child = os.fork()
        if self.child:
            os.close(tell)
            return
        code = 1
        try:
            for number in range(first, len(tasks)):
                os.write(tell, f"{number}\n".encode())
                tasks[number][1]()
            if modules:
                modules.write_text("\n".join(sorted(sys.modules)), "utf-8")
            code = 0
        finally:
            os._exit(code)

    def work_until(self, task: int, seconds: float = 0.0) -> bool:
        """Wait until a task has run for so long; False when all were done before that."""
        until = time.monotonic() + PATIENCE
        while (now := time.monotonic()) < until:
            if self.at > task or (self.at == task and now >= self.begun[task] + seconds):
                return True
            if not select.select([self._told], [], [], 0.005)[0]:
                continue
            told = os.read(self._told, 100).split()
            for number in map(int, told):
                self.at, self.begun[number] = number, time.monotonic()
            if not told:
                _, status = os.waitpid(self.child, 0)
                assert os.waitstatus_to_exitcode(status) == 0, "a task failed by itself"
                return False
        raise TimeoutError

    def kill(self) -> None:
        """End it where it stands."""
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


def tasks_of(folder: str, asked: dict[str, Any]) -> list[Task]:
    """What the DAG does for a window, task by task."""
    given = settings.load(Path(folder) / "engage.toml")
    window, now = Window.of_days(*asked["window"]), datetime.fromisoformat(asked["now"])

    def listening(name: str) -> Task:
        return f"listen {name}", lambda: stages.listen(given, name, window, now=now)

    def later(name: str) -> Task:
        return name, lambda: getattr(stages, name)(given, window)

    return [*map(listening, given.source_names), *map(later, stages.STAGES[1:])]


def main(asked: dict[str, Any]) -> list[str]:
    """Do the tasks of one folder undisturbed, and of the other with kills."""
    # Only how patiently we ask is changed: the real waits would make the test last for minutes.
    http.LIMITS = LIMITS
    Reddit.token_address = asked["reddit_token"]
    modules = Path(asked["calm"]) / "modules.txt"
    calm = Worker(tasks_of(asked["calm"], asked), 0, modules)
    assert not calm.work_until(sys.maxsize)
    # Nothing here has worked itself: a thread does not survive a fork.
    for name in modules.read_text("utf-8").splitlines():
        # Some are made by others, and cannot be imported by themselves.
        with suppress(ImportError):
            import_module(name)
    starts, end = sorted(calm.begun.values()), time.monotonic()
    tasks = tasks_of(asked["killed"], asked)
    chosen, at, killed = random.Random(asked["seed"]), 0, []
    for number in range(asked["kills"]):
        share = (number + chosen.random()) / asked["kills"]
        moment = starts[0] + share * (end - starts[0])
        task = bisect(starts, moment) - 1
        worker, seconds = Worker(tasks, at), moment - starts[task]
        while not worker.work_until(task, seconds):
            # The machine had more time for us than before.
            worker, seconds = Worker(tasks, task), seconds / 2
        worker.kill()
        at = worker.at
        killed.append(tasks[at][0])
    assert not Worker(tasks, at).work_until(sys.maxsize)
    return killed


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))  # noqa: T201
