"""Airflow's web interface is stopped with everything that it started."""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

FILE = Path(__file__).parent.parent / "dags" / "standalone.py"
# As Airflow does: a scheduler, a task's supervisor, and the task in a process group of its own,
# which computes and hears no signal; its pid is printed once it is deaf.
TREE = """
import os, signal, subprocess, sys, time
if sys.argv[1] == "task":
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(os.getpid(), flush=True)
    time.sleep(60)
else:
    subprocess.run([sys.executable, "-S", "-c", sys.argv[2], {"top": "supervisor",
        "supervisor": "task"}[sys.argv[1]], sys.argv[2]])
"""


def _standalone() -> Any:
    found = importlib.util.spec_from_file_location("standalone", FILE)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_task_that_hears_no_signal_in_a_group_of_its_own_is_stopped_too() -> None:
    top = subprocess.Popen(
        [sys.executable, "-S", "-c", TREE, "top", TREE],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with top:
        task = psutil.Process(int(top.stdout.readline()))
        _standalone().stop(top.pid, patience=0.1)
    assert not task.is_running() or task.status() == psutil.STATUS_ZOMBIE


@pytest.mark.enable_socket
def test_taken_port_is_an_error_with_the_next_one_as_its_mend(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = _standalone().main(port)
    assert code == 2
    assert f"mend: make airflow PORT={port + 1}" in capsys.readouterr().err
