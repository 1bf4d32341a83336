"""Asks Great Expectations which rules a batch breaks, and in which rows.

This is the only module that imports Great Expectations.
"""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from pipeline.contracts._declared import NOT_NULL, Rule
from pipeline.contracts._seen import frame_of, frames, is_by_value, scalar, texts_of
from pipeline.errors import ContractError
from pipeline.later import later, without

if TYPE_CHECKING:
    import pandas as pd

ROWS, NULLS = COUNTED = ("table.row_count", "column_values.nonnull.unexpected_count")
"""Metrics of Great Expectations that Arrow has counted already."""
SELDOM = ("altair", "scipy.stats")
"""What a few expectations need, about distributions, and a third of the start is spent on."""
OPTIONAL = ("sqlalchemy",)
"""What only rules on databases need, and a fifth of the start would be spent on."""
FEW = 1_000
"""Rows up to which the asking takes longer than the looking."""
REMEMBERED = 100_000
"""Answers that are kept: ten megabytes."""


def breaches_of(
    rules: Sequence[Rule], data: pa.Table, where: str
) -> list[tuple[Rule, Sequence[int]]]:
    """The rules that the data break, each with the rows (positions) that break it.

    Raises ContractError for a rule that cannot be checked.
    """
    open_rules = [rule for rule in rules if _is_open(rule, data)]
    if not open_rules:
        return []
    # Asking for yes or no is twice as fast as asking for rows, and most rules hold.
    asked = _of_few if data.num_rows <= FEW else _of_many
    failing = asked(open_rules, data, where)
    # For each by itself, since Great Expectations copies all columns that it is shown.
    return [
        breach
        for rule in open_rules
        if rule in failing
        for breach in _failing(data, frame_of(data, [rule]), [rule], "COMPLETE", where)
    ]


def _is_open(rule: Rule, data: pa.Table) -> bool:
    """Whether the rows must be looked at: half of all rules only need to know Arrow's nulls."""
    nulls = data[rule.column].null_count
    if rule.type == NOT_NULL:
        return bool(nulls)
    return "column" not in rule.kwargs or bool(nulls < data.num_rows)


def _of_many(rules: Sequence[Rule], data: pa.Table, where: str) -> set[Rule]:
    """The rules that fail, when the looking counts: each value of a column is looked at once."""
    return {
        rule
        for some, frame in frames(data, rules)
        for rule, _ in _failing(data, frame, some, "BOOLEAN_ONLY", where)
    }


def _of_few(rules: Sequence[Rule], data: pa.Table, where: str) -> set[Rule]:
    """The rules that fail, when the asking counts: all are asked at once, and none twice.

    Tables and days share most of their small columns (source, language, tag): what held for the
    same values holds again.
    """
    asked = {rule: _fingerprint(rule, data) for rule in rules}
    new = [rule for rule in rules if asked[rule] not in _HELD]
    if not new:
        return set()
    failing = {rule for rule, _ in _failing(data, frame_of(data, new), new, "BOOLEAN_ONLY", where)}
    if len(_HELD) > REMEMBERED:
        _HELD.clear()
    _HELD.update(asked[rule] for rule in new if rule not in failing)
    return failing


_HELD: set[bytes] = set()
"""Fingerprints of the rules that held, each with the values they held for."""


def _fingerprint(rule: Rule, data: pa.Table) -> bytes:
    """What a rule asks and of what. It keeps no text of a message."""
    named = {*texts_of(rule.kwargs)}
    columns = [scalar(data[name]) for name in data.column_names if name in named]
    if is_by_value(rule):
        columns = [column.unique() for column in columns]
    seen = [(str(column.type), column.to_pylist()) for column in columns]
    return hashlib.sha256(repr((rule.type, rule.kwargs, seen)).encode()).digest()


