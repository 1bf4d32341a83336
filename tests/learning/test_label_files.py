"""Files of labels: taken whole or not at all, each line that cannot be used named with its mend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import retention
from pipeline.errors import SettingsError
from pipeline.learning import label_book, label_files
from pipeline.learning.label_book import Added, Label
from tests.conftest import FIRST, LAST, NOW, Company, said

TAGS = ("complaint", "idea", "lead")


@pytest.fixture
def heard(company: Company) -> Company:
    company.hear(
        "shop",
        [said("1", "Hallo."), said("2", "Dag."), said("3", "Wij zijn er.", author="molenaar")],
    )
    company.run(FIRST, LAST, stages=("listen",))
    return company


def read(company: Company, text: str | bytes) -> list[Label]:
    file = company.folder / "labels.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return label_files.read(file, company.lake, TAGS, NOW, UTC)


def fault(company: Company, text: str | bytes) -> str:
    with pytest.raises(SettingsError) as caught:
        read(company, text)
    assert caught.value.mend
    assert company.folder.joinpath("labels.csv").as_posix() in caught.value.where
    return f"{caught.value.where} {caught.value.what}"


YES = [Label("shop:1", "lead", True)]


@pytest.mark.parametrize(
    "text",
    [
        "id,tag,answer\nshop:1,lead,yes\n",
        "shop:1,lead,yes\n",
        "ID;Tag;Label\r\nshop:1;lead;JA\r\n",
        "\ufeffmessage_id\ttag\tyes/no\nshop:1\tlead\tTrue\n",
        "tag,answer,id\n\nlead, y ,shop:1\n\n",
        "id,tag,answer\nshop:1,lead,yes\nshop:1,lead,yes\n",
        "id,tag,answer\nshop:1,Lead,YES\n",
    ],
    ids=[
        "plain",
        "no header",
        "semicolons",
        "tabs and a mark",
        "blanks, other order",
        "twice",
        "capitals",
    ],
)
def test_file_is_read_as_people_write_it(heard: Company, text: str) -> None:
    assert read(heard, text) == YES


def test_reason_name_and_time_are_kept(heard: Company) -> None:
    text = 'id,tag,answer,reason,by,at\nshop:2,idea,no,"een vraag, geen wens",Els,{}\n'
    (found,) = read(heard, text.format("2026-11-20T10:00:00+01:00"))
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert found == Label("shop:2", "idea", False, "een vraag, geen wens", "Els", at)


@pytest.mark.parametrize(
    ("line", "what", "mend"),
    [
        ("shop:9,lead,yes", "line 3: there is no message 'shop:9'", "source:native id"),
        ("1,lead,yes", "line 3: there is no message '1'", "source:native id"),
        ("shop:1,laed,yes", "line 3: there is no tag 'laed'", "did you mean 'lead'?"),
        ("shop:1,lead,perhaps", "line 3: 'perhaps' is not an answer", "write yes or no"),
        ("shop:1", "line 3: there is no tag ''", "known: complaint, idea, lead"),
        ("shop:3,lead,yes", "line 3: 'shop:3' was sent by the company", "has no tags"),
        ("shop:2,idea,no", "line 3: says no to idea for 'shop:2', line 2 says yes", "keep the one"),
        ("shop:1,lead,yes,,,gisteren", "line 3: 'gisteren' is not a time", "2026-11-02T10:00Z"),
        ("shop:1,lead,yes,,,2026-11-20T10:00", "says no zone", "with Z for UTC"),
        ("shop:1,lead,yes,,,2027-01-01T10:00Z", "yet to come", "leave it out"),
        ("shop:1,lead,yes,,,0001-01-01T00:00+14:00", "before 1971", "leave it out"),
    ],
)
def test_line_that_cannot_be_used_is_named_with_its_mend(
    heard: Company, line: str, what: str, mend: str
) -> None:
    said_of_it = fault(heard, f"id,tag,answer,reason,by,at\nshop:2,idea,yes\n{line}\n")
    assert what in said_of_it
    assert mend in said_of_it


def test_first_lines_are_named_and_the_others_counted(heard: Company) -> None:
    what = fault(heard, "id,tag,answer\n" + "shop:9,lead,yes\n" * 8)
    assert "8 lines cannot be used" in what
    assert "line 6" in what
    assert "line 7" not in what
    assert "and 3 more" in what


def test_line_is_that_of_the_file_also_behind_a_quoted_line_break(heard: Company) -> None:
    text = 'id,tag,answer,reason\nshop:1,lead,yes,"een\ntwee"\nshop:9,lead,yes,\n'
    assert "line 4: there is no message 'shop:9'" in fault(heard, text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id,answer\nshop:1,yes\n", "no column 'tag'; there are: id, answer"),
        ("id,tag,note\nshop:1,lead,x\n", "no column 'answer'"),
        (b"id,tag,answer\nshop:1,lead,\xff\n", "is not UTF-8"),
        ('id,tag,answer\nshop:1,lead,yes\nshop:2,"lead,no\n', "labels.csv:3 a quote"),
    ],
)
def test_file_that_cannot_be_read_is_named(heard: Company, text: str | bytes, what: str) -> None:
    assert what in fault(heard, text)


def test_line_of_json_without_a_column_is_mended_as_json(heard: Company) -> None:
    file = heard.folder / "labels.jsonl"
    file.write_text('{"id": "shop:1", "answer": true}\n')
    with pytest.raises(SettingsError, match="no column 'tag'") as caught:
        label_files.read(file, heard.lake, TAGS, NOW, UTC)
    assert '"tag": "…"' in caught.value.mend


def test_file_that_is_not_there_is_named(heard: Company) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        label_files.read(Path("nowhere.csv"), heard.lake, TAGS, NOW, UTC)
    assert "path" in caught.value.mend


def test_empty_file_says_nothing(heard: Company) -> None:
    assert read(heard, "") == []
    assert read(heard, "id,tag,answer\n") == []


# --- the table


def test_same_file_twice_adds_nothing_and_changes_no_byte(heard: Company) -> None:
    rows = read(heard, "id,tag,answer,reason\nshop:1,lead,yes,\nshop:2,idea,no,bel 0612345678\n")
    assert label_book.add(heard.lake, rows, NOW) == Added(2, 0, 0)
    before = heard.checksums()
    assert label_book.add(heard.lake, rows, NOW + timedelta(days=3)) == Added(0, 2, 0)
    assert heard.checksums() == before


def test_old_file_does_not_undo_what_was_said_since(heard: Company) -> None:
    old, new = [Label("shop:1", "lead", True)], [Label("shop:1", "lead", False)]
    for at, rows in enumerate((old, new)):
        label_book.add(heard.lake, rows, NOW + timedelta(hours=at))
    assert label_book.add(heard.lake, old, NOW + timedelta(hours=2)) == Added(0, 1, 1)
    later = [Label("shop:1", "lead", True, labelled_at=NOW + timedelta(hours=3))]
    assert label_book.add(heard.lake, later, NOW + timedelta(hours=3)) == Added(1, 0, 0)


def test_answers_are_added_and_none_is_changed(heard: Company) -> None:
    label_book.add(heard.lake, YES, NOW)
    first = heard.rows("labels")
    label_book.add(heard.lake, [Label("shop:1", "lead", False)], NOW)
    assert [one for one in heard.rows("labels") if one in first] == first
    assert sorted(one["labelled_at"] for one in heard.rows("labels")) == [
        NOW,
        NOW + timedelta(microseconds=1),
    ]


def test_personal_data_in_a_reason_is_redacted(heard: Company) -> None:
    label_book.add(heard.lake, [Label("shop:1", "lead", True, "mail bea@example.org")], NOW)
    assert "bea@" not in heard.rows("labels")[0]["reason"]


def test_moment_of_another_answer_cannot_be_claimed(heard: Company) -> None:
    label_book.add(heard.lake, [Label("shop:1", "lead", True, labelled_at=NOW)], NOW)
    with pytest.raises(SettingsError, match="another row about shop:1 and lead") as caught:
        label_book.add(heard.lake, [Label("shop:1", "lead", False, labelled_at=NOW)], NOW)
    assert "later time" in caught.value.mend
    assert len(heard.rows("labels")) == 1


def test_old_file_brings_back_no_label_of_a_message_that_is_forgotten(heard: Company) -> None:
    text, told = "id,tag,answer,reason\nshop:1,lead,yes,Roos\nshop:2,lead,no,\n", list[str]()
    label_book.add(heard.lake, read(heard, text), NOW)
    who = retention.asked(heard.settings, "shop", message="shop:1")
    retention.forget(heard.settings, who, NOW.date())
    file = heard.folder / "labels.csv"
    again = label_files.read(file, heard.lake, TAGS, NOW, UTC, told.append)
    assert label_book.add(heard.lake, again, NOW) == Added(new=0, known=1, overruled=0)
    assert heard.lake.read("labels")["message_id"].to_pylist() == ["shop:2"]
    assert told == ["1 line is about a message that nobody may know of any more: passed over"]
