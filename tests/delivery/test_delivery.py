"""Deliveries: each row once, through kills, broken lines and whatever events were missed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer

from pipeline import delivery
from pipeline.contracts import check
from pipeline.delivery import outgoing
from pipeline.delivery.outgoing import Answer
from pipeline.engagement.base import IDS
from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from tests.commands import engage
from tests.conftest import Company
from tests.engagement.offered import NOW, put, send, set_up, states, table

KNOWS_KEYS = {"type": "webhook", "address": "https://desk.example", "token_env": "SECRET"}
KNOWS_NONE = {"type": "mattermost", "address_env": "HOOK"}


class Outside:
    """What is sent, and what is answered to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[str, str]] = []
        self.answers: list[Answer | type[BaseException]] = []
        monkeypatch.setattr(outgoing, "request", self._request)
        monkeypatch.setenv("SECRET", "geheim")
        monkeypatch.setenv("HOOK", "https://desk.example/hooks/geheim")

    def _request(
        self, method: str, address: str, body: bytes, headers: object, *, is_idempotent: bool
    ) -> Answer:
        self.sent.append((address, body.decode()))
        answer = self.answers.pop(0) if self.answers else Answer("sent", 200)
        if isinstance(answer, type):
            raise answer
        return answer


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    return Outside(monkeypatch)


def desk(company: Company, **settings: object) -> None:
    set_up(company, **{"name": "desk", "table": "leads", **KNOWS_KEYS, **settings})


def lead(number: int, **more: object) -> dict[str, object]:
    return {"lead_id": f"lead:shop:{number}", **more}


def test_row_is_sent_once_however_often_it_runs_or_changes(
    company: Company, outside: Outside
) -> None:
    put(company, "leads", lead(1), lead(2))
    desk(company)
    assert [one.payload.row_ids for one in send(company)] == [("lead:shop:1",), ("lead:shop:2",)]
    put(company, "leads", lead(1, priority=99), lead(2), lead(3))
    assert [one.payload.row_ids for one in send(company)] == [("lead:shop:3",)]
    assert send(company) == []
    assert len(outside.sent) == 3


@pytest.mark.parametrize("name", IDS)
def test_all_that_waits_is_sent_where_nothing_is_filtered(
    company: Company, outside: Outside, name: str
) -> None:
    rows = [{IDS[name]: f"{name}:shop:{number}"} for number in (1, 2)]
    put(company, name, *rows)
    desk(company, table=name)
    sent = [row_id for one in send(company) for row_id in one.payload.row_ids]
    assert sorted(sent) == [row[IDS[name]] for row in rows]


