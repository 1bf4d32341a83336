"""Airflow's web interface is stopped with everything that it started."""

import importlib.util
import signal
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


# Says that it is well, and has a task in a group of its own, which no signal to its group reaches.
AIRFLOW = f"""#!{sys.executable} -S
import http.server, os, subprocess, sys
waiting = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
task = subprocess.Popen(waiting, process_group=0)
class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
print(task.pid, flush=True)
port = int(os.environ["AIRFLOW__API__PORT"])
http.server.HTTPServer(("127.0.0.1", port), Well).serve_forever()
"""
START = """
import runpy, sys
sys.executable, sys.argv = sys.argv[2], sys.argv[1:2] + sys.argv[3:]
runpy.run_path(sys.argv[0], run_name="__main__")
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
def test_one_signal_ends_airflow_with_its_task_and_is_no_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "airflow").write_text(AIRFLOW)
    (tmp_path / "airflow").chmod(0o755)
    words = [sys.executable, "-c", START, FILE, tmp_path / "python", f"{port}"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as started:
        said = []
        while not (said and "Ctrl-C" in said[-1]):
            said.append(started.stdout.readline() or pytest.fail("".join(said)))
        task = psutil.Process(int((tmp_path / ".airflow/logs/standalone.log").read_text()))
        started.send_signal(signal.SIGINT)
        assert started.wait(20) == 0
    assert f"Airflow is ready: http://localhost:{port}\n" in said
    assert not task.is_running() or task.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1"])
def test_no_port_is_an_error_that_says_what_is_one(port: str) -> None:
    words = [sys.executable, FILE, "--", port]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"'{port}' is no port: give a number from 1 to 65535" in done.stderr


@pytest.mark.enable_socket
def test_taken_port_is_an_error_with_the_next_one_as_its_mend(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = _standalone().main(port)
    assert code == 2
    assert f"mend: make airflow PORT={port + 1}" in capsys.readouterr().err


def test_a_run_that_is_due_at_the_start_asks_until_the_interface_answers() -> None:
    known = _standalone()._environment(8080)
    assert int(known["AIRFLOW__WORKERS__EXECUTION_API_RETRIES"]) >= 10
    assert known["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith("http://127.0.0.1:8080/")
