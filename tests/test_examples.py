"""The example company: what people see first holds what its pages promise."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

from pipeline import settings
from pipeline.cli import app
from pipeline.conversations.duplicates import sketched
from pipeline.conversations.language import identify
from pipeline.records import Window
from pipeline.sources import base
from pipeline.storage import Lake

EXAMPLES = Path(__file__).parent.parent / "examples"
EXPECTED: dict[str, Any] = tomllib.loads((EXAMPLES / "expected.toml").read_text(encoding="utf-8"))
README = (EXAMPLES / "README.md").read_text(encoding="utf-8")
FRONT_PAGE = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
SETTINGS = settings.load(EXAMPLES / "engage.toml")
WINDOW = Window.of_days(EXPECTED["first_day"], EXPECTED["last_day"])
LABELS: dict[str, list[str]] = EXPECTED["labels"]
WISHES: dict[str, dict[str, Any]] = EXPECTED["wishes"]
EXAMPLE_DOMAINS = (".example", "example.com", "example.org", "example.nl")


class Heard(NamedTuple):
    """All that one source yields."""

    messages: pl.DataFrame
    rejected: pl.DataFrame
    duplicates_count: int


@cache
def heard(source: str, window: Window = WINDOW) -> Heard:
    pieces = list(base.create(SETTINGS.source(source)).fetch(window, not_after=WINDOW.end))
    messages = pa.Table.from_batches([one.messages for one in pieces], base.FETCHED)
    rejected = pa.Table.from_batches([one.rejected for one in pieces], base.REJECTED)
    named = pl.DataFrame(messages).with_columns(
        source=pl.lit(source), message_id=pl.lit(f"{source}:") + pl.col("native_id")
    )
    return Heard(named, pl.DataFrame(rejected), sum(one.duplicates_count for one in pieces))


@cache
def all_messages() -> pl.DataFrame:
    return pl.concat([heard(name).messages for name in SETTINGS.source_names])


@cache
def customers() -> pl.DataFrame:
    """Messages that the company did not write."""
    own = pl.col("is_agent").fill_null(value=False) | pl.col("author").is_in(
        SETTINGS.company.own_accounts
    )
    return all_messages().filter(~own)


def of_ids(ids: list[str]) -> pl.DataFrame:
    return all_messages().filter(pl.col("message_id").is_in(ids))


def test_there_are_more_than_400_messages_on_all_14_days() -> None:
    assert len(all_messages()) >= 400
    assert f"{len(all_messages())} readable messages" in README
    days = all_messages()["sent_at"].dt.date().unique()
    assert set(days) == set(WINDOW.days())
    assert len(days) == 14


def test_messages_come_in_at_least_five_formats_each_with_the_count_that_the_readme_gives() -> None:
    assert len({source.type for source in SETTINGS.sources}) >= 5
    for name in SETTINGS.source_names:
        count = len(heard(name).messages)
        assert re.search(rf"^\| {name} \|.*\| {count} \|$", README, re.MULTILINE), (name, count)


def test_every_malformed_record_is_rejected_for_its_own_reason_and_nothing_else_is() -> None:
    rejected = pl.concat([heard(name).rejected for name in SETTINGS.source_names])
    assert dict(rejected.select("origin", "rule_id").rows()) == EXPECTED["malformed"]
    assert len(rejected) == len(EXPECTED["malformed"]) >= 12


def test_the_readme_names_every_malformed_record_with_its_rule() -> None:
    section = README.split("## Broken on purpose")[1]
    told: list[tuple[str, str]] = []
    for file, rule in re.findall(r"^\| ([\w./]*) ?\| .* \| `(\w+)` \|$", section, re.MULTILINE):
        told.append((file or told[-1][0], rule))
    broken = [
        (re.split(r"[:#]", origin.removeprefix("conversations/"))[0], rule)
        for origin, rule in EXPECTED["malformed"].items()
    ]
    assert Counter(told) == Counter(broken)


def test_every_record_that_was_written_is_a_message_a_rejected_record_or_a_duplicate() -> None:
    """Counted here by the files' own signs, without the sources."""
    folder = EXAMPLES / "conversations"
    lines = {path.stem: path.read_bytes() for path in folder.glob("*.*")}
    topics = [path.read_text(encoding="utf-8") for path in folder.glob("forum/*.json")]
    written = {
        "twitter": len(re.findall(rb"^\d{6},", lines["twitter"], re.MULTILINE)),
        "chat": lines["chat"].count(b'"tweet_ID"'),
        # Of the topic that is cut off the file is one record, whatever it held.
        "forum": sum(one.count('"cooked"') if one.endswith("}\n") else 1 for one in topics),
        "app_reviews": len(lines["app_reviews"].splitlines())
        + lines["app_reviews"].count(b'"developerResponse": {'),
        "mail": len(re.findall(rb"^From ", lines["mail"], re.MULTILINE)),
        "community": len(lines["community"].splitlines()),
    }
    assert set(written) == set(SETTINGS.source_names)
    for name, count in written.items():
        found = heard(name)
        assert len(found.messages) + len(found.rejected) + found.duplicates_count == count, name
        assert found.duplicates_count == EXPECTED["duplicates"].get(name, 0), name


