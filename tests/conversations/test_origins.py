"""Where a passage of a cleaned text stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.conversations.origins import origins
from pipeline.sources._html import text_of
from pipeline.sources._reply import own_text
from pipeline.sources.discourse import reading


def found(original: str, cleaned: str, *passages: str, is_html: bool = False) -> list[str | None]:
    places, at = [], 0
    for passage in passages:
        start = cleaned.index(passage, at)
        at = start + len(passage)
        places.append((start, at))
    spans = origins(original, cleaned, places, is_html=is_html)
    return [span and original[slice(*span)] for span in spans]


def test_blanks_may_differ() -> None:
    assert found("bel\r\n 06  12", "bel 06 12", "06 12") == ["06  12"]


def test_the_same_words_are_found_where_they_are_kept() -> None:
    text = "a@x.nl weg\n> a@x.nl\nmail a@x.nl nu"
    (span,) = origins(text, "mail a@x.nl nu", [(5, 11)], is_html=False)
    assert span == (25, 31)


@pytest.mark.parametrize(
    ("html", "passage", "stood"),
    [
        ("<p>mail <b>a</b>@x.nl</p>", "a@x.nl", "a</b>@x.nl"),
        ("mail a&#64;x.nl &amp; meer", "a@x.nl", "a&#64;x.nl"),
        ("<!-- a@x.nl --> mail a@x.nl", "a@x.nl", "a@x.nl"),
        ("<blockquote>a@x.nl</blockquote>mail a@x.nl", "a@x.nl", "a@x.nl"),
        ("<p>1 &lt; 2, bel 06\u00a012</p>", "06 12", "06\u00a012"),
    ],
)
def test_mark_up_is_looked_through(html: str, passage: str, stood: str) -> None:
    cleaned = text_of(html, reading).replace("\u00a0", " ")
    assert found(html, cleaned, passage, is_html=True) == [stood]


def test_what_is_nowhere_has_no_place() -> None:
    assert found("<img alt='a@x.nl'>", "a@x.nl", "a@x.nl", is_html=True) == [None]


@given(
    lines=st.lists(st.text(st.sampled_from("ab1 @.>\t"), max_size=8), max_size=8),
    data=st.data(),
)
def test_place_of_a_passage_within_a_line_of_a_mail_spells_it(
    lines: list[str], data: st.DataObject
) -> None:
    original = "\r\n".join(lines)
    cleaned = own_text(original)
    start = data.draw(st.integers(0, len(cleaned)))
    line_end = (cleaned + "\n").index("\n", start)
    end = data.draw(st.integers(start, line_end))
    passage = "".join(cleaned[start:end].split())
    if not passage:
        return
    (span,) = origins(original, cleaned, [(start, end)], is_html=False)
    assert span is not None
    assert "".join(original[slice(*span)].split()) == passage
