"""The promises each table makes: shape, meaning, rules, and what happens to rows that break them.

A column is declared once, in `data_contracts/<table>.odcs.yaml`. The Arrow schema, the
expectations, the descriptions inside each Parquet field and `docs/columns.md` all come from there.
`required: true` and `unique: true` are rules; the other rules are the `quality` entries.

A row that breaks a rule is split off, for the quarantine. A batch that breaks its shape or a rule
with `scope: batch` (such as unique keys) raises ContractError, and nothing of it is written.

This is the only module that imports Great Expectations.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ContractError, FatalError

if TYPE_CHECKING:
    import pandas as pd
    from open_data_contract_standard.model import (
        DataQuality,
        OpenDataContractStandard,
        SchemaObject,
        SchemaProperty,
    )

T = TypeVar("T")

TABLES: tuple[str, ...] = (
    "messages",
    "conversations",
    "detections",
    "leads",
    "complaints",
    "ideas",
    "idea_themes",
    "theme_decisions",
    "alerts",
    "alert_decisions",
    "source_hours",
    "authors",
    "labels",
    "outcomes",
    "measurements",
    "deliveries",
    "quarantine",
    "runs",
)

ENGINE = "greatExpectations"
NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
NOT_BLANK = r"\S"
BY_VALUE = (
    "expect_column_values_to_match_regex",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_between",
)
"""Rules that hold for a column when they hold for each of its values."""
UNLIKE = {"mostly", "row_condition"}
"""Arguments with which it matters how often a value is there, or beside what."""
ROWS, NULLS = COUNTED = ("table.row_count", "column_values.nonnull.unexpected_count")
"""Metrics of Great Expectations that Arrow has counted already."""
SAMPLE = 5
"""How many keys an error names."""

REJECTED = pa.schema(
    [
        ("rule_id", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("row", pa.int64()),
    ]
)
"""What is known of a row that was split off: the first rule it breaks, and its position."""

_ATOMS = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int8": pa.int8(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "date32": pa.date32(),
    "timestamp[us, tz=UTC]": pa.timestamp("us", tz="UTC"),
}
_TYPE_NAMES = {atom: name for name, atom in _ATOMS.items()}


@dataclass(frozen=True, eq=False)
class Rule:
    """One expectation. `column` is the column that is blamed when a row breaks it."""

    type: str
    column: str
    kwargs: Mapping[str, Any]
    is_batch: bool

    @property
    def rule_id(self) -> str:
        """The name that rejected rows and errors give the rule."""
        return f"{self.type}:{self.column}"


@dataclass(frozen=True)
class Column:
    """One column as its contract declares it. `type_name` is the type as written there."""

    name: str
    type: pa.DataType
    type_name: str
    is_required: bool
    is_key: bool
    is_partition: bool
    description: str
    classification: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Contract:
    """One table: its columns, partition columns first, and its promises."""

    table: str
    version: str
    description: str
    usage: str
    limitations: str
    owner: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    table_rules: tuple[Rule, ...]
    may_be_empty: bool
    reject_share: float
    reject_rows: int

    @cached_property
    def schema(self) -> pa.Schema:
        """The schema of a file of the table: partition columns are in the path, not in the file."""
        return self._schema(column for column in self.columns if not column.is_partition)

    @cached_property
    def full_schema(self) -> pa.Schema:
        """The schema of the table as it is read back: partition columns first."""
        return self._schema(self.columns)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules: those of each column in order, then those of the table."""
        return (*(rule for column in self.columns for rule in column.rules), *self.table_rules)

    def reject_budget(self, rows_in: int) -> int:
        """How many of `rows_in` rows may be rejected; with one more the stage must fail."""
        return max(self.reject_rows, int(self.reject_share * rows_in))

    def _schema(self, columns: Iterable[Column]) -> pa.Schema:
        fields = [_field(at.name, at.type, at.description, at.classification) for at in columns]
        return pa.schema(
            fields, {"engage.table": self.table, "engage.contract_version": self.version}
        )


@dataclass(frozen=True)
class Checked:
    """Data apart from the rows that break a rule. `rejected` has the schema `REJECTED`."""

    good: pa.Table
    rejected: pa.Table


@cache
def contract(table: str) -> Contract:
    """Read the contract of a table.

    Raises FatalError for a table without a contract and for a contract that cannot be read.
    """
    if table not in TABLES:
        raise FatalError(f"there is no table '{table}'", mend=f"name one of {', '.join(TABLES)}")
    return _read(_folder() / f"{table}.odcs.yaml")


