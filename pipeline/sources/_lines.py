"""Files of lines, read in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from pipeline.keys import LOOSE_MARK, has_two_values, may_repeat_key

BLOCK_BYTES = 2 << 20
LONGEST_LINE = 32 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def blocks(path: Path, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the bytes of a file in blocks that end at a line's end.

    The last block may lack its newline. Of a line longer than 32 MB only the beginning is kept:
    it breaks a rule anyway, and must not fill the memory.
    """
    with path.open("rb") as file:
        rest = file.read(len(BYTE_ORDER_MARK)).removeprefix(BYTE_ORDER_MARK)
        while chunk := file.read(size):
            cut = chunk.rfind(b"\n") + 1
            if cut:
                yield rest + chunk[:cut]
                rest = chunk[cut:]
            elif len(rest) < LONGEST_LINE:
                rest += chunk
        if rest:
            yield rest


class JsonLines(NamedTuple):
    """The records of one block. Lists of equal length; blank lines are no records."""

    objects: list[dict[str, Any]]
    """The parsed objects; empty where `rules` has one."""
    lines: list[int]
    raw: list[bytes]
    rules: list[str | None]


def json_lines(path: Path) -> Iterator[JsonLines]:
    """Read a file of one JSON object per line.

    A line that is no object gets a rule: `invalid_utf8`, `invalid_json`, `not_an_object`, or
    `truncated` for a broken last line without a newline; one in which a key has two values is
    `repeated_key`. Only a newline ends a line.
    """
    before = 0
    for block in blocks(path):
        lines = block.split(b"\n")
        # What follows the last newline: empty, or the file's unfinished last line.
        is_open = bool(lines[-1])
        numbers = [at for at, line in enumerate(lines) if line and not line.isspace()]
        raw = [lines[at] for at in numbers]
        objects, rules = _parsed(raw, is_tight=not LOOSE_MARK.search(block))
        if is_open and rules and rules[-1] in ("invalid_json", "invalid_utf8"):
            rules[-1] = "truncated"
        yield JsonLines(objects, [before + at + 1 for at in numbers], raw, rules)
        before += len(lines) - 1


def _parsed(raw: list[bytes], *, is_tight: bool) -> tuple[list[dict[str, Any]], list[str | None]]:
    """Objects and rules of some lines; tight where no blank stands between a key and its colon."""
    try:
        values = [orjson.loads(line) for line in raw]
    except orjson.JSONDecodeError:
        pairs = [_parsed_line(line) for line in raw]
    else:
        pairs = [
            (value, None)
            # No more marks of a key than keys, whatever the text holds: none is there twice.
            if is_tight and type(value) is dict and line.count(b'":') <= len(value)
            else _object(value, line)
            for value, line in zip(values, raw, strict=True)
        ]
    return [one for one, _ in pairs], [rule for _, rule in pairs]


def _parsed_line(line: bytes) -> tuple[dict[str, Any], str | None]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}, "invalid_json" if is_utf8(line) else "invalid_utf8"
    return _object(value, line)


def _object(value: Any, line: bytes) -> tuple[dict[str, Any], str | None]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        return {}, "not_an_object"
    if may_repeat_key(value, line) and has_two_values(line):
        return {}, "repeated_key"
    return value, None


def is_utf8(text: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
