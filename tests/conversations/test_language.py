"""Languages: Dutch and English are told apart and from others, also in capitals and in short."""

from __future__ import annotations

from operator import eq

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.listening.languages import messages, taken_for
from pipeline.conversations.language import PLAIN, _evidence, _plain, by_sentence, identify, stated
from pipeline.conversations.personal import TOKENS
from pipeline.text import little_words, vocabulary

DUTCH = (
    "Mijn pakket is alweer niet bezorgd.",
    "ALWEER STORING!!!",
    "WAAR BLIJFT MIJN GELD",
    "Kapot na twee dagen",
    "Eten koud, bediening traag.",
    "heeft iemand een tip?",
    "mooi hoor",
    "Wa kost da bij ulder?",
    "@kpn waarom doet mijn internet het niet #storing https://example.org/x",
    "De app crasht telkens als ik wil inloggen",
    "niet normaal dit",
)
ENGLISH = (
    "My parcel still has not arrived.",
    "WHERE IS MY REFUND??",
    "broken again!!",
    "thanks a lot",
    "any recommendations for a plumber?",
    "add dark mode pls",
    "@acme your app keeps crashing #fail",
    "Great, another outage",
)
OTHERS = {
    "de": "Ich suche eine neue Versicherung für mein Auto und brauche ein Angebot.",
    "fr": "Je cherche un nouveau fournisseur d'électricité pour ma maison.",
    "es": "¿Alguien puede recomendar un buen fontanero en Madrid?",
    "it": "Qualcuno conosce un buon idraulico a Milano?",
    "pl": "Gdzie mogę kupić nową lampę do salonu?",
    "pt": "Onde posso comprar isto em Lisboa?",
    "tr": "Siparişim hala gelmedi, çok kızgınım.",
    "ru": "Мой заказ до сих пор не пришёл.",
    "zh": "我想买一个新的手机，请给我报价。",
    "sv": "Var kan jag köpa den här lampan någonstans?",
}


def language(text: str | None) -> str:
    found, _ = identify(pa.array([text], pa.string()))
    return str(found[0].as_py())


@pytest.mark.parametrize("text", DUTCH)
def test_dutch_is_dutch(text: str) -> None:
    assert language(text) == "nl"


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_english(text: str) -> None:
    assert language(text) == "en"


@pytest.mark.parametrize(("code", "text"), OTHERS.items())
def test_other_languages_are_not_taken_for_ours(code: str, text: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Ek is baie tevrede met die diens van julle winkel",
        "Waar is my pakkie?",
        "Die winkel is nooit oop nie",
    ],
)
def test_afrikaans_is_not_taken_for_dutch(text: str) -> None:
    assert language(text) == "af"


@pytest.mark.parametrize(
    "text", ["Die winkel is nooit open", "Mijn pakje is hier nog nie", "Ge moet da niet doen"]
)
def test_dutch_that_looks_like_afrikaans_is_dutch(text: str) -> None:
    assert language(text) == "nl"


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "ok", "👍👍👍", "12345", "!!", "@molenaar", "https://example.org/lamp", "#"],
)
def test_text_without_three_letters_is_undetermined(text: str | None) -> None:
    assert language(text) == "und"


def test_message_is_judged_by_its_words_not_by_handles_and_links() -> None:
    assert language("@thebestshop @helpdesk https://example.com/the/best niet bezorgd") == "nl"


@pytest.mark.parametrize(
    "text",
    [
        "Op de bon stond: what would you like, en dat is het",
        "Nog een keer: je suis déjà venu trois fois au magasin et personne ne répond",
    ],
)
def test_little_words_of_two_languages_do_not_make_it_plain(text: str) -> None:
    words = pl.Series([text.lower()]).str.extract_all(r"\p{L}+")
    known, against = _evidence(words)
    assert _plain(known, against, words.list.len().to_numpy())[0] == -1


def test_word_that_two_languages_share_speaks_for_neither_against_the_other() -> None:
    known, against = _evidence(pl.Series([["die", "winkel", "is", "nie", "oop"]]))
    dutch, _, afrikaans, *_ = zip(known[0], against[0], strict=True)
    assert list(little_words())[:3] == ["nl", "en", "af"]
    assert (dutch, afrikaans) == ((3, 1), (4, 0))


