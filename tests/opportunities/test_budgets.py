"""Amounts of money in Dutch and English notation, and numbers that are none."""

from __future__ import annotations

import pytest

from pipeline.opportunities.budgets import with_budget
from tests.opportunities.made import read


def budget(text: str) -> tuple[float | None, str | None]:
    row = with_budget(read(text)).row(0, named=True)
    return row["budget_amount"], row["budget_currency"]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("Wij hebben € 1.200,- begroot voor het dak.", 1200, "EUR"),
        ("Ons budget is €900 per maand.", 900, "EUR"),
        ("Budget of 5k for the first quarter.", 5000, None),
        ("We have a 5k budget for this.", 5000, None),
        ("Voor 20 euro p/m doe ik mee.", 20, "EUR"),
        ("De begroting is 1.250,50 EUR.", 1250.5, "EUR"),
        ("We can spend $1,200.50 at most.", 1200.5, "USD"),
        ("Around £2,500 would be fine.", 2500, "GBP"),
        ("EUR 15.000 per jaar", 15000, "EUR"),
        ("Maximaal 1500,- euro voor de vloer.", 1500, "EUR"),
        ("Iets van 600 euro's", 600, "EUR"),
        ("€2,5k voor de keuken", 2500, "EUR"),
        ("Tussen 500 en 800 euro per maand", 800, "EUR"),
        ("€500-€800 would work", 800, "EUR"),
        ("3 duizend euro hebben we klaarliggen", 3000, "EUR"),
        ("Forty quid? No, 45 pounds is my limit.", 45, "GBP"),
        ("Nu € 40 per stuk, ons budget is € 2.000.", 2000, "EUR"),
        ("Zij vragen € 9.000, ons budget is € 2.000.", 2000, "EUR"),
        ("Wij betalen nu € 620 per maand en eenmalig € 900.", 620, "EUR"),
        ("Our budget is 1.2 million euros.", 1_200_000, "EUR"),
        ("We have a budget of €1.5M.", 1_500_000, "EUR"),
        ("Wij mogen 1,2 miljoen euro uitgeven.", 1_200_000, "EUR"),
        ("Begroting: 2,5 mln euro.", 2_500_000, "EUR"),
        ("Budget 2 ton.", 200_000, "EUR"),
        ("Budget: 15.000", 15_000, None),
        ("Our budget is 10,000.", 10_000, None),
        ("Ons budget is 1500 voor de vloer.", 1500, None),
        ("Budget between 3k and 5k euros.", 5000, "EUR"),
        ("Somewhere between 3k and 5k.", 5000, None),
        ("€3k-€5k would do.", 5000, "EUR"),
        ("You charge €49 per seat, we can spend €30.", 30, "EUR"),
        ("Budget: € 1 200,-", 1200, "EUR"),
        ("Budget: 12 500 euro.", 12_500, "EUR"),
        ("Wij hebben 3 000,00 EUR.", 3000, "EUR"),
        ("In 2026 300 euro, meer niet.", 300, "EUR"),
        ("Budget max €2.5k p/m", 2500, "EUR"),
        ("We have a budget of about $20k.", 20_000, "USD"),
        ("Wij zoeken een fiets van 1.200,-", 1200, "EUR"),
        ("Maximaal 300,- per fiets", 300, "EUR"),
        ("Iets tot 450,--", 450, "EUR"),
        ("A$300 at most.", 300, "AUD"),
        ("Around NZ$45?", 45, "NZD"),
        ("Wij geven € 100 en € 20 uit.", 100, "EUR"),
        ("We can spend US$ 300.", 300, "USD"),
        ("Budget k€ 5", 5000, "EUR"),
        ("Somewhere between $1,000 and $1,500.", 1500, "USD"),
        ("tussen de € 500,- en € 800,-", 800, "EUR"),
        ("Our budget is €1'234,567.89.", 1_234_567.89, "EUR"),
        ("Ons budget is € 1\u00a0234.567,50.", 1_234_567.5, "EUR"),
        ("Ons budget is € 1'250'000.", 1_250_000, "EUR"),
    ],
)
def test_amount_is_read_in_either_notation(text: str, amount: float, currency: str | None) -> None:
    assert budget(text) == (amount, currency)


