"""An export that somebody filled in is a file of outcomes: nothing is renamed, nothing guessed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline.books import outcome_files
from pipeline.books.outcome_form import TABLES, words
from pipeline.delivery.exporting import export
from pipeline.engagement._cells import heading
from pipeline.engagement.csv import to_csv
from pipeline.engagement.xlsx import to_xlsx
from pipeline.errors import SettingsError
from pipeline.opportunities.outcomes import OUTCOMES
from tests.commands import engage
from tests.conftest import FIRST, LAST, NOW, Company

LEAD, COMPLAINT, IDEA, THEME = "lead:shop:4", "complaint:shop:1", "idea:shop:5", "theme:shop:5"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def exported(company: Company, table: str, suffix: str) -> Path:
    """The export of the day that holds the row of `table` of these tests."""
    export(company.settings)
    key = dict(TABLES.values())[table]
    wanted = {LEAD, COMPLAINT, IDEA, THEME}
    (day,) = {
        next(iter(one.values()))
        for one in company.lake.partitions(table)
        if wanted & set(company.lake.read_partition(table, one)[key].to_pylist())
    }
    return company.settings.exports_folder / table / f"{table}-{day}{suffix}"


def filled_in(file: Path, added: dict[str, dict[str, object]]) -> Path:
    """Add columns to an export as in a spreadsheet: heading to what stands there, by id."""
    if file.suffix == ".csv":
        text = file.read_text(encoding="utf-8-sig")
        mark = ";" if text.startswith("opened_on;") else ","
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
        for heading, cells in added.items():
            lines[0].append(heading)
            for line in lines[1:]:
                line.append(str(next((cells[one] for one in line if one in cells), "")))
        sink = io.StringIO(newline="")
        csv.writer(sink, delimiter=";").writerows(lines)
        file.write_text(sink.getvalue(), encoding="utf-8-sig")
        return file
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    for heading, cells in added.items():
        at = sheet.max_column + 1
        sheet.cell(1, at).value = heading
        for row in sheet.iter_rows(min_row=2):
            said = next((cells[cell.value] for cell in row if cell.value in cells), None)
            sheet.cell(row[0].row, at).value = said
    book.save(file)
    return file


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    ("outcome", "amount", "won", "solved"),
    [("outcome", "amount", "won", "solved"), ("Uitkomst", "Bedrag", "Gewonnen", "Opgelost")],
)
def test_filled_in_export_changes_the_states_with_the_next_publish(
    ran: Company, suffix: str, outcome: str, amount: str, won: str, solved: str
) -> None:
    sold = filled_in(exported(ran, "leads", suffix), {outcome: {LEAD: won}, amount: {LEAD: 4200.5}})
    done = engage("outcome", str(sold))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("1 outcome added, 0 known before\n")
    helped = filled_in(exported(ran, "complaints", suffix), {outcome: {COMPLAINT: solved}})
    assert engage("outcome", str(helped)).exit_code == 0
    ran.run(FIRST, LAST, stages=("publish",))
    assert ran.column("leads", "lead_id", "state")[LEAD] == "won"
    assert ran.column("complaints", "complaint_id", "state")[COMPLAINT] == "solved"
    assert ran.column("outcomes", "opportunity_id", "value")[LEAD] == 4200.5


def test_rows_that_nobody_answered_yet_are_counted_and_no_errors(ran: Company) -> None:
    ids = ran.column("complaints", "complaint_id", "state")
    file = ran.folder / "complaints.csv"
    file.write_bytes(to_csv(ran.lake.read("complaints")))
    # Who decides may be filled in for every row at once.
    added = {"status": {COMPLAINT: "contacted"}, "by": dict.fromkeys(ids, "Noor")}
    done = engage("outcome", str(filled_in(file, added)))
    assert len(ids) == 2
    told = "1 outcome added, 0 known before\n1 row without an outcome yet\n"
    assert done.stdout.startswith(told)
    assert ran.column("outcomes", "opportunity_id", "decided_by") == {COMPLAINT: "Noor"}


def read(company: Company, file: Path) -> list[outcome_files.Outcome]:
    return outcome_files.read(file, company.lake, NOW, AMSTERDAM).outcomes


@pytest.mark.parametrize("language", [None, "en", "nl"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    ("name", "said"),
    [(LEAD, "lost"), (COMPLAINT, "solved"), (IDEA, "planned"), (THEME, "declined")],
)
def test_headings_of_any_language_are_known(
    ran: Company, language: str | None, suffix: str, name: str, said: str
) -> None:
    table, key = TABLES[name.partition(":")[0]]
    held = ran.lake.read(table)
    rows = held.filter(pc.equal(held[key], name)).slice(0, 1)
    file = ran.folder / f"sheet{suffix}"
    headed = rows.rename_columns([heading(name, language) for name in rows.column_names])
    made = to_csv(headed) if suffix == ".csv" else sheet(rows, language)
    file.write_bytes(made)
    (one,) = read(ran, filled_in(file, {"status": {name: said}}))
    assert (one.opportunity_id, one.outcome, one.value) == (name, said, None)


def sheet(rows: pa.Table, language: str | None) -> bytes:
    return to_xlsx(rows, title="rows", zone=AMSTERDAM, language=language)


def test_score_of_a_lead_is_not_taken_for_what_was_won(ran: Company) -> None:
    file = filled_in(exported(ran, "leads", ".csv"), {"outcome": {LEAD: "won"}})
    said: list[str] = []
    handed = outcome_files.read(file, ran.lake, NOW, UTC, said.append)
    assert [one.value for one in handed.outcomes] == [None]
    assert said == ["the column 'value' is not read (it is the export's own; call yours 'amount')"]
    twice = filled_in(file, {"value": {LEAD: "4200"}})
    with pytest.raises(SettingsError, match="two columns 'value'") as caught:
        read(ran, twice)
    assert "another name" in caught.value.mend
    # A list of one's own, which names a lead as the tables do, says what was won.
    own = ran.folder / "own.csv"
    own.write_text(f"lead_id,outcome,value\n{LEAD},won,4200\n")
    assert [one.value for one in read(ran, own)] == [4200]


def test_export_that_nobody_filled_in_is_told_what_it_lacks(ran: Company) -> None:
    with pytest.raises(SettingsError, match="no column 'outcome'") as caught:
        read(ran, exported(ran, "leads", ".xlsx"))
    assert caught.value.mend == "add a column `outcome`"


def test_times_of_a_workbook_are_those_of_the_company(ran: Company) -> None:
    file = exported(ran, "leads", ".xlsx")
    at = datetime(2026, 11, 5, 10)  # noqa: DTZ001 - a cell has no zone
    (one,) = read(ran, filled_in(file, {"outcome": {LEAD: "won"}, "decided_at": {LEAD: at}}))
    assert one.decided_at == datetime(2026, 11, 5, 9, tzinfo=UTC)


def test_what_is_no_workbook_is_refused_with_a_mend(ran: Company) -> None:
    file = ran.folder / "leads.xlsx"
    file.write_text(f"id,outcome\n{LEAD},won\n")
    with pytest.raises(SettingsError, match="no workbook") as caught:
        read(ran, file)
    assert ".xlsx" in caught.value.mend


def test_row_of_a_workbook_that_cannot_be_used_is_named(ran: Company) -> None:
    file = filled_in(exported(ran, "leads", ".xlsx"), {"outcome": {LEAD: "wonn"}})
    with pytest.raises(SettingsError, match=r"line \d+: outcome: 'wonn' .*did you mean 'won'"):
        read(ran, file)


def test_words_of_people_stand_for_outcomes_that_there_are() -> None:
    known = {one for some in OUTCOMES.values() for one in some}
    assert set(words().values()) <= known
    assert not known & set(words())
    assert "afgewezen" not in words()  # lost to some, no lead at all to others
