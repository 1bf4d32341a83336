"""Start Airflow with its web interface and stop it whole: `python dags/standalone.py 8080`.

For `make airflow`. Airflow gives each running task a process group of its own, so neither Ctrl-C
in a terminal nor a signal to Airflow's group reaches a task that computes: a training went on for
twenty minutes. So all that came of Airflow is stopped by name. Needs AIRFLOW_HOME with a migrated
database. Airflow's own log goes to a file. The exit code is 0 after Ctrl-C, 1 when Airflow stopped
by itself and 2 for a port that is taken.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil
import requests
from rich.console import Console

LOG = Path(".airflow/logs/standalone.log")
PATIENCE = 10.0
"""Seconds that processes get to stop by themselves."""
LAST_LINES = 20
"""Lines of the log to show when Airflow does not start."""
OUT, ERRORS = Console(highlight=False), Console(highlight=False, stderr=True)


class _Asked(Exception):
    """Somebody asked to stop."""


def main(port: int) -> int:
    """Start Airflow on a port of this machine and wait until it is to stop. Returns the code."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        ERRORS.print(f"error: port {port} is taken\nmend: make airflow PORT={port + 1}")
        return 2
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, _ask)
    OUT.print(f"starting Airflow (half a minute; its log: {LOG}) …")
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as log:
        airflow = subprocess.Popen(  # noqa: S603 - a fixed command
            [str(Path(sys.executable).parent / "airflow"), "standalone"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | _environment(port),
            start_new_session=True,  # Ctrl-C reaches this process alone, which stops the others
        )
    try:
        if _is_ready(airflow, port):
            OUT.print(f"Airflow is ready: http://localhost:{port}")
            OUT.print(
                "user admin, password in .airflow/simple_auth_manager_passwords.json.generated"
            )
            OUT.print("stop with Ctrl-C")
            airflow.wait()
            OUT.print(f"Airflow stopped by itself; see {LOG}")
        else:
            with LOG.open(encoding="utf-8", errors="replace") as lines:
                ERRORS.print("".join(deque(lines, LAST_LINES)), markup=False, end="")
    except _Asked:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        OUT.print("\nstopping Airflow …")
        return 0
    finally:
        stop(airflow.pid)
        airflow.wait()
    return 1


def stop(pid: int, patience: float = PATIENCE) -> None:
    """Stop a process and all that came of it: first asked to, and after so many seconds killed."""
    try:
        top = psutil.Process(pid)
        processes = {top, *top.children(recursive=True)}
    except psutil.NoSuchProcess:
        return
    for one in processes:
        _signal(one, signal.SIGTERM)
    # What those started meanwhile has lost its parent where that is gone: it was listed before.
    for one in tuple(processes):
        with suppress(psutil.NoSuchProcess):
            processes.update(one.children(recursive=True))
    _, alive = psutil.wait_procs(processes, timeout=patience)
    for one in alive:
        _signal(one, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=patience)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _environment(port: int) -> dict[str, str]:
    """What Airflow is to know of the port."""
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": f"{port}",
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        # Five seconds are too few where all of Airflow starts at once: the first task failed.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        # A run that is due begins before the interface answers: five tries were over in 8 seconds.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "10",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
    }


def _is_ready(airflow: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until Airflow answers; no when it ends before."""
    health = f"http://127.0.0.1:{port}/api/v2/monitor/health"
    while airflow.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(health, timeout=5).ok:
                return True
        time.sleep(1)
    return False


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is no port: give a number from 1 to 65535")


def _ask(number: int, frame: FrameType | None) -> None:
    raise _Asked


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make airflow", description=__doc__)
    parser.add_argument("port", type=_port, metavar="PORT")
    sys.exit(main(parser.parse_args().port))
