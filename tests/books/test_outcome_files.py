"""Files of outcomes: taken whole or not at all, each line that cannot be used named."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.compute as pc
import pytest

from pipeline import retention
from pipeline.books import add, outcome_files
from pipeline.books.outcome_files import BOOK, Outcome
from pipeline.errors import ContractError, SettingsError
from tests.commands import engage
from tests.conftest import FIRST, LAST, NOW, Company

LEAD, COMPLAINT, IDEA, THEME = "lead:shop:4", "complaint:shop:1", "idea:shop:5", "theme:shop:5"


def written(company: Company, text: str, name: str = "outcomes.csv") -> Path:
    file = company.folder / name
    file.write_text(text, encoding="utf-8")
    return file


def read(company: Company, text: str, name: str = "outcomes.csv") -> list[Outcome]:
    return outcome_files.read(written(company, text, name), company.lake, NOW, UTC).outcomes


def unread(company: Company, text: str, name: str = "outcomes.csv") -> list[str]:
    said: list[str] = []
    outcome_files.read(written(company, text, name), company.lake, NOW, UTC, said.append)
    return said


def test_csv_and_json_lines_say_the_same(ran: Company) -> None:
    csv = read(
        ran,
        "opportunity_id;outcome;value;decided_at;decided_by\r\n"
        f"{LEAD};Won;4200.50;2026-11-05T11:00:00+01:00;Noor\r\n\r\n{THEME};planned;;;\r\n",
    )
    lines = (
        f'{{"id": "{LEAD}", "outcome": "won", "value": 4200.50, "by": "Noor", '
        '"at": "2026-11-05T10:00:00Z", "stage": "closed"}\n'
        f'\n{{"id": "{THEME}", "outcome": "planned", "value": null}}\n'
    )
    assert csv == read(ran, lines, "outcomes.jsonl")
    at = datetime(2026, 11, 5, 10, tzinfo=UTC)
    assert csv[0] == Outcome(LEAD, "lead", "won", None, 4200.5, "Noor", at)
    assert (csv[0].message_id, csv[0].source, csv[0].department) == ("shop:4", "shop", "sales")
    assert (csv[1].message_id, csv[1].source, csv[1].department) == ("shop:5", "shop", "product")


def test_blank_lines_above_the_header_hide_neither_columns_nor_lines(ran: Company) -> None:
    (one,) = read(ran, f"\n \nopportunity_id;outcome;reason\n{LEAD};lost;te duur, zei zij\n")
    assert (one.outcome, one.reason) == ("lost", "te duur, zei zij")
    with pytest.raises(SettingsError, match=r"outcomes\.csv:3: there is no column 'outcome'"):
        read(ran, f"\n\nopportunity_id;uitkomst van alles\n{LEAD};lost\n")


def test_error_about_a_header_that_is_not_there_tells_nothing_of_the_first_record(
    ran: Company,
) -> None:
    with pytest.raises(SettingsError, match="no column 'opportunity_id'") as caught:
        read(ran, f"{LEAD},rejected,Mevrouw De Boer wilde niet,2026-11-05\n")
    assert "boer" not in f"{caught.value} {caught.value.mend}".lower()


def test_half_a_character_is_named_with_its_line(ran: Company) -> None:
    text = f'\n{{"id": "{LEAD}", "outcome": "lost", "reason": "te duur \\ud83d"}}\n'
    with pytest.raises(SettingsError, match=r"jsonl:2: 'reason' holds half a character"):
        read(ran, text, "outcomes.jsonl")
    (one,) = read(ran, text.replace("ud83d", "ud83d\\ude22"), "outcomes.jsonl")
    assert one.reason == "te duur 😢"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Klant geworden", "won"),
        ("offerte gestuurd", "contacted"),
        ("Teruggebeld", "contacted"),
        ("niet doorgegaan", "lost"),
    ],
)
def test_outcome_may_be_said_as_sales_does(ran: Company, said: str, outcome: str) -> None:
    assert read(ran, f"id,outcome\n{LEAD},{said}\n")[0].outcome == outcome


@pytest.mark.parametrize(
    ("line", "what", "mend"),
    [
        ("lead:shop:99,won", "opportunity_id: there is no 'lead:shop:99'", "column lead_id"),
        ("shop:4,won", "opportunity_id: there is no 'shop:4'", "begin with lead:"),
        (f"{LEAD},wonn", "outcome: 'wonn' is not an outcome of a lead", "did you mean 'won'?"),
        (f"{LEAD},,phoned", "outcome: '' is not an outcome of a lead", "known: contacted"),
        (f"{LEAD},,,50", "outcome: '' is not an outcome of a lead", "known: contacted"),
        (f"{LEAD},afgewezen", "'afgewezen' is not an outcome of a lead", "known: contacted"),
        (f"{COMPLAINT},won", "outcome: 'won' is not an outcome of a complaint", "solved"),
        (f"{THEME},rejected,no", "'rejected' is not an outcome of a theme", "declined"),
        (f"{LEAD},rejected", "reason: a rejection says no reason", "what is wrong"),
        (f"{LEAD},lost,,50", "value: 'lost' has a value", "only what is won"),
        (f'{LEAD},won,,"4.200,-"', "value: '4.200,-' is not an amount", "digits, and a point"),
        (f"{LEAD},won,,-5", "value: '-5' is not an amount", "digits, and a point"),
        (f"{LEAD},won,,nan", "value: 'nan' is not an amount", "digits, and a point"),
        (f"{LEAD},won,,4.200", "value: '4.200' is not an amount", "only before cents"),
        (f"{LEAD},won,,1.200.000", "value: '1.200.000' is not an amount", "only before cents"),
        (f'{LEAD},won,,"4,200"', "value: '4,200' is not an amount", "only before cents"),
        (f"{LEAD},won,,€ 4.200", "value: '€ 4.200' is not an amount", "only before cents"),
        (f'{LEAD},won,,"42.00,50"', "value: '42.00,50' is not an amount", "only before cents"),
        (f"{LEAD},won,,1_000", "value: '1_000' is not an amount", "only before cents"),
        (f"{LEAD},won,,1e3", "value: '1e3' is not an amount", "only before cents"),
        (f"{LEAD},won,,.5", "value: '.5' is not an amount", "only before cents"),
        (f"{LEAD},won,,٤٢٠٠", "value: '٤٢٠٠' is not an amount", "only before cents"),
        (f"{LEAD},won,,,gisteren", "decided_at: 'gisteren' is not a time", "2026-11-02T10:00Z"),
        (f"{LEAD},won,,,2026-11-05", "decided_at: the time 2026-11-05 says no zone", "with Z"),
        (f"{LEAD},won,,,2027-01-01T10:00Z", "decided_at: the time", "yet to come"),
        (f"{LEAD},won,,,2026-11-01T10:00Z", "is before it was opened, 2026-11-03", "the decision"),
        (f"{COMPLAINT},contacted", "outcome: not what line 2 says", "keep the one"),
        (f"{COMPLAINT},solved,phoned", "reason, value or decided_by: not what line 2", "keep"),
    ],
)
def test_line_that_cannot_be_used_is_named_with_column_and_mend(
    ran: Company, line: str, what: str, mend: str
) -> None:
    head = f"opportunity_id,outcome,reason,value,decided_at,decided_by\n{COMPLAINT},solved\n"
    with pytest.raises(SettingsError) as caught:
        read(ran, head + line + "\n")
    assert "line 3: " in caught.value.what
    assert what in caught.value.what
    assert mend in caught.value.what
    assert not ran.lake.partitions("outcomes")


@pytest.mark.parametrize(
    ("name", "text", "where", "what"),
    [
        ("a.csv", "id,stage\nlead:shop:4,won\n", ":1", "no column 'outcome'"),
        ("a.csv", 'id,outcome\n"lead:shop:4,won\n', ":2", "a quote is opened"),
        ("a.csv", "id,outcome\nlead:shop:4,won,36000\n", ":2", "3 cells where there are 2 col"),
        ("a.csv", "id;outcome\n\nlead:shop:4;won;;extra\n", ":3", "4 cells where there are 2 col"),
        ("a.jsonl", '{"id": "lead:shop:4"}\n', ":1", "no column 'outcome'"),
        ("a.jsonl", '{"id": "lead:shop:4", "outcome": "won"}\n{\n', ":2", "not valid JSON"),
        ("a.jsonl", '["lead:shop:4", "won"]\n', ":1", "not a JSON object"),
        ("a.jsonl", '{"id": "lead:shop:4", "outcome": ["won"]}\n', ":1", "more than one value"),
    ],
)
def test_file_of_another_form_is_refused_at_its_line(
    ran: Company, name: str, text: str, where: str, what: str
) -> None:
    with pytest.raises(SettingsError, match=what) as caught:
        read(ran, text, name)
    assert str(caught.value.where).endswith(name + where)


def test_amount_is_read_in_whole_units_or_to_the_cent(ran: Company) -> None:
    head = "id,outcome,value\n"
    for text, value in [("4200", 4200), ("1250.5", 1250.5), ("0.99", 0.99), ("0", 0)]:
        assert read(ran, f"{head}{LEAD},won,{text}\n")[0].value == value
    amounts = [("1250,50", 1250.5), ("4.200,50", 4200.5), ("€ 1.250.000,05", 1_250_000.05)]
    for text, value in [*amounts, ("€ 4200", 4200), ("€4,200.50", 4200.5), ("0,99", 0.99)]:
        dutch = f"\ufeffopportunity_id;outcome;value\r\n{LEAD};won;{text}\r\n"
        assert read(ran, dutch)[0].value == value


@pytest.mark.parametrize(
    ("first", "mark"), [("sep=;", ";"), ("SEP=,", ","), ('"sep=;"', ";"), ("sep=\t", "\t")]
)
def test_first_line_may_say_how_the_file_is_split(ran: Company, first: str, mark: str) -> None:
    text = f"\ufeff{first}\r\nid,outcome\r\n{LEAD},won\r\n".replace(",", mark)
    text = text.replace(f"{first.replace(',', mark)}\r", f"{first}\r")
    assert read(ran, text)[0].outcome == "won"
    with pytest.raises(SettingsError, match="line 4: "):
        read(ran, text + f"{LEAD}{mark}wonn\r\n")


def test_cells_that_say_nothing_may_stand_behind_the_last_column(ran: Company) -> None:
    (one,) = read(ran, f"id,outcome\n{LEAD},won,, \n")
    assert one.outcome == "won"


def test_columns_that_are_not_read_are_told_with_the_nearest_name(ran: Company) -> None:
    known = "known: decided_at, decided_by, opportunity_id, outcome, reason, value"
    csv = f"opportunity_id;outcome;korting;reasn;\n{LEAD};won;4200;;\n"
    assert unread(ran, csv) == [
        f"the column 'korting' is not read ({known})",
        f"the column 'reasn' is not read (did you mean 'reason'? {known})",
    ]
    lines = f'{{"id": "{LEAD}", "outcome": "won", "stage": 3}}\n'
    assert unread(ran, lines, "a.jsonl") == [f"the column 'stage' is not read ({known})"]
    assert unread(ran, f"id,outcome,value,at,by\n{LEAD},won,4200,,Noor\n") == []
    done = engage("outcome", str(written(ran, csv)))
    assert f"warning: the column 'korting' is not read ({known})" in done.stderr
    assert done.stdout.startswith("1 outcome added")


def test_theme_of_a_further_wish_is_about_the_message_that_says_it(ran: Company) -> None:
    for partition in ran.lake.partitions("idea_themes"):
        held = ran.lake.read_partition("idea_themes", partition)
        further = pc.replace_substring(held["theme_id"], THEME, f"{THEME}~30")
        at = held.schema.get_field_index("theme_id")
        rows = held.set_column(at, held.schema.field(at), further)
        ran.lake.write("idea_themes", partition, rows)
    (one,) = read(ran, f"id,outcome\n{THEME}~30,planned\n")
    assert (one.message_id, one.source) == ("shop:5", "shop")


def test_same_file_twice_changes_nothing(ran: Company) -> None:
    text = f"id,outcome,reason\n{LEAD},won,\n{COMPLAINT},rejected,bel mij op 06-12345678\n"
    file = written(ran, text)
    first = engage("outcome", str(file))
    before = ran.checksums()
    again = engage("outcome", str(file))
    assert first.exit_code == again.exit_code == 0
    assert first.output.startswith("2 outcomes added, 0 known before")
    assert again.output == "no outcomes added, 2 known before\n"
    assert ran.checksums() == before
    (reason,) = {row["reason"] for row in ran.rows("outcomes")} - {None}
    assert "06-12345678" not in reason


def test_what_is_gone_from_the_tables_can_be_said_again(ran: Company) -> None:
    file = written(ran, f"id,outcome,reason\n{IDEA},rejected,een vraag\n")
    engage("outcome", str(file))
    ran.run(FIRST, LAST)
    assert "shop:5" not in ran.column("ideas", "message_id", "idea_id")
    assert engage("outcome", str(file)).output == "no outcomes added, 1 known before\n"


def test_overruled_line_of_an_old_file_is_told(ran: Company) -> None:
    file = written(ran, f"id,outcome\n{LEAD},contacted\n")
    engage("outcome", str(file))
    engage("outcome", str(written(ran, f"id,outcome\n{LEAD},lost\n", "later.csv")))
    assert "1 of these were overruled since" in engage("outcome", str(file)).output
    assert [row["outcome"] for row in ran.rows("outcomes")].count("contacted") == 1


def test_row_without_a_time_says_nothing_new_beside_the_same_row_with_one(ran: Company) -> None:
    rows = f"{LEAD},won,2026-11-05T10:00Z\n{LEAD},lost,2026-11-05T11:00Z\n{LEAD},won,\n"
    said = read(ran, f"opportunity_id,outcome,decided_at\n{rows}")
    added = add(ran.lake, BOOK, said, NOW)
    assert (added.new, added.known, added.overruled) == (2, 1, 1)


def test_other_outcome_of_the_same_moment_is_refused_by_name(ran: Company) -> None:
    at = datetime(2026, 11, 5, tzinfo=UTC)
    (one,) = read(ran, f"id,outcome,at\n{LEAD},won,2026-11-05T00:00Z\n")
    add(ran.lake, BOOK, [one], NOW)
    (other,) = read(ran, f"id,outcome,at\n{LEAD},lost,2026-11-05T00:00Z\n")
    before = ran.checksums()
    with pytest.raises(SettingsError, match="another row about lead:shop:4 has the time") as caught:
        add(ran.lake, BOOK, [other], NOW)
    assert str(at) in caught.value.what
    assert ran.checksums() == before


def test_row_that_breaks_the_contract_stops_all_of_them(ran: Company) -> None:
    good, bad = read(ran, f"id,outcome\n{LEAD},won\n{COMPLAINT},solved\n")
    broken = Outcome(**{**vars(bad), "outcome": "forgotten"})
    with pytest.raises(ContractError, match="1 of 2 rows break it"):
        add(ran.lake, BOOK, [good, broken], NOW)
    assert not ran.lake.partitions("outcomes")


def test_old_file_brings_back_no_reason_of_somebody_who_is_forgotten(ran: Company) -> None:
    text = f"id,outcome,reason\n{LEAD},rejected,Roos belde af\n{COMPLAINT},rejected,geen klacht\n"
    add(ran.lake, BOOK, read(ran, text)[:1], NOW)
    for message in ("shop:4", "shop:1"):
        who = retention.asked(ran.settings, "shop", message=message)
        retention.forget(ran.settings, who, NOW.date())
    assert add(ran.lake, BOOK, read(ran, text), NOW).new == 0
    assert ran.lake.read("outcomes")["reason"].to_pylist() == [None]
    assert unread(ran, text) == [
        "1 line is about a message that nobody may know of any more: passed over"
    ], "the complaint is in no table; the file is taken none the less"
