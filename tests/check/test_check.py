"""`engage check`: every kind of problem is found, with its place and its mend."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest

from pipeline import contracts
from pipeline.check import Finding, findings, show
from pipeline.contracts import TABLES, contract
from pipeline.errors import FatalError, RetriableError, SettingsError
from pipeline.settings import shipped_models
from tests.conftest import NOW, Company, said

GOOD = [said("1", "Goedemorgen"), said("2", "Het brood was oud.", "2026-11-04T10:00:00Z")]


@pytest.fixture
def heard(company: Company) -> Company:
    company.hear("shop", GOOD)
    company.hear("town", GOOD)
    return company


def found(company: Company) -> dict[str, Finding]:
    toml = company.folder / "engage.toml"
    return {one.subject: one for one in findings(company.settings, toml, now=NOW)}


def problem(company: Company, subject: str) -> tuple[str, str, str]:
    """The only problem that is found: where, what and mend."""
    problems = [one for one in found(company).values() if one.is_problem]
    assert [one.subject for one in problems] == [subject]
    error = problems[0].error
    assert error is not None
    return error.where, error.what, error.mend


def change(company: Company, old: str, new: str) -> None:
    toml = company.folder / "engage.toml"
    text = toml.read_text(encoding="utf-8")
    assert old in text
    toml.write_text(text.replace(old, new), encoding="utf-8")


def test_everything_is_looked_at_in_the_order_of_a_run(heard: Company) -> None:
    subjects = list(found(heard))
    assert subjects == [
        "settings",
        "privacy",
        "calendar",
        "source shop",
        "source town",
        *(f"contract {table}" for table in TABLES),
        "models",
        "routing",
        "lake",
        "exports",
        *(f"table {table}" for table in TABLES),
    ]
    assert not any(one.is_problem for one in found(heard).values())


def test_country_without_known_holidays_is_a_problem_before_a_run(heard: Company) -> None:
    change(heard, 'name = "Molenaar"', 'name = "Molenaar"\ncalendar = {country = "XX"}')
    where, _, mend = problem(heard, "calendar")
    assert where == "company.calendar.country"
    assert "such as NL" in mend


def test_settings_are_named_with_their_file(heard: Company) -> None:
    assert found(heard)["settings"].what == f"{heard.folder / 'engage.toml'}, of Molenaar"


def test_source_tells_how_much_of_it_can_be_read_and_of_which_days(heard: Company) -> None:
    heard.hear("shop", [*GOOD, "{broken"])
    what = found(heard)["source shop"].what
    assert what.startswith("jsonl, 1 file, ")
    assert what.endswith("2 of the first 3 records can be read, of 2026-11-02 to 2026-11-04")


def test_source_without_a_record_is_no_problem(heard: Company) -> None:
    heard.hear("shop", [])
    assert found(heard)["source shop"].what == "jsonl, 1 file, no bytes; no records"


def test_only_the_first_records_of_a_source_are_read(
    heard: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.check._sources.FIRST_RECORDS", 2)
    monkeypatch.setattr("pipeline.sources.base.BATCH_ROWS", 2)
    heard.hear("shop", [said(str(at), "Hallo") for at in range(10)])
    assert "2 of the first 2 records" in found(heard)["source shop"].what


def test_missing_file_is_named_with_the_folder_it_is_looked_for_in(heard: Company) -> None:
    (heard.folder / "town.jsonl").unlink()
    where, what, mend = problem(heard, "source town")
    assert (where, what) == ("sources.town.path", "no file matches 'town.jsonl'")
    assert str(heard.folder) in mend


def test_file_that_may_not_be_read_is_named(
    heard: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(path: Path, *words: Any, **more: Any) -> Any:
        if path.name == "town.jsonl":
            raise PermissionError(13, "Permission denied")
        return opened(path, *words, **more)

    monkeypatch.setattr(Path, "open", refuse)
    where, what, mend = problem(heard, "source town")
    assert where == "sources.town: town.jsonl"
    assert "Permission denied" in what
    assert "right to read" in mend


def test_unknown_type_of_source_is_answered_with_the_nearest(heard: Company) -> None:
    change(heard, 'name = "town"\ntype = "jsonl"', 'name = "town"\ntype = "jsnl"')
    where, _, mend = problem(heard, "source town")
    assert where == "sources.town.type"
    assert "did you mean 'jsonl'?" in mend


def test_mapping_to_an_unknown_field_is_a_problem(heard: Company) -> None:
    change(heard, 'path = "town.jsonl"', 'path = "town.jsonl"\nmapping = {sentat = "x"}')
    where, what, mend = problem(heard, "source town")
    assert (where, what) == ("sources.town.mapping", "'sentat' is not a field of a message")
    assert "sent_at" in mend


def test_column_that_the_file_lacks_is_named_with_those_it_has(heard: Company) -> None:
    with (heard.folder / "town.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("id", "sent_at", "bericht"), ("1", "2026-11-02", "Hallo")])
    change(heard, 'type = "jsonl"\npath = "town.jsonl"', 'type = "csv"\npath = "town.csv"')
    where, what, mend = problem(heard, "source town")
    assert where.startswith("town.csv")
    assert "no column 'text'" in what
    assert "bericht" in mend


@pytest.mark.parametrize(
    ("changed", "rule", "mend"),
    [
        ({"sent_at": "2026-11-02 10:00"}, "naive_time", 'time_zone = "Europe/Amsterdam"'),
        ({"sent_at": None}, "missing_time", "mapping.sent_at"),
        ({"id": None}, "missing_id", "mapping.native_id"),
        ({"text": " "}, "empty_text", "mapping.text"),
        ({"sent_at": "2031-01-01T00:00:00Z"}, "future_time", "docs/sources.md"),
    ],
)
def test_source_of_which_nothing_can_be_read_is_a_problem(
    heard: Company, changed: dict[str, Any], rule: str, mend: str
) -> None:
    heard.hear("town", [{**one, **changed} for one in GOOD])
    where, what, how = problem(heard, "source town")
    assert where == "sources.town: town.jsonl:1"
    assert what == f"none of the first 2 records can be read: {rule} (2)"
    assert mend in how


def asked(company: Company, text: str) -> None:
    toml = company.folder / "engage.toml"
    toml.write_text(f'{toml.read_text()}[[queries]]\nname = "bread"\nany = ["brood"]\n{text}')


def test_examples_of_a_query_are_tried(heard: Company) -> None:
    asked(heard, 'must_match = ["Brood op"]\nmust_not_match = ["Taart op", "Lamp"]')
    one = found(heard)["query bread"]
    assert (one.what, one.is_problem) == ("3 examples as it should be", False)


def test_example_that_a_query_fails_is_named_with_its_place_and_mend(heard: Company) -> None:
    asked(heard, 'must_match = ["Brood op", "Broodje op"]')
    where, what, mend = problem(heard, "query bread")
    assert where == "engage.toml: queries.bread.must_match[2]"
    assert what == "the example does not match: `any` does not hold"
    assert mend == "add a phrase of the example to `any`"


def test_query_without_examples_is_a_warning(heard: Company) -> None:
    asked(heard, "")
    one = found(heard)["query bread"]
    assert (one.is_warning, one.is_problem) == (True, False)


def test_contract_that_cannot_be_used_is_a_problem(
    heard: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(table: str) -> contracts.Contract:
        if table == "leads":
            raise FatalError("not valid", where="leads.odcs.yaml", mend="correct it")
        return contract(table)

    monkeypatch.setattr(contracts, "contract", broken)
    one = found(heard)["contract leads"]
    assert one.is_problem
    assert found(heard)["contract ideas"].what.startswith("version ")


def test_rule_that_great_expectations_does_not_know_is_a_problem(
    heard: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = contracts.Rule("expect_colum_to_be", "text", {"column": "text"}, is_batch=False)
    known = replace(contract("leads"), table_rules=(odd,))
    monkeypatch.setattr(
        contracts, "contract", lambda table: known if table == "leads" else contract(table)
    )
    assert (
        problem(heard, "contract leads")[1] == "the rule expect_colum_to_be:text cannot be checked"
    )


@pytest.mark.parametrize("folder", ["elsewhere", "models"])
def test_models_that_are_not_there_are_a_problem(heard: Company, folder: str) -> None:
    change(heard, "[detection]", f'[detection]\nmodels = "{folder}"')
    where, _, mend = problem(heard, "models")
    assert where == str(heard.folder / folder)
    assert "detection.models" in mend
    assert "leave it out" in mend


def test_tag_without_a_model_and_model_without_a_tag_are_told(heard: Company) -> None:
    ours = heard.folder / "ours"
    for tag in ("complaint", "idea", "lead", "praise"):
        shutil.copytree(shipped_models() / tag, ours / tag)
    shutil.copytree(ours / "praise", ours / "safety")
    change(heard, "[detection]", '[detection]\nmodels = "ours"')
    warned = {name: one.error for name, one in found(heard).items() if name.startswith("tag ")}
    told = {name: (error.what, error.mend) for name, error in warned.items() if error}
    assert told["tag question"] == (
        "nothing is tagged with it: it has no model",
        "engage train --tag question",
    )
    assert told["tag safety"] == (
        "its model is not used: no detector has this tag",
        "remove its folder",
    )
    assert "tag praise" not in told
    assert not any(one.is_problem for one in found(heard).values())


def test_cues_that_were_changed_since_a_model_was_trained_are_told(heard: Company) -> None:
    ours = heard.folder / "ours"
    for tag in ("complaint", "idea", "lead"):
        shutil.copytree(shipped_models() / tag, ours / tag)
    change(heard, "[detection]", '[detection]\nmodels = "ours"')
    assert "cues" not in found(heard)
    for tag, names in (
        ("lead", ["cues of lead", "signs"]),
        ("complaint", ["signs"]),
        ("idea", None),
    ):
        file = ours / tag / "metadata.json"
        metadata = json.loads(file.read_text())
        if names:
            metadata["wording"] |= dict.fromkeys(names, "0" * 64)
        else:  # as sets were written that said nothing of it
            del metadata["wording"]
        file.write_text(json.dumps(metadata))
    told = found(heard)
    error = told["cues"].error
    assert error is not None
    assert error.what.endswith(": signs (complaint, lead); cues of lead (lead)")
    assert error.where == str(ours)
    assert "engage evaluate" in error.mend
    assert not any(one.is_problem for one in told.values())


@pytest.mark.parametrize("what", ["lake", "exports"])
def test_place_that_is_below_a_file_is_a_problem(heard: Company, what: str) -> None:
    change(heard, 'lake = "lake"', 'lake = "lake"\nexports = "exports"')
    change(heard, f'{what} = "{what}"', f'{what} = "shop.jsonl/{what}"')
    where, said_, mend = problem(heard, what)
    assert where == str(heard.folder / "shop.jsonl")
    assert "may not be written" in said_
    assert f"`{what}`" in mend


@pytest.mark.parametrize("below", ["", "/below"])
@pytest.mark.parametrize("what", ["lake", "exports"])
def test_link_that_leads_nowhere_is_a_problem(heard: Company, what: str, below: str) -> None:
    change(heard, 'lake = "lake"', 'lake = "lake"\nexports = "exports"')
    change(heard, f'{what} = "{what}"', f'{what} = "link{below}"')
    (heard.folder / "link").symlink_to(heard.folder / "unmounted")
    where, said_, mend = problem(heard, what)
    assert where == str(heard.folder / "link")
    assert said_ == f"the {what} is behind a link to what is not there"
    assert f"`{what}`" in mend
    (heard.folder / "unmounted").mkdir()
    assert not any(one.is_problem for one in found(heard).values())


def test_address_that_is_no_lake_is_a_problem_and_the_last_one(heard: Company) -> None:
    change(heard, 'lake = "lake"', 'lake = "ftp://bakery/lake"')
    where, said_, mend = problem(heard, "lake")
    assert (where, "cannot be used" in said_) == ("lake", True)
    assert "s3://" in mend


def test_object_store_that_does_not_answer_is_a_problem(
    heard: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(*_: Any) -> None:
        raise RetriableError("the object store did not answer")

    monkeypatch.setattr("pipeline.storage.Lake._files", no_answer)
    change(heard, 'lake = "lake"', 'lake = "s3://bakery/lake?region=eu-west-1"')
    problems = {name: one for name, one in found(heard).items() if one.is_problem}
    assert "did not answer" in str(problems["lake"].error)
    assert len(problems) == 1, "the tables are not blamed for it one by one"


def test_object_store_is_written_to_and_left_as_it_was(
    heard: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = pafs._MockFileSystem()
    store.create_dir("bakery/lake")
    monkeypatch.setattr("pipeline.storage.pafs", _only(store))
    change(heard, 'lake = "lake"', 'lake = "s3://bakery/lake"')
    assert found(heard)["lake"].what == "s3://bakery/lake can be read and written"
    assert store.get_file_info(pafs.FileSelector("bakery", recursive=True))[1:] == []


def _only(store: pafs.FileSystem) -> Any:
    """`pyarrow.fs` with one store at any address."""
    known = SimpleNamespace(**vars(pafs))
    known.FileSystem = SimpleNamespace(from_uri=lambda _: (store, "bakery/lake"))
    return known


def test_exports_on_an_object_store_are_a_problem(heard: Company) -> None:
    change(heard, 'lake = "lake"', 'lake = "lake"\nexports = "s3://bucket/exports"')
    where, said_, mend = problem(heard, "exports")
    assert (where, "not a folder" in said_) == ("exports", True)
    assert "folder on this machine" in mend


@pytest.fixture
def written(heard: Company) -> Company:
    schema = contract("leads").schema
    for day in ("2026-11-02", "2026-11-03"):
        row = {name: None for name in schema.names}
        heard.lake.write(
            "leads", {"opened_on": day}, pa.Table.from_pylist([row, row], schema=schema)
        )
    return heard


def test_rows_and_partitions_of_each_table_are_counted(written: Company) -> None:
    assert found(written)["table leads"].what == "4 rows in 2 partitions"
    assert found(written)["table ideas"].what == "no rows in no partitions"


def test_file_in_no_partition_is_named_and_hides_no_other_table(written: Company) -> None:
    copied = written.folder / "lake" / "leads" / "opened_on=2026-11-02 (copy)"
    shutil.copytree(written.folder / "lake" / "leads" / "opened_on=2026-11-02", copied)
    where, what, _ = problem(written, "table leads")
    assert "2026-11-02 (copy)" in where
    assert what == "this file is in no partition of its table"
    assert "table runs" in found(written)


def test_a_source_that_was_renamed_is_warned_of_until_its_folder_is_gone(company: Company) -> None:
    grave = "Ik ben het zat: drie keer gebeld, niemand belt terug en mijn geld is nog steeds weg."
    asked = said("1", grave, "2026-11-03T10:00:00Z")
    company.hear("shop", [asked])
    company.run("2026-11-02", "2026-11-06")
    assert "source shop" in found(company)
    assert found(company)["source shop"].error is None
    change(company, 'name = "shop"', 'name = "winkel"')
    ours = said("2", "We bellen u.", "2026-11-03T11:00:00Z", "molenaar", reply_to_native_id="1")
    company.hear("shop", [asked, ours])
    company.run("2026-11-02", "2026-11-06")
    warned = found(company)["source shop"]
    assert warned.is_warning
    assert warned.error is not None
    assert "messages/source=shop" in str(warned.error.mend)
    shutil.rmtree(company.folder / "lake" / "messages" / "source=shop")
    company.run("2026-11-02", "2026-11-06")
    assert "source shop" not in found(company)
    (complaint,) = company.rows("complaints")
    assert (complaint["complaint_id"], complaint["waiting_since_at"]) == (
        "complaint:winkel:1",
        None,
    )


def test_damaged_partition_is_named_with_its_day(written: Company) -> None:
    file = Path(written.lake.path("leads", {"opened_on": "2026-11-03"}))
    file.write_bytes(b"not parquet")
    where, what, mend = problem(written, "table leads")
    assert where == "leads/opened_on=2026-11-03/part-0.parquet"
    assert "cannot be read" in what
    assert "run its day again" in mend


@pytest.mark.parametrize(
    ("changed", "said_"),
    [
        (lambda rows: rows.drop_columns(["need"]), "lacks need"),
        (lambda rows: rows.append_column("mood", pa.array(["x", "y"])), "has no place for mood"),
        (lambda rows: rows.select(rows.column_names[::-1]), "a type or the order differs"),
    ],
)
def test_partition_of_another_contract_is_named_with_the_difference(
    written: Company, changed: Callable[[pa.Table], pa.Table], said_: str
) -> None:
    file = written.lake.path("leads", {"opened_on": "2026-11-03"})
    pq.write_table(changed(pq.read_table(file, partitioning=None)), file)
    where, what, _ = problem(written, "table leads")
    assert where == "leads/opened_on=2026-11-03/part-0.parquet"
    assert said_ in what


def test_partition_of_an_earlier_version_is_sound_as_it_is_read(written: Company) -> None:
    day = {"opened_on": "2026-11-03"}
    rows = pq.read_table(written.lake.path("leads", day), partitioning=None).drop_columns(["need"])
    before = {**(rows.schema.metadata or {}), b"engage.contract_version": b"0.9.0"}
    pq.write_table(rows.replace_schema_metadata(before), written.lake.path("leads", day))
    assert not found(written)["table leads"].is_problem


def test_pseudonyms_without_a_key_are_a_warning(heard: Company) -> None:
    one = found(heard)["privacy"]
    assert one.is_warning
    assert not one.is_problem
    assert one.error is not None
    assert "32 random characters" in one.error.mend


@pytest.mark.parametrize(
    ("key", "said_"), [("", "is not set"), ("short", "5 bytes and can be guessed")]
)
def test_key_that_is_missing_or_short_is_a_problem(
    heard: Company, monkeypatch: pytest.MonkeyPatch, key: str, said_: str
) -> None:
    change(heard, "[detection]", '[privacy]\nauthor_key_env = "MILL_KEY"\n[detection]')
    monkeypatch.setenv("MILL_KEY", key)
    where, what, mend = problem(heard, "privacy")
    assert said_ in what
    assert "privacy.author_key_env" in where
    assert "32 random characters" in mend


@pytest.mark.parametrize("missing", ["WHERE", "WHO"])
def test_delivery_whose_address_or_key_is_not_set_is_a_problem(
    heard: Company, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    delivery = 'name = "desk"\ntype = "webhook"\ntable = "leads"\naddress_env = "WHERE"\n'
    change(heard, "[detection]", f'[[deliveries]]\n{delivery}token_env = "WHO"\n[detection]')
    for name in {"WHERE", "WHO"} - {missing}:
        monkeypatch.setenv(name, "https://desk.example")
    assert f"{missing} is not set" in problem(heard, "delivery desk")[1]


def test_key_is_never_shown(heard: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    change(heard, "[detection]", '[privacy]\nauthor_key_env = "MILL_KEY"\n[detection]')
    monkeypatch.setenv("MILL_KEY", "0123456789abcdef")
    assert found(heard)["privacy"] == Finding("privacy", "the key has 16 bytes")


def test_company_without_own_accounts_is_a_warning(heard: Company) -> None:
    change(heard, 'own_accounts = ["molenaar"]\n', "")
    one = found(heard)["company"]
    assert one.is_warning
    assert one.error is not None
    assert one.error.where == "company.own_accounts"


def test_one_problem_does_not_hide_another(written: Company) -> None:
    (written.folder / "town.jsonl").unlink()
    Path(written.lake.path("leads", {"opened_on": "2026-11-02"})).write_bytes(b"no")
    Path(written.lake.path("leads", {"opened_on": "2026-11-03"})).write_bytes(b"no")
    toml = written.folder / "engage.toml"
    problems = [one for one in findings(written.settings, toml, now=NOW) if one.is_problem]
    assert [one.subject for one in problems] == ["source town", "table leads", "table leads"]


def test_looking_changes_nothing(written: Company) -> None:
    before = {
        file: file.read_bytes() for file in sorted(written.folder.rglob("*")) if file.is_file()
    }
    found(written)
    after = {
        file: file.read_bytes() for file in sorted(written.folder.rglob("*")) if file.is_file()
    }
    assert after == before


def test_what_is_said_is_a_line_each_and_the_mend_below() -> None:
    lines: list[str] = []
    broken = FatalError("cannot be read", where="leads/x", mend="run it again")
    forgotten = SettingsError("no key", where="privacy", mend="name one")
    code = show(
        [
            Finding("lake", "can be written\x1b[2J"),
            Finding("privacy", "", forgotten, is_warning=True),
            Finding("table leads", "", broken),
        ],
        lines.append,
    )
    assert lines == [
        "ok    lake: can be written[2J",
        "warn  privacy: privacy: no key\n      mend:  name one",
        "FAIL  table leads: leads/x: cannot be read\n      mend:  run it again",
        "1 problem, 1 warning",
    ]
    assert code == 3


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], 0),
        ([SettingsError("a")], 2),
        ([FatalError("b"), SettingsError("a")], 3),
    ],
)
def test_exit_code_is_that_of_the_gravest_problem(errors: list[Any], code: int) -> None:
    said_: list[str] = []
    assert show([Finding("x", "", error) for error in errors], said_.append) == code
    assert said_[-1].startswith(("no problems", "1 problem,", "2 problems"))


def test_warnings_alone_do_not_fail() -> None:
    forgotten = Finding("privacy", "", SettingsError("no key"), is_warning=True)
    assert show([forgotten], lambda _: None) == 0


def test_text_of_messages_is_not_said(heard: Company) -> None:
    secret = json.dumps({"id": "1", "text": "Mijn geheim", "sent_at": "gisteren"})
    heard.hear("town", [secret])
    _, what, _ = problem(heard, "source town")
    assert "geheim" not in what
    assert "gisteren" not in what


def test_opportunities_that_no_route_takes_fail_the_check(heard: Company) -> None:
    route = '[[routing]]\ntag = "lead"\nlanguages = ["en"]\ndepartment = "sales"\nowner = "Ada"\n'
    change(heard, '[[sources]]\nname = "shop"', route + '[[sources]]\nname = "shop"')
    _, what, mend = problem(heard, "routing")
    assert what.startswith("no route takes a lead about ")
    assert "in nl" in what
    assert "no condition" in mend


def test_example_of_a_route_that_goes_elsewhere_fails_the_check(heard: Company) -> None:
    routes = """[[routing]]
tag = "complaint"
topics = ["delivery"]
department = "sales"
owner = "Depot"
examples = ["Het brood was beschimmeld."]
[[routing]]
tag = "complaint"
department = "customer_service"
owner = "Desk"
"""
    change(heard, '[[sources]]\nname = "shop"', routes + '[[sources]]\nname = "shop"')
    where, what, _ = problem(heard, "routing")
    assert where == "routing[0].examples[0]"
    assert what.startswith("the example goes to Desk")
