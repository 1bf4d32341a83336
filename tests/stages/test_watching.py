"""Watch: alerts stand in the table with their messages and words, however the days are run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.conftest import Company, said

FIRST, LAST = "2026-11-02", "2026-11-08"
COMPLAINTS = (
    "De kassa doet het niet, ik sta al een kwartier te wachten. Waardeloos!",
    "Jullie kassa is kapot en niemand helpt. Ik ben het zat.",
    "The till is broken again and nobody helps, this is unacceptable.",
    "Alweer een kassa die niet werkt, wat een slechte service.",
    "Kassa kapot, ik ben woedend en ga naar een andere bakker!",
    "Your till does not work, I have been waiting for ages. Terrible.",
    "De kassa werkt niet en mijn brood ligt nog op de toonbank. Schandalig!",
)


def calm() -> list[dict[str, object]]:
    text = "Het brood was vandaag oudbakken, erg jammer."
    days = range(2, 9)
    return [said(f"q{at}", text, f"2026-11-0{at}T{9 + at}:10:00Z", f"q{at}") for at in days]


def made_at(hour: str, texts: Sequence[str]) -> list[dict[str, object]]:
    return [
        said(f"k{at}", text, f"{hour}:{10 + 6 * at}:00Z", f"klant{at}")
        for at, text in enumerate(texts)
    ]


def opened(company: Company) -> Company:
    company.hear("shop", [*calm(), *made_at("2026-11-06T13", COMPLAINTS)])
    company.hear(
        "town",
        [
            said("before", "De kassa hapert een beetje vandaag.", "2026-11-06T12:40:00Z", "ina"),
            said("other", "Mooi weer om te fietsen.", "2026-11-06T12:45:00Z", "ruud"),
            said(
                "job",
                "Vacature: wij zoeken een kassamedewerker (m/v), 24 uur, solliciteer nu!",
                "2026-11-06T12:50:00Z",
                "jan",
            ),
        ],
    )
    return company


def spikes(company: Company) -> list[dict[str, object]]:
    return [one for one in company.rows("alerts") if one["kind"] == "complaint_spike"]


def test_crisis_stands_in_the_table_with_messages_words_and_what_was_said_before(
    company: Company, made: Callable[..., Company]
) -> None:
    made(opened(company), FIRST, LAST)
    (alert,) = spikes(company)
    assert str(alert["opened_at"]) == "2026-11-06 14:00:00+00:00"
    assert {f"shop:k{at}" for at in range(len(COMPLAINTS))} >= set(alert["message_ids"])
    assert alert["observed"] >= 5
    assert "kassa" in alert["words"][:3]
    assert alert["before_message_ids"] == ["town:before"]
    assert alert["state"] == "open"


def test_name_of_the_company_and_the_day_set_no_crisis_apart(company: Company) -> None:
    named = [f"Vandaag bij Molenaar: {text}" for text in COMPLAINTS]
    company.hear("shop", [*calm(), *made_at("2026-11-06T13", named)])
    company.run(FIRST, LAST)
    (alert,) = spikes(company)
    assert "kassa" in alert["words"]
    assert not {"molenaar", "vandaag"} & set(alert["words"])


def test_crisis_of_a_complaint_is_the_alert(company: Company, made: Callable[..., Company]) -> None:
    made(opened(company), FIRST, LAST)
    (alert,) = spikes(company)
    members = [one for one in company.rows("complaints") if one["crisis_id"] is not None]
    assert {one["crisis_id"] for one in members} == {alert["alert_id"]}
    assert {one["message_id"] for one in members} >= set(alert["message_ids"])
    assert not any("q" in one["message_id"] for one in members)


def test_an_alert_with_no_complaint_before_it_has_words_too(company: Company) -> None:
    text = (
        "Waardeloos! Ik ben gewond geraakt door jullie brood, er zat glas in. Wat een slechte "
        "service, ik ben het zat en stap naar mijn advocaat."
    )
    company.hear("shop", [said("k", text)])
    company.run("2026-11-02")
    (alert,) = company.rows("alerts")
    assert (alert["kind"], alert["message_ids"]) == ("severe_message", ["shop:k"])


def test_days_in_another_order_give_the_same_alerts_as_one_window(
    companies: Callable[[str], Company], made: Callable[..., Company]
) -> None:
    whole, daily = made(opened(companies("whole")), FIRST, LAST), opened(companies("daily"))
    for first, last in ((6, 6), (8, 8), (2, 5), (7, 7)):
        daily.run(f"2026-11-0{first}", f"2026-11-0{last}")
    assert len(spikes(daily)) == 1
    assert daily.checksums() == whole.checksums()


def test_company_without_messages_has_no_alerts(company: Company) -> None:
    company.run(FIRST, LAST)
    assert company.rows("alerts") == []


def test_deadline_passes_while_nobody_says_a_word_and_is_an_alert(company: Company) -> None:
    company.hear("shop", [said("1", COMPLAINTS[0], "2026-11-02T15:00:00Z")])
    company.run("2026-11-02")
    (state,) = company.column("complaints", "complaint_id", "deadline_state").values()
    assert state == "green"
    company.run("2026-11-03", "2026-11-05")
    (state,) = company.column("complaints", "complaint_id", "deadline_state").values()
    assert state == "red"
    (alert,) = [one for one in company.rows("alerts") if one["kind"] == "deadline_missed"]
    assert alert["message_ids"] == ["shop:1"]
