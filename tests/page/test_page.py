"""The page: one file, no script, nothing loaded, text as text, in two languages."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from pipeline import page
from pipeline.errors import SettingsError
from pipeline.opportunities.advice import UNTOLD
from pipeline.page.words import Words
from pipeline.report._alerts import KINDS
from pipeline.settings import DEPARTMENTS
from pipeline.text import groups
from tests.commands import engage
from tests.conftest import Company
from tests.page.made import DAY, HOSTILE, NOW, hostile, write, written

WORDS = Path(page.__file__).parent / "words.toml"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return hostile(Company(tmp_path_factory.mktemp("hostile")))


@pytest.fixture(scope="module")
def html(company: Company) -> str:
    return written(company)


@pytest.fixture
def tree(html: str) -> Any:
    return lxml.html.document_fromstring(html)


def test_text_of_messages_is_text_wherever_it_stands(html: str, tree: Any) -> None:
    assert "<script" not in html.lower()
    assert not tree.xpath("//script | //img | //iframe | //object | //link | //form")
    assert not tree.xpath("//@*[starts-with(name(), 'on')]")
    shown = tree.text_content()
    assert shown.count("<script>alert(1)</script>") >= 10
    assert not tree.xpath("//a[@href]")


def test_policy_allows_the_one_sheet_and_nothing_else(html: str, tree: Any) -> None:
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (sheet,) = tree.xpath("//style/text()")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not tree.xpath("//@style")
    addresses = set(re.findall(r"https?://[^\s\"<]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_page_can_be_read_without_eyes(tree: Any) -> None:
    levels = [int(one.tag[1]) for one in tree.xpath("//h1 | //h2 | //h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(one.get("aria-label") for one in tree.xpath("//figure"))
    assert all(one.get("aria-hidden") == "true" for one in tree.xpath("//*[local-name()='svg']"))
    assert all(one.get("scope") for one in tree.xpath("//th"))
    names = tree.xpath("//@id")
    assert len(names) == len(set(names))


def test_charts_follow_light_and_dark(html: str, tree: Any) -> None:
    drawn = tree.xpath("//*[local-name()='svg']")
    assert len(drawn) == 4
    used = set(re.findall(r"var\((--\w+)\)", html))
    for scheme in ("light", "dark"):
        sheet = tree.xpath("//style/text()")[0]
        block = sheet.split("@media (prefers-color-scheme: dark)")[scheme == "dark"]
        assert {name for name in used if f"{name}:" not in block} == set()
    assert not re.search(r'(?:fill|stroke)="#0\d0\d0\d"', html)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(one * 2 for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_words_have_contrast_enough(scheme: int) -> None:
    sheet = (Path(page.__file__).parent / "page.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", sheet, re.S)[scheme]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block))
    for name in ("ink", "muted", "bad", "warn", "good"):
        for ground in ("paper", "panel"):
            pair = sorted((luminance(colours[name]), luminance(colours[ground])))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (name, ground)


def test_figures_are_those_of_the_lake(tree: Any) -> None:
    said = " ".join(" ".join(tree.itertext()).split())
    assert "Gewonnen € 4.200 2 gewonnen" in said
    assert "75 % Van de gehoorde berichten die iemand noemen, noemt 75 % ons." in said
    assert "9 van 10 beoordeelde rijen klopten: 90 % (60 % tot 98 % met 95 % zekerheid)." in said
    assert "Ongeveer 50 % van wat er is, wordt gevonden (40 % tot 60 %" in said
    assert "Meer klachten dan gewoonlijk" in said
    assert "1 is al te laat." in said
    assert "1 te beantwoorden, 1 te laat" in said
    assert "1 thema " in said


def test_lead_whose_need_nothing_tells_may_be_looking(tmp_path: Path) -> None:
    company = hostile(Company(tmp_path))
    (lead,) = company.rows("leads")
    told = {**lead, "need": "buy", "action_reason": "Looks for something to buy."}
    write(company.lake, "leads", {"opened_on": DAY}, told)
    assert "zoekt iets om te kopen" in written(company)
    write(company.lake, "leads", {"opened_on": DAY}, {**told, "action_reason": f"{UNTOLD}, late."})
    assert "zoekt misschien iets" in written(company)


def test_lead_that_leaves_us_is_no_newcomer_who_switches(tmp_path: Path) -> None:
    company = hostile(Company(tmp_path))
    (lead,) = company.rows("leads")
    told = {**lead, "need": "switch", "switch_direction": "to_us"}
    write(company.lake, "leads", {"opened_on": DAY}, told)
    assert "wil overstappen" in leads_of(company)
    write(company.lake, "leads", {"opened_on": DAY}, {**told, "switch_direction": "from_us"})
    assert "dreigt te vertrekken" in leads_of(company)
    assert "wil overstappen" not in leads_of(company)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("Asks for a price, budget EUR 4,200 a month, we have answered.", "€ 4.200 per maand"),
        ("Asks for a price, budget EUR 4,200.", "€ 4.200 “"),
        ("Asks for a price, budget EUR 4,200, time frame 'once a month'.", "€ 4.200 “"),
    ],
)
def test_budget_says_whether_it_is_for_a_month(tmp_path: Path, reason: str, said: str) -> None:
    company = hostile(Company(tmp_path))
    (lead,) = company.rows("leads")
    told = {**lead, "budget_currency": "EUR", "action_reason": reason}
    write(company.lake, "leads", {"opened_on": DAY}, told)
    assert f"budget {said}" in leads_of(company)


def test_amount_stays_on_one_line_with_its_sign(tmp_path: Path) -> None:
    company = hostile(Company(tmp_path))
    (lead,) = company.rows("leads")
    write(company.lake, "leads", {"opened_on": DAY}, {**lead, "budget_currency": "EUR"})
    assert "budget €\N{NO-BREAK SPACE}4.200<" in written(company)


def leads_of(company: Company) -> str:
    """What the table of leads says, with one blank between words."""
    tree = lxml.html.document_fromstring(written(company))
    return " ".join(" ".join(tree.xpath("//table[1]//tbody")[0].itertext()).split())


@pytest.mark.parametrize(
    ("language", "amounts"),
    [("nl", ["€ 7,50", "€ 4.200", "€ 1.250,05"]), ("en", ["€7.50", "€4,200", "€1,250.05"])],
)
def test_money_has_two_digits_of_cents_or_none(language: str, amounts: list[str]) -> None:
    made = [Words.of(language).money(value, "EUR") for value in (7.5, 4200.0, 1250.05)]
    assert [one.replace("\N{NO-BREAK SPACE}", " ") for one in made] == amounts


def test_number_has_a_digit_behind_the_point_below_ten_alone() -> None:
    said = [Words.of("nl").number(value) for value in (9.94, 9.96, 2.04, 7, 12.5, 1250.4)]
    assert said == ["9,9", "10", "2", "7", "12", "1.250"]


@pytest.mark.parametrize(
    ("kind", "message_id", "said"),
    [
        ("theme", "shop:1", "0 % / 50 % van de kansen met een uitkomst"),
        ("lead", "shop:0", "0 % / 50 % van de kansen met een uitkomst"),
        ("lead", "shop:1", "33 % / 50 % van de kansen met een uitkomst"),
        ("complaint", "shop:1", "66 % / 50 % van de kansen met een uitkomst"),
    ],
)
def test_outcomes_count_for_what_was_opened_in_these_weeks_and_for_no_theme(
    tmp_path: Path, kind: str, message_id: str, said: str
) -> None:
    company = hostile(Company(tmp_path))
    (lead,), (complaint,) = company.rows("leads"), company.rows("complaints")
    write(company.lake, "leads", {"opened_on": DAY}, {**lead, "message_id": "shop:1"})
    wrong = {**complaint, "message_id": "shop:1"}
    write(company.lake, "complaints", {"opened_on": DAY}, wrong, wrong)
    for at in ("contacted", "solved"):
        made = {"opportunity_kind": kind, "message_id": message_id, "opportunity_id": kind}
        write(company.lake, "outcomes", {"decided_on": DAY}, {**made, "outcome": at})
    page = lxml.html.document_fromstring(written(company)).text_content()
    assert said in " ".join(page.split())


@pytest.mark.parametrize(
    ("expected", "said"), [(0.0, "haast nooit"), (0.04, "haast nooit"), (0.05, "0,1"), (None, "–")]
)
def test_number_that_is_hardly_ever_usual_is_no_zero(
    tmp_path: Path, expected: float | None, said: str
) -> None:
    company = hostile(Company(tmp_path))
    (alert,) = company.rows("alerts")
    write(company.lake, "alerts", {"opened_on": DAY}, {**alert, "expected": expected})
    tree = lxml.html.document_fromstring(written(company))
    (row,) = tree.xpath("//tr[th[contains(., 'Meer klachten dan gewoonlijk')]]")
    assert row.xpath("td")[1].text_content() == said


def test_days_of_another_year_have_it_beside_them(tmp_path: Path) -> None:
    company = hostile(Company(tmp_path))
    (lead,) = company.rows("leads")
    due = {"respond_by": datetime(2025, 3, 9, 12, tzinfo=UTC), "deadline_state": "red"}
    write(company.lake, "leads", {"opened_on": DAY}, {**lead, **due})
    assert "9 mrt 2025 13:00" in written(company)
    assert "6 nov 2026 1" not in written(company)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"deadline_state": "green"}, "vr 6 nov 15:00"),
        ({"deadline_state": "red"}, "te laat sinds vr 6 nov 15:00"),
        ({"deadline_state": "green", "answered_at": NOW}, "vr 6 nov 15:00 · schreef opnieuw"),
    ],
)
def test_lead_says_until_when_and_that_we_owe_another_answer(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    company = hostile(Company(tmp_path))
    (lead,) = company.rows("leads")
    write(company.lake, "leads", {"opened_on": DAY}, {**lead, **changes})
    tree = lxml.html.document_fromstring(written(company))
    (shown, *_) = tree.xpath("//table[1]//tbody/tr/td[last()]")
    assert shown.text_content().strip() == said


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://shop.example/1?a=1&b=2", "https://shop.example/1?a=1&b=2"),
        (
            'http://shop.example/"onclick=alert(1) x="',
            "http://shop.example/%22onclick=alert%281%29%20x=%22",
        ),
        ("javascript:alert(1)", None),
        ("data:text/html,hoi", None),
        (None, None),
    ],
)
def test_row_links_its_message_on_the_web_else_names_it(
    tmp_path: Path, url: str | None, href: str | None
) -> None:
    company = hostile(Company(tmp_path))
    (lead,) = company.rows("leads")
    row = {**lead, "url": url, "message_id": "shop:1"}
    write(company.lake, "leads", {"opened_on": DAY}, row)
    tree = lxml.html.document_fromstring(written(company))
    links = tree.xpath("//a")
    assert [one.get("href") for one in links] == ([href] if href else [])
    assert all(one.get("rel") == "noreferrer noopener" for one in links)
    assert not tree.xpath("//@*[starts-with(name(), 'on')]")
    (said, *_) = tree.xpath("//table[1]//td[@class='said']")
    assert said.text_content().strip().endswith("open het bericht" if href else "shop:1")


def test_handle_is_shown_where_it_is_kept_as_text(tmp_path: Path) -> None:
    company = hostile(Company(tmp_path))
    (lead,), (message,) = company.rows("leads"), company.rows("messages")
    write(company.lake, "leads", {"opened_on": DAY}, {**lead, "message_id": "shop:1"})
    write(
        company.lake,
        "messages",
        {"source": "shop", "sent_on": DAY},
        {**message, "author_handle": "<b>ans</b>"},
    )
    tree = lxml.html.document_fromstring(written(company))
    (said, *_) = tree.xpath("//table[1]//td[@class='said']")
    assert "<b>ans</b> · shop:1" in " ".join(said.text_content().split())


def test_same_lake_gives_the_same_page(company: Company, html: str) -> None:
    assert written(company) == html


def test_page_speaks_the_first_language_of_the_company(company: Company, html: str) -> None:
    assert '<html lang="nl">' in html
    assert "Vandaag te doen" in html
    assert "€\N{NO-BREAK SPACE}4.200" in html
    toml = company.folder / "engage.toml"
    before = toml.read_text(encoding="utf-8")
    toml.write_text(before.replace("[company]\n", '[company]\nlanguages = ["en"]\n'), "utf-8")
    english = written(company)
    toml.write_text(before, encoding="utf-8")
    assert '<html lang="en">' in english
    assert "What to do today" in english
    assert "€4,200" in english
    assert "Vandaag" not in english


def test_dutch_page_names_every_topic_department_and_alert_in_dutch() -> None:
    listed = tomllib.loads(WORDS.read_text(encoding="utf-8"))["nl"]["term"]
    known = {*groups("topic"), *DEPARTMENTS, *KINDS}
    assert known <= listed.keys()
    # The department is no product that is spoken about.
    assert [name for name in known if "{name}" in listed[name]] == []


def test_both_languages_have_the_same_words() -> None:
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    for name in ("step", "ask", "advice"):
        assert words["nl"][name].keys() == words["en"][name].keys()
    assert words["nl"].keys() == words["en"].keys()
    # English names of topics and departments are those of the tables.
    assert words["nl"]["term"].keys() >= words["en"]["term"].keys()
    for name, text in words["en"].items():
        if isinstance(text, str):
            braces = set(re.findall(r"\{\w+\}", text))
            assert braces == set(re.findall(r"\{\w+\}", words["nl"][name])), name


def test_command_writes_the_page_and_without_a_file_prints(
    company: Company, tmp_path: Path
) -> None:
    config, file = str(company.folder / "engage.toml"), tmp_path / "out" / "r.html"
    done = engage("report", "-o", str(file), "-c", config)
    assert (done.exit_code, done.output) == (0, f"wrote {file}\n")
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert HOSTILE[:8] not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("kept", ["", "leads", "complaints", "idea_themes", "alerts"])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_page_of_a_lake_that_lacks_tables_counts_nought(
    tmp_path: Path, kept: str, language: str
) -> None:
    company = Company(tmp_path)
    toml = company.folder / "engage.toml"
    before = toml.read_text(encoding="utf-8")
    toml.write_text(before.replace("[company]\n", f'[company]\nlanguages = ["{language}"]\n'))
    hostile(company)
    for table in (company.folder / "lake").iterdir():
        if table.name not in ("messages", kept):
            shutil.rmtree(table)
    said = lxml.html.document_fromstring(written(company)).text_content()
    assert "None" not in said
    if kept != "idea_themes":
        assert ("Nog geen ideeën." if language == "nl" else "No ideas yet.") in said


def test_empty_lake_is_said_and_writes_nothing(tmp_path: Path) -> None:
    empty = Company(tmp_path)
    with pytest.raises(SettingsError, match="no messages yet"):
        page.write(empty.settings, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()
