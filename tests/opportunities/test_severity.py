"""How grave a complaint is: words that mean harm beside the same words that do not."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from pipeline.opportunities import complaints
from tests.opportunities.made import MONDAY, detected, settings


def row(text: str, language: str = "nl", best: str | None = None) -> dict[str, object]:
    message = {"text": text, "language": language, **({"best": best} if best else {})}
    made = complaints.build(detected(message), settings(), MONDAY + timedelta(hours=4))
    return pl.DataFrame(made).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "language", "severity"),
    [
        ("Mijn dochter raakte gewond aan jullie hek.", "nl", 4),
        ("Hun busje reed mijn fiets omver. Gelukkig niemand gewond.", "nl", 1),
        ("Zonder letsel afgelopen, maar de deuk zit er.", "nl", 1),
        ("My son was injured by your gate.", "en", 4),
        ("My mother has broken her hip on your stairs.", "en", 4),
        ("My mother left her hip flask, and the zip is broken.", "en", 2),
        ("There were nuts in it, we had to use the epipen.", "en", 4),
        ("Mijn vader heeft een enkel gebroken op jullie trap.", "nl", 4),
        ("Nobody was injured, but the fence is flat.", "en", 1),
        ("De trap is gevaarlijk, er ligt een tegel los.", "nl", 4),
        ("Gevaarlijk lekkere taart, maar op is op.", "nl", 1),
        ("Mijn rechtsbijstand neemt morgen contact op.", "nl", 4),
        ("Dan schakel ik mijn rechtsbijstand in.", "nl", 4),
        ("De rechtsbijstand kan nog even blijven zitten.", "nl", 1),
        ("Ik heb de politie gebeld toen uw man dreigde.", "nl", 4),
        ("Fiets gestolen, aangifte bij de politie gedaan, en dan eigen risico.", "nl", 3),
        ("The police came because your guard pushed me.", "en", 4),
        ("I sent the police report, and you still took the excess.", "en", 3),
        ("Zit met twee kinderen in de kou.", "nl", 3),
        ("Jullie laten ons in de kou staan met die prijzen.", "nl", 1),
        ("A day off for nothing. Who pays for that?", "en", 3),
        ("Ik heb de contributie twee keer betaald.", "nl", 3),
        ("Ik heb mijn advocaat ingeschakeld. U hoort van hem.", "nl", 4),
        ("Mijn jurist neemt het over.", "nl", 4),
        ("Mijn vader is overleden en u stuurt hem nog steeds post.", "nl", 2),
        ("Een man is overleden doordat uw lift bleef hangen.", "nl", 4),
        ("My mother died, and her card is still charged to us.", "en", 2),
        ("My mother died because your ramp was locked.", "en", 4),
    ],
)
def test_word_of_harm_counts_where_it_means_harm(text: str, language: str, severity: int) -> None:
    assert row(text, language)["severity"] == severity


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("De app zit vast op het laadscherm.", 2),
        ("Ik wil een vast contract, en de uitleg is een raadsel.", 1),
        ("Het zal vast aan mij liggen, maar mooi is anders.", 1),
        ("Weer dezelfde fout op de bon.", 2),
        ("Dezelfde meneer als vorig jaar, met weer zo'n lang verhaal.", 1),
        ("De teller staat al negen dagen stil.", 2),
        ("Wij wachten al 3 weken op de schilder.", 2),
        ("Ik ben al drie maanden lid en vind het maar matig.", 1),
        ("Twee uur zonder stroom.", 2),
        ("Niemand die opneemt.", 2),
        ("Drie keer gemeld, de lamp flikkert.", 2),
        ("Tussen 8 en 12, en het is half drie.", 2),
        ("Het is half werk wat die schilder deed.", 1),
        ("De schilder zou komen, ik zit hier maar.", 1),
        ("Tussen 9 en 11 zou u komen.", 2),
        ("Uw consultant kwam niet opdagen.", 2),
        ("Het systeem ging drie keer plat.", 2),
        ("De kist is drie keer te plat voor onze boeken.", 1),
    ],
)
def test_service_failure_is_more_than_a_common_word(text: str, severity: int) -> None:
    assert row(text)["severity"] == severity


def test_who_freezes_is_no_app_that_does() -> None:
    cold = row("Still no power. The kids are freezing.", "en", "The kids are freezing.")
    assert cold["topic"] == "outage"
    app = row("It keeps freezing on my phone.", "en")
    assert (app["topic"], app["severity"]) == ("app", 2)


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("Hierbij zeg ik mijn contract op per 1 april, na drie foute nota's.", True),
        ("Zo kan het niet langer. Wij willen het lidmaatschap beëindigen.", True),
        ("Zeg het als de zaal op slot gaat.", False),
        ("Zeg mij op welke dag u open bent.", False),
    ],
)
def test_notice_that_a_word_stands_in_is_notice(text: str, leaves: bool) -> None:
    assert ("may leave us" in str(row(text)["action_reason"])) == leaves


def test_who_says_goodbye_for_good_leaves() -> None:
    goodbye = row("The other one had space. That's the last you see of me.", "en")
    assert "may leave us" in str(goodbye["action_reason"])
    lost = row("The last we saw of it was on Monday.", "en")
    assert "may leave us" not in str(lost["action_reason"])


@pytest.mark.parametrize(
    ("text", "language", "topic"),
    [
        ("Prijzen zijn prima maar ik hang al een uur in de wacht.", "nl", "service"),
        ("De medewerkers waren vriendelijk, maar de app crasht.", "nl", "app"),
        ("Prijzen zijn te hoog maar ik hang ook al in de wacht.", "nl", "price"),
        ("Prices are fine, but I was on hold for ages.", "en", "service"),
        ("Prices went up but I was on hold for ages too.", "en", "price"),
    ],
)
def test_topic_is_what_comes_behind_praise(text: str, language: str, topic: str) -> None:
    assert row(text, language)["topic"] == topic


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Sinds de update van de app zie ik het rapport van een ander kind.", "nl", 3),
        ("Your app sent the report of my son to another parent.", "en", 3),
        ("The app shows another patient's results on the screen.", "en", 3),
    ],
)
def test_leak_is_what_a_message_is_about_in_whatever_it_shows(
    text: str, language: str, expected: int
) -> None:
    said = row(text, language)
    assert (said["topic"], said["severity"]) == ("privacy", expected)


def test_what_goes_to_others_is_no_leak_by_itself() -> None:
    said = row("The app says my parcel went to another customer.", "en")
    assert (said["topic"], said["severity"]) == ("delivery", 1)
    assert row("De app toont de foto van een ander model.")["topic"] == "app"
