"""The cues of a lead: sentences that hold them, and sentences that only look like it."""

from __future__ import annotations

import pytest

from tests.detectors.cues import names


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Kunt u hiervoor een prijs maken, met en zonder plaatsing?", "nl", "asks_for_quote"),
        ("Ik ontvang graag een aanbieding voor de hele straat.", "nl", "asks_for_quote"),
        ("En wat ben ik kwijt per week?", "nl", "asks_price"),
        ("Wat is de premie voor een bakfiets?", "nl", "asks_price"),
        ("Wie kent er ne goeie dakwerker rond Aalst?", "nl", "asks_recommendation"),
        ("Heeft hier iemand tips voor een rustige camping?", "nl", "asks_recommendation"),
        ("Zoek iemand die onze heg wil snoeien", "nl", "looking_for"),
        ("Mijn moeder zoekt een kleinere woning.", "nl", "looking_for"),
        ("Komt hij ook in het groen, dan neem ik er twee.", "nl", "conditional_purchase"),
        ("Met een langere kabel zou ik hem meteen kopen.", "nl", "conditional_purchase"),
        ("Verkopen jullie ook tuinhuisjes op maat?", "nl", "asks_vendor_offers"),
        ("Leveren jullie ook aan huis in Zeist?", "nl", "asks_vendor_offers"),
        ("Waar kan ik in Gent een pak huren?", "nl", "asks_where_who"),
        ("Wie doet zoiets voor een schappelijk bedrag?", "nl", "asks_where_who"),
        ("Welke zou jij nemen voor een trap?", "nl", "asks_which"),
        ("Welke koptelefoon is een beetje goed voor in de trein?", "nl", "asks_which"),
        ("Onze kantine heeft 40 stuks nodig", "nl", "states_need"),
        ("Loodgieter nodig in Vilvoorde, de wc loopt over.", "nl", "states_need"),
        ("Tablet voor oma, max 200 euro", "nl", "states_budget"),
        ("Ons budget is klein, maar er is wat.", "nl", "states_budget"),
        ("Mijn volgende telefoon wordt zeker een kleine.", "nl", "wants_weakly"),
        ("Aan het sparen voor een bakfiets.", "nl", "wants_weakly"),
        ("Anders ben ik weg, er zijn er genoeg.", "nl", "leaving_weakly"),
        ("Nog zo'n maand en ik zeg op.", "nl", "leaving_weakly"),
        ("Bij die winkel koop ik nooit meer iets.", "nl", "not_refuses"),
        ("Wie koopt er nu een brood van tien euro?", "nl", "not_refuses"),
        ("Bestaat er een gratis versie zonder reclame?", "nl", "not_free_only"),
        ("Ik zoek iets om te leren, moet wel gratis zijn.", "nl", "not_free_only"),
        ("Could we get a quote for forty chairs?", "en", "asks_for_quote"),
        ("Three bed semi, quotes please", "en", "asks_for_quote"),
        ("How much is it for a family of five?", "en", "asks_price"),
        ("whats the price for two nights", "en", "asks_price"),
        ("Anyone know a reliable roofer round Sligo?", "en", "asks_recommendation"),
        ("Can anyone recommend one of the two?", "en", "asks_recommendation"),
        ("We're still looking for somewhere to park the van", "en", "looking_for"),
        ("I’m looking for a quiet flat near the park", "en", "looking_for"),
        ("Do you still have the blue one in a 38?", "en", "availability"),
        ("When will it be back in stock?", "en", "availability"),
        ("Do you deliver to Skye?", "en", "asks_vendor_offers"),
        ("is there a minimum order for mugs", "en", "asks_vendor_offers"),
        ("Who fixes accordions in Leeds?", "en", "asks_where_who"),
        ("Is there anywhere that sells left-handed scissors?", "en", "asks_where_who"),
        ("What kind of laptop should I get?", "en", "asks_which"),
        ("What are some good tents for two?", "en", "asks_which"),
        ("Plumber wanted, we need someone to look at the boiler", "en", "states_need"),
        ("We need a venue in May, for 60 people", "en", "states_need"),
        ("A bike for my son, our budget is 300", "en", "states_budget"),
        ("Somewhere by the sea, nothing fancy", "en", "states_budget"),
        ("Saving up for a telescope", "en", "wants_weakly"),
        ("I might treat myself to one in June", "en", "wants_weakly"),
        ("One more outage and I'm gone", "en", "leaving_weakly"),
        ("we are switching to somebody who answers", "en", "leaving_weakly"),
        ("I will never buy from them again", "en", "not_refuses"),
        ("Who would pay forty pounds for a sandwich?", "en", "not_refuses"),
        ("Is there a free alternative to Pixra?", "en", "not_free_only"),
        ("Somewhere to learn knitting, must be free", "en", "not_free_only"),
    ],
)
def test_sentence_holds_the_cue(text: str, language: str, name: str) -> None:
    assert name in names(text, language, "lead")


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("De tweede prijs was een fiets.", "nl", "asks_for_quote"),
        ("Wat was dat een mooie middag.", "nl", "asks_price"),
        ("Wie heeft mijn sleutels gezien?", "nl", "asks_recommendation"),
        ("De hond is zoek sinds gisteren.", "nl", "looking_for"),
        ("Dan neem jij de bus van acht uur.", "nl", "conditional_purchase"),
        ("Jullie leveren altijd netjes op tijd.", "nl", "asks_vendor_offers"),
        ("Wie deed het licht uit?", "nl", "asks_where_who"),
        ("Welke dag is het vandaag?", "nl", "asks_which"),
        ("Dat was nergens voor nodig.", "nl", "states_need"),
        ("Ik ben 200 euro kwijtgeraakt door die fout.", "nl", "states_budget"),
        ("De volgende halte is Zuid.", "nl", "wants_weakly"),
        ("Ik ben even weg voor de lunch.", "nl", "leaving_weakly"),
        ("Ik koop er morgen een.", "nl", "not_refuses"),
        ("De koffie is er goed.", "nl", "not_free_only"),
        ("She quoted a poem at the wedding.", "en", "asks_for_quote"),
        ("How much rain can one week hold?", "en", "asks_price"),
        ("Does anyone know what time it is?", "en", "asks_recommendation"),
        ("I am looking forward to Sunday.", "en", "looking_for"),
        ("The blue stock cube tasted odd.", "en", "availability"),
        ("They deliver the post at nine.", "en", "asks_vendor_offers"),
        ("Who fixed the match?", "en", "asks_where_who"),
        ("Which day is bin day?", "en", "asks_which"),
        ("You need to press both buttons.", "en", "states_need"),
        ("The council passed its budgets last night.", "en", "states_budget"),
        ("They saved the tree.", "en", "wants_weakly"),
        ("The train is leaving from platform two.", "en", "leaving_weakly"),
        ("I would buy it tomorrow.", "en", "not_refuses"),
        ("Are you free on Friday?", "en", "not_free_only"),
    ],
)
def test_sentence_that_looks_like_it_does_not(text: str, language: str, name: str) -> None:
    assert name not in names(text, language, "lead")
