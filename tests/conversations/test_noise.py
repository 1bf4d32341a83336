"""Noise: what is no customer's voice is kept apart, and what is one is not."""

from __future__ import annotations

import random
from collections import Counter

import polars as pl
import pytest

from benchmarks.listening.exclusions import corpora, lines, reasons, report
from pipeline.contracts import contract
from pipeline.conversations.noise import KINDS, excluded_reason, is_staff
from pipeline.conversations.noise_points import points
from tests.conftest import FIRST, LAST, TAGGED, Company, said

SENTENCES, TRADES, FORMS = (lines(f"noise{of}.txt") for of in ("", "_trades", "_forms"))


def reason(text: str, *, is_own: bool = False) -> str | None:
    return pl.select(excluded_reason(pl.lit(text), pl.lit(is_own))).item()


def test_there_are_thirty_hits_and_thirty_traps_for_each_reason() -> None:
    counts = Counter((line.reason, line.is_noise) for line in SENTENCES)
    assert set(counts) == {
        (kind, is_noise) for kind in ("own", *KINDS) for is_noise in (True, False)
    }
    assert min(counts.values()) >= 30


def test_each_sentence_is_left_out_for_its_reason_and_each_trap_is_heard() -> None:
    found = reasons([line.text for line in SENTENCES])
    wrong = {
        line.text: (one, line.reason)
        for line, one in zip(SENTENCES, found, strict=True)
        if one != (line.reason if line.is_noise else None)
    }
    assert wrong == {}


def test_each_kind_has_hits_and_traps_of_many_trades_and_forms() -> None:
    counts = Counter((line.reason, line.is_noise) for line in (*TRADES, *FORMS))
    assert all(counts[kind, True] >= 180 and counts[kind, False] >= 60 for kind in KINDS)


@pytest.mark.parametrize(("kind", "least"), [("spam", 0.95), ("job_ad", 0.75), ("press", 0.9)])
def test_noise_without_a_set_phrase_is_known_by_what_it_is_made_of(kind: str, least: float) -> None:
    texts = [line.text for line in (*TRADES, *FORMS) if line.reason == kind and line.is_noise]
    assert sum(one == kind for one in reasons(texts)) >= least * len(texts)


def test_customers_who_speak_of_the_same_things_are_heard() -> None:
    texts = [line.text for line in (*TRADES, *FORMS) if not line.is_noise]
    assert [text for text, one in zip(texts, reasons(texts), strict=True) if one] == []


def test_customers_who_look_for_a_trade_are_heard() -> None:
    said, kept = (
        [line.text for line in some if not line.is_noise]
        for some in (lines("noise_buyers.txt"), report("noise_buyers.txt"))
    )
    lost = [text for text, one in zip(said, reasons(said), strict=True) if one]
    assert set(lost) <= set(kept)
    assert len(kept) >= 80 and len(lost) <= 0.1 * len(kept)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Gezocht: dakdekker, 38 uur, met rijbewijs B. Bus van de zaak.", "job_ad"),
        ("Gezocht: dakdekker voor een lek boven onze keuken, kan per direct.", None),
        ("Cook wanted, four evenings, good pay, tips shared.", "job_ad"),
        ("Cook wanted for our wedding, four courses, sixty guests.", None),
        ("De gemeente sluit donderdag twee zwembaden, aldus de wethouder.", "press"),
        ("Wij horen dat de gemeente donderdag twee zwembaden sluit.", None),
        ("Council shuts two pools, residents protest", "press"),
        ("You shut two pools and my kids have nowhere to swim", None),
        ("Monteur gezocht, 32 uur, cv naar de planner.", "job_ad"),
        ("Jullie monteur kwam 32 minuten te laat.", None),
        ("Free crypto signals, join our Telegram and earn daily!", "spam"),
        ("Why does your video say crypto signals earn money daily?", None),
    ],
)
def test_many_weak_signs_make_a_kind_where_no_customer_speaks(text: str, kind: str | None) -> None:
    assert reason(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Ik betaal nu 220 euro per maand terwijl ik 3 maanden weg was.", None),
        ("Welkomstbonus van 100 euro nooit ontvangen.", None),
        ("Geen reactie op mijn whatsapp van vrijdag.", None),
        ("The welcome bonus of 50 I never received.", None),
        ("Welkomstbonus van 100 euro, alleen vandaag.", "spam"),
        ("Stuur een whatsapp voor gratis volgers.", "spam"),
        ("Cadeaubon verlopen na een jaar, 50 euro weg.", None),
        ("Our council is looking to invest in insulation for six schools.", None),
        ("The council is looking to invest in insulation for six schools.", "press"),
        ("'We want to invest in insulation of six schools', the council says.", "press"),
    ],
)
def test_what_only_a_customer_says_is_no_noise_whatever_its_words_weigh(
    text: str, kind: str | None
) -> None:
    assert reason(text) == kind


