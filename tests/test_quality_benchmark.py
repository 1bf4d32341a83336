"""The protocols of the public benchmarks, on small invented text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.quality import models, sets
from benchmarks.quality.complaints import domain_folds
from benchmarks.quality.marks import Marks, cut
from benchmarks.quality.page import page
from benchmarks.quality.results import Line, Result
from benchmarks.quality.suggestions import is_order, signs_of_a_tip

LABELLED = Path(__file__).parent.parent.parent / "shared" / "data" / "labelled"
SETS = {
    "semeval2019_t9a": "idea",
    "semeval2019_t9b": "idea",
    "complaints_acl2019": "complaint",
    "nlbse2024_issues": "idea",
}


def rows(*said: tuple[str, int]) -> pl.DataFrame:
    texts, labels = zip(*said, strict=True)
    keys = [text.lower().strip(" .!") for text in texts]
    return pl.DataFrame({"text": texts, "key": keys, "idea": labels})


def test_a_contradicted_text_is_not_learnt_and_a_repeated_one_once() -> None:
    train = rows(
        ("Add a clock.", 1),
        ("add a clock!", 1),
        ("It hangs.", 0),
        ("Why no map", 1),
        ("Why no map", 0),
    )
    left = sets.without_leaks(train, "idea")
    assert left["text"].to_list() == ["Add a clock.", "It hangs."]


def test_a_held_out_text_is_not_learnt() -> None:
    train = rows(("Add a clock.", 1), ("It hangs.", 0), ("Fine by me", 0))
    left = sets.without_leaks(train, "idea", rows(("it hangs!", 0)), rows(("FINE BY ME", 1)))
    assert left["text"].to_list() == ["Add a clock."]


def test_no_group_is_in_two_folds() -> None:
    labels = np.arange(200) % 2
    groups = [at // 7 for at in range(200)]
    found = sets.folds(labels, groups)
    assert set(found.tolist()) == set(range(sets.FOLDS))
    assert all(len({found[at] for at in range(200) if groups[at] == one}) == 1 for one in groups)


def test_a_domain_is_held_out_whole_and_what_has_none_is_dealt_out() -> None:
    domains = pl.Series(["cars", "random_tweet", "food", "cars", "random_reply", "food"])
    assert domain_folds(domains).tolist() == [0, 0, 1, 0, 1, 1]
    strict = domain_folds(domains, deal=False).tolist()
    assert strict == [0, 3, 1, 0, 2, 1]


def test_the_base_rate_of_unlabelled_text_is_found() -> None:
    choice = np.random.default_rng(3)
    labels = choice.random(4000) < 0.1
    # Calibrated where half are yes: the logit is the difference of two normal densities.
    evidence = choice.normal(np.where(labels, 1.0, -1.0), 1.0)
    believed = 1.0 / (1.0 + np.exp(-2.0 * evidence))
    assert believed.mean() > 0.15
    assert abs(models.shifted(believed, 0.5).mean() - labels.mean()) < 0.01


def test_rows_are_taken_while_they_promise_a_higher_f1() -> None:
    taken = models.likely_best(np.array([0.02, 0.9, 0.5, 0.8, 0.01]))
    assert taken.tolist() == [False, True, True, True, False]
    # Of rows that are all unsure, one in three, saying yes to all promises most.
    assert models.likely_best(np.full(6, 0.3)).all()


def test_handles_links_and_numbers_are_not_told_apart() -> None:
    assert cut("@Anna see https://a.example 12") == cut("@bert see https://b.example 7")


def test_verbs_are_alike_in_the_skeleton() -> None:
    taught = [f"please {verb} the clock" for verb in ("mend", "show", "keep") for _ in range(4)]
    marks = Marks(taught)
    assert "s <s> please VERB the" in marks.of("please show the moon")
    assert "s <s> please VERB the" not in marks.of("please blue the moon")


def test_tips_are_told_from_reports_by_their_signs() -> None:
    tips = ["Bring earplugs if you sleep lightly.", "Definitely recommended to families."]
    reports = ["We stayed four nights in May.", "The lobby was dark."]
    found = signs_of_a_tip([*tips, *reports], ["please bring towels", "to bring", "can bring"])
    assert (found[:2] > 0).all() and not found[2:].any()


def test_an_order_begins_with_a_verb() -> None:
    assert is_order(["ask", "for", "towels"], frozenset({"ask"}))
    assert is_order(["but", "ask", "for", "towels"], frozenset({"ask"}))
    assert not is_order(["we", "ask", "for", "towels"], frozenset({"ask"}))
    assert not is_order([], frozenset({"ask"}))


def test_what_misses_its_bar_stands_first() -> None:
    line = Line("Task X", "F1", 0.61, (0.55, 0.66), plain=0.5, bar=0.7, moonshot=0.8, published="")
    seen = "| idea | set_a | en | 9 | 3 | 0.10 | 0.2 | 0.3 | 0.4 | 0.1 | yes, 9 rows |"
    unseen = "| idea | set_b | en | 9 | 3 | 0.50 | 0.2 | 0.3 | 0.4 | 0.1 | no |"
    text = page([Result("Task X", "As it is.", (line,))], "", f"{seen}\n{unseen}", "", "")
    weak = text[: text.index("## Benchmarks")]
    assert "Task X: F1 0.610 misses the bar of 0.70 by 0.090" in weak
    assert "idea on set_b" in weak and "set_a" not in weak


def test_an_interval_holds_the_score_and_narrows_with_rows() -> None:
    def width(rows: int) -> float:
        right = np.arange(rows) % 5 > 0
        low, high = models.interval(lambda at: float(right[at].mean()), rows)
        assert low < 0.8 < high
        return high - low

    assert width(4000) < width(400) / 2


@pytest.mark.shared
@pytest.mark.skipif(not LABELLED.is_dir(), reason="no labelled sets beside the repository")
@pytest.mark.parametrize("name", sorted(SETS))
def test_the_sets_can_be_read(name: str) -> None:
    found = sets.read(LABELLED, name)
    labels = found[SETS[name]].drop_nulls()
    assert set(labels.to_list()) == {0, 1}
    assert found["key"].null_count() == 0
