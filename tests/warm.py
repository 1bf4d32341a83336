"""Runs commands in forks of one process that has imported everything: starting takes the longest.

    python tests/warm.py [SOCKET]

Reads a command a line, as JSON: a module and its words. Answers each with a line of JSON: the code
it ended with, and what it printed. A fork knows nothing of those before it. With a socket it does
what `tests/ask.py` asks there, with the folder, the environment and the streams of whoever asks.
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import sys
import tempfile
import traceback
from pathlib import Path

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


def serve(place: str) -> None:
    """Do `python -m pipeline` for each who asks, until this process is ended."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
        asked.bind(f"{place}.new")
        asked.listen()
        Path(f"{place}.new").rename(place)  # who sees it can ask
        while True:
            asker, _ = asked.accept()
            with asker:
                told, streams, _, _ = socket.recv_fds(asker, 1 << 16, 3)
                folder, environment, words = json.loads(told)
                child = os.fork()
                if not child:
                    for at, stream in enumerate(streams):
                        os.dup2(stream, at)
                    os.chdir(folder)
                    os.environ.clear()
                    os.environ.update(environment)
                    os._exit(_ended("pipeline", *words))
                for stream in streams:
                    os.close(stream)
                asker.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


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
    prepare()
    if sys.argv[1:]:
        Tagger.load(shipped_models())
        serve(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(ran(*json.loads(line))), flush=True)  # noqa: T201
