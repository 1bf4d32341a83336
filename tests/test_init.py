"""The first settings: five answers make a file that is valid and says what everything means."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.init import QUESTIONS, document, fault, mapped, write
from pipeline.settings import Calendar, Company, Settings, load

ANSWERS = {
    "name": "Lampenhuis",
    "products": "Zonlamp, Leeslamp",
    "competitors": "",
    "own_accounts": "@lampenhuis, help@lampenhuis.example",
    "path": "berichten.csv",
}


def written(folder: Path, **answers: str) -> Settings:
    given = {**ANSWERS, **answers}
    asked = iter(given[key] for key, _ in QUESTIONS)
    return write(folder / "engage.toml", lambda _: next(asked))


def test_answers_become_valid_settings(tmp_path: Path) -> None:
    made = written(tmp_path)
    assert made == load(tmp_path / "engage.toml")
    assert made.company.name == "Lampenhuis"
    assert made.company.products == ("Zonlamp", "Leeslamp")
    assert made.company.competitors == ()
    assert made.company.own_accounts == ("@lampenhuis", "help@lampenhuis.example")
    assert [(one.name, one.type, one.path) for one in made.sources] == [
        ("berichten", "csv", "berichten.csv")
    ]


def test_five_questions_are_asked_in_order(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "x.jsonl"

    write(tmp_path / "engage.toml", ask)
    assert asked == [question for _, question in QUESTIONS]
    assert len(asked) == 5


def test_every_setting_of_company_and_calendar_is_there_with_its_meaning(tmp_path: Path) -> None:
    written(tmp_path)
    text = (tmp_path / "engage.toml").read_text(encoding="utf-8")
    for model in (Company, Calendar):
        for name, field in model.model_fields.items():
            assert f"{name}" in text
            assert name == "calendar" or f"# {field.description}" in text, name
    assert "author_key_env" in text
    assert "[[routing]]" in text


def test_routing_in_the_comment_is_valid_too(tmp_path: Path) -> None:
    written(tmp_path)
    file = tmp_path / "engage.toml"
    text = file.read_text(encoding="utf-8")
    at = text.index("# [[routing]]")
    opened = text[:at] + "\n".join(line.removeprefix("# ") for line in text[at:].splitlines())
    file.write_text(opened, encoding="utf-8")
    (route,) = load(file).routing
    assert (route.tag, route.minimum_severity, route.respond_within_hours) == ("complaint", 3, 4)


def test_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "engage.toml").write_text("mine")
    with pytest.raises(SettingsError, match="already there") as caught:
        written(tmp_path)
    assert "--output" in caught.value.mend
    assert (tmp_path / "engage.toml").read_text() == "mine"


def test_answers_that_make_no_settings_write_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        written(tmp_path, name="")
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None, max_examples=60)
@given(
    name=st.text(min_size=1).filter(str.strip),
    products=st.lists(st.text(st.characters(exclude_characters=","), min_size=1), max_size=3),
    path=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip),
)
def test_any_answer_is_written_as_text_and_never_as_toml(
    tmp_path_factory: pytest.TempPathFactory, name: str, products: list[str], path: str
) -> None:
    folder = tmp_path_factory.mktemp("init")
    answers = {
        **ANSWERS,
        "name": name.strip(),
        "products": ",".join(products),
        "path": path.strip(),
    }
    values = tomllib.loads(document(answers, folder))
    assert values["company"]["name"] == name.strip()
    assert values["company"]["products"] == [one.strip() for one in products if one.strip()]
    assert values["sources"][0]["path"] == path.strip()
    assert set(values) == {"lake", "exports", "company", "privacy", "sources"}


def test_file_that_is_called_all_is_a_source_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("id,text,sent_at\n", "utf-8")
    assert written(tmp_path, path="all.csv").sources[0].name == "source_all"


@pytest.mark.parametrize(("name", "line"), [("a.csv", "x" * 150_000), ("a.jsonl", "[" * 150_000)])
def test_file_of_another_kind_than_its_ending_gives_an_empty_mapping(
    tmp_path: Path, name: str, line: str
) -> None:
    (tmp_path / name).write_text(line, "utf-8")
    assert written(tmp_path, path=name).sources[0].mapping == {}


def test_columns_of_the_file_become_the_mapping(tmp_path: Path) -> None:
    (tmp_path / "berichten.csv").write_text("\ufeffID;Datum;Klant;Bericht;Sterren\n", "utf-8")
    source = written(tmp_path).sources[0]
    assert source.mapping == {
        "native_id": "ID",
        "text": "Bericht",
        "sent_at": "Datum",
        "author": "Klant",
    }


def test_json_and_parquet_are_looked_into_too(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": 1, "body": "x", "reply_to": None}) + "\n")
    pq.write_table(pa.table({"uuid": ["a"], "text": ["x"]}), tmp_path / "b.parquet")
    (tmp_path / "one").mkdir()
    assert written(tmp_path, path="a.jsonl").sources[0].mapping == {
        "native_id": "id",
        "text": "body",
        "reply_to_native_id": "reply_to",
    }
    assert document({**ANSWERS, "path": "b.parquet"}, tmp_path).count('native_id = "uuid"') == 1


def test_customer_support_on_twitter_is_known_by_its_columns(tmp_path: Path) -> None:
    header = (
        "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n"
    )
    (tmp_path / "t.csv").write_text(header)
    source = written(tmp_path, path="t.csv").sources[0]
    assert (source.type, source.mapping) == ("twcs", {})


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("Post 2026.mbox", "mbox", "post_2026"),
        ("forum/topic_*.json", "discourse", "topic"),
        ("2026.jsonl", "jsonl", "source_2026"),
        ("map/berichten.CSV", "csv", "berichten"),
        ("*.jsonl", "jsonl", "source"),
        ("données.jsonl", "jsonl", "donn_es"),
    ],
)
def test_ending_of_the_file_names_the_kind_of_source(
    tmp_path: Path, path: str, kind: str, name: str
) -> None:
    source = written(tmp_path, path=path).sources[0]
    assert (source.type, source.name) == (kind, name)


def test_file_that_is_empty_or_broken_gives_an_empty_mapping(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{broken\n")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 no more")
    assert written(tmp_path, path="a.jsonl").sources[0].mapping == {}
    assert "mapping = {}" in document({**ANSWERS, "path": "b.parquet"}, tmp_path)


def test_first_of_two_columns_for_one_field_wins() -> None:
    assert mapped(["Text", "text", "body"]) == {"text": "Text"}
    assert mapped(["colour"]) == {}


def test_columns_in_dutch_and_with_blanks_are_known() -> None:
    assert mapped(["Nummer", "Verzonden", "Afzender", "Omschrijving"]) == {
        "native_id": "Nummer",
        "text": "Omschrijving",
        "sent_at": "Verzonden",
        "author": "Afzender",
    }
    assert mapped(["Ticket ID", " sent-at "]) == {"native_id": "Ticket ID", "sent_at": " sent-at "}


@pytest.mark.parametrize(
    ("name", "held", "kind"),
    [
        ("a.json", '[{"dialogHeader": {}, "dialogContent": []}]', "turns"),
        ("a.json", '{"post_stream": {"posts": []}}', "discourse"),
        ("a.jsonl", '{"id": "1", "updated": "x", "rating": 5, "content": "x"}', "app_reviews"),
        ("a.jsonl", '{"id": "1", "content": "x"}', "jsonl"),
    ],
)
def test_export_of_a_platform_is_known_by_what_it_holds(
    tmp_path: Path, name: str, held: str, kind: str
) -> None:
    (tmp_path / name).write_text(held + "\n", encoding="utf-8")
    assert written(tmp_path, path=name).sources[0].type == kind


@pytest.mark.parametrize("path", ["map/post_*.csv", "*/post_1.csv", "map/post_[0-9].csv"])
def test_first_file_of_a_pattern_shows_the_columns(tmp_path: Path, path: str) -> None:
    (tmp_path / "map").mkdir()
    for day in "21":
        (tmp_path / "map" / f"post_{day}.csv").write_text(f"id{day},tekst\nx,y\n")
    (tmp_path / "map" / "post_1.csv").write_text("nr,tekst\nx,y\n")
    assert written(tmp_path, path=path).sources[0].mapping == {
        "native_id": "nr",
        "text": "tekst",
    }


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        ("name", "", "needs a name"),
        ("path", "", "give a file with conversations"),
        ("path", ".", "that is a folder"),
        ("path", "foto.png", "ends in .jsonl"),
        ("path", "berichten", "ends in .jsonl"),
    ],
)
def test_answer_that_cannot_be_is_explained(
    tmp_path: Path, key: str, answer: str, said: str
) -> None:
    assert said in (fault(dict(QUESTIONS)[key], answer, tmp_path) or "")
    with pytest.raises(SettingsError) as caught:
        written(tmp_path, **{key: answer})
    assert said in caught.value.mend
    assert not (tmp_path / "engage.toml").exists()


@pytest.mark.parametrize("key", [key for key, _ in QUESTIONS if key not in ("name", "path")])
def test_other_questions_may_stay_unanswered(tmp_path: Path, key: str) -> None:
    assert fault(dict(QUESTIONS)[key], "", tmp_path) is None
    assert written(tmp_path, **{key: ""})
