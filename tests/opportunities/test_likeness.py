"""Ideas are alike by what they say and by the common wishes that they resemble."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.opportunities.likeness import COMMON_SHARE, FAINT, RESEMBLED, resembled, vectors
from pipeline.opportunities.wishes import wishes
from pipeline.text import common_wishes


def likeness(one: str, other: str) -> float:
    said, reach = vectors(wishes(pl.Series([one, other])), 2)
    mine = dict(reach[0])
    return sum(weight * mine.get(term, 0.0) for term, weight in said[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kunnen jullie 's avonds bezorgen?", "Nobody is home when the courier comes at noon"),
        ("Mijn ogen doen pijn van dat felle scherm in bed", "A night theme please"),
        ("Elke keer typ ik alles over", "Please import my spreadsheet"),
        ("A shelter would keep us dry", "Een afdakje bij de halte"),
    ],
)
def test_ideas_that_share_no_word_are_alike_by_a_common_wish(one: str, other: str) -> None:
    said, _ = vectors(wishes(pl.Series([one, other])), 2)
    mine, theirs = ({term for term, _ in idea} for idea in said)
    assert all(term.startswith("wish ") for term in mine & theirs)
    assert likeness(one, other) > 0.15


def test_an_idea_that_resembles_nothing_common_is_known_by_its_words() -> None:
    found = wishes(pl.Series(["Mammoth zebrano"]))
    assert resembled(found, 1).is_empty()
    assert likeness("Mammoth zebrano", "zebrano mammoth") > 0.5


def test_few_common_wishes_count_and_together_they_have_their_share() -> None:
    said = pl.Series(["Deliver my parcel in the evening, I work until seven", "?!", "Dark mode"])
    found = resembled(wishes(said), len(said))
    assert found["at"].unique().to_list() == [0, 2]
    assert max(found.group_by("at").len()["len"].to_list()) <= RESEMBLED
    shares = found.group_by("at").agg((pl.col("weight") ** 2).sum())["weight"].to_list()
    assert shares == pytest.approx([COMMON_SHARE] * 2)
    assert 0 < FAINT < 1


def test_several_shared_words_tell_more_than_one() -> None:
    several = likeness("zebrano mammoth giraffe", "zebrano mammoth walrus")
    assert several > likeness("zebrano", "zebrano mammoth walrus") + 0.05


def test_each_common_wish_is_one_line_of_both_languages() -> None:
    lines = common_wishes()
    assert len(set(lines)) == len(lines)
    assert all(line.count(" = ") == 1 for line in lines)
    assert all(len(wishes(pl.Series([half]))) >= 1 for line in lines for half in line.split(" = "))
