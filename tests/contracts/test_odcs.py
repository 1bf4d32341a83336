"""The files of the contracts: one a table, sound, and named where one cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.contracts import TABLES, Contract, _odcs
from pipeline.contracts import contract as contract_of
from pipeline.contracts._declared import NOT_NULL, UNIQUE
from pipeline.errors import FatalError

ROOT = Path(__file__).parents[2]


def test_every_table_has_a_contract_and_every_contract_a_table() -> None:
    files = {file.name for file in (ROOT / "data_contracts").iterdir()}
    assert files == {f"{table}.odcs.yaml" for table in TABLES}
    assert [contract_of(table).table for table in TABLES] == list(TABLES)


def test_unknown_table_is_answered_with_all_tables() -> None:
    with pytest.raises(FatalError, match="no table 'messags'") as caught:
        contract_of("messags")
    assert "messages" in caught.value.mend


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("physicalType: string", "physicalType: varchar"),
        ("name: leads", "name: ''"),
        ("mayBeEmpty", "mightBeEmpty"),
        ("column_A: ", "column_A: un"),
        ("schema:", "schema: ["),
    ],
)
def test_contract_that_cannot_be_read_is_named(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(FatalError, match=r"^leads\.odcs\.yaml: the contract cannot be") as caught:
        _read_changed(tmp_path, old, new)
    assert "datacontract lint" in caught.value.mend


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("engine: greatExpectations", "engine: greatexpectations"),
        ("engine: greatExpectations", "engine: soda"),
        ("engine: greatExpectations, ", ""),
        ("type: custom, engine: greatExpectations", "type: sql, query: SELECT 1"),
    ],
)
def test_rule_that_nobody_checks_is_refused(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(FatalError, match="nobody here checks the rule of") as caught:
        _read_changed(tmp_path, old, new)
    assert caught.value.where == "leads.odcs.yaml"
    assert "engine: greatExpectations" in caught.value.what


def test_rule_in_words_is_no_expectation(tmp_path: Path) -> None:
    asked = "type: custom, engine: greatExpectations"
    known = _read_changed(tmp_path, asked, "type: text")
    assert {rule.type for rule in known.rules} == {NOT_NULL, UNIQUE}


def _read_changed(folder: Path, old: str, new: str) -> Contract:
    """The contract of leads with a change."""
    page = (ROOT / "data_contracts" / "leads.odcs.yaml").read_text(encoding="utf-8")
    assert old in page
    file = folder / "leads.odcs.yaml"
    file.write_text(page.replace(old, new), encoding="utf-8")
    return _odcs._read(file)
