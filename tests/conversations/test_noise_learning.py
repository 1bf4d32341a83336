"""Points of noise are learned from examples, never from what is kept for the report."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks.listening import learning
from benchmarks.listening.exclusions import lines, report
from pipeline.conversations.noise import KINDS
from pipeline.conversations.noise_points import pairs, points, words
from pipeline.conversations.personal import redact
from pipeline.text import noise_points


def test_points_are_of_the_sets_and_signs_as_they_are() -> None:
    learned = "python -m benchmarks.listening.learning"
    assert learning.learned_from() in learning.FILE.read_text("utf-8"), f"run `{learned}`"


def test_nothing_is_learned_from_what_is_kept_for_the_report() -> None:
    halves = [line for name in learning.HALVED for line in report(name)]
    kept = [line.text for line in (*halves, *lines("noise_fresh.txt"))]
    redacted = pl.DataFrame({"text": kept}).select(redact(pl.col("text"))).to_series()
    assert not learning.examples()["text"].is_in(redacted.to_list()).any()


def test_a_word_has_the_points_of_its_class_although_no_example_has_it() -> None:
    of = learning.Terms(pl.Series(["wij zoeken een kok"] * learning.LEAST))
    weights = np.zeros(len(of.words) + len(of.classes))
    weights[of.words.index("kok")] = 0.5
    weights[len(of.words) + list(of.classes).index("job_ad_trades")] = 0.25
    found = of.points(weights)
    assert found["baristas"] == round(0.25 * learning.SCALE)
    assert found["kok"] >= round(0.5 * learning.SCALE)
    assert "zoeken" not in found


def test_every_kind_has_points_for_and_against_and_a_beginning() -> None:
    assert tuple(noise_points()) == KINDS
    for terms in noise_points().values():
        assert terms[""] < 0 and min(terms.values()) < 0 < max(terms.values())


def test_words_are_lower_case_between_edges_numbers_and_addresses_alike() -> None:
    said = words(pl.Series(["Nu 12,50 op www.kok.example!", "It’s"]))
    assert said["term"].to_list() == ["^", "nu", "0", "op", "_address_", "^", "^", "it's", "^"]
    assert pairs(said)["term"].to_list()[-2:] == ["^ it's", "it's ^"]


def test_points_do_not_depend_on_the_texts_beside() -> None:
    texts = [line.text for line in lines("noise_forms.txt")]
    together = dict(zip(*points(pl.Series(texts)).select("row", "spam"), strict=True))
    alone = {
        at: found["spam"][0]
        for at, text in enumerate(texts[:40])
        if len(found := points(pl.Series([text])))
    }
    assert alone == {at: one for at, one in together.items() if at < 40}