def test_a_question_is_not_judged_by_points() -> None:
    news = "De gemeente sluit donderdag twee zwembaden, aldus de wethouder"
    assert (reason(f"{news}."), reason(f"{news}?")) == ("press", None)


def test_a_long_text_is_not_judged_by_points() -> None:
    news = "De gemeente sluit donderdag twee zwembaden, aldus de wethouder. "
    assert (reason(news * 5), reason(news * 6)) == ("press", None)


def test_a_sign_counts_once_however_often_it_is_said() -> None:
    assert points(pl.Series(["win free win free win free now now"])).equals(
        points(pl.Series(["win free win free now now now now"]))
    )


def test_texts_come_back_in_their_order_also_without_any_word() -> None:
    texts = ["", "Gratis crypto, klik op de link!", None, "Hallo", "Vacature: kok, 32 uur, bel ons"]
    found = pl.DataFrame({"text": texts}).select(excluded_reason(pl.col("text"), pl.lit(False)))
    assert found.to_series().to_list() == [None, "spam", None, None, "job_ad"]


def test_texts_in_pieces_as_batches_leave_them_have_the_points_of_the_whole() -> None:
    texts, chance = corpora()["text"], random.Random(1)
    for _ in range(20):
        begins = [chance.randrange(len(texts) - 9) for _ in range(40)]
        pieces = [texts.slice(begin, chance.randint(0, 6)) for begin in begins]
        whole, in_pieces = pl.concat(pieces, rechunk=True), pl.concat(pieces, rechunk=False)
        assert points(in_pieces).equals(points(whole))


def test_no_message_of_the_corpora_that_is_none_is_left_out() -> None:
    texts = corpora()["text"].to_list()
    assert [text for text, one in zip(texts, reasons(texts), strict=True) if one] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Klik hier", None),
        ("Passief inkomen", "spam"),
        ("Ik krijg steeds berichten over passief inkomen", None),
    ],
)
def test_a_plain_phrase_is_enough_unless_a_customer_speaks_about_it(
    text: str, kind: str | None
) -> None:
    assert reason(text) == kind


def test_company_itself_comes_before_every_other_reason() -> None:
    assert reason("Solliciteer nu op onze vacature!", is_own=True) == "own"
    assert reason("Hallo", is_own=True) == "own"


def test_each_row_has_its_own_reason() -> None:
    frame = pl.DataFrame(
        {
            "text": ["Vacature: solliciteer nu", "Kapot!", "Hallo", None],
            "is_own": [False, False, True, False],
        }
    )
    found = frame.select(excluded_reason(pl.col("text"), pl.col("is_own"))).to_series()
    assert found.to_list() == ["job_ad", None, "own", None]


def test_reasons_are_those_that_the_contract_knows() -> None:
    (column,) = (at for at in contract("messages").columns if at.name == "excluded_reason")
    (allowed,) = (rule.kwargs["value_set"] for rule in column.rules if "value_set" in rule.kwargs)
    assert {"own", "query", "forgotten", *KINDS} == set(allowed)


def test_accounts_of_staff_are_theirs_and_nobody_is_staff_without_any() -> None:
    authors = pl.Series("author", ["imke", "molenaar", "ann", None])
    text = pl.lit("Lekker brood")
    found = authors.to_frame().with_columns(
        found=is_staff(text, pl.col("author"), ("Molenaar",), ("molenaar",), ("imke",)),
        nobody=is_staff(text, pl.col("author"), ("Molenaar",), (), ()),
    )
    assert found["found"].to_list() == [True, True, False, False]
    assert found["nobody"].to_list() == [False] * 4


def test_employee_is_never_tagged_and_answers_nobody(company: Company) -> None:
    toml = company.folder / "engage.toml"
    toml.write_text(toml.read_text().replace("[detection]", 'employees = ["@Imke"]\n[detection]'))
    angry = "Het brood was alweer beschimmeld, ik ben er helemaal klaar mee!"
    company.hear(
        "shop",
        [
            said("1", angry),
            said("2", angry.replace("brood", "broodje"), author="imke", reply_to_native_id="1"),
        ],
    )
    company.run(FIRST, LAST, stages=TAGGED)
    _, answer = company.rows("messages")
    assert (answer["excluded_reason"], answer["is_own"]) == ("own", False)
    assert {row["message_id"] for row in company.rows("detections")} == {"shop:1"}
    (conversation,) = company.rows("conversations")
    assert conversation["state"] == "unanswered"