def _failing(
    data: pa.Table, frame: pd.DataFrame, rules: Sequence[Rule], answer: str, where: str
) -> list[tuple[Rule, Sequence[int]]]:
    """Ask Great Expectations which rules fail; with the answer "COMPLETE" also for which rows.

    Works below GX's batches: making one takes a fingerprint of all values, which costs ten times
    as much as the rules themselves.
    """
    gx = _great_expectations()
    engine = gx.engine()
    engine.load_batch_data("batch", frame)
    asked = []
    for rule in rules:
        with _checkable(rule, where):
            asked.append(_question(rule, answer))
    edges = [edge for question in asked for edge in question.edges]
    metrics, _ = gx.graph(engine, edges).resolve(show_progress_bars=False)
    failing = []
    for rule, question in zip(rules, asked, strict=True):
        with _checkable(rule, where):
            found = question.answered({**metrics, **_counted(rule, data)}, engine)
        if not found["success"]:
            failing.append((rule, found.get("result", {}).get("unexpected_index_list") or ()))
    return failing


def _counted(rule: Rule, data: pa.Table) -> dict[str, int]:
    """The metrics that Arrow knows, by name."""
    column = rule.kwargs.get("column")
    nulls = {} if column is None else {NULLS: data[column].null_count}
    return {ROWS: data.num_rows, **nulls}


def refuse_unknown(rules: Sequence[Rule], where: str) -> None:
    """Raise ContractError for a rule that Great Expectations does not know, or with its words."""
    for rule in rules:
        with _checkable(rule, where):
            _expectation(rule)
            re.compile(rule.kwargs.get("regex", ""))


@contextmanager
def _checkable(rule: Rule, where: str) -> Iterator[None]:
    """Name the rule, whatever it or a metric of it makes Great Expectations raise."""
    try:
        yield
    except Exception as error:
        raise ContractError(
            f"the rule {rule.rule_id} cannot be checked",
            mend="mend the rule in the contract, or the column it looks at",
            where=where,
        ) from error


def prepare() -> None:
    """Import Great Expectations now: for a command that waits for a person first."""
    _great_expectations()


class _Gx(NamedTuple):
    """What is needed of Great Expectations."""

    engine: Any
    graph: Any
    expectation: Any


@cache
def _great_expectations() -> _Gx:
    """Import what is needed of Great Expectations: seconds, so once and only when rules are run."""
    # It tells two hundred times what it does not document, in the log of every task.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings(), later(*SELDOM), without(*OPTIONAL):
        warnings.filterwarnings("ignore", "module 'sre_", DeprecationWarning)
        from great_expectations.execution_engine.pandas_execution_engine import (
            PandasExecutionEngine,
        )
        from great_expectations.expectations.expectation_configuration import (
            ExpectationConfiguration,
        )
        from great_expectations.validator.validation_graph import ValidationGraph
    return _Gx(PandasExecutionEngine, ValidationGraph, ExpectationConfiguration)


@dataclass(frozen=True)
class _Question:
    """A rule as GX asks it.

    `metrics` are those that the expectation judges by, each with its key among the answers; `edges`
    say what they rest on.
    """

    expectation: Any
    metrics: Mapping[str, Any]
    edges: Sequence[Any]
    result_format: Mapping[str, Any]

    def answered(self, metrics: Mapping[Any, Any], engine: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Let the expectation judge. Raises whatever it does, KeyError for a metric that failed."""
        known = {name: metrics[at] for name, at in self.metrics.items()}
        runtime = {"result_format": dict(self.result_format)}
        judged: Mapping[str, Any] = self.expectation._validate(known, runtime, engine)
        return judged


def _expectation(rule: Rule) -> Any:  # noqa: ANN401 - GX has no type for it
    """The rule in GX's words. Raises whatever GX does for words that it does not know."""
    expectation = _great_expectations().expectation
    return expectation(type=rule.type, kwargs=dict(rule.kwargs)).to_domain_obj()


@cache
def _question(rule: Rule, answer: str) -> _Question:
    """Prepare a rule, once: that takes GX longer than looking at some thousand rows."""
    gx, runtime = _great_expectations(), {"result_format": {"result_format": answer}}
    engine = gx.engine()
    expectation = _expectation(rule)
    needs = expectation.get_validation_dependencies(engine, runtime)
    graph, metrics = gx.graph(engine), dict[str, Any]()
    for name, metric in needs.metric_configurations.items():
        if name in COUNTED:
            metrics[name] = name
        else:
            graph.build_metric_dependency_graph(metric, runtime)
            metrics[name] = metric.id
    return _Question(expectation, metrics, graph.edges, needs.result_format)
