"""When somebody wants to decide, and which days in a text are no such thing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from pipeline.opportunities.mentions import with_mentions, words
from pipeline.opportunities.timeframes import NOT_SAID, named_times, with_timeframe
from tests.opportunities.made import detected, read

SENT = datetime(2026, 11, 13, 10, tzinfo=UTC)
"""A Friday."""
ZONE = ZoneInfo("Europe/Amsterdam")


def timeframe(text: str, language: str = "nl") -> tuple[str | None, float]:
    row = with_timeframe(read(text, language=language, sent_at=SENT), ZONE).row(0, named=True)
    return row["timeframe"], row["haste"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Graag een offerte voor 20 november.", "voor 20 november"),
        ("Kunnen jullie uiterlijk vrijdag bellen?", "uiterlijk vrijdag"),
        ("Wij zoeken per 1 januari nieuwe fietsen.", "per 1 januari"),
        ("We need them before 1 December.", "before 1 December"),
        ("Can it be here by Friday?", "by Friday"),
        ("I need one by the 16th.", "by the 16th"),
        ("It starts on March 3 at the latest.", "on March 3"),
        ("Binnen drie weken moet het er staan.", "Binnen drie weken"),
        ("We decide within 10 days.", "within 10 days"),
        ("Ik zoek met spoed een loodgieter.", "met spoed"),
        ("Probably next year.", "next year"),
        ("Liefst nog vandaag een monteur.", "vandaag"),
        ("Opzeggen kan tot 1 december, de monteur komt alleen op dinsdag.", "tot 1 december"),
        ("They come only on Tuesday. We decide on Friday.", "on Friday"),
    ],
)
def test_time_is_kept_as_it_is_written(text: str, expected: str) -> None:
    assert timeframe(text)[0] == expected
    assert timeframe(text, "und")[0] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Mijn fiets is op 28 oktober gestolen.",
        "We buy ten as soon as the blue one is back.",
        "De monteur komt alleen op dinsdag.",
        "Er gaat elke vrijdag iets mis.",
        "They only ever deliver on a whim, and every Friday.",
        "The mechanic comes only on Tuesday.",
        "They picked it up in August.",
        "The price is 59 a month.",
        "Contract van 24 maanden, hoeveel korting is dat?",
        "Drie keer een lekke band in 5 weken.",
        "May I ask you something?",
        "Hij staat 6 dagen per week stil.",
        "Wij zoeken iets voor 10-15 personen.",
        "Ik ben bereikbaar op 06-12-34-56-78.",
        "Is er hulp op 24/7 basis?",
        "Voor 3/4 van de prijs doe ik mee.",
        "Een stoel voor Jan en een voor Piet.",
        "In Q1 2024 zijn wij begonnen.",
        "Uiterlijk 31-2-2027, zei hij.",
        "We run version 3.12.26 now.",
        "Factuur van 15-10-2026.",
        "Version 2.0 may be what we need.",
        "Vanaf 0 januari, zei hij.",
        "Mar 3 bikes for sale.",
        "Bought Jan 1, 2026.",
        "Graag voor ١٢ december een offerte.",
        "Uiterlijk １５-１２-２０２６, zei hij.",
    ],
)
def test_day_that_is_past_or_no_day_is_no_time_frame(text: str) -> None:
    assert timeframe(text) == (None, NOT_SAID)


@pytest.mark.parametrize(
    "text",
    [
        "Sinds dit jaar betalen wij vastrecht.",
        "Eerder deze maand vroeg ik een offerte aan.",
        "Dit jaar heb ik al drie keer gebeld.",
        "Deze week kreeg ik jullie folder.",
        "Vorig voorjaar gekocht, en ieder voorjaar gebruikt.",
        "Deze zomer ging het nog goed.",
        "Since this year the price is odd.",
        "This week I saw your advert.",
        "We moved here this summer.",
        "Zij rekenen per week 14 euro.",
        "In week 20 van mijn zwangerschap zocht ik een wieg.",
        "Every week 3 of us go swimming.",
        "In week 60 misschien.",
        "Mijn contract liep 1 april af.",
        "Het contract liep af op 1 december.",
        "Our contract ended on 1 December.",
        "Met Pasen was de brug stuk.",
        "Sinds Pasen zoek ik een kapper.",
    ],
)
def test_time_that_is_over_or_comes_back_is_no_time_frame(text: str) -> None:
    assert timeframe(text) == (None, NOT_SAID)


def test_this_season_is_the_one_that_is_or_comes() -> None:
    def season(text: str, sent_at: datetime) -> date | None:
        rows = read(text, language="nl", sent_at=sent_at)
        found: date | None = with_timeframe(rows, ZONE)["timeframe_on"][0]
        return found

    assert season("Deze zomer willen wij bouwen.", datetime(2026, 3, 2, 9, tzinfo=UTC)) == date(
        2026, 8, 31
    )
    assert season("Deze zomer willen wij bouwen.", datetime(2026, 9, 9, 9, tzinfo=UTC)) is None
    assert season("In de zomer willen wij bouwen.", datetime(2026, 9, 9, 9, tzinfo=UTC)) == date(
        2027, 8, 31
    )


def test_nearer_days_are_more_urgent() -> None:
    days = ["uiterlijk maandag", "voor 24 november", "voor 1 januari", "voor 1 maart", "in mei"]
    haste = [timeframe(f"Wij beslissen {day}.")[1] for day in days]
    assert haste == sorted(set(haste), reverse=True)


def test_last_day_comes_before_the_day_of_use() -> None:
    text = "Wij verhuizen in januari en willen voor 20 november een offerte."
    assert timeframe(text)[0] == "voor 20 november"


def test_day_of_today_counts_in_the_deciding_sentence_only() -> None:
    text = "Vandaag was ik jarig. Wat kost een tweede fiets?"
    told = detected({"text": text, "best": "Wat kost een tweede fiets?", "language": "nl"})
    made = with_timeframe(
        with_mentions(
            told, words(pl.col("text")), ("date", "size", "timeframe"), named_times()
        ).with_columns(sentence=pl.lit("Wat kost een tweede fiets?")),
        ZONE,
    )
    assert made["timeframe"].to_list() == [None]


def test_asking_for_haste_outweighs_a_distant_day() -> None:
    assert timeframe("Wij hebben haast: het contract loopt tot 1 maart.") == ("tot 1 maart", 1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Graag voor 1 januari.", date(2027, 1, 1)),
        ("Uiterlijk woensdag beslissen wij.", date(2026, 11, 18)),
        ("Volgende week graag een demo.", date(2026, 11, 22)),
        ("Eind deze maand loopt het af.", date(2026, 11, 30)),
        ("Met spoed iemand nodig.", date(2026, 11, 13)),
        ("Wij starten in maart.", date(2027, 3, 31)),
        ("Begin januari moet het klaar zijn.", date(2027, 1, 10)),
        ("Binnen drie weken graag.", date(2026, 12, 4)),
        ("Before 1 December 2027 please.", date(2027, 12, 1)),
        ("By mid December.", date(2026, 12, 15)),
        ("We need it next month.", date(2026, 12, 31)),
        ("Next quarter at the latest.", date(2027, 3, 31)),
        ("Dit jaar willen wij over.", date(2026, 12, 31)),
        ("Na de zomer moet het klaar zijn.", date(2027, 9, 30)),
        ("Wij beslissen in week 48.", date(2026, 11, 29)),
        ("Uiterlijk week 2 graag.", date(2027, 1, 17)),
        ("In week 53 verhuizen wij.", date(2027, 1, 3)),
        ("Ten laatste vrijdag 20 november.", date(2026, 11, 20)),
        ("Liefst binnen de maand.", date(2026, 12, 13)),
        ("Halverwege december beslissen wij.", date(2026, 12, 15)),
        ("Before Christmas, if possible.", date(2026, 12, 25)),
        ("Vóór kerst graag.", date(2026, 12, 25)),
        ("Graag voor Pasen.", date(2027, 3, 28)),
        ("Na Pasen willen wij beginnen.", date(2027, 4, 11)),
        ("Wij beslissen voor de kerstvakantie.", date(2026, 12, 24)),
        ("Before Easter 2028 please.", date(2028, 4, 16)),
        ("Kan het voor Hemelvaart?", date(2027, 5, 6)),
        ("Voor Pinksteren moet het klaar.", date(2027, 5, 16)),
        ("Mijn contract loopt 1 april af.", date(2027, 4, 1)),
        ("Can it be done by the 5th?", date(2026, 12, 5)),
        ("Next Friday suits us.", date(2026, 11, 20)),
        ("This spring we build.", date(2027, 5, 31)),
        ("Probably next year.", date(2027, 12, 31)),
        ("Early next year we move.", date(2027, 3, 31)),
        ("Begin volgend jaar verhuizen wij.", date(2027, 3, 31)),
        ("Can it be here the day after tomorrow?", date(2026, 11, 15)),
        ("Demo op dinsdag 24 november om 14:00?", date(2026, 11, 24)),
        ("Graag voor dinsdag 24 november een offerte.", date(2026, 11, 24)),
        ("A demo on Tuesday, November 24?", date(2026, 11, 24)),
        ("A demo on Tuesday the 24th?", date(2026, 11, 24)),
        ("Graag volgende week dinsdag.", date(2026, 11, 17)),
        ("Vrijdag volgende week kan ook.", date(2026, 11, 20)),
        ("Could we meet on Tuesday next week?", date(2026, 11, 17)),
        ("We sign by 1st Jan.", date(2027, 1, 1)),
        ("By Dec 15th please.", date(2026, 12, 15)),
        ("Before 1 Sept 2027.", date(2027, 9, 1)),
        ("Uiterlijk 3 mrt. graag.", date(2027, 3, 3)),
        ("We start in March 2028.", date(2028, 3, 31)),
        ("Ergens in Q1 2028.", date(2028, 3, 31)),
        ("In het eerste kwartaal van 2028.", date(2028, 3, 31)),
        ("In Q3, denk ik.", date(2027, 9, 30)),
        ("In the spring of 2028.", date(2028, 5, 31)),
        ("Graag voor 15-12-2026.", date(2026, 12, 15)),
        ("Wij beslissen op 1-1-2027.", date(2027, 1, 1)),
        ("Uiterlijk 15/12.", date(2026, 12, 15)),
        ("Uiterlijk 1/1.", date(2027, 1, 1)),
        ("Voor 20-11 moet het weg.", date(2026, 11, 20)),
        ("By 5/1, if you can.", date(2027, 1, 5)),
        ("By 2026-12-15, please.", date(2026, 12, 15)),
        ("By 12/20/2026, please.", date(2026, 12, 20)),
        ("Deadline: Jan 1, 2027.", date(2027, 1, 1)),
        ("We open March 15th 2027, can you help?", date(2027, 3, 15)),
        ("Soon, I hope.", None),
        ("Ooit een keer.", None),
    ],
)
def test_time_is_resolved_against_the_day_of_the_message(text: str, expected: date | None) -> None:
    row = with_timeframe(read(text, sent_at=SENT), ZONE).row(0, named=True)
    assert row["timeframe_on"] == expected


def test_tomorrow_is_the_next_day_of_the_company_and_not_of_utc() -> None:
    late = datetime(2026, 11, 13, 23, 30, tzinfo=UTC)
    made = with_timeframe(read("Graag morgen.", language="nl", sent_at=late), ZONE)
    assert made["timeframe_on"].to_list() == [date(2026, 11, 15)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Graag voor 1 januari.", date(2028, 1, 1)),
        ("Before January 1, please.", date(2028, 1, 1)),
        ("Uiterlijk 15/1 graag.", date(2028, 1, 15)),
        ("Op 1 januari kwam de eerste.", None),
        ("Ik had hem voor 28 januari besteld.", None),
        ("Ik had hem voor 28 december besteld.", None),
    ],
)
def test_last_day_is_to_come_unless_it_has_only_just_been(text: str, expected: date | None) -> None:
    sent = datetime(2027, 1, 31, 10, tzinfo=UTC)
    row = with_timeframe(read(text, sent_at=sent), ZONE).row(0, named=True)
    assert row["timeframe_on"] == expected
