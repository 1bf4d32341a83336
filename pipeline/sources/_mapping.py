"""Which column or path of a file is which field, for the sources whose files have any shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import FatalError, SettingsError
from pipeline.headers import misread, nearest_column
from pipeline.records import RECORD
from pipeline.registry import choices

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings

_INTERNAL = {"origin", "rule_id", "column", "value", "raw"}
FIELDS = tuple(name for name in RECORD.names if name not in _INTERNAL)
REQUIRED = ("native_id", "sent_at", "text")
IDS = ("native_id", "reply_to_native_id", "thread_native_id")
PLAIN = (*IDS, "text", "author", "subject")
MOST_LOOKED_AT = 1_000
EXTRA = "attributes."
_NULLS = pa.array(["NULL", "null", "\\N", "NaN", "nan", "None", "<NA>", "NaT"])
_WHOLE = r"^(\d+)\.0$"
_TRUE, _FALSE = {"true", "1", "yes", "y", "t"}, {"false", "0", "no", "n", "f"}


class FieldMapping:
    """Field names to column names or dotted paths.

    A field that is not mapped is the column of its own name (`native_id` also `id`). A key
    `attributes.<name>` keeps any other column as an attribute of the message.
    """

    def __init__(self, settings: SourceSettings) -> None:
        """Check the keys. Raises SettingsError for an unknown field, with the nearest name."""
        self.given = dict(settings.mapping)
        for key in self.given:
            if key not in FIELDS and not (key.startswith(EXTRA) and len(key) > len(EXTRA)):
                raise SettingsError(
                    f"'{key}' is not a field of a message",
                    where=f"sources.{settings.name}.mapping",
                    mend=choices(key, [*FIELDS, f"{EXTRA}<name>"]),
                )
        self.paths: dict[str, tuple[str, ...]] = {name: (name,) for name in FIELDS}
        self.paths["native_id"] = ("native_id", "id")
        self.paths.update({key: (path,) for key, path in self.given.items()})

    def choose(self, present: list[str], where: str) -> dict[str, str]:
        """Pick the columns of a file.

        Args:
            present: The columns that the file has.
            where: The file, for the error.

        Returns:
            Column names by field; optional fields that the file lacks are left out.

        Raises:
            FatalError: A column that is mapped or required is missing.
        """
        chosen: dict[str, str] = {}
        for field, names in self.paths.items():
            found = next((name for name in names if name in present), None)
            if found is not None:
                chosen[field] = found
            elif field in self.given or field in REQUIRED:
                raise missing_column(names[0], field, present, where)
        return chosen

    def check(self, objects: list[dict[str, Any]], field: str, where: str) -> None:
        """Judge a field that no object of a file has.

        Args:
            objects: The objects; those that could not be read are empty.
            field: Name of the field.
            where: The file, for the error.

        Raises:
            FatalError: The field is required, or a key that is much like its own is there.
        """
        known = sorted({key for one in objects[:MOST_LOOKED_AT] for key in _keys(one)})
        if not known:
            return
        path = self.paths[field][0]
        free = set(known) - set(self.given.values())
        is_typo = field in self.given and path not in known
        if field in REQUIRED and not set(self.paths[field]) & set(known):
            raise missing_column(path, field, known, where)
        if is_typo and get_close_matches(path, free, n=1, cutoff=0.75):
            raise missing_column(path, field, known, where)


def _keys(value: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON values
    if isinstance(value, dict):
        for key, within in value.items():
            yield f"{path}{key}"
            yield from _keys(within, f"{path}{key}.")


def missing_column(name: str, field: str, present: list[str], where: str) -> FatalError:
    """Word the error for a file without a column that the source needs."""
    return FatalError(
        f"the file has no column '{name}' (for {field})",
        where=where,
        mend=misread(present)
        or f"correct the source's mapping or type: {nearest_column(name, present)}",
    )


def finish(
    columns: Mapping[str, Any],
    count: int,
    rules: Sequence[str | None],
    nested: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Read `is_agent` and gather the attributes; unreadable ones break a rule.

    Args:
        columns: Strings by field, `attributes.<name>` among them; lists or Arrow arrays.
        count: Number of rows.
        rules: The rule that each row breaks already, or None.
        nested: By field, the rows that hold a list or an object: no `PLAIN` field may.

    Returns:
        Columns of `records.RECORD`, with `rule_id`, `column` and `value`.
    """
    done = {name: values for name, values in columns.items() if not name.startswith(EXTRA)}
    extras = {name[len(EXTRA) :]: _listed(columns[name]) for name in columns if name not in done}
    faults: dict[str, tuple[list[Any], list[bool]]] = {}
    if "is_agent" in done:
        given = _listed(done["is_agent"])
        done["is_agent"], broken = _booleans(given)
        faults["is_agent"] = given, broken
    if "attributes" in done or extras:
        given = _listed(done["attributes"]) if "attributes" in done else [None] * count
        done["attributes"], broken = _attributes(given, extras)
        faults["attributes"] = given, broken
    rules = list(rules)
    column: list[str | None] = [None] * count
    shown: list[str | None] = [None] * count
    for name, (given, broken) in faults.items():
        for row in (at for at, is_broken in enumerate(broken) if is_broken and rules[at] is None):
            rules[row], column[row], shown[row] = f"unreadable_{name}", name, given[row]
    for name in (one for one in PLAIN if one in nested):
        given = done[name]
        for row in (at for at in nested[name] if rules[at] is None):
            value = given[row] if isinstance(given, list) else given[row].as_py()
            rules[row], column[row], shown[row] = "not_text", name, value
    return {**done, "rule_id": rules, "column": column, "value": shown}


