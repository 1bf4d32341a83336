"""A customer who is asked about: what Roos said, what others did, and what was decided of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl

from pipeline import books
from pipeline.books import outcome_files, theme_book
from pipeline.conversations.pseudonyms import pseudonyms_of
from pipeline.learning import label_book
from tests.conftest import Company, said

MON, TUE, WED = "2026-11-02", "2026-11-03", "2026-11-04"
NAME = "Bakfiets_Roos"
WORDS = ("weckpotten", "bruidstaart", "notenallergie", "speltdesem", "kruimelpad", "tompouce")
"""One word of each of her texts, said by nobody else."""
CAKE = (
    "Ik zoek een bakker voor onze bruidstaart, het mag 450 euro kosten. Wie kan mij voor zaterdag "
    "een offerte sturen?"
)
ALLERGY = (
    "Wat een waardeloze service: onze notenallergie weer vergeten, de taart was te laat en kapot. "
    "Ik wil mijn geld terug, dit is echt belachelijk."
)
WISH = "Het zou fijn zijn als jullie ook speltdesem verkopen, liefst in halve broden."
HERS = [
    said("1", CAKE, f"{MON}T09:00:00Z", NAME, thread_native_id="t1", subject="Weckpotten en taart"),
    said("2", ALLERGY, f"{TUE}T09:00:00Z", NAME),
    said("3", WISH, f"{TUE}T10:00:00Z", NAME),
    said(
        "8", "Kruimelpad of niet, ik kom terug.", f"{WED}T08:00:00Z", NAME, reply_to_native_id="4"
    ),
]
OTHERS = [
    said("4", "Het brood was gisteren oud en hard, ik wil mijn geld terug.", f"{MON}T10:00:00Z"),
    said("5", "Jullie zouden ook speltbrood moeten verkopen!", f"{WED}T11:00:00Z", "bo"),
    said("6", f"RT @{NAME}: {ALLERGY}", f"{WED}T09:00:00Z", "cas"),
    said(
        "7",
        "Beste klant, welke dag komt u uit?",
        f"{MON}T12:00:00Z",
        "molenaar",
        thread_native_id="t1",
    ),
]
BROKEN = [
    json.dumps(said("9", "Een tompouce zonder tijd", "gisteren", NAME)),
    json.dumps(said("10", "Nog een tompouce", f"{TUE}T11:00:00Z", NAME, likes=3))[:-4],
    json.dumps(said("11", "Zonder tijd, van een ander", "gisteren", "dirk")),
]


def hear(company: Company) -> None:
    company.hear("shop", [*HERS, *OTHERS, *BROKEN])
    company.hear("town", [said("1", "Waar koop ik brood?", f"{TUE}T09:00:00Z", NAME)])


def decide(company: Company) -> None:
    """People say things about her messages, in words of hers."""
    lake, now = company.lake, datetime(2026, 11, 5, tzinfo=UTC)
    answer = label_book.Label("shop:2", "complaint", is_yes=True, reason="notenallergie, ernstig")
    label_book.add(lake, [answer], now)
    file = company.folder / "outcomes.csv"
    file.write_text("opportunity_id,outcome,reason\nlead:shop:1,contacted,over de bruidstaart\n")
    handed = outcome_files.read(file, lake, now, UTC)
    books.add(lake, outcome_files.BOOK, handed.outcomes, now)
    why = theme_book.Said("zij wil speltdesem", None, now)
    (theme,) = {row["theme_id"] for row in company.rows("ideas") if row["message_id"] == "shop:3"}
    theme_book.rename(lake, theme, "Meer brood", why)


def pseudonym(company: Company) -> str:
    names = pl.Series([NAME])
    return str(pseudonyms_of(names, "shop", company.settings.author_key())[0])