def test_intent_is_in_the_ledger_before_anything_is_sent(
    company: Company, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(company, "leads", lead(1), lead(2))
    desk(company)
    seen: list[dict[str, str]] = []

    def watched(*_: object, **__: object) -> Answer:
        seen.append(states(company))
        return Answer("sent", 200)

    monkeypatch.setattr(outgoing, "request", watched)
    send(company)
    assert seen == [
        {"lead:shop:1": "intended"},
        {"lead:shop:1": "sent", "lead:shop:2": "intended"},
    ]


def killed(company: Company, outside: Outside) -> None:
    outside.answers = [Answer("sent", 200), KeyboardInterrupt]
    with pytest.raises(KeyboardInterrupt):
        send(company)


def test_after_a_kill_a_system_without_keys_is_never_told_again(
    company: Company, outside: Outside
) -> None:
    rows = [lead(number) for number in range(45)]
    put(company, "leads", *rows)
    set_up(company, name="desk", table="leads", **KNOWS_NONE)
    killed(company, outside)
    send(company)
    assert sorted(states(company).values()) == ["sent"] * 25 + ["unknown"] * 20
    assert send(company) == []
    assert len(outside.sent) == 3  # twenty, twenty and five: each message once


def test_after_a_kill_a_system_with_keys_is_told_again_with_the_same_key(
    company: Company, outside: Outside
) -> None:
    put(company, "leads", lead(1), lead(2))
    desk(company)
    killed(company, outside)
    assert states(company) == {"lead:shop:1": "sent", "lead:shop:2": "intended"}
    send(company)
    assert states(company) == {"lead:shop:1": "sent", "lead:shop:2": "sent"}
    assert outside.sent[1] == outside.sent[2]


@pytest.mark.parametrize(
    ("answer", "error", "left"),
    [
        (Answer("failed", 503), RetriableError, "failed"),
        (Answer("failed", 401, is_settings=True), SettingsError, "failed"),
        (Answer("unknown"), FatalError, "unknown"),
    ],
)
def test_what_stops_a_delivery_leaves_the_rest_for_the_next_run(
    company: Company, outside: Outside, answer: Answer, error: type[EngageError], left: str
) -> None:
    rows = [lead(number) for number in range(25)]
    put(company, "leads", *rows)
    set_up(company, name="desk", table="leads", **KNOWS_NONE)
    outside.answers = [answer]
    with pytest.raises(error) as caught:
        send(company)
    assert caught.value.mend
    assert "geheim" not in f"{caught.value} {caught.value.mend}"
    assert set(states(company).values()) == {left}
    assert len(states(company)) == 20
    send(company)
    expected = {"sent"} if left == "failed" else {"unknown", "sent"}
    assert set(states(company).values()) == expected
    assert len(states(company)) == 25


@pytest.mark.parametrize(
    ("settings", "name", "value"),
    [
        (KNOWS_NONE, "HOOK", "http://desk.example/hooks/geheim"),
        (KNOWS_NONE, "HOOK", "desk.example/hooks/geheim"),
        (KNOWS_KEYS, "SECRET", "whsec_geheim!"),
    ],
)
def test_what_is_wrong_with_the_settings_is_found_before_anything_can_have_arrived(
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, object],
    name: str,
    value: str,
) -> None:
    put(company, "leads", lead(1))
    set_up(company, name="desk", table="leads", **settings)
    outside = Outside(monkeypatch) if settings is KNOWS_KEYS else None
    monkeypatch.setenv(name, value)
    for _ in range(2):
        with pytest.raises(SettingsError, match=r"^deliveries\.desk: ") as caught:
            send(company)
        assert "geheim" not in f"{caught.value} {caught.value.mend}"
        assert states(company) == {"lead:shop:1": "failed"}
    outside = outside or Outside(monkeypatch)
    monkeypatch.setenv("SECRET", "geheim")
    assert [one.outcome for one in send(company)] == ["sent"]


