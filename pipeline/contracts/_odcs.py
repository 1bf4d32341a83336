"""Reads `data_contracts/<table>.odcs.yaml`, files of the Open Data Contract Standard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from pipeline.contracts._declared import (
    NOT_NULL,
    TABLES,
    UNIQUE,
    Column,
    Contract,
    Rule,
    arrow_field,
)
from pipeline.errors import FatalError

if TYPE_CHECKING:
    from open_data_contract_standard.model import (
        DataQuality,
        OpenDataContractStandard,
        SchemaObject,
        SchemaProperty,
    )

T = TypeVar("T")

ENGINE = "greatExpectations"

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
TYPE_NAMES = {atom: name for name, atom in _ATOMS.items()}


@cache
def contract(table: str) -> Contract:
    """Read the contract of a table.

    Raises FatalError for a table without a contract and for a contract that cannot be read.
    """
    if table not in TABLES:
        raise FatalError(f"there is no table '{table}'", mend=f"name one of {', '.join(TABLES)}")
    return _read(_folder() / f"{table}.odcs.yaml")


def _folder() -> Path:
    """The contracts: beside the package in the repository, inside it when installed."""
    package = Path(__file__).parent.parent
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
    table_rules = tuple(_rules(of_table.quality, ""))
    names = {column.name for column in columns}
    for rule in (*(rule for column in columns for rule in column.rules), *table_rules):
        if unknown := sorted(rule.names - names):
            raise ValueError(f"the rule {rule.rule_id} names no column of it: {unknown[0]}")
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
        table_rules=table_rules,
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
    """The quality entries, but for those in words. A pair blames its first column.

    Raises ValueError for one that nobody here would check, such as one of another engine.
    """
    for entry in quality or ():
        if entry.type == "text":
            continue
        if entry.engine != ENGINE or not isinstance(entry.implementation, dict):
            raise ValueError(
                f"nobody here checks the rule of {column or 'the table'} with type {entry.type} "
                f"and engine {entry.engine}: write it as an expectation (type: custom, "
                f"engine: {ENGINE}, with an implementation), or as words (type: text)"
            )
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
                arrow_field(
                    _said(at.name, "name"), _type(at), at.description or "", at.classification or ""
                )
                for at in declared.properties
            ]
        )
    return _ATOMS[_said(declared.physicalType, f"physicalType of {declared.name}")]


def _said(value: T | None, what: str) -> T:
    if value is None or value == "":
        raise ValueError(f"it does not say its {what}")
    return value
