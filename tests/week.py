"""What the small company hears in a week: complaints, a lead, ideas, and what cannot be read."""

from __future__ import annotations

from tests.conftest import Company, said

SHOP = [
    said("1", "Het brood was vandaag alweer beschimmeld, ik ben er helemaal klaar mee!"),
    said(
        "2",
        "Wat vervelend! We sturen meteen een nieuw brood.",
        "2026-11-03T09:00:00Z",
        "molenaar",
        reply_to_native_id="1",
    ),
    said("3", "Dank je, netjes opgelost.", "2026-11-04T09:00:00Z", reply_to_native_id="2"),
    said(
        "4",
        "Wij zoeken een bakker die elke maandag 40 broodjes levert, kunt u een offerte sturen?",
        "2026-11-03T12:00:00Z",
        "bea",
    ),
    said(
        "5",
        "Het zou fijn zijn als jullie ook glutenvrij brood verkopen.",
        "2026-11-04T12:00:00Z",
        "cor",
    ),
    said(
        "6", "It would be great if you sold gluten-free bread too.", "2026-11-05T12:00:00Z", "dee"
    ),
    said(
        "7",
        "En bezorgen jullie ook op zaterdag?",
        "2026-11-06T12:00:00Z",
        "bea",
        reply_to_native_id="4",
    ),
    said("8", "", "2026-11-05T08:00:00Z", "eef"),
    said("9", "Dit brood komt uit de toekomst.", "2027-01-01T08:00:00Z", "eef"),
    "{broken",
]
TOWN = [
    said(
        "a",
        "RT @ans: Het brood was vandaag alweer beschimmeld, ik ben er helemaal klaar mee!",
        "2026-11-05T10:00:00Z",
        "fay",
    ),
    said(
        "b",
        "Ik ben het zat: drie keer gebeld, niemand belt terug en mijn geld is nog steeds weg.",
        "2026-11-06T10:00:00Z",
        "gus",
    ),
    said(
        "b",
        "Ik ben het zat: drie keer gebeld, niemand belt terug en mijn geld is nog steeds weg.",
        "2026-11-06T10:00:00Z",
        "gus",
    ),
    said(
        "c",
        "Ook gehoord bij de bakker: lange rij vandaag.",
        "2026-11-02T10:00:00Z",
        "hal",
        reply_to_native_id="gone",
    ),
]


def opened(company: Company) -> Company:
    company.hear("shop", SHOP)
    company.hear("town", TOWN)
    return company
