"""The files of the contracts: one a table, sound, and named where one cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.contracts import TABLES, _odcs
from pipeline.contracts import contract as contract_of
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
    page = (ROOT / "data_contracts" / "leads.odcs.yaml").read_text(encoding="utf-8")
    assert old in page
    file = tmp_path / "leads.odcs.yaml"
    file.write_text(page.replace(old, new), encoding="utf-8")
    with pytest.raises(FatalError, match=r"^leads\.odcs\.yaml: the contract cannot be") as caught:
        _odcs._read(file)
    assert "datacontract lint" in caught.value.mend
