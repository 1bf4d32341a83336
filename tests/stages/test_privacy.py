"""A run over messages full of personal data: none of it is written, shown or logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest

from pipeline.storage import Lake
from tests.commands import engage
from tests.conftest import FIRST, LAST, Company, said

KEY = "kelder-molensteen-7b1d-zolder-vlag-2f"
AUTHOR = "fleur_bakker88"
PERSONAL = {
    "mail": "fleur.bakker@voorbeeld.example",
    "phone": "06-41227390",
    "iban": "NL54 ABNA 8364 5320 09",
    "card": "4456 7143 0692 4025",
    "national number": "155386840",
    "address": "3581 KV 12",
    "plate": "GX-482-K",
    "ip": "203.0.113.84",
    "name": "Fleur Bakker",
}
SECRETS = (*PERSONAL.values(), AUTHOR, "andere_klant7", KEY, "beschimmeld")
TEXT = (
    "Het brood was beschimmeld @andere_klant7! Mail {mail}, bel {phone}, stort op {iban}, betaald "
    "met {card}, bsn {national number}, ik woon op {address}, mijn auto is {plate} en ik zit op "
    "{ip}. Groet, {name}"
).format(**PERSONAL)
CLEAN = (
    "Het brood was beschimmeld @user! Mail [mail], bel [phone], stort op [iban], betaald met "
    "[card], bsn [national number], ik woon op [address], mijn auto is [plate] en ik zit op [ip]. "
    "Groet, [name]"
)


@pytest.fixture
def told(company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company that heard everything once, well and badly, in lines and in a table."""
    settings = company.folder / "engage.toml"
    text = settings.read_text() + '[privacy]\nauthor_key_env = "MILL_KEY"\n'
    text += '[[sources]]\nname = "desk"\ntype = "csv"\npath = "desk.csv"\n'
    settings.write_text(text)
    monkeypatch.setenv("MILL_KEY", KEY)
    monkeypatch.setenv("ENGAGE_SETTINGS", str(settings))
    broken = json.dumps(said("3", TEXT, author=AUTHOR))[:-9]
    company.hear(
        "shop",
        [
            said("1", TEXT, author=AUTHOR, url=f"https://forum.example/@{AUTHOR}/1"),
            said("2", TEXT, "gisteren", AUTHOR, subject=f"Van {PERSONAL['mail']}"),
            broken,
        ],
    )
    (company.folder / "desk.csv").write_text(
        "native_id,sent_at,author,text\n"
        f'a,2026-11-02T10:00:00Z,{AUTHOR},"{TEXT}"\n'
        f'b,gisteren,{AUTHOR},"{TEXT}"\n'
    )
    return company


def whole_lake(company: Company) -> str:
    lake = Lake(company.settings.lake_location)
    tables = sorted(one.name for one in (company.folder / "lake").iterdir() if one.is_dir())
    rows = {table: lake.read(table).to_pylist() for table in tables}
    assert {"messages", "quarantine", "detections", "runs"} <= set(rows)
    return json.dumps(rows, default=str, ensure_ascii=False)


def test_lake_holds_nothing_personal_and_no_key(
    told: Company, made: Callable[..., Company]
) -> None:
    made(told)
    assert list(told.column("messages", "message_id", "text").values()) == [CLEAN, CLEAN]
    held = whole_lake(told)
    assert [secret for secret in SECRETS[:-1] if secret.lower() in held.lower()] == []
    exported = [file for file in told.folder.rglob("*") if file.suffix in (".csv", ".xlsx")]
    assert [file.name for file in exported] == ["desk.csv"]


@pytest.mark.parametrize("keeps", [False, True])
def test_link_that_names_the_author_is_kept_only_where_handles_are(
    company: Company, *, keeps: bool
) -> None:
    settings = company.folder / "engage.toml"
    text = settings.read_text() + f"[privacy]\nkeep_handles = {str(keeps).lower()}\n"
    settings.write_text(text)
    named = "https://forum.example/@{}/1"
    company.hear(
        "shop",
        [
            said("1", "Lamp stuk", author="@Noor.88", url=named.format("noor.88")),
            said(
                "2",
                "Kast stuk",
                author="noor.88",
                url="https://forum.example/2?by=j@x.example&page=2",
            ),
            said("3", "Vervelend!", author="molenaar", url=named.format("molenaar")),
        ],
    )
    company.run(FIRST, stages=("listen",))
    assert company.column("messages", "message_id", "url") == {
        "shop:1": named.format("noor.88") if keeps else None,
        "shop:2": "https://forum.example/2?page=2",
        "shop:3": named.format("molenaar"),
    }


