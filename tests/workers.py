"""What the workers of a run share: a folder, in which each thing is made once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def once(folder: Path, name: str) -> Iterator[bool]:
    """Whether nobody has made something there yet; others wait until the block has ended."""
    with (folder / f"{name}-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / f"{name}-made"
        yield not made.exists()
        made.touch()