@pytest.mark.parametrize(
    "text",
    [
        "I ran a 5k yesterday and want new shoes.",
        "Ze heeft 10k volgers en wil een offerte.",
        "Wij zoeken 1.200 stoelen voor de zaal.",
        "Krijg ik € 50 korting als ik vandaag bestel?",
        "They put the price up by 11 euro a month.",
        "Bel mij op 06-12345678, postcode 3511 AB.",
        "Het is 20 minuten fietsen, 6,5 kilometer.",
        "€ is het teken, maar een bedrag noem ik niet.",
        "Our 2024 model is 10 euro cheaper than yours.",
        "I earned 4.317 euro in six days!",
        "You charge €49 per seat on the site, is there a discount?",
        "Op de site staat € 49 per maand, klopt dat?",
        "Wij zoeken maximaal 2 ton zand.",
        "Er ligt 2 ton zand op de stoep.",
        "Het budget voor 2027 is nog niet rond.",
        "Our budget 2027 is being made.",
        "Het budget van 15.000 stoelen? Nee, wij hebben er minder.",
        "Het budget is 40 uur.",
        "Een paar honderd euro ofzo.",
        "A few thousand pounds, who knows.",
        "Krijg ik tien euro korting?",
        "It still billed me for $5.40, can I have the big plan?",
        "Er is € 40 afgeschreven, kan het grotere pakket?",
        "Ik betaal het met twee pinpassen, euro of niet.",
        "Budget: €٥٠٠",
        "Wij kregen 50,- korting.",
        "De slotenmaker rekent sinds mei 45 euro, wie kan het voor minder?",
        "Mijn smid vraagt 800 euro, kan dat anders?",
        "Ik heb 900 euro inkomsten uit mijn moestuin.",
        "Wij betalen １２００ euro voor de café-stoelen.",
        "Ons budget is € 99999999999999999999, haha.",
        "Ons budget is " + "duizend " * 9 + "euro.",
        "Our budget is " + "thousand " * 1700 + "euros.",
        f"Ons budget is € {'9' * 400}.",
    ],
)
def test_number_that_is_no_budget_is_left_alone(text: str) -> None:
    assert budget(text) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "Het abonnement kost 40 euro, kan dat met korting?",
        "Tarief: € 65 per uur, klopt dat?",
        "Kluis voor thuis, € 1.450 met plaatsing. Is dat een goeie prijs?",
        "Ik kreeg elders een offerte van 12.000 euro.",
        "Mijn voorschot gaat van 180 naar 265 euro per maand.",
        "De 25 euro inschrijfgeld, vervalt die?",
        "Is 60 euro normaal voor een slotenmaker?",
        "Vanaf € 29 per maand, staat er.",
        "Onze buren betaalden 9.500 euro voor hun dak.",
        "Zouden jullie ons toernooi willen sponsoren voor 500 euro?",
        "The big plan costs $40 a month, what is in it?",
        "They quoted me £12,000 elsewhere, can you beat that?",
        "I saw an offer of $19.95 a month.",
        "Do you waive the sign-up fee of 25 euros?",
        "From €29 a month, what is in it?",
        "Krijg ik 75 euro premie?",
        "Is 60 pounds a fair price for an hour?",
    ],
)
def test_price_that_is_told_or_asked_about_is_no_budget(text: str) -> None:
    assert budget(text) == (None, None)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("Het mag 2.000 euro kosten.", 2000),
        ("Anything from €500 to €800.", 800),
        ("Wij denken aan iets vanaf € 500 tot € 800.", 800),
        ("De prijs mag € 500 zijn.", 500),
        ("Wat kost een schilder? Wij hebben 800 euro.", 800),
        ("Wat kost dat, 800 euro hebben wij.", 800),
        ("Een abonnement van hooguit 40 euro per maand.", 40),
        ("Iets onder de 200 euro per maand.", 200),
        ("De kosten zijn ons budget: 3.000 euro.", 3000),
        ("Mijn abonnement kost 40 euro, ons budget is 30 euro.", 30),
        ("It may cost 2,000 euros.", 2000),
        ("What does it cost? We have $900.", 900),
        ("A plan for less than $40 a month.", 40),
    ],
)
def test_what_it_may_cost_is_a_budget_beside_words_for_prices(text: str, amount: float) -> None:
    assert budget(text)[0] == amount


def test_words_of_the_amount_end_with_the_amount() -> None:
    made = with_budget(read("Our budget is 10,000.", "Budget: 15.000 per maand"))
    assert made["budget_said"].to_list() == ["budget is 10,000", "Budget: 15.000 per maand"]
    assert made["yearly_amount"].to_list() == [10_000, 180_000]


@pytest.mark.parametrize(
    ("text", "amount", "currency", "said"),
    [
        ("Twintig euro per maand kan.", 20, "EUR", "Twintig euro per maand"),
        ("I pay twenty pounds a month.", 20, "GBP", "pay twenty pounds a month"),
        ("Maximaal vijfentwintig euro.", 25, "EUR", "Maximaal vijfentwintig euro"),
        ("Up to twenty-five dollars.", 25, "USD", "Up to twenty-five dollars"),
        ("Wij hebben drie duizend euro.", 3000, "EUR", "drie duizend euro"),
        ("Two hundred and fifty pounds, no more.", 250, "GBP", "Two hundred and fifty pounds"),
        ("Tussen twintig en dertig euro", 30, "EUR", "dertig euro"),
        ("between two hundred and three hundred euros", 300, "EUR", "three hundred euros"),
    ],
)
def test_amount_in_words_is_read_and_kept_as_written(
    text: str, amount: float, currency: str, said: str
) -> None:
    made = with_budget(read(text)).row(0, named=True)
    assert (made["budget_amount"], made["budget_currency"]) == (amount, currency)
    assert made["budget_said"].endswith(said)
    assert made["budget_said"] in text


def test_monthly_amount_counts_twelve_times_for_what_a_customer_is_worth() -> None:
    made = with_budget(read("€ 900 per maand", "€ 900 per jaar", "€ 900"))
    assert made["yearly_amount"].to_list() == [10_800, 900, 900]


def test_texts_without_any_amount_have_the_columns_too() -> None:
    made = with_budget(read("hello"))
    assert made.select("budget_amount", "budget_currency", "yearly_amount").row(0) == (None,) * 3