def test_signature_is_of_the_moment_of_its_row_however_long_the_run_takes(
    company: Company, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps: list[str] = []
    minutes = iter(range(0, 6000, 600))

    def slow(
        method: str, address: str, body: bytes, headers: dict[str, str], *, is_idempotent: bool
    ) -> Answer:
        stamps.append(headers["webhook-timestamp"])
        return Answer("sent", 200)

    monkeypatch.setattr(outgoing, "request", slow)
    monkeypatch.setattr("pipeline.delivery._sending.monotonic", lambda: float(next(minutes)))
    put(company, "leads", lead(1), lead(2))
    desk(company)
    send(company)
    assert [int(one) - int(NOW.timestamp()) for one in stamps] == [600, 1200]


def test_refused_row_does_not_hold_up_the_others_and_is_sent_again_on_demand_only(
    company: Company, outside: Outside
) -> None:
    put(company, "leads", lead(1), lead(2))
    desk(company)
    outside.answers = [Answer("refused", 422)]
    with pytest.raises(FatalError, match="1 row refused"):
        send(company)
    assert states(company) == {"lead:shop:1": "refused", "lead:shop:2": "sent"}
    assert send(company) == []
    assert [one.outcome for one in send(company, again=True)] == ["sent"]
    assert company.column("deliveries", "sent_id", "attempts_count") == {
        "lead:shop:1": 2,
        "lead:shop:2": 1,
    }


def test_what_is_unknown_is_sent_again_when_a_person_says_so(
    company: Company, outside: Outside
) -> None:
    put(company, "leads", lead(1))
    set_up(company, name="desk", table="leads", **KNOWS_NONE)
    outside.answers = [Answer("unknown", 500)]
    with pytest.raises(FatalError, match="nobody knows"):
        send(company)
    assert send(company) == []
    assert [one.outcome for one in send(company, again=True)] == ["sent"]


def test_one_delivery_that_is_wrong_does_not_hold_up_the_others(
    company: Company, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(company, "leads", lead(1))
    desk(company, name="first", token_env="NOT_SET")  # noqa: S106
    desk(company, name="second")
    with pytest.raises(SettingsError, match="variable NOT_SET is not set"):
        send(company)
    assert company.column("deliveries", "delivery", "state") == {"second": "sent"}


def test_two_deliveries_of_the_same_rows_do_not_know_each_other(
    company: Company, outside: Outside
) -> None:
    put(company, "leads", lead(1))
    desk(company, name="first")
    desk(company, name="second")
    assert [one.delivery for one in send(company)] == ["first", "second"]
    assert send(company) == []


def test_ledger_keeps_its_contract(company: Company, outside: Outside) -> None:
    put(company, "leads", lead(1), lead(2))
    desk(company)
    outside.answers = [Answer("refused", 422), Answer("sent", 200, b'{"id": " "}')]
    with pytest.raises(FatalError):
        send(company)
    checked = check(company.lake.read("deliveries"), "deliveries", where="all")
    assert checked.rejected.num_rows == 0


def test_dry_run_makes_everything_and_sends_and_writes_nothing(
    company: Company, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(company, "leads", lead(1))
    desk(company)
    set_up(company, name="chat", table="leads", **KNOWS_NONE)
    set_up(company, name="sheet", type="xlsx", table="leads")
    monkeypatch.delenv("SECRET")
    before = sorted(company.folder.rglob("*"))
    result = engage("deliver", "--dry-run", "--config", str(company.folder / "engage.toml"))
    assert result.exit_code == 0, result.output
    assert outside.sent == []
    assert sorted(company.folder.rglob("*")) == before
    assert "desk: planned to POST https://desk.example: lead:shop:1" in result.output
    assert "chat: planned to POST the address in HOOK: lead:shop:1" in result.output
    assert "Kunt u mij morgen bellen?" in result.output
    assert "sheet: planned to sheet/leads.xlsx" in result.output
    assert "geheim" not in result.output


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, ["1", "2", "3"]),
        ({"minimum_priority": 50}, ["1", "2"]),
        ({"departments": ["marketing"]}, ["2"]),
        ({"owners": ["Noor"]}, ["1", "3"]),
    ],
)
def test_delivery_is_about_the_rows_that_pass_its_filters_and_wait_for_somebody(
    company: Company, outside: Outside, settings: dict[str, object], told: list[str]
) -> None:
    put(
        company,
        "leads",
        lead(1),
        lead(2, department="marketing", owner="Ans", priority=60),
        lead(3, priority=10),
        lead(4, waiting_since_at=None),
    )
    desk(company, **settings)
    assert [one.payload.row_ids[0].rpartition(":")[2] for one in send(company)] == told


def test_only_rows_that_wait_since_the_last_days_of_the_lake_are_sent(
    company: Company, outside: Outside
) -> None:
    put(company, "leads", lead(1))
    for number, day in ((2, 9), (3, 8)):
        since = datetime(2026, 11, day, 23, 59, tzinfo=UTC)
        rows = table("leads", lead(number, waiting_since_at=since)).drop_columns(["opened_on"])
        company.lake.write("leads", {"opened_on": f"2026-11-{day:02}"}, rows)
    again = table("leads", lead(4)).drop_columns(["opened_on"])
    company.lake.write("leads", {"opened_on": "2026-10-01"}, again)
    desk(company)
    assert sorted(one.payload.row_ids[0] for one in send(company)) == [
        "lead:shop:1", "lead:shop:2", "lead:shop:4",
    ]  # fmt: skip


@pytest.mark.parametrize("name", IDS)
def test_row_that_could_not_be_sent_is_sent_later_though_its_days_are_over(
    company: Company, outside: Outside, name: str
) -> None:
    put(company, name, {})
    set_up(company, name="desk", table=name, **KNOWS_NONE)
    outside.answers = [Answer("failed", 503)]
    with pytest.raises(RetriableError):
        send(company)
    message = company.lake.read("messages").drop_columns(["source", "sent_on"])
    company.lake.write("messages", {"source": "shop", "sent_on": "2026-11-30"}, message)
    assert [one.outcome for one in send(company)] == ["sent"]
    assert send(company) == []


