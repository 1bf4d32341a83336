"""SemEval-2019 task 9: does a sentence suggest something, in a software forum or a hotel review?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.quality import models, plain, sets
from benchmarks.quality.marks import Marks, cut, own, own_names, verbs
from benchmarks.quality.models import Floats
from benchmarks.quality.results import Line, Result

STRENGTH = 0.03
SIGNS_OF_A_TIP = (
    "class:second_person",
    "class:conditional_if",
    "class:advice_imperative",
    "class:recommend_to_others",
    "class:should_ought",
)
"""Whoever gives a tip speaks to somebody, names a condition, recommends, orders or says should."""
BEFORE_AN_ORDER = frozenset({"so", "also", "just", "but", "and", "then", "always", "never"})
ORDERS = frozenset({"please", "do", "don't", "dont"})
FORUM_SHARE = 0.3
"""What a standard deviation of the forum model's logit counts beside one sign of a tip."""


def forum(labelled: Path) -> Result:
    """Task 9A: train on its training split, official test."""
    from sklearn.metrics import f1_score

    train, dev, test = _forum(labelled)
    texts, labels = train["text"].to_list(), train["idea"].to_numpy().astype(np.int64)
    marks = Marks(texts)
    rows = marks.transform(texts)
    posts = train["id"].str.extract(r"-(\d+)").to_list()
    guessed = models.out_of_fold(rows, labels, sets.folds(labels, posts), STRENGTH)
    model = models.Weighted.fit(rows, labels, STRENGTH)

    def probability(held: pl.DataFrame) -> Floats:
        logits = model.logits(marks.transform(held["text"].to_list()))
        return models.shifted(models.calibrated(guessed, labels, logits), float(labels.mean()))

    found = probability(test)
    true, said = test["idea"].to_numpy(), models.likely_best(found)
    on_dev = f1_score(dev["idea"], models.likely_best(probability(dev)))
    basic = f1_score(test["idea"], plain.answers(texts, labels, test["text"].to_list()))
    return Result(
        name="SemEval-2019 task 9A, suggestions in a software forum",
        protocol=(
            f"Official training split without duplicates, contradictions and held-out sentences "
            f"({len(train):,} of 8,500 rows are left); settings chosen by cross-validation over "
            f"posts and on dev; F1 on the official test ({len(test)} rows). The threshold is "
            "chosen without labels: probabilities are moved to the base rate that expectation "
            "maximisation finds in the unlabelled test text, and those rows are taken that "
            "promise the highest F1."
        ),
        lines=(
            Line(
                benchmark="SemEval-2019 9A",
                measure="F1",
                ours=float(f1_score(true, said)),
                interval=models.interval(lambda at: float(f1_score(true[at], said[at])), len(test)),
                plain=float(basic),
                bar=0.70,
                moonshot=0.781,
                published=".781 best of 34 (BERT, ensemble); .749 rules; .701 rank 10; "
                ".47 classical learning",
            ),
        ),
        remarks=(
            f"On dev, where half are suggestions, the same model has F1 {on_dev:.3f}. Base "
            f"rate: {labels.mean():.1%} in train; found in test {found.mean():.1%}, "
            f"truly {true.mean():.1%}. The test was looked at for two designs. "
            "The other, with randomised trees beside the regression, was .01 better in "
            "cross-validation, .01 worse on dev and .02 worse on the test, all of it within "
            "chance: the simpler one stayed.",
        ),
    )


def hotels(labelled: Path) -> Result:
    """Task 9B: no label of it is learnt from; official test."""
    from sklearn.metrics import average_precision_score, f1_score

    train, _, _ = _forum(labelled)
    texts, labels = train["text"].to_list(), train["idea"].to_numpy().astype(np.int64)
    reviews = sets.read(labelled, "semeval2019_t9b")
    unlabelled = reviews["text"].to_list()
    marks = Marks(texts)
    model = models.Weighted.fit(marks.transform(texts), labels, STRENGTH)
    logits = model.logits(marks.transform(unlabelled))
    score = signs_of_a_tip(unlabelled, texts) - 0.5
    score += FORUM_SHARE * (logits - np.median(logits)) / logits.std()
    is_test = (reviews["split"] == "test").to_numpy()
    labelled_ideas = reviews["idea"].to_numpy().astype(np.int64)
    true, said = labelled_ideas[is_test], score[is_test] > 0
    held = reviews.filter(pl.col("split") == "test")["text"].to_list()
    basic = f1_score(true, plain.answers(texts, labels, held))
    by_signs = f1_score(true, signs_of_a_tip(unlabelled, texts)[is_test] > 0)
    alone = f1_score(true, logits[is_test] > 0)
    ranks = average_precision_score(true, logits[is_test])
    on_dev = f1_score(labelled_ideas[~is_test], score[~is_test] > 0)
    all_yes = f1_score(true, np.ones(int(is_test.sum())))
    return Result(
        name="SemEval-2019 task 9B, tips in hotel reviews",
        protocol=(
            f"No model and no threshold is fitted to labels of 9B: the linear model of 9A, moved "
            "to the unlabelled hotel sentences by median and spread, speaks together with a count "
            f"of {SIGN_COUNT} signs of a tip, which are classes of words of this project and a "
            "verb at the beginning. A sentence counts from one sign on, unless the model objects. "
            "Which signs there are, and what the model counts beside them, was settled by a look "
            "at the dev split and its "
            f"labels; F1 on the official test ({len(held)} rows)."
        ),
        lines=(
            Line(
                benchmark="SemEval-2019 9B",
                measure="F1",
                ours=float(f1_score(true, said)),
                interval=models.interval(lambda at: float(f1_score(true[at], said[at])), len(true)),
                plain=float(basic),
                bar=0.60,
                moonshot=0.858,
                published=".858 best (also rules); .685 rank 10; .37 classical learning",
            ),
        ),
        remarks=(
            f"On dev F1 is {on_dev:.3f}. The signs alone "
            f"reach {by_signs:.3f} on test. Saying yes to every sentence reaches {all_yes:.3f}.",
        ),
        weak=(
            f"SemEval-2019 9B: what is learnt in a software forum does not carry over. The model "
            f"of 9A alone has F1 {alone:.3f} at its own threshold (average precision "
            f"{ranks:.3f}); expectation maximisation, which mends the threshold in 9A, finds next "
            "to no tips here, since not only the base rate differs. The signs carry the result, "
            "and tips to travellers are no ideas by our definition: nothing of this is shipped.",
        ),
    )


def signs_of_a_tip(texts: list[str], others: list[str]) -> Floats:
    """How many signs of a tip each text has; verbs are learnt from these texts and others."""
    names, matrix = own_names(), own(texts)
    found = matrix[:, [names.index(one) for one in SIGNS_OF_A_TIP]].sum(axis=1)
    cuts = [cut(text) for text in texts]
    known = verbs([*cuts, *map(cut, others)])
    orders = np.array([is_order(words[1:-1], known) for words in cuts])
    count: Floats = np.asarray(found).ravel() + orders
    return count


def is_order(words: list[str], known: frozenset[str]) -> bool:
    """Whether the words begin with a verb, as an order does."""
    first, second = (*words, "", "")[:2]
    return first in ORDERS | known or (first in BEFORE_AN_ORDER and second in known)


SIGN_COUNT = len(SIGNS_OF_A_TIP) + 1


def _forum(labelled: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    rows = sets.read(labelled, "semeval2019_t9a")
    train, dev, test = (rows.filter(pl.col("split") == one) for one in ("train", "dev", "test"))
    return sets.without_leaks(train, "idea", dev, test), dev, test
