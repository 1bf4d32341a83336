"""The page `docs/columns.md`: every table, its columns and its rules in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from pipeline.contracts._declared import NOT_NULL, TABLES, UNIQUE, Contract, Rule
from pipeline.contracts._odcs import TYPE_NAMES, contract

NOT_BLANK = r"\S"


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
                name, type_name = f"{at.name}[].{field.name}", TYPE_NAMES[field.type]
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