@pytest.mark.parametrize("source", SETTINGS.source_names)
def test_fourteen_single_days_bring_the_same_as_the_fortnight(source: str) -> None:
    days = [heard(source, Window.of_days(day)) for day in WINDOW.days()]
    whole = heard(source)
    for part in ("messages", "rejected"):
        apart = pl.concat([getattr(one, part) for one in days])
        assert apart.sort("origin").equals(getattr(whole, part).sort("origin"))
    assert sum(one.duplicates_count for one in days) == whole.duplicates_count


def test_both_languages_are_well_represented_and_others_occur() -> None:
    languages, _ = identify(pa.array(customers()["text"].to_list(), pa.string()))
    counts = Counter(languages.to_pylist())
    assert counts["nl"] >= 150
    assert counts["en"] >= 100
    assert counts["de"] >= 1
    assert counts["fr"] >= 1
    assert counts["und"] >= 1  # nothing but emoji


@pytest.mark.parametrize("wish", WISHES)
def test_a_shared_wish_has_as_many_authors_as_the_readme_says(wish: str) -> None:
    expected = WISHES[wish]
    authors = of_ids(expected["messages"]).select("source", "author").unique()
    assert len(authors) == expected["accounts"]
    row = rf"^\| {expected['title']} \| {expected['people']} \| {expected['accounts']} \|"
    assert re.search(row, README, re.MULTILINE)


def test_at_least_three_wishes_are_shared_by_four_or_more_people_over_both_languages() -> None:
    shared = 0
    for wish in WISHES.values():
        texts = of_ids(wish["messages"])["text"].to_list()
        languages, _ = identify(pa.array(texts, pa.string()))
        shared += wish["people"] >= 4 and {"nl", "en"} <= set(languages.to_pylist())
    assert shared >= 3


def test_a_repost_of_a_wish_is_the_same_words_by_somebody_else() -> None:
    said = sketched(all_messages().with_columns(author_id="author"))
    first = said.filter(pl.col("message_id").is_in(WISHES["share"]["messages"]))
    again = said.filter(pl.col("message_id").is_in(WISHES["share"]["reposts"]))
    pairs = again.join(first, on="print")
    assert len(pairs) == len(again) == 2
    assert (pairs["author"] != pairs["author_right"]).all()
    assert (pairs["sent_at"] > pairs["sent_at_right"]).all()


def test_one_person_says_the_same_wish_twice() -> None:
    said = of_ids(WISHES["lock"]["messages"])
    assert said["author"].value_counts().filter(pl.col("author") == "lotte_vlaams")["count"][0] == 2


def test_every_expected_message_arrives_and_none_has_two_labels_against_each_other() -> None:
    wishes = [one for wish in WISHES.values() for one in [*wish["messages"], *wish["reposts"]]]
    named = {one for ids in LABELS.values() for one in ids} | set(wishes)
    named |= {
        EXPECTED["first_call"],
        *(v for v in EXPECTED["outage"].values() if isinstance(v, str)),
    }
    assert named <= set(all_messages()["message_id"])
    tagged = {*LABELS["lead"], *LABELS["complaint"], *LABELS["idea"], *wishes}
    assert not tagged & set(LABELS["none"])
    assert set(LABELS["severe"]) <= set(LABELS["complaint"])
    assert not {one for ids in LABELS.values() for one in ids} - set(customers()["message_id"])


def test_the_lists_of_labels_are_long_enough_to_measure_with() -> None:
    ideas = {one for wish in WISHES.values() for one in wish["messages"]} | set(LABELS["idea"])
    least = {"lead": 40, "complaint": 40, "none": 60}
    assert {tag: len(set(LABELS[tag])) >= count for tag, count in least.items()} == dict.fromkeys(
        least, True
    )
    assert len(ideas) >= 30


def test_the_outage_grows_over_the_hours_and_over_the_sources_until_its_peak() -> None:
    outage = EXPECTED["outage"]
    hours = (
        customers()
        .with_columns(hour=pl.col("sent_at").dt.truncate("1h"))
        .group_by("hour")
        .agg(count=pl.len(), sources=pl.col("source").n_unique())
    )
    (first,) = of_ids([outage["first"]])["sent_at"]
    (answer,) = of_ids([outage["first_answer"]])["sent_at"]
    (solved,) = of_ids([outage["solved"]])["sent_at"]
    begun = first.replace(minute=0, second=0, microsecond=0)
    by_hour = {hour: (count, sources) for hour, count, sources in hours.rows()}
    peak = max(by_hour, key=lambda hour: by_hour[hour][0])
    calm = [count for hour, (count, _) in by_hour.items() if hour < begun]
    second = begun.replace(hour=begun.hour + 1)
    assert peak == outage["peak_hour"] > second
    assert 2 * max(calm) < by_hour[begun][0] < by_hour[second][0] < by_hour[peak][0]
    assert by_hour[begun][1] >= 4
    assert first < answer < peak < solved < datetime(2026, 11, 12, tzinfo=UTC)


