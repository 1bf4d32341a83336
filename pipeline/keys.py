"""Whether JSON has a key twice: parsing keeps the last value, and either may be meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

LOOSE_MARK = re.compile(rb'"\s+:')
"""A key with a blank before its colon."""
_KEY_MARK = re.compile(rb'"\s*:')
_BARE = {str, int, float, bool, type(None)}
"""Types of values that hold no others."""


def may_repeat_key(value: Any, written: bytes) -> bool:  # noqa: ANN401 - JSON
    """Tell whether JSON may have a key twice: it has more marks of a key than it has keys.

    Reading JSON again is slow: only what is suspect needs it.
    """
    is_tight = not LOOSE_MARK.search(written)
    marks = written.count(b'":') if is_tight else len(_KEY_MARK.findall(written))
    return marks > sum(map(len, objects_in(value)))


def objects_in(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Yield the objects of a JSON value, however deep they lie."""
    parts = [] if type(value) in _BARE else [value]
    for part in parts:
        if isinstance(part, dict):
            yield part
        inner = part.values() if isinstance(part, dict) else part
        parts += [one for one in inner if type(one) not in _BARE]


def has_two_values(line: bytes) -> bool:
    """Tell whether an object has a key twice with different values: parsing keeps the last."""

    def checked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        first: dict[str, Any] = {}
        for key, value in pairs:
            if first.setdefault(key, value) != value:
                raise _TwoValuesError
        return first

    try:
        json.loads(line, object_pairs_hook=checked, parse_int=str, parse_float=str)
    except _TwoValuesError:
        return True
    except RecursionError:
        # Nested deeper than Python reads: no export of messages is.
        return False
    return False


class _TwoValuesError(Exception):
    """A key has two values."""
