"""Real messages with our labels: hashes here, text beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.learning import corpora, real
from pipeline.settings import shipped_models

LABELS = shipped_models() / "corpora" / "labels"
LABELLED = Path(__file__).parents[3] / "shared" / "data" / "labelled"
TAGS = ("lead", "complaint", "idea", "praise", "question")
ALL = ("research_only", "unstated", "permissive")
TWEET = "@kabelnet third outage this month & nobody answers"
TURN = "Could you add sorting by date?"
POST = "Which mower would you buy for a steep lawn?"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of labels and one of labelled sets, with invented threads beside the second."""
    threads = tmp_path / "threads"
    write(
        threads / "twcs/spotifycares_inbound_only.csv",
        "tweet_id,author_id,inbound,created_at,text\n"
        f"1,7,True,,{TWEET.replace('&', '&amp;')}\n2,kabelnet,False,,Sorry to hear that\n",
    )
    turns = [{"client": "u1", "message": TURN}, {"agent": "acme", "message": "We will."}]
    write(threads / "ibm_twitter_care/dev.json", json.dumps([{"dialogContent": turns}]))
    posts = [{"cooked": f"<p>{POST}</p><blockquote>quoted</blockquote>"}]
    write(threads / "discourse/topic_1.json", json.dumps({"post_stream": {"posts": posts}}))
    return tmp_path / "labels", tmp_path / "labelled"


def write(file: Path, body: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body, encoding="utf-8")


def judge(folder: Path, name: str, **texts: str) -> None:
    """Label texts; a keyword says which labels are yes, by their first letters."""
    rows = [
        ",".join([real.digest(text), *(str(int(label[0] in yes)) for label in TAGS)])
        for yes, text in texts.items()
    ]
    header = ",".join(["text_sha256", *TAGS])
    write(folder / f"{name}.csv", "\n".join([header, *rows]) + "\n")


def said(found: real.Real) -> list[dict[str, Any]]:
    return found.rows.to_dicts()


def test_every_set_finds_its_text_as_the_sources_read_it(folders: tuple[Path, Path]) -> None:
    labels, labelled = folders
    judge(labels, "twcs_spotify", c=TWEET)
    judge(labels, "ibm_twitter_care", iq=TURN)
    judge(labels, "discourse", lq=POST)
    found = real.read(labels, labelled, ALL)
    assert found.missing == {}
    assert [(row["corpus"], row["text"], row["lang"]) for row in said(found)] == [
        ("twcs_spotify", TWEET, "en"),
        ("ibm_twitter_care", TURN, "en"),
        ("discourse", POST, "en"),
    ]
    assert found.rows.select(TAGS).rows() == [
        (0, 1, 0, 0, 0),
        (0, 0, 1, 0, 1),
        (1, 0, 0, 0, 1),
    ]


def test_a_labelled_set_of_others_gives_text_and_language_but_not_its_labels(
    folders: tuple[Path, Path],
) -> None:
    labels, labelled = folders
    labelled.mkdir()
    theirs = {"text": ["Weinig keus", "Mooi"], "lang": "nl", "lead": 1, "complaint": 0, "idea": 1}
    pl.DataFrame(theirs).write_parquet(labelled / "bever_nl_40pct.parquet")
    judge(labels, "bever_nl_40pct", c="Weinig keus")
    (row,) = said(real.read(labels, labelled, ALL))
    assert (row["text"], row["lang"]) == ("Weinig keus", "nl")
    assert [row[label] for label in TAGS] == [0, 1, 0, 0, 0]


def test_rows_for_training_are_named_as_ours_and_listed_with_their_licence(
    folders: tuple[Path, Path],
) -> None:
    labels, labelled = folders
    judge(labels, "ibm_twitter_care", iq=TURN)
    rows = real.rows(real.read(labels, labelled, ALL))
    assert tuple(rows.columns) == corpora.COLUMNS
    assert rows["corpus"].to_list() == ["ibm_twitter_care, our labels"]
    (facts,) = real.facts(rows, "idea")
    assert facts == {
        "name": "ibm_twitter_care, our labels",
        "licence": "unstated",
        "rows": 1,
        "sha256": corpora.digest(rows, "idea"),
    }


def test_a_message_of_the_company_or_without_a_label_is_not_a_row(
    folders: tuple[Path, Path],
) -> None:
    labels, labelled = folders
    judge(labels, "twcs_spotify", c="Sorry to hear that")
    judge(labels, "ibm_twitter_care", p="We will.")
    found = real.read(labels, labelled, ALL)
    assert said(found) == []
    assert found.missing == {"twcs_spotify": 1, "ibm_twitter_care": 1}


def test_a_text_that_is_gone_is_counted_and_the_others_are_kept(
    folders: tuple[Path, Path],
) -> None:
    labels, labelled = folders
    judge(labels, "discourse", lq=POST, c="gone", i="gone too")
    found = real.read(labels, labelled, ALL)
    assert [row["text"] for row in said(found)] == [POST]
    assert found.missing == {"discourse": 2}


def test_a_licence_class_that_is_not_allowed_is_left_out(folders: tuple[Path, Path]) -> None:
    labels, labelled = folders
    judge(labels, "twcs_spotify", c=TWEET)
    judge(labels, "ibm_twitter_care", iq=TURN)
    found = real.read(labels, labelled, ("unstated",))
    assert [row["corpus"] for row in said(found)] == ["ibm_twitter_care"]
    assert found.missing == {}


@pytest.mark.parametrize("labelled", [None, Path("nowhere/labelled")])
def test_without_the_folder_there_are_no_rows_and_none_is_missed(
    folders: tuple[Path, Path], labelled: Path | None
) -> None:
    judge(folders[0], "discourse", lq=POST)
    found = real.read(folders[0], labelled, ALL)
    assert found.rows.schema == real.SCHEMA
    assert said(found) == []
    assert found.missing == {}


@pytest.mark.parametrize("one", [one.name for one in real.SETS])
def test_label_files_hold_hashes_and_labels_and_nothing_else(one: str) -> None:
    lines = (LABELS / f"{one}.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines[1:]]
    assert lines[0].split(",") == ["text_sha256", *TAGS]
    assert [row for row in rows if len(row[0]) != real.DIGITS or int(row[0], 16) < 0] == []
    assert {value for row in rows for value in row[1:]} == {"0", "1"}
    names = [row[0] for row in rows]
    assert names == sorted(set(names))


@pytest.mark.shared
@pytest.mark.skipif(not LABELLED.is_dir(), reason=f"no real text beside {LABELLED}")
def test_every_labelled_message_is_found_beside_the_repository() -> None:
    found = real.read(LABELS, LABELLED, ALL)
    assert found.missing == {}
    assert set(found.rows["corpus"]) == {one.name for one in real.SETS}
