"""The exports follow the tables, whatever was missed, stopped or thrown away in between."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import openpyxl
import pyarrow as pa
import pytest

from pipeline.contracts import contract
from pipeline.delivery import exporting
from pipeline.delivery.exporting import TABLES, export
from pipeline.engagement.base import READING_COLUMNS
from pipeline.errors import FatalError, SettingsError
from pipeline.settings import load
from tests.conftest import Company

FORMULA = '=HYPERLINK("http://x.example","klik")'


def leads(company: Company, day: str, *snippets: str) -> None:
    schema = contract("leads").schema
    rows = [
        {
            **dict.fromkeys(schema.names),
            "lead_id": f"lead:{day}:{at}",
            "snippet": text,
            "priority": float(at),
            "opened_at": datetime(2026, 11, 2, 22, 30, tzinfo=UTC),
        }
        for at, text in enumerate(snippets)
    ]
    table = pa.Table.from_pylist(rows, schema=schema)
    company.lake.write("leads", {"opened_on": day}, table)


def files(company: Company) -> dict[str, bytes]:
    home = company.settings.exports_folder
    return {
        file.relative_to(home).as_posix(): file.read_bytes()
        for file in sorted(home.rglob("*"))
        if file.is_file()
    }


def done(company: Company) -> list[tuple[str, str, str, int]]:
    return [(one.table, one.day, one.action, one.rows_count) for one in export(company.settings)]


@pytest.fixture
def filled(company: Company) -> Company:
    leads(company, "2026-11-02", "Kunt u bellen?")
    leads(company, "2026-11-03", "Wat kost het?", "Wij zoeken een bakker.")
    return company


def test_every_partition_gets_a_csv_and_a_workbook_of_its_day(filled: Company) -> None:
    assert done(filled) == [
        ("leads", "2026-11-02", "exported", 1),
        ("leads", "2026-11-03", "exported", 2),
    ]
    assert set(files(filled)) == {
        "ledger.json",
        "leads/leads-2026-11-02.csv",
        "leads/leads-2026-11-02.xlsx",
        "leads/leads-2026-11-03.csv",
        "leads/leads-2026-11-03.xlsx",
    }


def test_what_did_not_change_is_not_written_again(filled: Company) -> None:
    export(filled.settings)
    home = filled.settings.exports_folder
    times = {file: file.stat().st_mtime_ns for file in home.rglob("*")}
    assert done(filled) == []
    assert {file: file.stat().st_mtime_ns for file in home.rglob("*")} == times


def test_changed_partition_is_exported_again_and_no_other(filled: Company) -> None:
    export(filled.settings)
    leads(filled, "2026-11-02", "Kunt u morgen bellen?")
    assert done(filled) == [("leads", "2026-11-02", "exported", 1)]
    assert b"morgen" in files(filled)["leads/leads-2026-11-02.csv"]


def test_partition_that_is_gone_takes_its_files_with_it(filled: Company) -> None:
    export(filled.settings)
    filled.lake.remove("leads", {"opened_on": "2026-11-02"})
    assert done(filled) == [("leads", "2026-11-02", "removed", 0)]
    assert not any("2026-11-02" in name for name in files(filled))
    assert done(filled) == []


def test_file_that_somebody_threw_away_comes_back(filled: Company) -> None:
    export(filled.settings)
    before = files(filled)
    (filled.settings.exports_folder / "leads" / "leads-2026-11-03.xlsx").unlink()
    assert done(filled) == [("leads", "2026-11-03", "exported", 2)]
    assert files(filled) == before


@pytest.mark.parametrize(
    "text", ["{broken", "[]", '{"format": "0", "digests": {}}', '{"digests": 1}', "\udc80"]
)
def test_ledger_that_cannot_be_read_starts_over_with_the_same_bytes(
    filled: Company, text: str
) -> None:
    export(filled.settings)
    before = files(filled)
    ledger = filled.settings.exports_folder / "ledger.json"
    ledger.write_bytes(text.encode(errors="surrogateescape"))
    assert len(done(filled)) == 2
    assert files(filled) == before


@pytest.mark.parametrize("text", ["{broken", '{"format": "0", "digests": {}}'])
def test_lost_ledger_keeps_no_files_of_a_partition_that_is_gone(filled: Company, text: str) -> None:
    export(filled.settings)
    folder = filled.settings.exports_folder
    mine = folder / "leads" / "leads-2026-11-02-mijn.xlsx"
    mine.write_bytes(b"")
    (folder / "ledger.json").write_text(text, "utf-8")
    filled.lake.remove("leads", {"opened_on": "2026-11-02"})
    assert done(filled)[-1] == ("leads", "2026-11-02", "removed", 0)
    held = sorted(file.name for file in (folder / "leads").iterdir())
    assert held == ["leads-2026-11-02-mijn.xlsx", "leads-2026-11-03.csv", "leads-2026-11-03.xlsx"]
    assert done(filled) == []


def test_another_format_of_files_exports_everything_again(
    filled: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(filled.settings)
    monkeypatch.setattr(exporting, "FORMAT", "another")
    assert len(done(filled)) == 2
    assert done(filled) == []


def test_stopped_run_repeats_at_most_the_partition_it_was_at(
    filled: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = exporting.to_xlsx

    def stopped(rows: pa.Table, **more: object) -> bytes:
        if rows.num_rows == 2:
            raise KeyboardInterrupt
        return made(rows, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "to_xlsx", stopped)
    with pytest.raises(KeyboardInterrupt):
        export(filled.settings)
    ledger = json.loads(files(filled)["ledger.json"])
    assert list(ledger["digests"]) == ["leads/2026-11-02"]
    monkeypatch.setattr(exporting, "to_xlsx", made)
    assert done(filled) == [("leads", "2026-11-03", "exported", 2)]


def test_partition_replaced_while_it_is_exported_is_exported_again(
    filled: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = exporting._rows

    def replaced(*words: object) -> pa.Table:
        rows = read(*words)  # type: ignore[arg-type]
        monkeypatch.setattr(exporting, "_rows", read)
        leads(filled, "2026-11-02", "Net iets anders.")
        return rows

    monkeypatch.setattr(exporting, "_rows", replaced)
    export(filled.settings)
    assert done(filled) == [("leads", "2026-11-02", "exported", 1)]
    assert b"Net iets anders." in files(filled)["leads/leads-2026-11-02.csv"]


def test_rows_come_in_the_order_of_their_readers(filled: Company) -> None:
    export(filled.settings)
    text = files(filled)["leads/leads-2026-11-03.csv"].decode("utf-8-sig")
    ids = [row["lead_id"] for row in csv.DictReader(io.StringIO(text))]
    assert ids == ["lead:2026-11-03:1", "lead:2026-11-03:0"]


def test_workbook_has_the_rows_in_local_time_and_what_the_columns_mean(filled: Company) -> None:
    export(filled.settings)
    body = files(filled)["leads/leads-2026-11-02.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(body))
    rows, meaning = (book[name] for name in book.sheetnames)
    header = [cell.value for cell in rows[1]]
    assert sorted([*header, "spans"]) == sorted(contract("leads").full_schema.names)
    opened = rows.cell(2, header.index("opened_at") + 1).value
    assert opened == datetime(2026, 11, 2, 23, 30)  # noqa: DTZ001 - a cell has no zone
    assert [cell.value for cell in meaning["A"]][1:] == header


def test_workbook_speaks_the_language_of_the_settings_and_the_csv_that_of_the_tables(
    filled: Company,
) -> None:
    export(filled.settings)
    plain = files(filled)
    file = filled.folder / "engage.toml"
    file.write_text('exports_language = "nl"\n' + file.read_text("utf-8"), "utf-8")
    assert len(done(filled)) == 2
    assert done(filled) == []
    dutch = files(filled)
    assert dutch["leads/leads-2026-11-02.csv"] == plain["leads/leads-2026-11-02.csv"]
    book = openpyxl.load_workbook(io.BytesIO(dutch["leads/leads-2026-11-02.xlsx"]))
    assert [cell.value for cell in book["leads"][1]][:3] == [
        "Prioriteit",
        "Wat er gezegd is",
        "Wat te doen",
    ]


def test_sheet_begins_with_what_its_reader_does_and_why_and_ends_with_ids(filled: Company) -> None:
    export(filled.settings)
    book = openpyxl.load_workbook(io.BytesIO(files(filled)["leads/leads-2026-11-02.xlsx"]))
    header = [cell.value for cell in book["leads"][1]]
    assert header[:5] == ["priority", "snippet", "recommended_action", "owner", "respond_by"]
    assert header.index("action_reason") < header.index("lead_id") < header.index("model_version")
    # Programs read the other file, whose columns are those of the table.
    text = files(filled)["leads/leads-2026-11-02.csv"].decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(text))) == contract("leads").full_schema.names


def test_columns_for_readers_are_columns_of_the_tables() -> None:
    for table, first in READING_COLUMNS.items():
        assert set(first) <= set(contract(table).full_schema.names)
        assert len(set(first)) == len(first)


def test_text_that_looks_like_a_formula_stays_text_in_both_files(company: Company) -> None:
    leads(company, "2026-11-02", FORMULA)
    export(company.settings)
    held = files(company)
    (row,) = csv.DictReader(io.StringIO(held["leads/leads-2026-11-02.csv"].decode("utf-8-sig")))
    assert row["snippet"] == f"'{FORMULA}"
    book = openpyxl.load_workbook(io.BytesIO(held["leads/leads-2026-11-02.xlsx"]))
    sheet = book[book.sheetnames[0]]
    at = [cell.value for cell in sheet[1]].index("snippet") + 1
    assert (sheet.cell(2, at).value, sheet.cell(2, at).data_type) == (FORMULA, "s")


def test_lake_without_rows_exports_nothing(company: Company) -> None:
    assert done(company) == []
    assert not company.settings.exports_folder.exists()


def test_exports_cannot_go_to_an_object_store(filled: Company) -> None:
    toml = filled.folder / "engage.toml"
    toml.write_text('exports = "s3://bucket/x"\n' + toml.read_text(encoding="utf-8"))
    with pytest.raises(SettingsError, match="is not a folder") as caught:
        export(load(toml))
    assert "folder on this machine" in caught.value.mend


def test_exports_folder_below_a_file_is_named(filled: Company) -> None:
    toml = filled.folder / "engage.toml"
    toml.write_text('exports = "shop.jsonl/x"\n' + toml.read_text(encoding="utf-8"))
    with pytest.raises(FatalError, match=r"leads-2026-11-02\.csv") as caught:
        export(load(toml))
    assert "engage check" in caught.value.mend


def test_all_tables_of_teams_are_exported() -> None:
    assert set(TABLES) == {"leads", "complaints", "ideas", "idea_themes", "alerts"}
