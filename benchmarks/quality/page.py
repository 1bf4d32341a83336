"""Lays the results out as docs/quality.md: first what does not work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.results import Line, Result

PAGE = Path(__file__).parent.parent.parent / "docs" / "quality.md"


def table(results: Sequence[Result]) -> str:
    """All numbers, one row each."""
    rows = [
        "| benchmark | measure | ours | plain TF-IDF | bar | beside the bar | published |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    rows += [
        f"| {one.benchmark} | {one.measure} | **{one.ours:.3f}** | {one.plain:.3f} | {one.bar:.2f} "
        f"| {one.ours - one.bar:+.3f} | {one.published} |"
        for result in results
        for one in result.lines
    ]
    return "\n".join(rows)


def page(results: Sequence[Result]) -> str:
    """The whole page."""
    lines = [line for result in results for line in result.lines]
    missed = "\n".join(map(_missed, [one for one in lines if one.ours < one.bar]))
    below = [one for one in lines if one.bar <= one.ours < one.moonshot]
    missed += "".join(
        f"\n- {one.benchmark}: over the bar, but {one.moonshot - one.ours:.3f} behind the best."
        for one in below
    )
    protocols = "\n\n".join(
        f"### {one.name}\n\n{one.protocol}" + "".join(f"\n\n{said}" for said in one.remarks)
        for one in results
    )
    return f"""# Quality on public benchmarks

Written by `make benchmark-quality`. The models on this page but the shipped ones are made for one
benchmark, from its own training split and the features of this project, and thrown away: they show
what small linear models without any neural teacher can do. Sets that are for research only are
benchmarks alone: nothing that is shipped was trained on them.

## What does not work

{missed.strip()}

## Benchmarks beside published numbers

{table(results)}

“plain TF-IDF” is words and pairs of words with a logistic regression, every setting
scikit-learn's, run on the same rows in the same minute.

## Protocols

{protocols}
"""


def _missed(one: Line) -> str:
    return (
        f"- {one.benchmark}: {one.measure} {one.ours:.3f} misses the bar of {one.bar:.2f} by "
        f"{one.bar - one.ours:.3f}, and the best published one by {one.moonshot - one.ours:.3f}."
    )
