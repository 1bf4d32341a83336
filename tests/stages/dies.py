"""Does what `python -m pipeline WORDS` does, but dies when it writes the second file of a table.

    python tests/ask.py NAME tests.stages.dies TABLE WORDS

The file is written beside, and not yet in its place.
"""

from __future__ import annotations

import os
import signal
import sys

import pyarrow as pa

from pipeline.cli import main
from pipeline.storage import _files


def dies(table: str) -> None:
    """Be killed at the second file of this table."""
    written, write = [], _files.write

    def writes(data: pa.Table, sink: str) -> None:
        write(data, sink)
        written.extend([sink] if f"/{table}/" in sink else [])
        if len(written) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    _files.write = writes


if __name__ == "__main__":
    dies(sys.argv.pop(1))
    main()
