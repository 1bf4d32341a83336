"""Runs commands in forks of one process that has imported everything: starting takes the longest.

    python tests/warm.py [NAME WORKERS]

Reads a command a line, as JSON: a module and its words. Answers each with a line of JSON: the code
it ended with, and what it printed. A fork knows nothing of those before it. With the name of a
socket it does what `tests/ask.py` asks there, with the folder, the environment and the streams of
whoever asks.
"""

from __future__ import annotations

import fcntl
import json
import os
import runpy
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from pipeline import model_store
from pipeline.contracts import TABLES, _expectations, contract
from pipeline.detectors import _features
from pipeline.settings import shipped_models
from pipeline.sources.base import source_types
from pipeline.tagger import Tagger, detectors


def prepare() -> None:
    """Do once what takes every fork seconds and starts no thread, for none survives a fork."""
    source_types()
    model_store._skops()
    _expectations._great_expectations()
    for table in TABLES:
        contract(table)
    _features._finder(tuple(one for _, one in sorted(detectors().items())))


def ran(module: str, *words: str) -> tuple[int, str]:
    """Do what `python -m MODULE WORDS` does, in a fork."""
    with tempfile.TemporaryFile() as printed:
        child = os.fork()
        if not child:
            os.dup2(printed.fileno(), sys.stdout.fileno())
            os._exit(_ended(module, *words))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        printed.seek(0)
        return code, printed.read().decode()


def serve(name: str, workers: str) -> None:
    """Do `python -m MODULE WORDS` for each who asks, while anybody holds a lock on `workers`.

    Forks answer by themselves, so that several are served at once; of one that is killed nothing
    is heard but the end.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked,
        Path(workers).open() as held,
    ):
        asked.bind(f"\0{name}")
        asked.listen()
        asked.settimeout(1)
        print("listening", flush=True)  # noqa: T201
        prepare()
        Tagger.load(shipped_models())
        while True:
            try:
                asker, _ = asked.accept()
            except TimeoutError:
                with suppress(BlockingIOError):
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                continue
            with asker:
                told, streams, _, _ = socket.recv_fds(asker, 1 << 16, 3)
                if not os.fork():
                    _answer(asker, streams, *json.loads(told))
                for stream in streams:
                    os.close(stream)


def _answer(
    asker: socket.socket,
    streams: list[int],
    folder: str,
    environment: dict[str, str],
    told: list[str],
) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for at, stream in enumerate(streams):
        os.dup2(stream, at)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = _ended(*told)
    asker.send(b"%d" % code)
    os._exit(code)


def _ended(module: str, *words: str) -> int:
    sys.argv = [module, *words]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:  # noqa: BLE001 - whatever it is, a fork ends here
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    if sys.argv[1:]:
        serve(*sys.argv[1:])
        sys.exit()
    prepare()
    for line in sys.stdin:
        print(json.dumps(ran(*json.loads(line))), flush=True)  # noqa: T201
