"""The shape of a batch: the columns of its contract, in their order and exact types."""

from __future__ import annotations

import pyarrow as pa

from pipeline.contracts._odcs import contract
from pipeline.errors import ContractError


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
    return shaped(batch, known.full_schema if is_full else known.schema, table)


def shaped(batch: pa.Table, schema: pa.Schema, where: str) -> pa.Table:
    """The batch in exactly this schema. Raises ContractError where it does not fit."""
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
