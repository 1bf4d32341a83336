"""Runs commands in forks of one process that has imported everything: starting takes the longest.

    python tests/warm.py

Reads a command a line, as JSON: a module and its words. Answers each with a line of JSON: the code
it ended with, and what it printed. A fork knows nothing of those before it.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
import traceback

from pipeline import model_store
from pipeline.contracts import TABLES, _expectations, contract
from pipeline.detectors import _features
from pipeline.sources.base import source_types
from pipeline.tagger import detectors


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
    for line in sys.stdin:
        print(json.dumps(ran(*json.loads(line))), flush=True)  # noqa: T201
