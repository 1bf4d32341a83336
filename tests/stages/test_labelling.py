"""People's labels outrank the models: in every run, on every day, with the same bytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.labels import SURE
from pipeline.learning import label_book
from pipeline.learning.label_book import Label
from pipeline.tagger import Tagger
from tests.conftest import FIRST, LAST, NOW, TAGGED, Company, said
from tests.week import SHOP, opened

ANGRY, ANSWER, THANKS, QUOTE = "shop:1", "shop:2", "shop:3", "shop:4"
PLAIN = "town:p"


def answer(company: Company, *labels: tuple[str, str, bool]) -> None:
    label_book.add(company.lake, [Label(*one) for one in labels], NOW)


def heard(company: Company) -> Company:
    company.hear("town", [said("p", "De winkel is om negen uur open.", "2026-11-05T10:00:00Z")])
    company.hear("shop", SHOP)
    return company


def row(company: Company, message_id: str, tag: str) -> dict[str, Any] | None:
    found = [
        one
        for one in company.rows("detections")
        if (one["message_id"], one["tag"]) == (message_id, tag)
    ]
    return found[0] if found else None


def without_labels(company: Company) -> dict[str, str]:
    return {name: sha for name, sha in company.checksums().items() if name[:7] != "labels/"}


@pytest.fixture
def ran(company: Company, made: Callable[..., Company]) -> Company:
    return made(heard(company))


def test_no_takes_a_detected_row_out_of_the_tables(ran: Company) -> None:
    assert ran.column("complaints", "message_id", "state")[ANGRY]
    answer(ran, (ANGRY, "complaint", False))
    ran.run(FIRST, LAST)
    assert row(ran, ANGRY, "complaint") is None
    assert ANGRY not in ran.column("complaints", "message_id", "state")


def test_yes_brings_in_what_the_model_does_not_see(ran: Company) -> None:
    tables = {"lead": "leads", "complaint": "complaints", "idea": "ideas"}
    for tag in tables:
        before = row(ran, PLAIN, tag)
        assert before is None or before["decision"] != "detected"
    answer(ran, *((PLAIN, tag, True) for tag in tables))
    ran.run(FIRST, LAST)
    for tag, table in tables.items():
        found = row(ran, PLAIN, tag)
        assert found is not None
        assert found["decision"] == "detected"
        assert found["score"] == pytest.approx(SURE)
        assert ran.column(table, "message_id", "probability")[PLAIN] == pytest.approx(SURE)


def test_yes_for_one_tag_says_nothing_of_the_others(ran: Company) -> None:
    others = {tag: row(ran, PLAIN, tag) for tag in ("complaint", "idea")}
    answer(ran, (PLAIN, "lead", True))
    ran.run(FIRST, LAST, stages=TAGGED)
    assert {tag: row(ran, PLAIN, tag) for tag in others} == others


def test_evidence_says_that_a_person_decided_and_still_adds_up(ran: Company) -> None:
    answer(ran, (PLAIN, "lead", True))
    ran.run(FIRST, LAST, stages=TAGGED)
    found = row(ran, PLAIN, "lead")
    assert found is not None
    assert [part["kind"] for part in found["evidence"]].count("label") == 1
    logit = sum(part["weight"] for part in found["evidence"])
    assert logit == pytest.approx(math.log(SURE / (1 - SURE)), abs=1e-6)


def test_last_answer_wins(ran: Company) -> None:
    for is_yes in (True, False):
        answer(ran, (PLAIN, "idea", is_yes))
        ran.run(FIRST, LAST, stages=TAGGED)
    assert row(ran, PLAIN, "idea") is None
    label_book.add(ran.lake, [Label(PLAIN, "idea", True, "toch wel")], NOW)
    ran.run(FIRST, LAST, stages=TAGGED)
    found = row(ran, PLAIN, "idea")
    assert found is not None
    assert found["decision"] == "detected"


def test_labels_survive_any_number_of_runs_without_a_changed_byte(ran: Company) -> None:
    answer(ran, (ANGRY, "complaint", False), (PLAIN, "lead", True))
    ran.run(FIRST, LAST)
    before = ran.checksums()
    ran.run(FIRST, LAST)
    assert ran.checksums() == before


def test_run_of_another_day_heeds_labels_with_the_same_bytes(
    companies: Callable[[str], Company], made: Callable[..., Company]
) -> None:
    whole, other = (made(heard(companies(name))) for name in ("whole", "other"))
    for one in (whole, other):
        answer(one, (ANGRY, "complaint", False), (PLAIN, "lead", True), (QUOTE, "lead", True))
    whole.run(FIRST, LAST)
    other.run(LAST)
    assert row(other, PLAIN, "lead")
    assert without_labels(other) == without_labels(whole)


def test_run_of_another_day_touches_no_row_without_a_label(ran: Company) -> None:
    answer(ran, (PLAIN, "lead", True))
    before = [one for one in ran.rows("detections") if one["message_id"] != PLAIN]
    ran.run(FIRST, stages=("detect",))
    assert [one for one in ran.rows("detections") if one["message_id"] != PLAIN] == before


def test_label_given_before_the_message_is_tagged_counts_too(
    companies: Callable[[str], Company], made: Callable[..., Company]
) -> None:
    first, last = heard(companies("first")), made(heard(companies("last")))
    first.run(FIRST, LAST, stages=("listen",))
    answer(first, (PLAIN, "lead", True))
    first.run(FIRST, LAST)
    answer(last, (PLAIN, "lead", True))
    last.run(FIRST, LAST)
    assert without_labels(first) == without_labels(last)


def test_message_that_is_in_no_conversation_yet_waits_for_its_own_run(company: Company) -> None:
    heard(company).run("2026-11-05", stages=("listen",))
    answer(company, (PLAIN, "lead", True))
    company.run(FIRST, stages=TAGGED)
    assert row(company, PLAIN, "lead") is None


def test_yes_holds_for_what_is_left_out_or_in_another_language(company: Company) -> None:
    texts = [
        "Cheap followers, click here! My oven is broken again, I am furious: terrible service.",
        "Où est la boulangerie la plus proche, et combien coûte une baguette pour la fête ?",
        "👍",
    ]
    company.hear("town", [said(str(at), text) for at, text in enumerate(texts)])
    company.run(FIRST, stages=("listen", "assemble"))
    assert company.column("messages", "message_id", "excluded_reason")["town:0"] == "spam"
    yes = [("town:0", "idea", True)]
    yes += [(f"town:{at}", tag, True) for at in (1, 2) for tag in ("complaint", "idea", "lead")]
    answer(company, *yes)
    company.run(FIRST)
    found = [(one["message_id"], one["tag"], True) for one in company.rows("detections")]
    assert sorted(found) == yes
    assert len(company.rows("ideas")) == 3


def test_no_takes_a_row_out_of_the_audit(company: Company, made: Callable[..., Company]) -> None:
    made(opened(company))
    drawn = next(one for one in company.rows("detections") if one["decision"] == "audit")
    answer(company, (drawn["message_id"], drawn["tag"], False))
    company.run(FIRST, LAST, stages=TAGGED)
    assert row(company, drawn["message_id"], drawn["tag"]) is None


def test_yes_for_a_tag_that_was_taken_out_has_no_message_tagged_again(
    ran: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every run for ever: no row could ever say what people did."""
    texts, detections = list[str](), Tagger.detections

    def watched(self: Tagger, given: Any, *more: Any) -> Any:
        texts.extend(given.to_pylist())
        return detections(self, given, *more)

    monkeypatch.setattr(Tagger, "detections", watched)
    answer(ran, (PLAIN, "churn_risk", True))
    ran.run(FIRST, FIRST, stages=("detect",))
    assert "De winkel is om negen uur open." not in texts
