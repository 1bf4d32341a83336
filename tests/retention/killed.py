"""A process that ends half-way: after so many changes to a lake, at the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pipeline.storage import Lake


class KilledError(Exception):
    """The process ended here."""


@contextmanager
def killed_after(changes: int) -> Iterator[None]:
    """Let the block end with the process: it must want to make more changes than these."""
    made = 0

    def dying(change: Callable[..., bool]) -> Callable[..., bool]:
        def changed(*given: Any) -> bool:
            nonlocal made
            made += 1
            if made > changes:
                raise KilledError
            return change(*given)

        return changed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(Lake, "write", dying(Lake.write))
        patch.setattr(Lake, "remove", dying(Lake.remove))
        yield
