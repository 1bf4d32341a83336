"""A quick start: libraries come without what is hardly ever needed of them, or not at all."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """A module that is imported when something of it is first asked for."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        _leave(self)
        return getattr(import_module(self.__name__), name)


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let imports within the block find none of these modules, unless they are here already.

    Args:
        names: modules without which the library that is imported works as well.
    """
    hidden: dict[str, Any] = {name: None for name in names if name not in sys.modules}
    sys.modules.update(hidden)
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def later(*names: str) -> Iterator[None]:
    """Let imports within the block put off those of other modules, unless they are here already.

    Args:
        names: modules that are imported whole within, `import x` or `from x import y`, where `x.y`
            is the name, and not used before the block ends.
    """
    stand_ins = [_StandIn(name) for name in names if name not in sys.modules]
    sys.modules.update({one.__name__: one for one in stand_ins})
    try:
        with uncollected():
            yield
    finally:
        for one in stand_ins:
            _leave(one)


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage within the block.

    Of what imports and preparations make, hardly anything is garbage, and all of it is looked at
    over and over: that takes a quarter of their time.
    """
    is_collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_collected:
            gc.enable()


def _leave(stand_in: ModuleType) -> None:
    if sys.modules.get(stand_in.__name__) is stand_in:
        del sys.modules[stand_in.__name__]
