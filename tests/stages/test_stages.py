"""The whole way: the same bytes however the days are run, nothing lost, nothing half done."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from pipeline import quarantine
from pipeline.errors import (
    ContractError,
    EngageError,
    FatalError,
    RetriableError,
    SettingsError,
)  # fmt: skip
from pipeline.opportunities import complaints, ideas, leads
from pipeline.records import Window
from pipeline.stages import (
    STAGES,
    _audit,
    _volumes,
    assemble,
    assembling,
    detecting,
    listen,
    listening,
)  # fmt: skip
from pipeline.storage import Lake
from tests.conftest import FIRST, LAST, NOW, Company, said
from tests.week import SHOP, opened


@pytest.mark.parametrize(
    ("closed_at", "deadline", "state"),
    [
        ("2026-11-06T10:30:00Z", "met", "solved"),
        ("2026-11-18T10:00:00Z", "missed", "solved"),
        (None, "red", "open"),
    ],
)
def test_a_closing_stops_the_clock_of_a_complaint(
    company: Company, closed_at: str | None, deadline: str, state: str
) -> None:
    grave = "Ik ben het zat: drie keer gebeld, niemand belt terug en mijn geld is nog steeds weg."
    asked = said("b", grave, "2026-11-06T10:00:00Z", "gus", closed_at=closed_at)
    # What is heard last says how late it is.
    later = said("z", "De markt is morgen open.", "2026-11-20T10:00:00Z", "hal")
    company.hear("town", [asked, later])
    company.run(FIRST, "2026-11-20")
    complaint = company.rows("complaints")[0]
    states = company.column("conversations", "conversation_id", "state")
    assert states["town:b"] == ("closed" if closed_at else "unanswered")
    assert (complaint["deadline_state"], complaint["state"]) == (deadline, state)


def test_an_answer_with_an_earlier_clock_stops_the_clock_of_a_complaint(company: Company) -> None:
    grave = "Ik ben het zat: drie keer gebeld, niemand belt terug en mijn geld is nog steeds weg."
    asked = said("b", grave, "2026-11-06T10:00:00Z", "gus")
    ours = said(
        "c", "We bellen u vandaag.", "2026-11-06T09:50:00Z", "molenaar", reply_to_native_id="b"
    )
    later = said("z", "De markt is morgen open.", "2026-11-20T10:00:00Z", "hal")
    company.hear("town", [asked, ours, later])
    company.run(FIRST, "2026-11-20")
    complaint = company.rows("complaints")[0]
    assert complaint["deadline_state"] == "met"
    assert complaint["waiting_since_at"] is None


def test_what_a_machine_of_ours_answers_stops_no_clock(company: Company) -> None:
    grave = "Ik ben het zat: drie keer gebeld, niemand belt terug en mijn geld is nog steeds weg."
    asked = said("b", grave, "2026-11-06T10:00:00Z", "gus")
    received = said(
        "c", "Wij hebben uw bericht ontvangen onder nummer 204.", "2026-11-06T10:01:00Z",
        "molenaar", reply_to_native_id="b", attributes={"is_automatic": True},
    )  # fmt: skip
    later = said("z", "De markt is morgen open.", "2026-11-20T10:00:00Z", "hal")
    company.hear("town", [asked, received, later])
    company.run(FIRST, "2026-11-20")
    complaint = company.rows("complaints")[0]
    assert (complaint["deadline_state"], complaint["answered_at"]) == ("red", None)
    assert complaint["waiting_since_at"] == complaint["opened_at"]


def test_detecting_in_many_groups_and_batches_gives_the_same_bytes(
    company: Company, made: Callable[..., Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(opened(company))
    before = company.checksums()
    sizes: list[int] = []
    real = detecting.detections

    def watched(batch: pa.RecordBatch, *more: Any, **others: Any) -> pa.Table:
        sizes.append(batch.num_rows)
        return real(batch, *more, **others)

    monkeypatch.setattr(detecting, "detections", watched)
    company.run(FIRST, LAST, stages=("detect",))
    monkeypatch.setattr(detecting, "GROUP", 3)
    monkeypatch.setattr(detecting, "BATCH", 2)
    whole = sizes.copy()
    sizes.clear()
    company.run(FIRST, LAST, stages=("detect",))
    assert len(whole) == 1
    assert sum(sizes) == sum(whole)
    assert max(sizes) <= 2
    assert company.checksums() == before


def test_a_second_run_changes_no_byte(company: Company, made: Callable[..., Company]) -> None:
    made(opened(company))
    before = company.checksums()
    touched = {
        file: file.stat().st_mtime_ns for file in company.folder.rglob("lake/[!r]*/**/*.parquet")
    }
    company.run(FIRST, LAST)
    assert company.checksums() == before
    assert touched == {file: file.stat().st_mtime_ns for file in touched}
    assert {Path(name).parts[0] for name in before} >= {
        "messages",
        "conversations",
        "detections",
        "leads",
        "complaints",
        "ideas",
        "idea_themes",
        "quarantine",
    }


@pytest.mark.parametrize("days", [(6, 5, 4, 3, 2), (3, 6, 2, 5, 4)])
def test_days_one_by_one_equal_one_window(
    companies: Callable[[str], Company], made: Callable[..., Company], days: tuple[int, ...]
) -> None:
    """The days in their order are those of `test_looking_back.py`."""
    whole = made(opened(companies("whole")))
    daily = opened(companies("daily"))
    for day in days:
        daily.run(f"2026-11-0{day}")
    assert daily.checksums() == whole.checksums()


@pytest.mark.parametrize("day", ["2026-11-02", "2026-11-04"])
def test_repairing_one_day_changes_nothing_of_the_others(
    company: Company, made: Callable[..., Company], day: str
) -> None:
    # Nobody wrote in town on some of these days: that it was listened to is all that is known.
    before = made(opened(company)).checksums()
    company.run(day)
    assert company.checksums() == before


def test_a_window_that_is_yet_to_come_is_refused_and_nothing_is_touched(
    company: Company, made: Callable[..., Company]
) -> None:
    before = made(opened(company)).checksums()
    for few in (("listen",), ("watch",)):
        with pytest.raises(
            SettingsError, match=r"2026-12-02\.\.2027-01-31 is yet to come"
        ) as raised:
            company.run("2026-12-02", "2027-01-31", stages=few)
        assert raised.value.mend == "give days up to 2026-12-01"
    company.run("2026-11-06", "2027-01-31")
    days = company.column("source_days", "heard_on", "source")
    assert str(max(days)) == "2026-11-30"  # the last that was over
    assert {one for one in before if "source_days" not in one} <= set(company.checksums())


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_meets_another_run_stops_to_be_tried_again(
    company: Company, made: Callable[..., Company], stage: str
) -> None:
    before = made(opened(company)).checksums()
    with company.lake.lock("run"):
        with pytest.raises(RetriableError, match="another run is writing to this lake") as raised:
            company.run(FIRST, LAST, stages=(stage,))
        assert "then run the same window again" in raised.value.mend
        assert company.checksums() == before
    company.run(FIRST, LAST, stages=(stage,))
    assert company.checksums() == before


def test_sources_are_listened_to_side_by_side_and_each_by_one(company: Company) -> None:
    opened(company)
    with company.lake.lock("run", is_shared=True), company.lake.lock("run.shop"):
        window = Window.of_days(FIRST, LAST)
        assert listen(company.settings, "town", window, now=NOW).rows_written == 3
        with pytest.raises(RetriableError, match="another run"):
            listen(company.settings, "shop", window, now=NOW)
        with pytest.raises(RetriableError, match="another run"):
            assemble(company.settings, window)


def test_every_row_is_accounted_for(company: Company) -> None:
    runs = opened(company).run(FIRST, LAST)
    for run in runs:
        assert run.rows_in == run.rows_out + run.quarantined + run.duplicates, run
    by_stage = {(run.stage, run.source): run for run in runs}
    # Records without a time of their own, the future one among them, take their neighbour's day.
    assert by_stage["listen", "shop"].rows_in == len(SHOP)
    assert by_stage["listen", "shop"].quarantined == 3
    assert (by_stage["listen", "town"].rows_in, by_stage["listen", "town"].duplicates) == (4, 1)
    assert by_stage["assemble", "all"].rows_in == len(company.rows("messages")) == 10
    assert by_stage["publish", "all"].duplicates == 1
    models = json.loads(by_stage["publish", "all"].model_versions or "")
    assert set(models) == {"complaint", "idea", "lead"}
    held = company.lake.read("runs").to_pylist()
    assert {(one["stage"], one["source"]) for one in held} == set(by_stage)


def _giving(loses: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda real: lambda *given, **more: loses(real(*given, **more))


@pytest.mark.parametrize(
    ("stage", "where", "name", "losing"),
    [
        (
            "listen",
            listening,
            "_put_aside",
            lambda real: lambda spill, batch, by: real(spill, batch.slice(1), by),
        ),
        ("listen", listening, "arrived", _giving(lambda rows: rows.slice(1))),
        (
            "listen",
            _audit,
            "check",
            _giving(lambda checked: dataclasses.replace(checked, good=checked.good.slice(1))),
        ),
        ("assemble", assembling, "_built", _giving(lambda rows: rows.slice(1))),
        ("detect", Lake, "scan", _giving(lambda parts: (one.slice(1) for one in parts))),
        ("publish", leads, "build", _giving(lambda rows: rows.slice(1))),
        ("publish", complaints, "build", _giving(lambda rows: rows.slice(1))),
        ("publish", ideas, "build", _giving(lambda two: (two[0].slice(1), two[1]))),
        ("watch", _volumes, "_counts", _giving(lambda two: (two[0].slice(1), two[1]))),
    ],
)
def test_a_stage_that_loses_a_row_stops_before_anything_is_replaced(
    company: Company,
    made: Callable[..., Company],
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    where: ModuleType | type,
    name: str,
    losing: Callable[..., Any],
) -> None:
    before = made(opened(company)).checksums()
    monkeypatch.setattr(where, name, losing(getattr(where, name)))
    with pytest.raises(FatalError, match=r"rows came in but \d+ are accounted for"):
        company.run(FIRST, LAST, stages=(stage,))
    assert company.checksums() == before


def test_the_log_says_what_each_stage_did(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "engage")
    runs = opened(company).run(FIRST, LAST)
    told = [record.getMessage() for record in caplog.records if record.name == "engage"]
    assert len(told) == len(runs)
    assert told[0].startswith(f"listen of shop, {FIRST}..{LAST}: {len(SHOP)} rows in, ")


def test_records_of_a_source_without_a_single_time_are_rejected_once(
    companies: Callable[[str], Company],
) -> None:
    whole, daily = companies("whole"), companies("daily")
    soon = [said(str(at), "Zijn jullie open op zondag?", "binnenkort") for at in range(3)]
    for company in (whole, daily):
        opened(company).hear("shop", soon)
    whole.run(FIRST, LAST, stages=("listen",))
    for day in (4, 2, 6, 3, 5):
        daily.run(f"2026-11-0{day}", stages=("listen",))
    assert [str(one["seen_on"]) for one in daily.rows("quarantine")] == ["1970-01-01"] * 3
    assert daily.checksums() == whole.checksums()


def test_records_without_a_day_leave_the_quarantine_once_they_have_one(company: Company) -> None:
    opened(company).hear("shop", [said("1", "Zijn jullie open op zondag?", "binnenkort")])
    company.run(FIRST, LAST, stages=("listen",))
    done = quarantine.replay(company.settings, now=NOW)
    assert (done.tried_count, done.remaining_count) == (1, 1)
    company.hear("shop", [said("1", "Zijn jullie open op zondag?", "2026-11-03T10:00:00Z")])
    done = quarantine.replay(company.settings, now=NOW)
    assert (done.tried_count, done.released_count, done.remaining_count) == (1, 1, 0)
    assert "shop:1" in company.column("messages", "message_id", "text")
    assert company.rows("quarantine") == []


def test_replay_makes_rejected_rows_of_our_own_again(
    company: Company, made: Callable[..., Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, conform = made(opened(company)).checksums(), _audit.conform

    def broken(rows: pa.Table, name: str) -> pa.Table:
        found = conform(rows, name)
        at = found.schema.get_field_index("decision")
        if name != "detections":
            return found
        decisions = pa.array([None, *found["decision"][1:].to_pylist()], pa.string())
        return found.set_column(at, found.schema.field(at), decisions)

    with monkeypatch.context() as patch:
        patch.setattr(_audit, "conform", broken)
        company.run(FIRST, LAST, stages=("detect",))
    assert company.checksums() != before
    done = quarantine.replay(company.settings, now=NOW)
    assert (done.released_count, done.new_count, done.gone_count) == (1, 0, 0)
    tables = {name: sha for name, sha in company.checksums().items() if "quarantine" not in name}
    assert tables == {name: sha for name, sha in before.items() if "quarantine" not in name}


def test_replay_hears_each_source_on_the_days_of_its_own_rejected_rows(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = {"shop": "2026-11-02", "town": "2026-11-05"}
    for name, day in days.items():
        company.hear(name, [said("1", "  ", f"{day}T10:00:00Z")])
        listen(company.settings, name, Window.of_days(day), now=NOW)
    heard = list[tuple[str, Window]]()

    def hear(_settings: object, name: str, window: Window, **_more: object) -> None:
        heard.append((name, window))

    monkeypatch.setattr("pipeline.stages.listen", hear)
    monkeypatch.setattr("pipeline.stages.run", lambda *_given, **_more: None)
    assert quarantine.replay(company.settings, now=NOW).tried_count == 2
    assert heard == [(name, Window.of_days(day)) for name, day in days.items()]


def test_a_record_that_is_mended_is_found_where_a_line_before_it_is_gone(company: Company) -> None:
    wrong = said("1", "Zijn jullie open op zondag?", "gisteren")
    mended = said("2", "Het brood was oud en niemand zegt iets.", "2026-11-05T10:00:00Z")
    good = [said(f"good-{at}", "Goedemorgen", f"2026-11-02T0{at}:00:00Z") for at in range(2)]
    opened(company).hear("shop", [wrong, *good, {**mended, "sent_at": "vandaag"}])
    company.run(FIRST, LAST, stages=("listen",))
    company.hear("shop", [*good, mended])
    done = quarantine.replay(company.settings, now=NOW)
    assert (done.tried_count, done.released_count, done.remaining_count) == (2, 2, 0)
    assert "shop:2" in company.column("messages", "message_id", "text")


def test_no_message_is_lost_that_goes_to_another_day_by_the_fix(company: Company) -> None:
    rows = [
        said("0", "Goedemorgen", "2026-11-02T08:00:00Z"),
        said("1", "Zijn jullie open op zondag?", "gisteren"),
        said("2", "Het brood was oud en niemand zegt iets.", "2026-11-02 23:30"),
        said("3", "Goedemorgen", "2026-11-03T08:00:00Z"),
    ]
    opened(company).hear("shop", rows)
    toml = company.folder / "engage.toml"
    text = toml.read_text(encoding="utf-8")
    assert 'path = "shop.jsonl"' in text
    for zone in ("UTC", "America/New_York"):
        named = f'path = "shop.jsonl"\ntime_zone = "{zone}"'
        toml.write_text(text.replace('path = "shop.jsonl"', named), encoding="utf-8")
        if zone == "UTC":
            company.run(FIRST, LAST, stages=("listen",))
        else:
            quarantine.replay(company.settings, now=NOW)
    found = company.rows("messages")
    assert [str(one["sent_on"]) for one in found if one["message_id"] == "shop:2"] == ["2026-11-03"]


def test_a_killed_run_is_made_good_by_the_next(
    companies: Callable[[str], Company], made: Callable[..., Company], warm: list[str]
) -> None:
    undisturbed = made(opened(companies("undisturbed")))
    killed = opened(companies("killed"))
    where = {**os.environ, "ENGAGE_SETTINGS": str(killed.folder / "engage.toml")}
    for begun in ("messages", "complaints"):
        command = [*warm, "tests.stages.dies", begun, "run", "--from", FIRST, "--to", LAST]
        assert subprocess.run(command, env=where, check=False).returncode == -signal.SIGKILL
        assert len(killed.lake.partitions(begun)) == 1
        for table in ("messages", "leads", "complaints"):
            killed.lake.read(table)  # whatever is there can be read whole
    killed.run(FIRST, LAST)
    assert killed.checksums() == undisturbed.checksums()


def test_a_message_gone_from_its_source_leaves_no_trace(
    companies: Callable[[str], Company],
) -> None:
    never = companies("never")
    never.hear("shop", [one for one in SHOP if "beschimmeld" not in str(one)])
    never.run(FIRST, LAST)
    gone = companies("gone")
    gone.hear("shop", SHOP)
    gone.run(FIRST, LAST)
    gone.hear("shop", [one for one in SHOP if "beschimmeld" not in str(one)])
    gone.run(FIRST, LAST)
    assert {n: s for n, s in gone.checksums().items() if "quarantine" not in n} == {
        n: s for n, s in never.checksums().items() if "quarantine" not in n
    }


def test_a_source_over_its_budget_stops_and_the_old_day_stays(
    company: Company, made: Callable[..., Company]
) -> None:
    made(opened(company))
    before = company.checksums()
    company.hear("shop", [*SHOP, *(said(f"x{at}", "", "2026-11-03T10:00:00Z") for at in range(40))])
    with pytest.raises(ContractError, match=r"messages shop 2026-11-03.*rejected.*empty_text"):
        company.run(FIRST, LAST)
    assert company.checksums() == before


@pytest.mark.parametrize(
    ("stage", "table", "column"),
    [
        ("assemble", "conversations", "state"),
        ("detect", "detections", "decision"),
        ("publish", "idea_themes", "title"),
    ],
)
def test_rows_of_our_own_that_are_all_broken_replace_none(
    company: Company,
    made: Callable[..., Company],
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    table: str,
    column: str,
) -> None:
    before, conform = made(opened(company)).checksums(), _audit.conform

    def broken(rows: pa.Table, name: str) -> pa.Table:
        found = conform(rows, name)
        at = found.schema.get_field_index(column)
        none = pa.nulls(len(found), found.schema.field(at).type)
        return found.set_column(at, found.schema.field(at), none) if name == table else found

    monkeypatch.setattr(_audit, "conform", broken)
    with pytest.raises(ContractError, match=f"^{table} .*not_be_null:{column}"):
        company.run(FIRST, LAST, stages=(stage,))
    assert company.checksums() == before


def test_silence_of_a_source_that_promises_rows_stops_the_run(company: Company) -> None:
    toml = company.folder / "engage.toml"
    toml.write_text(
        toml.read_text().replace('path = "shop.jsonl"', 'path = "shop.jsonl"\nexpects_rows = true')
    )
    opened(company).run(FIRST, LAST, stages=("listen",))
    before = company.checksums()
    company.hear("shop", [])
    with pytest.raises(ContractError, match="no messages came"):
        company.run(FIRST, LAST)
    assert company.checksums() == before


def test_a_file_without_any_record_stops_the_run_and_leaves_the_days(company: Company) -> None:
    opened(company).run(FIRST, LAST, stages=("listen",))
    before = company.checksums()
    company.hear("shop", [])
    with pytest.raises(ContractError, match="the files hold not one record") as raised:
        company.run(FIRST, LAST)
    assert "source=shop" in raised.value.mend
    assert company.checksums() == before
    shutil.rmtree(Path(company.lake.location) / "messages" / "source=shop")
    company.run(FIRST, LAST, stages=("listen",))
    assert {one["source"] for one in company.rows("messages")} == {"town"}


@pytest.mark.parametrize(
    "change",
    [{"text": {"value": "Het brood was oud."}}, {"sent_at": "2026-11-03 10:00"}],
    ids=["another shape", "times without a zone"],
)
def test_a_few_records_that_are_all_broken_replace_no_message(
    company: Company, change: dict[str, Any]
) -> None:
    rows = [said(str(at), f"Het brood was oud {at}", "2026-11-03T10:00:00Z") for at in range(3)]
    opened(company).hear("shop", rows)
    company.run(FIRST, LAST, stages=("listen",))
    before = company.checksums()
    company.hear("shop", [{**row, **change} for row in rows])
    with pytest.raises(ContractError, match="not one record can be read") as raised:
        company.run(FIRST, LAST)
    assert "source=shop" in raised.value.mend
    assert company.checksums() == before


def test_a_day_whose_only_record_is_broken_stops_nothing(company: Company) -> None:
    row = said("1", "Het brood was oud", "2026-11-03T10:00:00Z")
    opened(company).hear("shop", [row])
    company.run(FIRST, LAST, stages=("listen",))
    company.hear("shop", [{**row, "text": ""}])
    company.run(FIRST, LAST, stages=("listen",))
    assert {one["source"] for one in company.rows("messages")} == {"town"}
    assert "empty_text" in {one["rule_id"] for one in company.rows("quarantine")}


def test_posts_that_are_all_taken_back_go_from_the_lake(company: Company) -> None:
    said_on = {"topic_id": 7, "username": "ans", "created_at": "2026-11-03T10:00:00Z"}
    posts = [
        {**said_on, "id": at, "post_number": at, "cooked": f"<p>Het brood was oud {at}</p>"}
        for at in (1, 2)
    ]
    toml = company.folder / "engage.toml"
    forum = '[[sources]]\nname = "forum"\ntype = "discourse"\npath = "topic_7.json"\n'
    toml.write_text(toml.read_text(encoding="utf-8") + forum, encoding="utf-8")
    opened(company)
    for is_hidden in (False, True):
        topic = {"id": 7, "post_stream": {"posts": [{**one, "hidden": is_hidden} for one in posts]}}
        (company.folder / "topic_7.json").write_text(json.dumps(topic), encoding="utf-8")
        company.run(FIRST, LAST, stages=("listen",))
        found = [one for one in company.rows("messages") if one["source"] == "forum"]
        assert len(found) == (0 if is_hidden else 2)


def test_what_keeps_all_sources_from_being_heard_is_said_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import stages

    def refused(_: object, name: str, *__: object, **___: object) -> None:
        raise SettingsError("may not be written", where="lake" if name != "town" else name)

    assert len(company.settings.sources) > 1
    monkeypatch.setattr(stages, "listen", refused)
    names = [one.name for one in company.settings.sources]
    with pytest.raises(SettingsError) as raised:
        company.run(FIRST, LAST)
    assert str(raised.value).count("lake: ") == 1
    assert ("and also: town" in str(raised.value)) == ("town" in names)


def test_an_unknown_stage_source_or_window_is_named(company: Company) -> None:
    from pipeline import stages
    from pipeline.records import Window

    with pytest.raises(SettingsError, match="no source 'shp'") as raised:
        stages.listen(company.settings, "shp", Window.of_days(FIRST), now=NOW)
    assert "shop" in raised.value.mend


def test_detect_before_assemble_says_so(company: Company) -> None:
    opened(company).run(FIRST, LAST, stages=("listen",))
    with pytest.raises(EngageError, match="in no conversation") as raised:
        company.run(FIRST, LAST, stages=("detect",))
    assert "assemble" in raised.value.mend