def conform(batch: pa.Table, table: str) -> pa.Table:
    """Put the columns of a batch into the order and the exact types of the contract.

    Args:
        batch: the columns of the table in any order, with all of its partition columns or none.
        table: the name of the table.

    Returns:
        The same rows in the contract's full schema, or in its file schema when the batch has no
        partition column.

    Raises ContractError for a missing or unexpected column, and for a type that does not become
    the column's without loss (text for a number, a time without a time zone).
    """
    known = contract(table)
    is_full = any(name in batch.column_names for name in known.partition_by)
    return _shaped(batch, known.full_schema if is_full else known.schema, table)


def check(data: pa.Table, table: str, *, where: str) -> Checked:
    """Split off the rows that break a rule of the contract.

    Args:
        data: the rows of a table, partition columns included.
        table: the name of the table.
        where: what the batch is, such as its window; errors name it.

    Returns:
        The good rows in their order and, for each other row, the first rule it breaks.

    Raises ContractError when the batch as a whole breaks the contract: its columns, its types, a
    rule with `scope: batch`, or no rows where some are promised. It names keys, never text.
    """
    known, where = contract(table), f"{table} {where}"
    data = _shaped(data, known.full_schema, where)
    if data.num_rows == 0 and not known.may_be_empty:
        raise ContractError("no rows", mend="find out why none came, then run again", where=where)
    if data.num_rows == 0:
        return Checked(data, REJECTED.empty_table())
    breaches = _breaches(known.rules, data, where)
    stopping = [(rule, rows) for rule, rows in breaches if rule.is_batch or not rows]
    if stopping:
        raise _stopped(stopping, data.select(known.key), where)
    return _split(data, breaches)