def test_what_is_plain_is_what_the_whole_method_says(monkeypatch: pytest.MonkeyPatch) -> None:
    found, scores = identify(pa.array([*DUTCH, *ENGLISH]))
    assert any(score == pytest.approx(PLAIN) for score in scores.to_pylist())
    monkeypatch.setattr("pipeline.conversations.language.PLAIN_WORDS", 10**6)
    slowly, _ = identify(pa.array([*DUTCH, *ENGLISH]))
    assert slowly.equals(found)


def test_score_is_a_probability_and_nothing_for_no_words() -> None:
    _, scores = identify(pa.array([DUTCH[0], "👍"]))
    sure, none = scores.to_pylist()
    assert 0.9 < sure <= 1
    assert none == 0


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(st.none() | st.text(st.characters(codec="utf-8")), max_size=4))
def test_any_text_gets_a_code_and_a_score(texts: list[str | None]) -> None:
    found, scores = identify(pa.array(texts, pa.string()))
    assert len(found) == len(scores) == len(texts)
    assert (found.null_count, scores.null_count) == (0, 0)
    assert all(one.isascii() and 2 <= len(one) <= 3 for one in found.to_pylist())
    assert all(0 <= one <= 1 for one in scores.to_pylist())


@pytest.mark.parametrize(
    "odd", ["niet\r\nbezorgd\u2028vandaag\x00weer", "\x0bniet bezorgd\x85vandaag"]
)
def test_line_breaks_of_any_kind_do_not_matter(odd: str) -> None:
    assert language(odd) == "nl"


def test_long_text_is_judged_by_its_beginning_and_soon() -> None:
    assert language("het werkt niet meer " * 5_000) == "nl"
    assert language("." * 100_000 + "x") == "und"


def test_every_language_that_is_told_apart_can_be_stated() -> None:
    for code in ("nl", "en", "af", "de", "nds", "fy", "vls", "sco", "zh"):
        assert stated(code) == code
    assert stated("Frysk") == stated("fry") == "fy"
    assert [stated(one) for one in ("", "qq", "nlen", "en français")] == [None] * 4


def test_names_of_languages_mean_one_each() -> None:
    listed = vocabulary("language_names.toml")
    names = [one for of_code in listed["names"].values() for one in of_code.split(", ")]
    names += listed["names"]
    names += [one for codes in listed["codes"].values() for one in codes.split()]
    assert sorted(names) == sorted(set(names))


def test_each_sentence_has_a_language_and_a_place() -> None:
    text = "Mijn pakket is nog niet binnen. I have been waiting for two weeks!\nJe suis très déçue"
    found = by_sentence(pa.array([text, None, "Nog een bericht voor jullie"]))
    assert found["row"].to_list() == [0, 0, 0, 2]
    assert found["language"].to_list() == ["nl", "en", "fr", "nl"]
    parts = [text[start:end] for start, end in found.head(3).select("start", "end").rows()]
    assert "".join(parts) == text
    assert parts[1] == " I have been waiting for two weeks!\n"


def test_messages_of_the_report_half_get_their_language() -> None:
    some = [one for one in messages() if one.is_report and one.kind != "mixed"]
    found = taken_for(some)
    assert sum(map(eq, found, (one.languages[0] for one in some))) >= 0.97 * len(some)


def test_set_of_messages_is_as_large_as_is_said() -> None:
    known = messages()
    assert len(known) >= 500
    assert len({one.text for one in known}) == len(known)
    assert all(3 <= one.size <= 40 for one in known)
    assert {one.kind for one in known} == {"nl", "nl-BE", "en", "af", "de", "fr", "mixed"}


def test_a_language_is_told_through_signs_that_nobody_sees() -> None:
    text = "Mijn pakket is nog steeds niet aangekomen"
    torn = "\u200b".join(text)
    assert language(torn) == language(text) == "nl"


@pytest.mark.parametrize("text", ["Groetjes, {}", "reageer via {} of {}", "kenteken {}", "nr {}"])
def test_what_stands_for_personal_data_says_nothing_of_the_language(text: str) -> None:
    assert {language(text.replace("{}", token)) for token in TOKENS.values()} == {
        language(text.replace("{}", "@user"))
    }


def test_short_dutch_message_is_no_english_one_for_what_stands_for_a_name_in_it() -> None:
    assert language("Groetjes, [name]") == language("reageer via [mail] of [phone]") == "nl"
