"""Texts as they look: what nobody sees cuts no word and no number in two."""

from __future__ import annotations

import time
import unicodedata

import numpy as np
import polars as pl
import pytest

from pipeline.conversations.personal import find
from pipeline.looks import Written, is_blank, is_seen, letters, shown

PLAIN = "Wij zoeken één offerte van José, geïnteresseerd"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (unicodedata.normalize("NFD", PLAIN), PLAIN),
        ("of\u00adfer\u200bte\ufeff", "offerte"),
        ("offerte\u00a0voor\u202fzes\u2009fietsen", "offerte voor zes fietsen"),
        ("Hallo,\u2028mijn lamp\u2029is kapot", "Hallo,\nmijn lamp\nis kapot"),
        ("kl\u200dacht\u200c 1\u200c2", "klacht 12"),
        ("👩\u200d👧 ok", "👩\u200d👧 ok"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a – “b” … 3°", "a – “b” … 3°"),
        ("𝗜 𝘄𝗮𝗻𝘁 𝗮 𝗿𝗲𝗳𝘂𝗻𝗱", "I want a refund"),
        ("ｍｙ\u3000ｒｅｆｕｎｄ １２！", "my refund 12！"),
        ("𝒽ℯ𝓁𝓁ℴ 𝟙𝟚, 𝕘𝕖𝕖́𝕟 ℑ𝔡𝔢𝔢", "hello 12, geén Idee"),
        ("𝗸𝗮­𝗽𝗼𝘁", "kapot"),
        ("№ 5 ™ 20 ℃ ½ ² Ⓜ ﬁ", "№ 5 ™ 20 ℃ ½ ² Ⓜ ﬁ"),
        ("", ""),
    ],
)
def test_text_is_shown_as_it_looks(text: str, seen: str) -> None:
    assert shown(pl.Series([None, text, "x"])).to_list() == [None, seen, "x"]
    assert shown(pl.Series([seen])).to_list() == [seen], "twice is once"


@pytest.mark.parametrize(
    ("text", "blank"), [("\u200b \u00ad\ufeff\u2060", True), ("\u00a0\n", True), ("👍", False)]
)
def test_what_nobody_sees_is_blank(text: str, *, blank: bool) -> None:
    assert is_blank(text) is blank
    assert pl.select(is_seen(pl.lit(text))).item() is not blank


def test_letters_say_where_they_stood() -> None:
    text = "Jose\u0301\u200b x"
    plain, places = letters(text)
    assert plain == "José x"
    assert [text[start:end] for start, end in places] == ["J", "o", "s", "e\u0301", " ", "x"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mijn naam is Jose\u0301 Jansen.", "Jose\u0301 Jansen"),
        ("Groet, Rene\u0301", "Rene\u0301"),
        ("bel me op\u20280612345678\u2028Groet", "0612345678"),
        ("𝗺𝗮𝗶𝗹 𝗷𝗮𝗻@𝗵𝘂𝗶𝘀.𝗻𝗹 𝗲𝘃𝗲𝗻", "𝗷𝗮𝗻@𝗵𝘂𝗶𝘀.𝗻𝗹"),
        ("𝐛𝐞𝐥 𝟎𝟔𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖", "𝟎𝟔𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖"),
    ],
)
def test_personal_data_is_found_however_accents_and_lines_are_written(
    text: str, found: str
) -> None:
    places = find(pl.Series([text])).select("start", "end").rows()
    assert [text[start:end] for start, end in places] == [found]


def test_spans_of_what_is_seen_stand_in_the_text_as_given() -> None:
    given = pl.Series(
        ["kapot", "\u200bka\u200bpot\u200b!", "e\u0301\u200be\u0301n keer", "𝗸𝗮𝗽\u00ad𝗼𝘁"]
    )
    spans_of = [[0, 0, 4], [1, 0, 5], [1, 0, 0], [1, 3, 3], [2, 0, 3], [3, 2, 5]]
    rows, starts, ends = np.array(spans_of).T
    found = Written.of(given, shown(given)).places(rows, starts, ends)
    spans = zip(rows.tolist(), *(one.tolist() for one in found), strict=True)
    assert [given[row][start:end] for row, start, end in spans] == [
        "kapo",
        "ka\u200bpot",
        "",
        "",
        "e\u0301\u200be\u0301n",
        "𝗽\u00ad𝗼𝘁",
    ]


def test_thousands_of_accents_on_one_letter_take_no_time() -> None:
    text = "a" + "\u0301\u0316" * 20_000
    began = time.process_time()
    assert shown(pl.Series([text]))[0].startswith("á")
    assert len(letters(text)[1]) == len(letters(text)[0])
    assert time.process_time() - began < 2