def _shaped(batch: pa.Table, schema: pa.Schema, where: str) -> pa.Table:
    """The batch in exactly this schema."""
    mend = "mend what makes the batch, or change the contract and its version"
    for name in schema.names:
        if (count := batch.column_names.count(name)) != 1:
            what = "missing column" if count == 0 else "column given twice"
            raise ContractError(f"{what} '{name}'", mend=mend, where=where)
    if extra := [name for name in batch.column_names if name not in schema.names]:
        raise ContractError(f"unexpected column '{extra[0]}'", mend=mend, where=where)
    if batch.schema.equals(schema, check_metadata=True):
        return batch
    columns = []
    for field in schema:
        have = batch.schema.field(field.name).type
        drift = f"type drift in column '{field.name}': {have} does not fit {field.type}"
        if not _is_kin(have, field.type):
            raise ContractError(drift, mend=mend, where=where)
        try:
            columns.append(batch[field.name].cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ContractError(drift, mend=mend, where=where) from error
    return pa.Table.from_arrays(columns, schema=schema)


def _is_kin(have: pa.DataType, want: pa.DataType) -> bool:
    """Whether values of one type may become the other; Arrow's cast then refuses lost digits."""
    is_a = pa.types
    if have == want or is_a.is_null(have):
        return True
    if is_a.is_dictionary(have):
        return _is_kin(have.value_type, want)
    if is_a.is_list(want):
        lists = is_a.is_list(have) or is_a.is_large_list(have)
        return lists and _is_kin(have.value_type, want.value_type)
    if is_a.is_struct(want):
        return (
            is_a.is_struct(have)
            and [field.name for field in have] == [field.name for field in want]
            and all(_is_kin(a.type, b.type) for a, b in zip(have, want, strict=True))
        )
    if is_a.is_timestamp(want):
        return bool(is_a.is_timestamp(have) and have.tz is not None)
    if is_a.is_string(want):
        return bool(is_a.is_large_string(have) or is_a.is_string_view(have))
    if is_a.is_floating(want):
        return bool(is_a.is_floating(have) or is_a.is_integer(have))
    same_kind = (is_a.is_integer, is_a.is_date)
    return any(is_kind(want) and is_kind(have) for is_kind in same_kind)


def _breaches(
    rules: Sequence[Rule], data: pa.Table, where: str
) -> list[tuple[Rule, Sequence[int]]]:
    """The rules that the data break, each with the rows (positions) that break it."""
    open_rules = [rule for rule in rules if _is_open(rule, data)]
    if not open_rules:
        return []
    # Asking for yes or no is twice as fast as asking for rows, and most rules hold.
    failing = {
        rule
        for some, frame in _frames(data, open_rules)
        for rule, _ in _failing(data, frame, some, "BOOLEAN_ONLY", where)
    }
    broken = [rule for rule in open_rules if rule in failing]
    return _failing(data, _frame(data, broken), broken, "COMPLETE", where) if broken else []


def _is_open(rule: Rule, data: pa.Table) -> bool:
    """Whether the rows must be looked at: half of all rules only need to know Arrow's nulls."""
    nulls = data[rule.column].null_count
    if rule.type == NOT_NULL:
        return bool(nulls)
    return "column" not in rule.kwargs or bool(nulls < data.num_rows)


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
    asked = [_question(rule, answer) for rule in rules]
    edges = [edge for question in asked for edge in question.edges]
    metrics, _ = gx.graph(engine, edges).resolve(show_progress_bars=False)
    failing = []
    for rule, question in zip(rules, asked, strict=True):
        try:
            found = question.answered({**metrics, **_counted(rule, data)}, engine)
        except Exception as error:  # whatever the rule, or a metric of it, made GX raise
            raise ContractError(
                f"the rule {rule.rule_id} cannot be checked",
                mend="mend the rule in the contract, or the column it looks at",
                where=where,
            ) from error
        if not found["success"]:
            failing.append((rule, found.get("result", {}).get("unexpected_index_list") or ()))
    return failing


def _counted(rule: Rule, data: pa.Table) -> dict[str, int]:
    """The metrics that Arrow knows, by name."""
    column = rule.kwargs.get("column")
    nulls = {} if column is None else {NULLS: data[column].null_count}
    return {ROWS: data.num_rows, **nulls}


class _Gx(NamedTuple):
    """What is needed of Great Expectations."""

    engine: Any
    graph: Any
    expectation: Any


@cache
def _great_expectations() -> _Gx:
    """Import what is needed of Great Expectations: seconds, so once and only when rules are run."""
    with warnings.catch_warnings():
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


@cache
def _question(rule: Rule, answer: str) -> _Question:
    """Prepare a rule, once: that takes GX longer than looking at some thousand rows."""
    gx, runtime = _great_expectations(), {"result_format": {"result_format": answer}}
    engine = gx.engine()
    expectation = gx.expectation(type=rule.type, kwargs=dict(rule.kwargs)).to_domain_obj()
    needs = expectation.get_validation_dependencies(engine, runtime)
    graph, metrics = gx.graph(engine), dict[str, Any]()
    for name, metric in needs.metric_configurations.items():
        if name in COUNTED:
            metrics[name] = name
        else:
            graph.build_metric_dependency_graph(metric, runtime)
            metrics[name] = metric.id
    return _Question(expectation, metrics, graph.edges, needs.result_format)


def _frames(data: pa.Table, rules: Sequence[Rule]) -> Iterator[tuple[Sequence[Rule], pd.DataFrame]]:
    """What rules need to see to say yes or no: those by value see each value of a column once."""
    by_column: dict[str, list[Rule]] = {}
    for rule in rules:
        is_by_value = rule.type in BY_VALUE and not UNLIKE & rule.kwargs.keys()
        by_column.setdefault(rule.column if is_by_value else "", []).append(rule)
    for name, some in by_column.items():
        seen = pa.table({name: _scalar(data[name]).unique()}) if name else data
        yield some, _frame(seen, some)


def _frame(data: pa.Table, rules: Sequence[Rule]) -> pd.DataFrame:
    """The columns that the rules name, Arrow-backed. A list stands there as its length."""
    import pandas as pd

    named = {text for rule in rules for text in _texts(rule.kwargs)}
    columns = {name: _scalar(data[name]) for name in data.column_names if name in named}
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _scalar(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.list_value_length(values) if pa.types.is_list(values.type) else values


def _texts(value: object) -> Iterator[str]:
    """Every string inside nested mappings and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for nested in value.values():
            yield from _texts(nested)
    elif isinstance(value, list):
        for nested in value:
            yield from _texts(nested)


def _stopped(
    breaches: Sequence[tuple[Rule, Sequence[int]]], keys: pa.Table, where: str
) -> ContractError:
    rules = ", ".join(rule.rule_id for rule, _ in breaches)
    rows = sorted({row for _, rows in breaches for row in rows})[:SAMPLE]
    sample = "; ".join(" ".join(map(str, row.values())) for row in keys.take(rows).to_pylist())
    return ContractError(
        f"the batch breaks {rules}" + (f" at {sample}" if sample else ""),
        mend="mend what makes these rows, then run again",
        where=where,
    )


def _split(data: pa.Table, breaches: Sequence[tuple[Rule, Sequence[int]]]) -> Checked:
    """Part the rows; one that breaks several rules counts for the first."""
    first: dict[int, Rule] = {}
    for rule, rows in breaches:
        for row in rows:
            first.setdefault(row, rule)
    rejected = [
        {
            "rule_id": rule.rule_id,
            "column": rule.column,
            "value": _text(data, rule, row),
            "row": row,
        }
        for row, rule in sorted(first.items())
    ]
    is_good = np.ones(data.num_rows, dtype=bool)
    is_good[list(first)] = False
    good = data if not first else data.filter(pa.array(is_good))
    return Checked(good, pa.Table.from_pylist(rejected, schema=REJECTED))


def _text(data: pa.Table, rule: Rule, row: int) -> str | None:
    value = data[rule.column][row].as_py()
    return None if value is None else str(value)


def _folder() -> Path:
    """The contracts: beside the package in the repository, inside it when installed."""
    package = Path(__file__).parent
    beside = package.parent / "data_contracts"
    return beside if beside.is_dir() else package / "_data_contracts"


def _read(path: Path) -> Contract:
    from open_data_contract_standard.model import OpenDataContractStandard
    from yaml import CSafeLoader, YAMLError, load  # type: ignore[import-untyped]

    try:
        # The library's own way to read a file takes ten times as long.
        said = load(path.read_text(encoding="utf-8"), CSafeLoader)
        return _contract(OpenDataContractStandard.model_validate(said))
    except (OSError, ValueError, KeyError, YAMLError) as error:
        raise FatalError(
            f"the contract cannot be read: {error}",
            mend="run `datacontract lint` on the file",
            where=path.name,
        ) from error


def _contract(page: OpenDataContractStandard) -> Contract:
    (of_table,) = _said(page.schema_, "schema")
    about = _said(page.description, "description")
    declared = sorted(
        _said(of_table.properties, "properties"),
        key=lambda at: at.partitionKeyPosition or len(of_table.properties or ()) + 1,
    )
    columns = tuple(_column(at) for at in declared)
    keys = sorted((at.primaryKeyPosition or 1, at.name or "") for at in declared if at.primaryKey)
    promises = _promises(of_table)
    return Contract(
        table=_said(of_table.name, "name"),
        version=_said(page.version, "version"),
        description=_said(about.purpose, "purpose"),
        usage=_said(about.usage, "usage"),
        limitations=_said(about.limitations, "limitations"),
        owner=_said(getattr(page.team, "name", None), "team"),
        columns=columns,
        key=tuple(name for _, name in keys),
        partition_by=tuple(column.name for column in columns if column.is_partition),
        table_rules=tuple(_rules(of_table.quality, "")),
        may_be_empty=bool(promises["mayBeEmpty"]),
        reject_share=float(promises["rejectBudgetShare"]),
        reject_rows=int(promises["rejectBudgetRows"]),
    )


def _promises(of_table: SchemaObject) -> dict[str, Any]:
    return {str(at.property): at.value for at in of_table.customProperties or ()}


def _column(declared: SchemaProperty) -> Column:
    name = _said(declared.name, "name")
    rules = list(_rules(declared.quality, name))
    if declared.unique:
        rules.insert(0, Rule(UNIQUE, name, {"column": name}, is_batch=True))
    if declared.required:
        rules.insert(0, Rule(NOT_NULL, name, {"column": name}, is_batch=False))
    return Column(
        name=name,
        type=_type(declared),
        type_name=_said(declared.physicalType, f"physicalType of {name}"),
        is_required=bool(declared.required),
        is_key=bool(declared.primaryKey),
        is_partition=bool(declared.partitioned),
        description=_said(declared.description, f"description of {name}").strip(),
        classification=_said(declared.classification, f"classification of {name}"),
        rules=tuple(rules),
    )


def _rules(quality: Iterable[DataQuality] | None, column: str) -> Iterator[Rule]:
    """The quality entries that are expectations. A pair blames its first column."""
    for entry in quality or ():
        if entry.engine != ENGINE or not isinstance(entry.implementation, dict):
            continue
        kwargs = dict(entry.implementation.get("kwargs") or {})
        if column:
            kwargs["column"] = column
        blamed = column or kwargs.get("column_A") or kwargs["column_list"][0]
        scope = {at.property: at.value for at in entry.customProperties or ()}.get("scope", "row")
        yield Rule(entry.implementation["type"], blamed, kwargs, is_batch=scope == "batch")


def _type(declared: SchemaProperty) -> pa.DataType:
    if declared.items:
        return pa.list_(_type(declared.items))
    if declared.properties:
        return pa.struct(
            [
                _field(
                    _said(at.name, "name"), _type(at), at.description or "", at.classification or ""
                )
                for at in declared.properties
            ]
        )
    return _ATOMS[_said(declared.physicalType, f"physicalType of {declared.name}")]


def _field(name: str, of_type: pa.DataType, description: str, classification: str) -> pa.Field:
    # Nullable even where required: a batch must be able to hold the rows that will be rejected.
    metadata = {"description": description, "classification": classification}
    return pa.field(name, of_type, metadata=metadata)


def _said(value: T | None, what: str) -> T:
    if value is None or value == "":
        raise ValueError(f"it does not say its {what}")
    return value


def columns_markdown() -> str:
    """Write the page `docs/columns.md`: every table and column, from the contracts."""
    lines = [
        "# Columns",
        "",
        "Every table, what it is for, and what each column means. Generated from `data_contracts/`",
        "by `make docs`: change a column there, not here.",
        "",
        "Class: `public` may be shown to anyone, `internal` to colleagues, `personal` is about a",
        "person and falls under retention and the right to be forgotten. A row that breaks a rule",
        "goes to `quarantine`; a key that is met twice stops the batch.",
        "",
        *(f"- [{table}](#{table})" for table in TABLES),
    ]
    for table in TABLES:
        lines += ["", *_table_markdown(contract(table))]
    return "\n".join(lines) + "\n"


def _table_markdown(known: Contract) -> Iterator[str]:
    yield from (f"## {known.table}", "", known.description, "", known.usage, "")
    yield from (known.limitations, "")
    yield f"- Key: {_code(known.key)}"
    yield f"- Partitioned by: {_code(known.partition_by)} (in the path, not in the file)"
    yield f"- Owner: {known.owner}; contract version {known.version}"
    for rule in known.table_rules:
        yield f"- Rule: {_in_words(rule)}"
    yield ""
    yield "| Column | Type | Required | Class | Meaning | Rules |"
    yield "|---|---|---|---|---|---|"
    for at in known.columns:
        yield _row(
            at.name, at.type_name, at.is_required, at.classification, at.description, at.rules
        )
        # A list of records: one line for each field of the record.
        if pa.types.is_list(at.type) and pa.types.is_struct(at.type.value_type):
            for field in at.type.value_type:
                says = {key.decode(): text.decode() for key, text in field.metadata.items()}
                name, type_name = f"{at.name}[].{field.name}", _TYPE_NAMES[field.type]
                yield _row(name, type_name, True, says["classification"], says["description"], ())


def _row(
    name: str, type_name: str, required: bool, kind: str, meaning: str, rules: Iterable[Rule]
) -> str:
    words = "; ".join(_in_words(rule) for rule in rules if rule.type != NOT_NULL)
    required_word = "yes" if required else "no"
    cells = (f"`{name}`", f"`{type_name}`", required_word, kind, meaning, words)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _in_words(rule: Rule) -> str:
    at = rule.kwargs
    if rule.type == "expect_column_values_to_be_in_set":
        return f"one of {_code(at['value_set'])}"
    if rule.type == "expect_column_values_to_match_regex":
        return "not blank" if at["regex"] == NOT_BLANK else f"matches `{at['regex']}`"
    if rule.type == "expect_column_values_to_be_between":
        low, high = at.get("min_value"), at.get("max_value")
        if low is not None and high is not None:
            return f"{low} to {high}"
        return f"at least {low}" if high is None else f"at most {high}"
    if rule.type == "expect_column_pair_values_a_to_be_greater_than_b":
        word = "at or above" if at.get("or_equal") else "above"
        only = at.get("row_condition")
        where = f", where `{only['column']['name']}` is `{only['parameter']}`" if only else ""
        return f"`{at['column_A']}` is {word} `{at['column_B']}`{where}"
    if rule.type == "expect_compound_columns_to_be_unique":
        return f"{_code(at['column_list'])} together are unique"
    if rule.type == UNIQUE:
        return "unique"
    return rule.type.removeprefix("expect_").replace("_", " ")


def _code(names: Iterable[object]) -> str:
    return ", ".join(f"`{name}`" for name in names)
