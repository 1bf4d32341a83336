"""People label: a file, or one row after the other in the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from threading import Event

import pytest

from pipeline import contracts
from pipeline.learning import label_book
from pipeline.learning.label_book import Label
from pipeline.tagger import detectors
from tests.commands import engage
from tests.conftest import Company


def asked(company: Company) -> list[dict[str, object]]:
    """The detections that `engage review` asks about: not those of shadow tags or of reposts."""
    repeats = company.column("messages", "message_id", "duplicate_of")
    return [
        row
        for row in company.rows("detections")
        if not (detectors()[row["tag"]].shadow or repeats[row["message_id"]])
    ]


def answers(company: Company) -> list[tuple[str, str, bool]]:
    rows = sorted(company.rows("labels"), key=lambda row: row["labelled_at"])
    return [(row["message_id"], row["tag"], row["is_yes"]) for row in rows]


def test_file_is_labelled_once_and_the_printed_command_puts_it_into_the_tables(
    ran: Company,
) -> None:
    file = ran.folder / "labels.csv"
    file.write_text("id,tag,answer\nshop:1,complaint,no\n")
    first, again = engage("label", str(file)), engage("label", str(file))
    assert first.exit_code == again.exit_code == 0
    assert first.output.startswith("1 label added, 0 known before")
    assert again.output == "no labels added, 1 known before\n"
    assert answers(ran) == [("shop:1", "complaint", False)]
    words = first.output.splitlines()[-1].partition("engage ")[2].split()
    assert engage(*words).exit_code == 0
    assert "shop:1" not in ran.column("complaints", "message_id", "state")


def test_nothing_to_answer_is_said_with_what_makes_rows(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGAGE_SETTINGS", str(company.folder / "engage.toml"))
    for words, what in (((), "row"), (("--audit",), "row of the audit sample")):
        done = engage("review", *words)
        assert done.exit_code == 0
        assert done.output.startswith(f"no {what} waits for an answer")
        assert "run --from DAY" in done.output


def test_rules_are_loaded_while_the_first_row_is_read(
    ran: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = Event()
    monkeypatch.setattr(contracts, "prepare", loaded.set)
    # `pipeline.cli.review` is the command, which has the name of its module.
    monkeypatch.setattr(
        import_module("pipeline.cli.review"), "_key", lambda: "quit" if loaded.wait(5) else "late"
    )
    assert engage("review").output.endswith("0 skipped\n")


def test_overruled_line_of_an_old_file_is_told(ran: Company) -> None:
    file = ran.folder / "labels.csv"
    file.write_text("id,tag,answer\nshop:1,complaint,no\n")
    engage("label", str(file))
    label_book.add(ran.lake, [Label("shop:1", "complaint", True)], datetime.now(UTC))
    assert "1 of these were overruled since" in engage("label", str(file)).output
    assert answers(ran)[-1][2] is True


def test_file_with_a_wrong_line_labels_nothing(ran: Company) -> None:
    file = ran.folder / "labels.csv"
    file.write_text("id,tag,answer\nshop:1,complaint,no\nshop:99,lead,yes\n")
    result = engage("label", str(file))
    assert result.exit_code == 2
    assert "line 3: there is no message 'shop:99'" in result.stderr
    assert "Traceback" not in result.output
    assert answers(ran) == []


def test_review_shows_text_score_and_evidence_and_keeps_each_answer(ran: Company) -> None:
    result = engage("review", "-n", "3", "--by", "Els", stdin="y\nwat\nN\ns\n")
    assert result.exit_code == 0, result.output
    held = {row["message_id"]: row for row in ran.rows("labels")}
    assert sorted(row["is_yes"] for row in held.values()) == [False, True]
    assert {row["labelled_by"] for row in held.values()} == {"Els"}
    texts = ran.column("messages", "message_id", "text")
    for name in held:
        assert texts[name] in result.output.replace("\n", " ")
        assert f"? · {name} · " in result.output
    assert "cue:" in result.output
    assert result.output.count("y(es) n(o) s(kip) q(uit)?") == 4
    assert "2 answers: 1 yes, 1 no; 1 skipped" in result.output


@pytest.mark.parametrize("stdin", ["y\nq\ny\n", "y\n"], ids=["quit", "end of the input"])
def test_what_was_answered_before_the_end_is_kept(ran: Company, stdin: str) -> None:
    result = engage("review", "-n", "5", stdin=stdin)
    assert result.exit_code == 0
    assert len(answers(ran)) == 1


def test_answered_rows_do_not_come_again_and_skipped_ones_do(ran: Company) -> None:
    engage("review", "-n", "2", stdin="s\ny\n")
    ((name, tag, _),) = answers(ran)
    output = engage("review", "-n", "500", stdin="s\n" * 500).output
    assert f"{tag}? · {name} · " not in output
    assert len(answers(ran)) == 1


def test_nothing_is_left_when_all_is_answered(ran: Company) -> None:
    engage("review", "-n", "500", stdin="n\n" * 500)
    assert len(answers(ran)) == len(asked(ran))
    assert engage("review").output.startswith("no row waits for an answer: all have one")


def test_audit_asks_about_the_audit_sample_alone(ran: Company) -> None:
    drawn = {(row["message_id"], row["tag"]) for row in asked(ran) if row["decision"] == "audit"}
    engage("review", "--audit", "-n", "500", stdin="n\n" * 500)
    assert {(name, tag) for name, tag, _ in answers(ran)} == drawn != set()


def test_figures_are_printed_with_intervals_or_say_what_is_missing(ran: Company) -> None:
    before = engage("review", "--figures", "--tag", "complaint").output
    assert "engage review --audit" in before
    engage("review", "-n", "500", stdin="y\n" * 500)
    after = engage("review", "--figures", "--tag", "complaint").output
    assert "lead" not in after
    for name in ("precision of reviewed", "precision", "recall"):
        assert any(name in line and " to " in line for line in after.splitlines())


def test_unknown_tag_is_named(ran: Company) -> None:
    result = engage("review", "--tag", "laed")
    assert result.exit_code == 2
    assert "did you mean 'lead'?" in result.stderr