def whole_ids(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Ids as they were: a tool that takes numbers for floats has written `12.0` for 12."""
    return {
        name: pc.replace_substring_regex(values, _WHOLE, r"\1") if name in IDS else values
        for name, values in columns.items()
    }


def without_nulls(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Values of delimited text, which has no null: the words that databases write for it are one.

    A parent or author `NULL` would be one and the same for all who have none. Texts and attributes
    are left.
    """
    return {
        name: values
        if name in ("text", "subject") or name.startswith(EXTRA)
        else pc.if_else(pc.is_in(values, _NULLS), None, values)
        for name, values in columns.items()
    }


def whole_id(text: str) -> str:
    """One id as it was; see `whole_ids`."""
    return re.sub(_WHOLE, r"\1", text, flags=re.ASCII)


def _listed(values: Any) -> list[Any]:  # noqa: ANN401 - lists and Arrow arrays
    return values if isinstance(values, list) else values.to_pylist()


def _booleans(values: list[str | None]) -> tuple[list[bool | None], list[bool]]:
    """Read yes and no. Returns the values, and for each whether it could not be read."""
    words = {value: (value or "").strip().lower() for value in set(values)}
    known = {
        value: True if word in _TRUE else False if word in _FALSE else None
        for value, word in words.items()
    }
    broken = {value for value, word in words.items() if word and known[value] is None}
    return [known[value] for value in values], [value in broken for value in values]


def _attributes(
    given: list[str | None], extras: Mapping[str, list[str | None]]
) -> tuple[list[str | None], list[bool]]:
    texts: list[str | None] = []
    broken: list[bool] = []
    for row, text in enumerate(given):
        try:
            value = orjson.loads(text) if text else {}
        except orjson.JSONDecodeError:
            value = None
        broken.append(not isinstance(value, dict))
        if isinstance(value, dict):
            added = {name: values[row] for name, values in extras.items()}
            value.update({name: one for name, one in added.items() if one not in (None, "")})
        texts.append(orjson.dumps(value).decode() if isinstance(value, dict) and value else None)
    return texts, broken
