"""Exports: what a customer wrote never runs, and no event needs to arrive for a row to arrive."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from pipeline.contracts import contract
from pipeline.delivery import exporting
from pipeline.engagement import xlsx
from pipeline.engagement._cells import spoken
from pipeline.engagement.base import IDS, in_reading_order
from pipeline.engagement.csv import safe_text, to_csv
from pipeline.engagement.xlsx import to_xlsx
from pipeline.errors import SettingsError
from pipeline.settings import Company, Settings, SourceSettings
from pipeline.storage import Lake
from pipeline.text import vocabulary
from tests.engagement.offered import context, table

AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ATTACKS = (
    "=1+1",
    "+31 6 12345678",
    "-2 stars",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    '"=1+1',
    "'=1+1",
    "＝1+1",
    "hello;=1+1",
    'hello;"=1+1"',
    "hello\n=1+1",
    "hello\t@SUM(A1)",
)
HARMLESS = ("", "2 + 2 = 4", "a-b", "mail me @ home", "x=1", "well; fine", "Café, 5 €", "1 - 0")


def rows(**columns: list[object]) -> pa.Table:
    return pa.table(columns)


def read_csv(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))


def sheet_of(body: bytes, name: str) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(body))[name]


@pytest.mark.parametrize("text", ATTACKS)
def test_formula_gets_an_apostrophe_in_csv(text: str) -> None:
    shown = read_csv(to_csv(rows(snippet=[text])))[1][0]
    assert shown != text
    assert shown.replace("'", "") == text.replace("'", "")
    for part in re.split("[;\t\r\n]", shown):  # cut as other settings of a spreadsheet cut it
        assert not part.lstrip(' "').startswith(tuple("=+-@＝"))


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize("text", ATTACKS + HARMLESS)
def test_formula_is_text_in_xlsx_and_unchanged(text: str) -> None:
    cell = sheet_of(to_xlsx(rows(snippet=[text]), title="leads"), "leads")["A2"]
    assert cell.data_type in ("s", "n")  # n: an empty cell
    assert unescape(cell.value or "") == text
    assert cell.number_format == "@"


@given(st.text(max_size=80))
def test_csv_keeps_every_text_but_for_apostrophes(text: str) -> None:
    cells = read_csv(to_csv(rows(snippet=[text], last=["x"])))
    assert cells[1][0].replace("'", "") == text.replace("'", "")
    assert cells[1][1] == "x"


@pytest.mark.parametrize("text", ["https://example.com", "mailto:a@example.com", "internal:A1"])
def test_addresses_are_text_and_not_links(text: str) -> None:
    cell = sheet_of(to_xlsx(rows(url=[text]), title="leads"), "leads")["A2"]
    assert cell.hyperlink is None
    assert cell.value == text


def test_control_characters_and_emoji_survive_in_xlsx() -> None:
    text = "bel\x07 \x00 ￾ 🚲 _x0041_"
    cell = sheet_of(to_xlsx(rows(snippet=[text]), title="leads"), "leads")["A2"]
    assert cell.data_type == "s"
    assert "🚲" in cell.value


def test_text_longer_than_a_cell_is_cut_visibly() -> None:
    cell = sheet_of(to_xlsx(rows(snippet=["🚲" * 40_000]), title="leads"), "leads")["A2"]
    assert cell.value.endswith("…")
    assert len(cell.value.encode("utf-16-le")) // 2 <= 32_767


def test_values_read_back_from_csv() -> None:
    table = rows(
        probability=pa.array([0.87, None], pa.float32()),
        count=pa.array([3, None], pa.int32()),
        evidence=[["send a quote", "today"], None],
        opened_at=pa.array([AT, None], pa.timestamp("us", tz="UTC")),
        opened_on=[date(2026, 11, 2), None],
        is_public=[True, None],
        amount=pa.array([float("nan"), 1200.5]),
    )
    header, first, second = read_csv(to_csv(table))
    assert header == table.column_names
    assert first == [
        "0.87",
        "3",
        "send a quote | today",
        "2026-11-02T08:30:00Z",
        "2026-11-02",
        "true",
        "",
    ]
    assert second == ["", "", "", "", "", "", "1200.5"]


def test_csv_is_read_by_pandas_and_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(to_csv(rows(snippet=["Café, 5 €\nplease", None], count=[1, 2])))
    read = pd.read_csv(path)
    assert list(read.columns) == ["snippet", "count"]
    assert read["snippet"][0] == "Café, 5 €\nplease"
    found = duckdb.sql(f"select snippet, count from '{path}' order by count").fetchall()  # noqa: S608
    assert found == [("Café, 5 €\nplease", 1), (None, 2)]


def test_xlsx_shows_the_companys_time_and_types() -> None:
    table = rows(
        opened_at=pa.array([AT], pa.timestamp("us", tz="UTC")),
        opened_on=[date(2026, 11, 2)],
        probability=pa.array([0.87], pa.float32()),
        is_public=[True],
        author_id=pa.array([None], pa.string()),
    )
    sheet = sheet_of(to_xlsx(table, title="leads", zone=AMSTERDAM), "leads")
    assert [cell.value for cell in sheet[2]][:4] == [
        datetime(2026, 11, 2, 9, 30),  # noqa: DTZ001 - a sheet knows no zones
        datetime(2026, 11, 2),  # noqa: DTZ001
        0.87,
        True,
    ]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E2"


def test_xlsx_explains_its_columns() -> None:
    schema = contract("leads").full_schema
    sheet = sheet_of(to_xlsx(schema.empty_table(), title="leads", zone=AMSTERDAM), "Columns")
    shown = {row[0].value: (row[1].value, row[2].value) for row in sheet.iter_rows(min_row=2)}
    assert list(shown) == schema.names
    assert shown["opened_at"][0] == "time, Europe/Amsterdam"
    assert all(meaning for _, meaning in shown.values())


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.engagement.xlsx._SHEET_ROWS", 2)
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(rows(n=[1, 2, 3]), title="leads")))
    assert book.sheetnames == ["leads", "leads 2", "Columns"]
    assert [cell.value for cell in book["leads 2"]["A"]] == ["n", 3]


def test_most_valuable_lead_and_most_urgent_complaint_come_first() -> None:
    leads = rows(lead_id=["a", "b", "c"], priority=[10.0, 80.0, 80.0])
    assert in_reading_order(leads, "leads")["lead_id"].to_pylist() == ["b", "c", "a"]
    later = datetime(2026, 11, 3, tzinfo=UTC)
    complaints = rows(complaint_id=["a", "b", "c"], respond_by=[None, later, AT])
    assert in_reading_order(complaints, "complaints")["complaint_id"].to_pylist() == ["c", "b", "a"]


def test_same_rows_give_same_bytes() -> None:
    table = rows(snippet=["=1", "twee"], opened_at=[AT, AT])
    assert to_csv(table) == to_csv(table)
    assert to_xlsx(table, title="leads") == to_xlsx(table, title="leads")


# --- the ledger


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        company=Company(name="Fiets & Co"),
        lake=str(tmp_path / "lake"),
        exports=str(tmp_path / "exports"),
        sources=(SourceSettings(name="mail", type="jsonl", path="mail.jsonl"),),
    )


def ideas(count: int, day: int) -> pa.Table:
    """Make ideas of a day: every required column filled, the others null."""
    schema = contract("ideas").full_schema
    columns = []
    for field in schema:
        value = _example(field.type, day) if not field.nullable else None
        values = [f"{field.name}-{day}-{at}" if value == "" else value for at in range(count)]
        columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=schema)


def _example(kind: pa.DataType, day: int) -> object:
    if pa.types.is_timestamp(kind):
        return AT
    if pa.types.is_date(kind):
        return date(2026, 11, day)
    if pa.types.is_boolean(kind):
        return True
    if pa.types.is_list(kind):
        return []
    return "" if pa.types.is_string(kind) else np.float32(0.5).item()


def put(settings: Settings, day: int, count: int) -> None:
    Lake(settings.lake_location).write(
        "ideas", {"opened_on": f"2026-11-{day:02}"}, ideas(count, day)
    )


def told(settings: Settings) -> list[tuple[str, str, int]]:
    return [(one.day, one.action, one.rows_count) for one in exporting.export(settings)]


def exported(settings: Settings) -> dict[str, bytes]:
    folder = settings.exports_folder
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_nothing_to_export_writes_nothing(settings: Settings) -> None:
    assert exporting.export(settings) == []
    assert not settings.exports_folder.exists()


def test_every_partition_becomes_a_csv_and_an_xlsx(settings: Settings) -> None:
    put(settings, 2, 3)
    assert told(settings) == [("2026-11-02", "exported", 3)]
    files = exported(settings)
    assert list(files) == [
        "ideas/ideas-2026-11-02.csv",
        "ideas/ideas-2026-11-02.xlsx",
        "ledger.json",
    ]
    shown = read_csv(files["ideas/ideas-2026-11-02.csv"])
    assert shown[0] == contract("ideas").full_schema.names
    assert len(shown) == 1 + 3


def test_missed_and_merged_events_lose_nothing(settings: Settings) -> None:
    put(settings, 2, 1)
    put(settings, 3, 1)
    told(settings)
    put(settings, 2, 2)  # its event is missed
    put(settings, 3, 3)
    put(settings, 4, 1)  # merged with the one before into a single run
    assert told(settings) == [
        ("2026-11-02", "exported", 2),
        ("2026-11-03", "exported", 3),
        ("2026-11-04", "exported", 1),
    ]
    assert told(settings) == []


def test_files_of_a_partition_that_is_gone_are_removed(settings: Settings) -> None:
    put(settings, 2, 1)
    put(settings, 3, 1)
    told(settings)
    Lake(settings.lake_location).remove("ideas", {"opened_on": "2026-11-02"})
    assert told(settings) == [("2026-11-02", "removed", 0)]
    assert [name for name in exported(settings) if "11-02" in name] == []
    assert told(settings) == []


def test_exported_file_that_somebody_removed_comes_back(settings: Settings) -> None:
    put(settings, 2, 1)
    told(settings)
    before = exported(settings)
    (settings.exports_folder / "ideas/ideas-2026-11-02.xlsx").unlink()
    assert told(settings) == [("2026-11-02", "exported", 1)]
    assert exported(settings) == before


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": "0", "digests": {}}', None])
def test_damaged_ledger_exports_the_same_bytes_again(
    settings: Settings, damage: bytes | None
) -> None:
    put(settings, 2, 2)
    told(settings)
    before = exported(settings)
    ledger = settings.exports_folder / "ledger.json"
    ledger.unlink() if damage is None else ledger.write_bytes(damage)
    assert told(settings) == [("2026-11-02", "exported", 2)]
    assert exported(settings) == before


def test_kill_between_two_partitions_loses_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, 2, 1)
    put(settings, 3, 1)
    real, calls = exporting.replace_file, []

    def killed(path: Path, blocks: list[bytes]) -> None:
        calls.append(path.name)
        if len(calls) == 5:  # the second partition's XLSX; its CSV is there
            raise KeyboardInterrupt
        real(path, blocks)

    monkeypatch.setattr(exporting, "replace_file", killed)
    with pytest.raises(KeyboardInterrupt):
        exporting.export(settings)
    monkeypatch.setattr(exporting, "replace_file", real)
    assert told(settings) == [("2026-11-03", "exported", 1)]
    assert not [name for name in exported(settings) if name.endswith(".tmp")]


def test_exports_to_an_object_store_are_refused(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="is not a folder") as caught:
        exporting.export(settings.model_copy(update={"exports": "s3://bucket/exports"}))
    assert caught.value.mend


def test_sheet_of_a_delivery_begins_with_what_its_reader_does() -> None:
    (payload,) = xlsx.build(table("complaints"), context("xlsx", "complaints", language="nl"))
    header = [cell.value for cell in sheet_of(payload.content.body, "complaints")[1]]
    assert header[:4] == ["Antwoorden vóór", "Stand van de termijn", "Ernst", "Onderwerp"]


def test_dutch_sheet_says_codes_and_reasons_in_dutch_and_leaves_what_people_said() -> None:
    lead = {
        "need": "switch",
        "recommended_action": "private_message",
        "state": "contacted",
        "deadline_state": "red",
        "switch_direction": "from_us",
        "informed": ["customer_service", "market_research"],
        "action_reason": "Asks for a price, budget EUR 1,250, our answer is late.",
        "snippet": "call me, reply or watch",
        "product": "quote",
        "owner": "sales",
    }
    alert = {"kind": "deadline_missed", "subject_kind": "department", "subject": "sales"}
    leads = cells("leads", lead)
    assert leads["Behoefte"] == "overstappen"
    assert leads["Wat te doen"] == "privébericht"
    assert (leads["Stand"], leads["Stand van de termijn"]) == ("benaderd", "te laat")
    assert leads["Richting van de overstap"] == "bij ons weg"
    assert leads["Ter informatie"] == "klantenservice | marktonderzoek"
    assert leads["Waarom"] == "Vraagt naar de prijs, budget € 1.250, ons antwoord is te laat."
    assert leads["Wat er gezegd is"] == "call me, reply or watch"
    # A department that acts itself is named as in digests; people and teams keep their names.
    assert (leads["Product"], leads["Wie"]) == ("quote", "verkoop")
    assert cells("leads", {**lead, "owner": "Sales team Noord"})["Wie"] == "Sales team Noord"
    alerts = cells("alerts", alert)
    assert alerts["Soort alarm"] == "beloften niet nagekomen"
    assert (alerts["Waarover"], alerts["Soort onderwerp"]) == ("verkoop", "afdeling")
    assert cells("complaints", {"topic": "my_topic"})["Onderwerp"] == "my_topic"


@pytest.mark.parametrize("name", ["leads", "complaints", "ideas", "idea_themes", "alerts"])
def test_dutch_sheet_explains_every_column_in_dutch(name: str) -> None:
    (payload,) = xlsx.build(table(name), context("xlsx", name, language="nl"))
    sheet = sheet_of(payload.content.body, "Kolommen")  # type: ignore[union-attr]
    told = list(sheet.iter_rows(min_row=2, values_only=True))
    schema = contract(name).full_schema
    # What a sheet leaves out is for programs.
    assert len(told) == len({*schema.names} - {"spans"})
    english = {field.metadata[b"description"].decode() for field in schema}
    for named, kind, meaning in told:
        assert meaning not in english, named
        assert str(meaning).endswith("."), named
        assert str(kind).split(",")[0] in {
            "tekst",
            "getal",
            "waar of onwaar",
            "dag",
            "tijd",
            "lijst",
        }
    listed = vocabulary("meanings.nl.toml")["columns"]
    assert set(schema.names) <= set(listed)
    in_tables = {one for of in IDS for one in contract(of).full_schema.names}
    assert set(listed) == in_tables


def cells(name: str, row: dict[str, object]) -> dict[str, object]:
    """A row of a Dutch workbook, by its headings."""
    (payload,) = xlsx.build(table(name, row), context("xlsx", name, language="nl"))
    sheet = sheet_of(payload.content.body, name)  # type: ignore[union-attr]
    headings, values = sheet.iter_rows(max_row=2, values_only=True)
    return dict(zip(headings, values, strict=True))


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", ["leads", "complaints", "ideas", "idea_themes", "alerts"])
def test_every_code_of_a_contract_has_words(name: str, language: str) -> None:
    rules = [rule for column in contract(name).columns for rule in column.rules]
    sets = {one.column: one.kwargs["value_set"] for one in rules if "value_set" in one.kwargs}
    assert sets
    for column, codes in sets.items():
        told = spoken(column, list(codes), language)
        assert len(set(told)) == len(codes), column
        assert told != codes or language == "en", column
        assert not [one for one in told if "_" in str(one)], column