def test_the_outage_is_an_alert_by_its_second_hour_and_no_other_day_has_a_spike(
    example: Path,
) -> None:
    lake = Lake(settings.load(example).lake_location)
    rows = lake.read("alerts", where=pc.field("kind") == "complaint_spike").to_pylist()
    (first,) = of_ids([EXPECTED["outage"]["first"]])["sent_at"]
    begun = first.replace(minute=0, second=0, microsecond=0)
    assert {one["opened_on"] for one in rows} == {begun.date()}
    assert min(one["opened_at"] for one in rows) <= begun + timedelta(hours=2)
    told = of_ids(rows[0]["message_ids"])["sent_at"]
    assert len(told) == rows[0]["observed"] >= 3
    assert told.min() >= first


@pytest.mark.parametrize("page", [False, True])
def test_grave_message_is_quoted_where_its_alert_stands(
    example: Path, tmp_path: Path, page: bool
) -> None:
    file = tmp_path / "report.html"
    asked = ["report", "--config", str(example), *(["--html", str(file)] if page else [])]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": "100"})
    shown = file.read_text(encoding="utf-8") if page else done.output
    begin, end = ("<h2>Signalen", "</table>") if page else ("Alerts", "What went out")
    alerts = " ".join(shown.partition(begin)[2].partition(end)[0].split())
    assert "“@peddelstroom Als ik morgenochtend niet kan rijden, schakel ik mijn" in alerts
    # The legal aid that waits is no threat.
    assert "Gisteravond gebeld door Imke" not in alerts


def test_what_the_readme_shows_of_a_run_is_what_the_report_prints(example: Path) -> None:
    done = CliRunner().invoke(app, ["report", "--config", str(example)], env={"COLUMNS": "100"})
    assert done.exit_code == 0, done.output
    printed = " ".join(done.output.split())
    (shown,) = re.findall(r"```text\n(Peddel & Stroom: .*?)```", FRONT_PAGE, re.DOTALL)
    lines = [" ".join(line.split()) for line in shown.splitlines() if line.strip(" ─")]
    assert len(lines) > 20
    assert [line for line in lines if line not in printed] == []


def test_the_shared_wish_is_one_theme_of_that_wish_alone_with_the_votes_that_the_readme_owns_up_to(
    example: Path,
) -> None:
    lake = Lake(settings.load(example).lake_location)
    wish = WISHES["share"]
    themes = pl.DataFrame(lake.read("idea_themes")).filter(pl.col("as_of") == pl.col("as_of").max())
    ideas = pl.DataFrame(lake.read("ideas", ["message_id", "theme_id"]))
    of_wish = ideas.filter(pl.col("message_id").is_in(wish["messages"]))
    (largest,) = of_wish["theme_id"].mode().to_list()
    (theme,) = themes.filter(pl.col("theme_id") == largest).to_dicts()
    members = ideas.filter(pl.col("theme_id") == largest)["message_id"].to_list()
    assert set(members) <= {*wish["messages"], *wish["reposts"]}
    assert set(theme["languages"]) == {"nl", "en"}
    told = re.search(r"of (\d+) people who ask.*?(\d+) are counted", FRONT_PAGE, re.DOTALL)
    assert told is not None
    assert [int(one) for one in told.groups()] == [wish["people"], theme["votes_count"]]


def test_who_threatens_with_a_lawyer_is_not_thanked_for_a_request(example: Path) -> None:
    lake = Lake(settings.load(example).lake_location)
    grave = lake.read("complaints", where=pc.field("severity") == 4)
    assert len(grave) >= 1
    asked = lake.read("leads", where=pc.field("message_id").isin(grave["message_id"])).to_pylist()
    openings = [one["reply_opening"] or "" for one in [*grave.to_pylist(), *asked]]
    assert not [one for one in openings if one.startswith(("Dank voor de aanvraag", "Thank"))]


def test_the_lead_to_call_first_waits_unanswered_with_budget_and_deadline() -> None:
    lead = of_ids([EXPECTED["first_call"]]).row(0, named=True)
    assert "€ 4.200" in lead["text"]
    assert "18 november" in lead["text"]
    threads = all_messages().filter(pl.col("thread_native_id") == lead["thread_native_id"])
    assert len(threads) == 1


def test_addresses_and_phone_numbers_are_invented() -> None:
    files = [one for one in EXAMPLES.rglob("*") if one.is_file()]
    assert len(files) > 20
    for file in files:
        # "=" at a line's end is how mail folds lines.
        text = file.read_text(encoding="utf-8", errors="replace").replace("=\n", "")
        hosts = re.findall(r"(?:\b[\w.+-]+@|https?://)([\w-]+(?:\.[\w-]+)+)", text)
        assert [one for one in hosts if not one.endswith(EXAMPLE_DOMAINS)] == [], file.name
        phones = re.findall(r"(?<![\w.-])(?:0\d{1,3}[- /]\d[\d ]{5,}|0[1-9]\d{8}\b)", text)
        assert [one for one in phones if not one.startswith("06-123456")] == [], file.name
