"""The command: what people type, what they read, and the exit code a script gets."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from pipeline import __version__
from pipeline.cli import app
from pipeline.cli.explain import coloured
from pipeline.rows.tagging import TAGS
from tests.commands import engage
from tests.conftest import FIRST, LAST, Company, said
from tests.week import SHOP, opened


def commands(group: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        found.append((*above, name))
        found += commands(command, (*above, name)) if hasattr(command, "commands") else []
    return found


@pytest.mark.parametrize("words", commands(get_command(app)), ids=" ".join)
def test_every_command_has_help_that_says_what_it_does(words: tuple[str, ...]) -> None:
    result = engage(*words, "--help")
    assert result.exit_code == 0
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    assert lines[0].startswith(f"Usage: engage {' '.join(words)}")
    assert len(lines[1].split()) >= 3


def test_help_explains_the_exit_codes() -> None:
    said_codes = " ".join(engage("--help").output.split())
    for code in ("0 all is well", "2 the settings", "3 a contract", "4 try again later"):
        assert code in said_codes


def test_version_is_that_of_the_package() -> None:
    assert engage("--version").output == f"engage {__version__}\n"


def test_run_prints_a_line_per_stage_and_makes_the_tables(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    opened(company)
    result = engage("run", "--from", FIRST, "--to", LAST)
    assert result.exit_code == 0, result.output
    for stage in ("listen", "assemble", "detect", "publish", "watch"):
        assert stage in result.output
    assert len(company.rows("messages")) == 10
    assert {str(row["measured_on"]) for row in company.rows("measurements")} >= {FIRST, LAST}
    last = result.output.strip().splitlines()[-1]
    assert "export" in last
    assert "deliver" in last


def test_run_of_one_stage_runs_no_other(ran: Company) -> None:
    result = engage("run", "--from", FIRST, "--stage", "assemble")
    assert result.exit_code == 0
    assert "assemble" in result.output
    assert "listen" not in result.output
    assert ran.rows("measurements") == []
    assert engage("run", "--from", FIRST, "--stage", "measure").exit_code == 0
    assert ran.rows("measurements") != []


@pytest.mark.parametrize(
    ("words", "code", "what", "mend"),
    [
        (("run", "--from", "yesterday"), 2, "'yesterday' is not a date", "2026-11-02"),
        (
            ("run", "--from", "2026-11-05", "--to", "2026-11-02"),
            2,
            "before it starts",
            "in that order",
        ),
        (("quarantine", "list", "--source", "shp"), 2, "no source 'shp'", "shop"),
        (("quarantine", "show", "zzz"), 2, "no row with id 'zzz'", "quarantine list"),
        (("quarantine", "list", "--rule", "emty_text"), 2, "'emty_text'", "empty_text"),
        (("run", "--from", FIRST, "--stage", "detekt"), 2, "no stage 'detekt'", "detect"),
        (("sql", "select 1", "--format", "xml"), 2, "no format 'xml'", "json"),
        (("explain", "Wat kost dat?", "--lang", "en-GB"), 2, "do not know 'en-GB'", "en"),
        (("tag", "letters.docx", "-o", "out.jsonl"), 2, "'.docx' is not known", ".csv"),
        (("tag", "nowhere.csv", "-o", "out.jsonl"), 2, "cannot be read", "path"),
        (("sql", "select * from leeds"), 2, "leeds", "leads"),
        (("sql", "select prioriti from leads"), 2, "prioriti", "priority"),
        (("run", "--from", FIRST, "--config", "nowhere.toml"), 2, "cannot be read", "engage init"),
    ],
)
def test_a_mistake_is_named_with_its_mend_and_no_traceback(
    ran: Company, words: tuple[str, ...], code: int, what: str, mend: str
) -> None:
    result = engage(*words)
    assert result.exit_code == code
    assert what in result.stderr
    assert mend in result.stderr.split("mend:")[1]
    assert "Traceback" not in result.output


def test_a_mistake_in_the_settings_names_file_line_and_nearest_key(ran: Company) -> None:
    toml = ran.folder / "engage.toml"
    toml.write_text(toml.read_text().replace("competitors =", "competitor ="), encoding="utf-8")
    result = engage("check")
    assert result.exit_code == 2
    assert "engage.toml:6" in result.stderr
    assert "did you mean 'competitors'?" in result.stderr


def test_a_broken_contract_exits_with_three(ran: Company) -> None:
    blank = [said(f"x{at}", " ", "2026-11-03T10:00:00Z") for at in range(40)]
    ran.hear("shop", [*SHOP, *blank])
    result = engage("run", "--from", "2026-11-03")
    assert result.exit_code == 3
    assert "rows are rejected" in result.stderr
    assert "mend:" in result.stderr


def test_debug_shows_the_traceback(ran: Company) -> None:
    result = engage("--debug", "run", "--from", "yesterday")
    assert result.exit_code != 0
    assert "SettingsError" in repr(result.exception)


def test_sql_alone_lists_tables_and_columns(ran: Company) -> None:
    output = engage("sql", "--format", "csv").stdout
    assert "leads,priority," in output
    assert {line.split(",")[0] for line in output.splitlines()[1:]} >= {"messages", "runs"}


def test_sql_answers_in_json(ran: Company) -> None:
    answer = engage("sql", "--format", "json", "select count(*) as n from messages")
    assert json.loads(answer.stdout) == [{"n": 10}]


def test_check_finds_nothing_wrong_with_a_good_lake(ran: Company) -> None:
    result = engage("check")
    assert result.exit_code == 0, result.output
    assert "no problems" in result.output
    assert "table leads" in result.output


def test_check_names_each_problem_with_its_mend(ran: Company) -> None:
    (ran.folder / "town.jsonl").unlink()
    damaged = next((ran.folder / "lake" / "messages").rglob("*.parquet"))
    damaged.write_bytes(b"not parquet")
    result = engage("check")
    assert result.exit_code == 3
    assert "FAIL  source town" in result.output
    assert damaged.parent.name in result.output
    assert result.output.count("mend:") >= 3  # the two, and the warning on pseudonyms
    assert "2 problems" in result.output


def test_quarantine_lists_shows_and_replays(ran: Company) -> None:
    listed = engage("quarantine", "list")
    assert "empty_text" in listed.output
    assert "shop.jsonl:8" in listed.output and "shop.jsonl:9" in listed.output
    of_rule = engage("quarantine", "list", "--rule", "empty_text").output
    assert "shop.jsonl:8" in of_rule and "shop.jsonl:9" not in of_rule
    (row,) = [one for one in ran.rows("quarantine") if one["rule_id"] == "empty_text"]
    shown = engage("quarantine", "show", row["quarantine_id"][:12])
    assert "shop.jsonl:8" in shown.output
    text = said("8", "Nu staat hier tekst.", "2026-11-05T08:00:00Z", "eef")
    mended = [text if isinstance(one, dict) and one["id"] == "8" else one for one in SHOP]
    ran.hear("shop", mended)
    replayed = engage("quarantine", "replay")
    assert replayed.exit_code == 0, replayed.output
    assert "1 released, 2 remain, 0 newly rejected" in replayed.output
    assert "Nu staat hier tekst." in ran.column("messages", "message_id", "text").values()
    assert all(one["replayed_at"] is not None for one in ran.rows("quarantine"))


def test_replay_measures_the_days_that_it_changed(ran: Company) -> None:
    assert engage("measure").exit_code == 0
    text = said("8", "Nu staat hier tekst.", "2026-11-05T08:00:00Z", "eef")
    mended = [text if isinstance(one, dict) and one["id"] == "8" else one for one in SHOP]
    ran.hear("shop", mended)
    before = ran.rows("measurements")
    assert engage("quarantine", "replay").exit_code == 0
    replayed = ran.rows("measurements")
    assert engage("measure").exit_code == 0
    assert replayed == ran.rows("measurements") != before


def test_replay_leaves_rows_of_a_source_that_is_gone_and_says_so(ran: Company) -> None:
    toml = ran.folder / "engage.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('name = "shop"', 'name = "store"'))
    (gone, others) = (
        [one for one in ran.rows("quarantine") if (one["source"] == "shop") == is_gone]
        for is_gone in (True, False)
    )
    replayed = engage("quarantine", "replay")
    assert replayed.exit_code == 0, replayed.output
    assert f"{len(others)} read again" in replayed.output
    assert f"{len(gone)} row" in replayed.output
    assert "no longer in the settings: not read again" in replayed.output
    left = [one for one in ran.rows("quarantine") if one["source"] == "shop"]
    assert [one["replayed_at"] for one in left] == [None] * len(gone)
    assert gone


def test_report_reads_like_a_morning(ran: Company) -> None:
    output = engage("report").output
    for head in (
        "What came in",
        "What was rejected",
        "What went out",
        "leads",
        "Complaints due",
        "Ideas",
        "Where it is",
    ):
        assert head in output


def test_report_of_an_empty_lake_says_what_to_do(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    result = engage("report")
    assert result.exit_code == 2
    assert "engage run" in result.stderr


def test_init_writes_settings_that_check_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mail.jsonl").write_text(json.dumps(said("1", "Goedemorgen")) + "\n")
    answers = "Molenaar\nMolenbrood\nBakkerij Zon\nmolenaar\nmail.jsonl\n"
    result = engage("init", stdin=answers)
    assert result.exit_code == 0, result.output
    assert engage("check", "--config", "engage.toml").exit_code == 0
    again = engage("init", stdin=answers)
    assert again.exit_code == 2
    assert "already there" in again.stderr


def test_no_text_or_handle_reaches_the_log(ran: Company) -> None:
    result = engage("run", "--from", FIRST, "--to", LAST)
    assert result.exit_code == 0
    assert "beschimmeld" not in result.output
    assert "ans" not in result.output.split()


@pytest.mark.parametrize(
    "words",
    [("runn",), ("run",), ("run", "--form", FIRST), ("quarantine", "lst"), ("tag",)],
    ids=" ".join,
)
def test_wrong_words_are_answered_with_the_usage(words: tuple[str, ...]) -> None:
    result = engage(*words)
    assert result.exit_code == 2
    assert "Usage: engage" in result.stderr
    assert "--help" in result.stderr
    assert "Traceback" not in result.output


def test_command_alone_says_how_to_begin() -> None:
    said_first = " ".join(engage().output.split())
    assert "engage tag FILE -o OUT" in said_first
    assert "engage init, engage check, then engage run" in said_first


def test_first_settings_are_asked_until_they_make_sense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mail.csv").write_text("Nummer;Datum;Klant;Bericht\n")
    result = engage("init", stdin="\nMolenaar\n\n\n\n\n.\nfoto.png\nmail.csv\n")
    assert result.exit_code == 0, result.output
    for said_back in ("needs a name", "give a file with", "is a folder", "ends in .jsonl"):
        assert said_back in result.stderr
    assert "source mail, read as csv: mail.csv" in result.stdout
    assert "sent_at = Datum" in result.stdout
    assert result.stdout.endswith("now run: engage check -c engage.toml\n")


def test_answers_that_stop_halfway_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = engage("init", stdin="Molenaar\n")
    assert result.exit_code == 130
    assert "stopped" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_run_that_is_interrupted_says_so_without_a_traceback(
    ran: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.stages.run", interrupted)
    result = engage("run", "--from", FIRST)
    assert result.exit_code == 130
    assert result.stderr.endswith("stopped; nothing is half written\n")


def test_tag_says_what_it_found_and_what_it_could_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "Wij zoeken een bakker die elke maandag 40 broodjes levert, kunt u een offerte sturen?"
    rows = [{"text": text}, {"text": ""}]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = engage("tag", "in.jsonl", "-o", "out.jsonl")
    assert result.exit_code == 0, result.output
    assert "1 of 2 rows tagged into out.jsonl: 1 lead, no complaints, no ideas" in result.stdout
    assert "1 could not be read; the column error says why" in result.stdout
    assert len(Path("out.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_export_says_what_changed_and_where_it_is(ran: Company) -> None:
    result = engage("export")
    assert result.exit_code == 0
    assert "exported leads 2026-11-03: 1 row\n" in result.stdout
    assert str(ran.folder / "exports") in result.stdout
    assert engage("export").stdout.startswith("no partitions changed")


def test_output_that_nobody_reads_to_the_end_is_no_error(ran: Company) -> None:
    import subprocess
    import sys

    command = f"{sys.executable} -m pipeline sql --format csv | head -n 1"
    root = Path(__file__).parent.parent
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=root,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_explained_weights_add_up_to_the_logit_of_each_tag() -> None:
    text = "Wij zoeken een nieuwe leverancier van koffie. Wat kost dat?"
    result = engage("explain", text)
    assert result.exit_code == 0, result.output
    assert re.search(r"^lead: (0\.[89]\d|1\.00)\d, detected", result.output, re.MULTILINE)
    weights: list[float] = []
    logits = 0
    for line in result.output.splitlines():
        first, kind, *words = [*line.split(), "", ""]
        if kind == "logit":
            # Weights are printed with three digits.
            assert sum(weights) == pytest.approx(float(first), abs=0.001 * len(weights))
            weights, logits = [], logits + 1
        elif first[:1] in ("+", "-"):
            weights.append(float(first))
            assert " ".join(word for word in words if word) in text
    assert logits == len(TAGS)


@pytest.mark.parametrize(
    "text", ["", "👍", "Ik bin sehr unzufrieden mit dieser Lieferung, Frechheit"]
)
def test_a_text_in_no_known_language_is_explained_but_never_tagged(text: str) -> None:
    result = engage("explain", text)
    assert result.exit_code == 0, result.output
    assert "never tagged" in result.output
    assert "not known" in result.output
    assert ", detected (" not in result.output


def test_a_dash_explains_what_stands_on_standard_input() -> None:
    text = "Kunnen jullie een offerte sturen?"
    given = engage("explain", "-", stdin=f"{text}\n")
    assert given.output == engage("explain", text).output
    assert "cue:asks_for_quote" in given.output


@pytest.mark.parametrize(("text", "stdin"), [("-", b"caf\xe9"), ("caf\udce9", b"")])
def test_a_text_that_is_not_utf8_is_refused(text: str, stdin: bytes) -> None:
    result = engage("explain", text, stdin=stdin)
    assert result.exit_code == 2
    assert "error: TEXT: the text is not UTF-8" in result.output


def test_each_letter_of_a_text_has_the_colour_of_the_weightiest_part_there() -> None:
    parts = [{"start": 4, "end": 9, "weight": 1.0}, {"start": 7, "end": 8, "weight": -2.0}]
    made = coloured("een\nofferte", parts)
    spans = [(made.plain[one.start : one.end], one.style) for one in made.spans]
    assert made.plain == "een offerte"
    assert spans == [("off", "green"), ("e", "red"), ("r", "green")]


def test_explained_text_is_shown_as_text_and_not_as_mark_up() -> None:
    result = engage(
        "explain", "[red]Waar kan ik[/red] een offerte \x1b[31mkrijgen?", "--lang", "nl"
    )
    assert "[red]Waar kan ik[/red] een offerte [31mkrijgen?" in result.output
    assert "\x1b" not in result.output
