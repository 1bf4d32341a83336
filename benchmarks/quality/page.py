"""Lays the results out as docs/quality.md: first what does not work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.results import Line, Result
from benchmarks.quality.shipped import weakest

PAGE = Path(__file__).parent.parent.parent / "docs" / "quality.md"


def table(results: Sequence[Result]) -> str:
    """All numbers, one row each."""
    rows = [
        "| benchmark | measure | ours | 95 % | plain TF-IDF | bar | beside the bar | published |",
        "|---|---|---:|---|---:|---:|---:|---|",
    ]
    rows += [
        f"| {one.benchmark} | {one.measure} | **{one.ours:.3f}** "
        f"| {one.interval[0]:.2f} to {one.interval[1]:.2f} | {one.plain:.3f} | {one.bar:.2f} "
        f"| {one.ours - one.bar:+.3f} | {one.published} |"
        for result in results
        for one in result.lines
    ]
    return "\n".join(rows)


def page(
    results: Sequence[Result], frozen: str, transfer: str, ablation: str, licences: str
) -> str:
    """The whole page.

    Args:
        results: of the benchmarks.
        frozen: the shipped models on the frozen sets.
        transfer: table of the shipped models on the same sets.
        ablation: table of what each family of features gives.
        licences: table of what text of others brings, by its licence.
    """
    lines = [line for result in results for line in result.lines]
    weak = [_missed(one) for one in lines if one.ours < one.bar]
    weak += [_behind(one) for one in lines if one.bar <= one.ours < one.moonshot]
    weak += [said for result in results for said in result.weak]
    weak += weakest(transfer)
    protocols = "\n\n".join(
        "\n\n".join([f"### {one.name}", one.protocol, *one.remarks]) for one in results
    )
    return f"""# Quality on public benchmarks

Written by `make benchmark-quality`. Models in the first table are made for one benchmark, from its
own training split and the features of this project, and thrown away: they show what small linear
models reach without any neural teacher. Sets for research only (SemEval-2019, ABSA-2016) are
benchmarks alone: nothing that is shipped was trained on them. The shipped models, as they are,
stand in the table after it, and before all on the frozen sets.

## The shipped models on the frozen sets

What this project asks of its models: F1 of 0.80 in Dutch and 0.82 in English, a precision of 0.80
at the shipped threshold, an ECE of at most 0.05. Nothing is trained or tuned on the frozen sets,
which are two. `frozen` is hard on purpose: messages of our own in other trades and voices than the
training text, understated and full of turns, half of them near misses. `plain` is how most people
write in forums, reviews, tweets, mails and chats, with two fifths that are none of the three. It
was written by a hand that knew nothing of the models, and so was the training text: text of others
is harder still. Its labels were read a second time from the texts alone, and settled where the two
differed. What could not be decided was reworded, which makes it easier, too. `engage evaluate`
prints the same figures; behind each stands its 95 % interval of the bootstrap. [Decision
5](decisions/0005-one-small-linear-model-per-tag.md) says what was tried and what stops it.

<!-- frozen: `make docs` writes from here -->

{frozen}

<!-- to here -->

## What does not work on public benchmarks

{chr(10).join(f"- {said}" for said in weak)}

## Benchmarks beside published numbers

{table(results)}

The interval is of the bootstrap over the tested rows. “plain TF-IDF” is words and pairs of words
with a balanced logistic regression, on the same rows under the same protocol.

## Protocols

{protocols}

## The shipped models on sets of others

As they are, at the shipped threshold, nothing trained or tuned here; where a set has an official
test, on that alone. Figures of sets that a model was trained on say little and are marked. The
labels of these sets follow other definitions than ours ([what is and is not one](labelling.md)):
a bug report is a complaint in app reviews, any negative opinion is one in ABSA-2016, a tip to
travellers is an idea in 9B. So the figures tell how far apart the definitions are as much as how
good the models are.

{transfer}

## What the features give

Average precision / F1 at the classifier's own threshold, out of fold by trade, on our own corpora
alone, uncalibrated, settings of `engage train`. “signs” are signs and lengths, “letters” are
n-grams of three to five characters, which are not shipped.

{ablation}

## What text of others brings

The same figures, with the text of others beside ours in every training fold, by what its licence
says. “real” are messages of others with our labels, out of fold by set; most of them were picked
because the models before were in doubt, so differences say more than figures. No text of others is
part of this repository, whatever its licence. `engage train --labelled FOLDER --licence permissive`
leaves out the sets that state none. The last rows are the same with the highest sentence of each
message counted beside it, in the shares of the shipped models, and then with words whose meanings
are alike sharing what is learnt (decision 22).

{licences}
"""


def _missed(one: Line) -> str:
    return (
        f"{one.benchmark}: {one.measure} {one.ours:.3f} misses the bar of {one.bar:.2f} by "
        f"{one.bar - one.ours:.3f}, and the best published one by {one.moonshot - one.ours:.3f}."
    )


def _behind(one: Line) -> str:
    return f"{one.benchmark}: over the bar, but {one.moonshot - one.ours:.3f} behind the best."