def test_quarantine_shows_the_record_without_the_person_and_where_it_came_from(
    told: Company, made: Callable[..., Company]
) -> None:
    made(told)
    rows = {row["origin"]: row for row in told.rows("quarantine")}
    assert {origin: row["rule_id"] for origin, row in rows.items()} == {
        "shop.jsonl:2": "unreadable_time",
        "shop.jsonl:3": "invalid_json",
        "desk.csv:3": "unreadable_time",
    }
    for row in rows.values():
        assert CLEAN[:60] in row["raw"]
        assert "@user" in row["raw"].replace("@user!", "")
    assert rows["shop.jsonl:2"]["value"] == "gisteren"


def test_replay_reads_the_origin_again_and_redacts_it_too(
    told: Company, made: Callable[..., Company]
) -> None:
    made(told)
    mended = said("2", f"Alsnog: {TEXT}", author=AUTHOR)
    told.hear("shop", [said("1", TEXT, author=AUTHOR), mended])
    replayed = engage("quarantine", "replay", "--source", "shop")
    assert replayed.exit_code == 0, replayed.output
    assert told.column("messages", "message_id", "text")["shop:2"] == f"Alsnog: {CLEAN}"
    held = whole_lake(told)
    assert [secret for secret in SECRETS[:-1] if secret.lower() in held.lower()] == []


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--from", FIRST, "--to", LAST),
        ("--debug", "run", "--from", FIRST, "--to", LAST),
        ("check",),
        ("quarantine", "list"),
        ("quarantine", "replay"),
    ],
    ids=" ".join,
)
def test_no_command_shows_or_logs_text_handle_or_key(
    told: Company,
    made: Callable[..., Company],
    words: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    made(told)
    result = engage(*words)
    assert result.exit_code == 0, result.output
    written = f"{result.output}\n{caplog.text}".lower()
    assert [secret for secret in SECRETS if secret.lower() in written] == []


def test_error_of_a_failed_run_shows_no_text_handle_or_key(
    told: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told.hear("shop", [said(f"{at}", TEXT, "gisteren", AUTHOR) for at in range(400)])
    for words in (("run",), ("--debug", "run")):
        result = engage(*words, "--from", FIRST, "--to", LAST)
        assert result.exit_code != 0
        written = f"{result.output}\n{result.exception!r}\n{caplog.text}".lower()
        assert [secret for secret in SECRETS if secret.lower() in written] == []


def test_key_that_is_not_set_is_named_and_not_shown(
    told: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MILL_KEY")
    result = engage("run", "--from", FIRST, "--to", LAST)
    assert result.exit_code == 2
    assert "MILL_KEY" in result.output


def test_day_heard_again_under_a_new_key_has_new_pseudonyms_of_the_same_people(
    told: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.hear("shop", [said(str(at), "Dank!", author=author) for at, author in enumerate("aba")])
    told.run(FIRST, LAST, stages=("listen",))
    old = told.column("messages", "message_id", "author_id")
    monkeypatch.setenv("MILL_KEY", f"{KEY} two")
    told.run(FIRST, LAST, stages=("listen",))
    new = told.column("messages", "message_id", "author_id")
    assert not set(old.values()) & set(new.values())
    for of in (old, new):
        assert of["shop:0"] == of["shop:2"] != of["shop:1"]


def test_raw_records_are_landed_nowhere(told: Company) -> None:
    told.run(FIRST, LAST)
    files = {file.relative_to(told.folder).parts[0] for file in told.folder.rglob("*")}
    assert files == {"engage.toml", "shop.jsonl", "town.jsonl", "desk.csv", "lake"}
    held = [file for file in (told.folder / "lake").rglob("*") if file.is_file()]
    assert {file.suffix for file in held if file.stat().st_size} == {".parquet"}