def test_theme_is_told_once_though_every_day_has_a_snapshot(
    company: Company, outside: Outside
) -> None:
    put(company, "idea_themes", {}, {"theme_id": "theme:shop:2", "votes_count": 1})
    desk(company, table="idea_themes", minimum_votes=2)
    assert [one.payload.row_ids for one in send(company)] == [("theme:shop:1",)]
    snapshot = company.lake.read("idea_themes").drop_columns(["as_of"])
    company.lake.write("idea_themes", {"as_of": "2026-11-16"}, snapshot)
    assert send(company) == []


def test_files_are_replaced_and_hold_what_waits_now(company: Company, outside: Outside) -> None:
    put(company, "leads", lead(1), lead(2))
    set_up(company, name="sheet", type="csv", table="leads")
    file = company.folder / "exports" / "sheet" / "leads.csv"
    assert [one.outcome for one in send(company)] == ["written"]
    before = file.read_bytes()
    send(company)
    assert file.read_bytes() == before
    put(company, "leads", lead(1, waiting_since_at=None))
    send(company)
    assert file.read_text("utf-8-sig").count("\n") == 1
    assert company.lake.read("deliveries").num_rows == 0


def test_empty_lake_has_nothing_to_send(company: Company, outside: Outside) -> None:
    desk(company)
    desk(company, name="themes", table="idea_themes")
    assert send(company) == []


def test_delivery_that_is_named_goes_alone(company: Company, outside: Outside) -> None:
    put(company, "leads", lead(1))
    desk(company)
    desk(company, name="other")
    sent = list(delivery.deliver(company.settings, now=NOW, only="other"))
    assert [one.delivery for one in sent] == ["other"]
    assert [one.delivery for one in send(company)] == ["desk"]


def test_delivery_that_is_none_is_answered_with_the_choices(
    company: Company, outside: Outside
) -> None:
    desk(company)
    with pytest.raises(SettingsError, match="no delivery 'desks'") as caught:
        list(delivery.deliver(company.settings, now=NOW, only="desks"))
    assert caught.value.mend == "choose one of: desk"


@pytest.mark.enable_socket
def test_command_says_what_went_where_and_no_secret(
    company: Company, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/hooks/geheim").respond_with_data("ok")
    monkeypatch.setenv("HOOK", httpserver.url_for("/hooks/geheim"))
    put(company, "leads", lead(1))
    set_up(company, name="desk", table="leads", **KNOWS_NONE)
    command = ["deliver", "desk", "--config", str(company.folder / "engage.toml")]
    first, second = (engage(*command) for _ in range(2))
    assert first.output.splitlines() == [
        "desk: sent to POST the address in HOOK: lead:shop:1",
        "1 row handed over",
    ]
    assert second.output == "no rows handed over\n"


@pytest.mark.parametrize("type_", ["csv", "xlsx"])
def test_command_counts_the_rows_of_a_file(company: Company, type_: str) -> None:
    put(company, "leads", *map(lead, range(3)))
    set_up(company, name="desk", table="leads", type=type_)
    set_up(company, name="none", table="alerts", type=type_)
    said = engage("deliver", "--config", str(company.folder / "engage.toml")).output
    assert said.splitlines()[-1] == "3 rows handed over"


def test_alert_about_a_grave_message_says_it(company: Company, outside: Outside) -> None:
    said = {
        "complaint_id": "complaint:shop:7",
        "message_id": "shop:7",
        "snippet": "Er zat glas in.",
    }
    put(company, "complaints", said, {"snippet": "Mijn brood was oud."})
    grave = {"kind": "severe_message", "words": [], "message_ids": ["shop:7", "shop:1"]}
    spike = {"alert_id": "alert:2", "message_ids": ["shop:1"]}
    put(company, "alerts", grave, spike)
    set_up(company, name="desk", table="alerts", **KNOWS_NONE)
    send(company)
    ((_, body),) = outside.sent
    assert "Er zat glas in" in body
    assert "slot, dicht" in body
    assert "oud" not in body
