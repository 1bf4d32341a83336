"""What rules need to see of a batch: mostly each value of a column once, or less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.contracts._declared import Rule

if TYPE_CHECKING:
    import pandas as pd

MATCHES = "expect_column_values_to_match_regex"
BETWEEN = "expect_column_values_to_be_between"
BY_VALUE = (MATCHES, BETWEEN, "expect_column_values_to_be_in_set")
"""Rules that hold for a column when they hold for each of its values."""
UNLIKE = {"mostly", "row_condition"}
"""Arguments with which it matters how often a value is there, or beside what."""
PLAIN = "^[ -~]*$"
"""Values in which a pattern means the same to Arrow as to Python."""
SURE = {r"\S": ("[!-~]",)}
"""The commonest pattern: nearly all values show at their first letter that Python finds it too."""


def is_by_value(rule: Rule) -> bool:
    """Whether the rule holds for a column when it holds for each of its values."""
    return rule.type in BY_VALUE and not UNLIKE & rule.kwargs.keys()


def frames(data: pa.Table, rules: Sequence[Rule]) -> Iterator[tuple[Sequence[Rule], pd.DataFrame]]:
    """What rules need to see to say yes or no: those by value see each value of a column once.

    Those with a pattern see no value that Arrow vouches for.
    """
    by_column: dict[tuple[str, bool], list[Rule]] = {}
    for rule in rules:
        if rule.type == MATCHES and is_by_value(rule):
            if len(doubtful := _doubtful(data[rule.column], rule.kwargs["regex"])):
                yield [rule], frame_of(pa.table({rule.column: doubtful.unique()}), [rule])
            continue
        name = rule.column if is_by_value(rule) else ""
        by_column.setdefault((name, rule.type == BETWEEN), []).append(rule)
    for (name, is_between), some in by_column.items():
        if name:
            values = scalar(data[name])
            values = _ends(values) if is_between else values.unique()
        yield some, frame_of(pa.table({name: values}) if name else data, some)


def frame_of(data: pa.Table, rules: Sequence[Rule]) -> pd.DataFrame:
    """The columns that the rules name, Arrow-backed. A list stands there as its length."""
    import pandas as pd

    named = {text for rule in rules for text in texts_of(rule.kwargs)}
    columns = {name: scalar(data[name]) for name in data.column_names if name in named}
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def scalar(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The values of a column; of lists their lengths."""
    return pc.list_value_length(values) if pa.types.is_list(values.type) else values


def texts_of(value: object) -> Iterator[str]:
    """Every string inside nested mappings and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for nested in value.values():
            yield from texts_of(nested)
    elif isinstance(value, list):
        for nested in value:
            yield from texts_of(nested)


def _ends(values: pa.ChunkedArray) -> pa.Array:
    """Values that lie between two others when all do: of fractions the ends, and what is none."""
    if not pa.types.is_floating(values.type):
        return values.unique()
    odd = values.filter(pc.is_nan(values)).slice(0, 1)
    return pa.array([*pc.min_max(values).values(), *odd], values.type)


def _doubtful(values: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """The values of which Arrow, far faster, does not know that Python finds the pattern too."""
    try:
        found = (
            pc.match_substring_regex(values, one) for one in SURE.get(pattern, (pattern, PLAIN))
        )
        return values.filter(pc.invert(reduce(pc.and_, found)))
    except pa.ArrowException:  # a pattern that only Python knows, or no text
        return values
