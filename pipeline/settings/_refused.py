"""What is said of settings that are refused: file, line, key, and the nearest known name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.errors import SettingsError

_SAID = {
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "finite_number": "must be a number that ends",
    "tuple_type": 'must be a list, such as ["one", "two"]',
    "list_type": 'must be a list, such as ["one", "two"]',
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
}


class UnknownError(ValueError):
    """A value that is none of those known; `mend` names the nearest."""

    def __init__(self, value: str, known: Sequence[str]) -> None:
        super().__init__(f"'{value}' is not known")
        self.mend = choices(value, known)


def among(value: str, known: Sequence[str]) -> str:
    """The value. Raises UnknownError where it is none of those known."""
    if value not in known:
        raise UnknownError(value, known)
    return value


def choices(value: str, known: Sequence[str]) -> str:
    """What to write instead: the nearest name, or the first twenty."""
    near = difflib.get_close_matches(value, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"choose one of: {', '.join(known[:20])}"


def explained(
    error: ValidationError, model: type[BaseModel], file: Path, text: str
) -> SettingsError:
    """All that is wrong, unknown keys first, `model` being that of the whole file."""
    wrong = error.errors()
    ordered = sorted(
        (one for one in wrong if not _follows(one, wrong)),
        key=lambda one: (one["type"] != "extra_forbidden", _line(text, one["loc"]) or 0),
    )
    told = [_told(one, model, file, text) for one in ordered]
    if len(told) == 1:
        return told[0]
    listed = "".join(f"\n  {one.told}\n    {one.mend}" for one in told)
    return SettingsError(
        f"{len(told)} mistakes{listed}", where=str(file), mend="correct them all, then try again"
    )


def _follows(error: ErrorDetails, wrong: list[ErrorDetails]) -> bool:
    """Tell whether a list is too short only because what stands in it is wrong."""
    size = len(error["loc"])
    return error["type"] == "too_short" and any(
        len(one["loc"]) > size and one["loc"][:size] == error["loc"] for one in wrong
    )


def _told(first: ErrorDetails, model: type[BaseModel], file: Path, text: str) -> SettingsError:
    """One thing that is wrong."""
    loc = first["loc"]
    line, key = _line(text, loc), ".".join(map(str, loc))
    where = f"{file}:{line}" if line else str(file)
    if first["type"] == "extra_forbidden":
        known = sorted(_model_at(model, loc[:-1]).model_fields)
        mend = choices(str(loc[-1]), known)
        return SettingsError(f"unknown key '{key}'", where=where, mend=mend)
    what = _SAID.get(first["type"], first["msg"].removeprefix("Value error, "))
    if first.get("ctx", {}).get("pattern") == r"\S":
        what = "must not be empty"
    mend = getattr(first.get("ctx", {}).get("error"), "mend", "correct that value")
    if first["type"] == "missing":
        what, mend = "this key must be there", "add it; `docs/settings.md` says what it means"
    return SettingsError(f"{key}: {what}" if key else what, where=where, mend=mend)


def _model_at(model: type[BaseModel], loc: Iterable[int | str]) -> type[BaseModel]:
    """The model of a table: `sources`, 3 is a `SourceSettings`."""
    for part in loc:
        if isinstance(part, str):
            annotation: Any = model.model_fields[part].annotation
            model = next(iter(get_args(annotation)), annotation)
    return model


def _line(text: str, loc: Sequence[int | str]) -> int | None:
    """The line of a key, or of the table that it is missing from; None when neither is there."""
    found, deepest = None, 0
    for at, path in _paths(text):
        if len(path) > deepest and tuple(loc[: len(path)]) == path:
            found, deepest = at, len(path)
    return found


def _paths(text: str) -> Iterator[tuple[int, tuple[int | str, ...]]]:
    """Line number and path of each table header and each key that begins a line."""
    table: tuple[int | str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for at, row in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\s-]+?)\s*\]", row):
            names = tuple(name.strip() for name in header[2].split("."))
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            table = _indexed(names, counts)
            yield at, table
        elif key := re.match(r"\s*([\w.-]+)\s*=", row):
            yield at, (*table, *key[1].split("."))


def _indexed(
    names: tuple[str, ...], counts: Mapping[tuple[str, ...], int]
) -> tuple[int | str, ...]:
    """Put the position of each repeated table behind its name."""
    path: list[int | str] = []
    for end, name in enumerate(names, 1):
        path.append(name)
        if names[:end] in counts:
            path.append(counts[names[:end]])
    return tuple(path)
