"""What an error says of the columns of a file."""

from __future__ import annotations

import pytest

from pipeline.headers import NO_NAMES, delimiter_of, misread, names, nearest_column


@pytest.mark.parametrize(
    "header",
    [
        ["id", "Sent at (UTC)", "e-mail", "post.stars", "Größe", "answers/1", "_id"],
        ["Question 12", "opinion?", "year2025"],
    ],
)
def test_names_of_columns_are_shown(header: list[str]) -> None:
    assert names(header) == header


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("id,text", ","),
        ('"Wat vindt u, eerlijk, van ons?";"Cijfer"', ";"),
        ('Nummer;"Zei u ""ja, nee, ja""?"', ";"),
        ('"id"\t"text; or so; they say"\r\n', "\t"),
        ('maat 5", kleur', ","),
        ("text", ","),
        ("", ","),
    ],
)
def test_header_is_parted_by_what_stands_between_its_columns(line: str, mark: str) -> None:
    assert delimiter_of(line) == mark


@pytest.mark.parametrize(
    "cell",
    [
        "17",
        "06-12 34 56 78",
        "+31 6 1234",
        "2026-11-02",
        "2/11/2026",
        "Mon 2 Nov 10:15",
        "NL02ABNA0123456789",
        "maaike@example.com",
        '{"id": 3',
        "<p>Hallo",
        "Sinds gisteren\nbel ik met 088 22 333 44 en <geen> gehoor",
    ],
)
def test_one_value_among_them_shows_that_none_is_a_name(cell: str) -> None:
    assert names(["Maaike de Wit", cell, "Mijn fiets doet het niet"]) == []
    assert nearest_column("text", ["Maaike de Wit", cell]) == NO_NAMES


def test_what_is_too_long_or_too_lively_for_a_name_is_left_out() -> None:
    asked = "Hoe tevreden bent u over de monteur die bij u thuis is geweest?"
    assert names(["id", asked, "Ik ben er klaar mee!", ""]) == ["id"]


def test_nearest_name_comes_first() -> None:
    assert nearest_column("text", ["tekst", "id"]) == "did you mean 'tekst'? known: id, tekst"


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (["sep=", ""], "remove the first line (sep=…)"),
        (["SEP=;"], "remove the first line (sep=…)"),
        (["id|text|lang"], "this file parts them by bars"),
    ],
)
def test_line_that_is_not_read_as_it_was_meant_is_the_cause(header: list[str], cause: str) -> None:
    assert cause in nearest_column("text", header)


@pytest.mark.parametrize("header", [[], ["id"], ["sep", "text"], ["a|b", "text"], ["separate=x"]])
def test_other_names_are_read_as_they_were_meant(header: list[str]) -> None:
    assert misread(header) is None
