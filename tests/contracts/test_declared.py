"""What the contracts declare: every column says one thing, in every table the same."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.contracts import TABLES, Column
from pipeline.contracts import contract as contract_of
from pipeline.contracts._odcs import TYPE_NAMES
from pipeline.records import CHANNELS
from tests.contracts.made import rows

HOMONYMS = {
    "evidence": "spans with weights in detections, passages in the tables made from them",
    "subject": "the subject line of a message, what an alert is about",
    "value": "a scoring factor of opportunities, the offending one in quarantine, what was won",
    "run_id": "the run itself in runs, the run that rejected the row in quarantine",
}


@pytest.mark.parametrize("table", TABLES)
def test_contract_says_what_each_column_means_and_who_owns_it(table: str) -> None:
    known = contract_of(table)
    assert known.owner
    assert set(known.key) | set(known.partition_by) <= {at.name for at in known.columns}
    assert known.partition_by == tuple(at.name for at in known.columns if at.is_partition)
    for at in known.columns:
        assert at.description.endswith("."), at.name
        assert at.classification in ("public", "internal", "personal"), at.name
        assert at.is_required or "null" in at.description.lower(), f"{at.name}: when is it null?"
        assert at.is_required or not (at.is_key or at.is_partition), at.name
        assert TYPE_NAMES.get(at.type, at.type_name) == at.type_name


def test_name_means_the_same_in_every_table() -> None:
    met: dict[str, Column] = {}
    for table in TABLES:
        for at in contract_of(table).columns:
            first = met.setdefault(at.name, at)
            if at.name not in HOMONYMS:
                assert (at.type, at.description) == (first.type, first.description), at.name
                assert at.classification == first.classification, at.name


def test_names_say_their_type() -> None:
    endings = {"_at": "timestamp", "_on": "date32", "_count": "int", "_seconds": "int"}
    for table in TABLES:
        for at in contract_of(table).columns:
            for ending, kind in endings.items():
                if at.name.endswith(ending):
                    assert str(at.type).startswith(kind), at.name
            if at.name.startswith(("is_", "has_")):
                assert pa.types.is_boolean(at.type), at.name


def test_no_pattern_means_another_thing_to_arrow_than_to_python() -> None:
    for table in TABLES:
        patterns = [rule.kwargs.get("regex", "") for rule in contract_of(table).rules]
        assert not [one for one in patterns if re.search(r"\[\[:|\\[pQC]", one)], table


def test_channels_are_those_of_the_records() -> None:
    (column,) = (at for at in contract_of("messages").columns if at.name == "channel")
    (allowed,) = (rule.kwargs["value_set"] for rule in column.rules if "value_set" in rule.kwargs)
    assert tuple(allowed) == CHANNELS


def test_description_travels_into_the_file(tmp_path: Path) -> None:
    pq.write_table(rows("leads").select(contract_of("leads").schema.names), tmp_path / "x.parquet")
    found = pq.read_schema(tmp_path / "x.parquet")
    assert found.metadata[b"engage.table"] == b"leads"
    assert found.metadata[b"engage.contract_version"].decode() == contract_of("leads").version
    column = next(at for at in contract_of("leads").columns if at.name == "priority")
    assert found.field("priority").metadata[b"description"].decode() == column.description


def test_budget_is_a_share_of_the_batch_or_a_number_of_rows() -> None:
    known = contract_of("messages")
    assert (known.reject_share, known.reject_rows) == (0.05, 10)
    assert known.reject_budget(0) == 10
    assert known.reject_budget(200) == 10
    assert known.reject_budget(1_000) == 50
    assert contract_of("runs").reject_budget(1_000) == 0
