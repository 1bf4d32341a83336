"""Personal data: what is somebody's goes, what is about an order stays."""

from __future__ import annotations

import json
import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.conversations.personal import (
    TOKENS,
    find,
    redact,
    redact_json,
    redact_record,
    replaced,
)
from pipeline.text import vocabulary

PUBLIC = frozenset({"molenaar", "molenaar_help", "molenaar.nl"})


def redacted(text: str, public: frozenset[str] = PUBLIC) -> str:
    return str(pl.select(redact(pl.lit(text), public)).item())


@pytest.mark.parametrize(
    "number",
    [
        "06-12345678",
        "06 12 34 56 78",
        "06 1234 5678",
        "06.12.34.56.78",
        "0612345678",
        "+31 6 12345678",
        "+31(0)6-12345678",
        "+31612345678",
        "0031612345678",
        "020-1234567",
        "(020) 123 45 67",
        "(06) 12345678",
        "(06)12 34 56 78",
        "(020)1234567",
        "088 123 45 67",
        "0114-123456",
        "0471 23 45 67",
        "0471/23.45.67",
        "02 123 45 67",
        "+32 471 23 45 67",
        "+44 20 7946 0958",
        "+44 (0)20 7946 0958",
        "+49 30 901820",
        "+1 (555) 010-9999",
    ],
)
def test_phone_number_goes_however_it_is_written(number: str) -> None:
    assert redacted(f"Bel me op {number}, graag vandaag.") == "Bel me op [phone], graag vandaag."


@pytest.mark.parametrize(
    "numbers",
    ["06-12345678/020-1234567", "0612345678/0201234567", "06 12 34 56 78/(020) 123 45 67"],
)
def test_two_phone_numbers_go_where_a_slash_parts_them(numbers: str) -> None:
    assert redacted(f"Bel {numbers}.") == "Bel [phone]/[phone]."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Naam:Jan Jansen", "Naam:[name]"),
        ("Naam : Jan Jansen", "Naam : [name]"),
        ('Mijn naam is: "Jan Jansen"', 'Mijn naam is: "[name]"'),
        ("mijn naam is  Jan   Jansen", "mijn naam is  [name]"),
        ("Groetjes,\nJan & Marije", "Groetjes,\n[name] & [name]"),
        ("Groet Jan en Jet de Vries.", "Groet [name] en [name]."),
        ("Liefs, Jan & Marie", "Liefs, [name] & [name]"),
        ("Groeten, Jan en de buren", "Groeten, [name] en de buren"),
        ("Mvg,\nJ. Jansen (klantnummer 1234)", "Mvg,\n[name] (klantnummer 1234)"),
        ("Bye. Love Xandrella", "Bye. Love [name]"),
        ("Tel0612345678", "Tel[phone]"),
        ("BSN155386840", "BSN[national number]"),
        ("06 123 45 678", "[phone]"),
        ("06 1234 56 78", "[phone]"),
        ("ip 2a02:a210:27c0:8d00:1c2d:3e4f:5a6b:7c8d", "ip [ip]"),
    ],
)
def test_personal_data_goes_as_forms_and_hasty_people_write_it(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IBAN NL91 ABNA 0417\n1643 00 op naam", "IBAN [iban] op naam"),
        ("IBAN NL91 ABNA\r\n0417 1643 00.", "IBAN [iban]."),
        ("IBAN NL91\nABNA 0417 1643 00", "IBAN [iban]"),
        ("betaald met 4111 1111\n1111 1111", "betaald met [card]"),
        ("bel 06-\n12345678 of", "bel [phone] of"),
        ("bel 06 1234\r\n5678", "bel [phone]"),
        ("bel +31 6\n12345678", "bel [phone]"),
        ("tel. 020\n7946095", "tel. [phone]"),
        ("010\n1234567", "[phone]"),
        ("Bel ons op 010-\n123 45 67.", "Bel ons op [phone]."),
        ("of via (0114)\r\n123456", "of via [phone]"),
        ("kantoor: 010\n1234567", "kantoor: [phone]"),
        ("010\t1234567", "010\t1234567"),
        ("000\n1234567", "000\n1234567"),
        ("010\n12345678", "010\n12345678"),
        ("artikel\n010\n1234567", "artikel\n010\n1234567"),
        ("06\t12345678", "[phone]"),
        ("maat 020\n7946095", "maat 020\n7946095"),
        ("06 12345678\n06 23456789", "[phone]\n[phone]"),
        ("2021\n2022\n2023\n2024", "2021\n2022\n2023\n2024"),
        ("4111\n1111\n1111\n1111", "4111\n1111\n1111\n1111"),
        ("order 123\n0612345678", "order 123\n[phone]"),
    ],
)
def test_number_goes_where_a_mail_program_cut_its_line_and_lists_stay(
    text: str, expected: str
) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+32 470 12 34 56 14u", "[phone] 14u"),
        ("bel +31612345678 12 keer", "bel [phone] 12 keer"),
        ("+44 20 7946 0958 9am", "[phone] 9am"),
        ("https://wa.me/31612345678?text=hoi", "https://wa.me/[phone]?text=hoi"),
    ],
)
def test_telephone_ends_where_something_else_begins(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Naam:** Jan Jansen", "**Naam:** [name]"),
        ("*Naam*: Jan Jansen", "*Naam*: [name]"),
        ("mijn naam is **Jan**", "mijn naam is **[name]**"),
        ("piet punt jansen at gmail punt com", "[mail]"),
        ("piet [punt] jansen [at] gmail [punt] com", "[mail]"),
    ],
)
def test_what_stands_in_markdown_or_is_spelled_out_goes_whole(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Naam | Jan de Vries", "Naam | [name]"),
        ("| Naam | Jan |", "| Naam | [name] |"),
        ("Klantnaam|Okafor Bright|06 12345678", "Klantnaam|[name]|[phone]"),
        ("**Name** | Emma Clarke", "**Name** | [name]"),
        ("| Naam | Adres | Woonplaats |", "| Naam | Adres | Woonplaats |"),
        ("First name | Last name | Phone", "First name | Last name | Phone"),
        ("| Productnaam | Lamp Groot |", "| Productnaam | Lamp Groot |"),
        ("Groetjes | Team Zuid", "Groetjes | Team Zuid"),
    ],
)
def test_name_in_a_form_goes_where_a_bar_parts_it_and_the_head_of_a_table_stays(
    text: str, expected: str
) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("_06 12345678_", "_[phone]_"),
        ("__06-12345678__", "__[phone]__"),
        ("*06-12345678*", "*[phone]*"),
        ("_bel 0612345678_", "_bel [phone]_"),
        ("_+31 6 12345678_", "_[phone]_"),
        ("tel _06 12 345678_", "tel _[phone]_"),
        ("order_0612345678_x", "order_0612345678_x"),
        ("scan_06-12345678.pdf", "scan_06-12345678.pdf"),
        ("0612345678_1.jpg", "0612345678_1.jpg"),
        ("order **0612345678**", "order **0612345678**"),
        ("factuur _0612345678_", "factuur _0612345678_"),
    ],
)
def test_marks_around_a_telephone_hide_neither_it_nor_what_it_is_the_number_of(
    text: str, expected: str
) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app me op https://t.me/jan_devries!", "app me op https://t.me/@user!"),
        ("T.me/jandevries of telegram.me/jandevries", "T.me/@user of telegram.me/@user"),
        ("wa.me/31612345678", "wa.me/[phone]"),
        ("door u/molenaar en t.me/molenaar", "door u/molenaar en t.me/molenaar"),
        ("t.me/joinchat/AAAAbbbb", "t.me/joinchat/AAAAbbbb"),
        ("t.me/+AbCdEf", "t.me/+AbCdEf"),
        ("t.me/ab", "t.me/ab"),
        ("https://start.me/jandevries", "https://start.me/jandevries"),
        ("wa.me/message/ABCD", "wa.me/message/ABCD"),
    ],
)
def test_link_that_leads_into_a_chat_loses_whom_it_leads_to(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize("number", ["2026/0612345678", "020-1234567/2", "12/06-12345678"])
def test_number_behind_a_slash_is_of_a_year_or_a_file(number: str) -> None:
    assert redacted(f"Het gaat om {number}.") == f"Het gaat om {number}."


@pytest.mark.parametrize(
    "account",
    [
        "NL91 ABNA 0417 1643 00",
        "NL91ABNA0417164300",
        "nl91abna0417164300",
        "BE68 5390 0754 7034",
        "BE68539007547034",
        "DE89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NL91_ABNA_0417_1643_00",
        "NL91ABNA_0417.1643.00",
    ],
)
def test_bank_account_goes(account: str) -> None:
    assert redacted(f"Stort het op {account}.") == "Stort het op [iban]."


@pytest.mark.parametrize(
    "text",
    [
        "Geachte heer, mevrouw,\n\nTot ons genoegen",
        "Dear Mr,\nKnock on wood",
        "Mevrouw, Ze zegt dat",
    ],
)
def test_a_title_and_a_comma_are_a_salutation_without_a_name(text: str) -> None:
    assert redacted(text) == text
    assert redacted("Geachte mevrouw Tot,\n\nDank") == "Geachte mevrouw [name],\n\nDank"


@pytest.mark.parametrize(
    "card",
    ["4111 1111 1111 1111", "5500-0000-0000-0004", "4111.1111.1111.1111", "4111_1111_1111_1111"],
)
def test_payment_card_goes(card: str) -> None:
    assert redacted(f"Kaart {card}!") == "Kaart [card]!"


@pytest.mark.parametrize(
    "address",
    [
        "jan.de.vries@example.nl",
        "JAN@EXAMPLE.COM",
        "jan+lamp@ex-ample.co.uk",
        "jan(at)example.nl",
        "jan [at] example [dot] nl",
        "lamp@molenaar.nl",
        "jan.devries apenstaartje example.com",
        "jan apenstaartje voorbeeld punt nl",
        "jan (apestaartje) voorbeeld.nl",
        "jan.devries AT example DOT com",
        "Jan At Example Dot Com",
    ],
)
def test_mail_address_goes(address: str) -> None:
    assert redacted(f"Mail {address}, dank.") == "Mail [mail], dank."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@janjansen help", "@user help"),
        ("hoi @jan_j.", "hoi @user."),
        ("(@piet)", "(@user)"),
        ("@ann@bob", "@user@bob"),
        ("@Molenaar help", "@Molenaar help"),
        ("@molenaar_help en @molenaarfan", "@molenaar_help en @user"),
        ("@molenaar.nl help", "@molenaar.nl help"),
        ("zie https://social.example/@jan", "zie https://social.example/@jan"),
    ],
)
def test_handles_of_others_go_and_those_of_the_company_stay(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "bestelling 20241102",
        "order 1234567890",
        "ordernummer 0012345678",
        "factuur 2024-0612345",
        "klantnummer 04123456",
        "pakket 3SABCD1234567",
        "tracking 00340434123456789012",
        "IMEI 356938035643809",
        "ISBN 978-90-123-4567-8",
        "op 02-11-2026 om 06:30 uur",
        "op 2026-11-02T09:15:00Z",
        "op 2/11/2026",
        "op 06-11-2026 12:34",
        "op 06.11.2026 om 10.15 - 10.45",
        "GMT+1 2026-11-02",
        "versie 2.4.1 en v10.0.19045",
        "€ 1.234,56 of 1.000.000 euro",
        "0,5 procent van 1200",
        "adres 192.168.10.20",
        "1234 AB Utrecht",
        "bel 0800-1234 of 0900 1234",
        "van 020 naar 010",
        "maat 42/44 en 38",
        "seizoen 2019-2020",
        "NL 2024 BEST en TT12 ABCD 1234",
        "om @ 15:00, 3 stuks @ 5 euro",
        "nl12 deze week kwam niks",
        "12 34 56 78 90",
        "lidmaatschapsnummer 123456782",
        "op 4 november 2026 om 9 was ik er al",
        "in 2026 we 3 keer bellen",
        "op 06 11 2026 om 12:30",
        "Ms Teams en MS Office doen het niet",
    ],
)
def test_numbers_about_an_order_stay(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bsn 123456782", "bsn [national number]"),
        ("mijn BSN is 123456789", "mijn BSN is [national number]"),
        ("dan 123456782 invullen", "dan [national number] invullen"),
        ("dan 123456789 invullen", "dan 123456789 invullen"),
        ("klantnummer 123456782", "klantnummer 123456782"),
        (
            "het ordernummer dat ik kreeg is 123456782",
            "het ordernummer dat ik kreeg is 123456782",
        ),
        ("order number you gave me was: 123456782", "order number you gave me was: 123456782"),
        (
            "ordernummer heb ik, mijn bsn is 123456782",
            "ordernummer heb ik, mijn bsn is [national number]",
        ),
        (
            "met ordernummer en mijn nummer is 123456782",
            "met ordernummer en mijn nummer is [national number]",
        ),
        ("het nummer dat ik kreeg is 123456782", "het nummer dat ik kreeg is [national number]"),
        ("rijksregister 85.07.30-033.28.", "rijksregister [national number]."),
        ("op 85.07.30-033.29", "op 85.07.30-033.29"),
        ("ingelogd vanaf 203.0.113.9!", "ingelogd vanaf [ip]!"),
        ("van versie 3.8.0.11 naar 3.8.0.12", "van versie 3.8.0.11 naar 3.8.0.12"),
        ("Op nr 23.1.0.45 van de app", "Op nr 23.1.0.45 van de app"),
        ("nog op 23.1.0.45 of your latest app", "nog op 23.1.0.45 of your latest app"),
        ("23.1.0.45 (beta) crasht", "23.1.0.45 (beta) crasht"),
        ("One UI 6.1.0.12 crasht", "One UI 6.1.0.12 crasht"),
        ("sinds 0.9.12.4 crasht hij", "sinds 0.9.12.4 crasht hij"),
        ("masker 255.255.255.0", "masker 255.255.255.0"),
        ("ingelogd vanaf 23.1.0.45 of the app", "ingelogd vanaf [ip] of the app"),
        ("het is 23.1.0.45 van de buren", "het is [ip] van de buren"),
        ("via 2001:db8::8a2e:7334", "via [ip]"),
        ("om 12:30:45", "om 12:30:45"),
        ("op 1234 AB 12a wonen", "op [address] wonen"),
        ("Lange Nieuwstraat 4, 3512 PH Utrecht", "[address]"),
        ("wij zitten in Kerkstraat 5, 9000 Gent", "wij zitten in [address]"),
        ("postcode 1234 AB", "postcode 1234 AB"),
        ("2000 XL 3 deuren", "2000 XL 3 deuren"),
        ("auto 12-ABC-3 weg", "auto [plate] weg"),
        ("kenteken ab123c", "kenteken [plate]"),
        ("maat ab123c", "maat ab123c"),
        ("op 1-OCT-26", "op 1-OCT-26"),
        ("op 1-MEI-26", "op 1-MEI-26"),
        ("onderdeel AB-123-C", "onderdeel AB-123-C"),
        ("jan at voorbeeld punt nl", "[mail]"),
        ("kijk at voorbeeld.nl", "kijk at voorbeeld.nl"),
        ("Look AT example.com NOW", "Look AT example.com NOW"),
        ("een apenstaartje te veel. nl dus", "een apenstaartje te veel. nl dus"),
        (
            "https://x.example/?email=jan.v%40voorbeeld.nl&a=1",
            "https://x.example/?email=[mail]&a=1",
        ),
        ("van 50%40 naar %4020", "van 50%40 naar %4020"),
        ("order (06) 12345678", "order (06) 12345678"),
        ("@ilse@mastodon.example hoi", "@user hoi"),
        ("door u/stille_ketel", "door @user"),
        ("door /u/stille_ketel", "door @user"),
        ("met dank aan /u/-_ketel_-!", "met dank aan @user!"),
        ("en/of u/d, zie /r/fietsen/u/ketel", "en/of u/d, zie /r/fietsen/u/ketel"),
        ("band @8pm", "band @8pm"),
        (
            "Met vriendelijke groet,\nJ.P. van den Berg\nklant",
            "Met vriendelijke groet,\n[name]\nklant",
        ),
        ("Met vriendelijke groet,\nKlantenservice", "Met vriendelijke groet,\nKlantenservice"),
        ("Thanks. My name is Tom Baker.", "Thanks. My name is [name]."),
        ("u spreekt met Sanne van Ziggo.", "u spreekt met [name] van Ziggo."),
        ("u spreekt met sanne van ziggo", "u spreekt met [name] van ziggo"),
        ("U spreekt met Sanne Bos van de ANWB", "U spreekt met [name] van de ANWB"),
        ("u spreekt met Sanne van Dijk", "u spreekt met [name]"),
        ("NAAM: SANNE VAN DIJK", "NAAM: [name]"),
        ("Got it at Best Buy", "Got it at Best Buy"),
        ("Best Buy!", "Best Buy!"),
        ("we all love Coldplay", "we all love Coldplay"),
        ("Call me. Love, Okafor", "Call me. Love, [name]"),
        ("Call me. Love Okafor", "Call me. Love [name]"),
        ("Call me.\nBest\nOkafor", "Call me.\nBest\n[name]"),
        ("Call me love Emma", "Call me love [name]"),
        ("mijn naam is verkeerd", "mijn naam is verkeerd"),
        ("mijn naam is jan de vries en ik", "mijn naam is [name] en ik"),
        ("mijn naam is mark, en ik wacht", "mijn naam is [name], en ik wacht"),
        ("mijn naam is dan de verkeerde", "mijn naam is dan de verkeerde"),
        ("mijn naam is per ongeluk gewist", "mijn naam is per ongeluk gewist"),
        ("my name is rose and i wait", "my name is [name] and i wait"),
        ("my name is sarah o'neill, hello", "my name is [name], hello"),
        ("my name is rose coloured on the card", "my name is rose coloured on the card"),
        ("my name is said wrong", "my name is said wrong"),
        ("hoi, ik ben jan de vries", "hoi, ik ben [name]"),
        ("dit is roos van de klantenservice", "dit is roos van de klantenservice"),
        ("dit is dan de laatste keer", "dit is dan de laatste keer"),
        ("Dr Achebe's praktijk", "Dr [name]'s praktijk"),
        ("Dr. Oetker pizza", "Dr. Oetker pizza"),
        ("Hoi Daan, ", "Hoi [name], "),
        ("Hoi Ziggo, ", "Hoi Ziggo, "),
        ("thanks will do", "thanks will do"),
        ("Waited for an engineer. It rained.", "Waited for an engineer. It rained."),
        ("Bedankt!\nSanne", "Bedankt!\n[name]"),
        ("Dank u, dan kom ik.", "Dank u, dan kom ik."),
        ('{"text":"Groet,\\nSanne Vos","id":7}', '{"text":"Groet,\\n[name]","id":7}'),
    ],
)
def test_each_kind_beside_its_trap(text: str, expected: str) -> None:
    assert redacted(text) == expected


def test_places_count_characters_of_the_text_as_given() -> None:
    phone, mail = "06\u200b12\u00a034\u202f56\u201178", "jan\u00ad@voorbeeld.nl"
    text = f"👩\u200d👧 İ: bel \u202a{phone}\u202c of mail {mail}"
    texts = pl.Series([None, text, ""])
    found = find(texts)
    assert found["row"].to_list() == [1, 1]
    assert [(kind, text[start:end]) for _, kind, start, end in found.rows()] == [
        ("phone", phone),
        ("mail", mail),
    ]
    assert replaced(texts, found).to_list() == [
        None,
        "👩\u200d👧 İ: bel \u202a[phone]\u202c of mail [mail]",
        "",
    ]
    assert texts.to_list() == [None, text, ""]


@given(
    texts=st.lists(
        st.one_of(
            st.none(),
            st.text(st.sampled_from("06 12@.-+()aJANn l\u200bé👍\n"), max_size=40),
        ),
        max_size=5,
    )
)
def test_places_are_sorted_inside_the_text_and_apart(texts: list[str | None]) -> None:
    last = (-1, 0)
    for row, kind, start, end in find(pl.Series(texts, dtype=pl.String)).rows():
        assert kind in TOKENS
        assert (row, start) >= last
        assert start < end <= len(texts[row] or "")
        last = (row, end)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "0",
        "0 ",
        "a.",
        "@a",
        "1-",
        "06-12345678 ",
        "a@a.nl,",
        "Groet, A",
        ":1",
        "\u200b",
        "at. ",
        "06\n",
        "NL91 ABNA\n0417 ",
        "piet punt ",
        "a [punt] ",
        "**naam:** ",
        "naam | ",
        "t.me/a",
        "_06 ",
        "010\n",
    ],
)
def test_hostile_text_of_a_hundred_thousand_characters_takes_no_time(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    begun = time.process_time()
    redacted(text)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("sign", ["!", "-", ",", "'", "~"])
def test_row_of_signs_behind_a_name_takes_no_time(sign: str) -> None:
    row = sign * 26
    begun = time.process_time()
    assert redacted(f"Groetjes Anna {row} en bedankt") == f"Groetjes [name] {row} en bedankt"
    assert time.process_time() - begun < 1


def test_json_without_its_numbers_is_still_json() -> None:
    given = {"views": 123456782, "note": 'zei ": 123456782, en', "deep": {"n": 123456782}}
    text = pl.select(redact_json(pl.lit(json.dumps(given)))).item()
    gone = "[national number]"
    assert json.loads(text) == {"views": gone, "note": f'zei ": {gone}, en', "deep": {"n": gone}}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ('{"author":"jan_v","text":"hoi"}', '{"author":"@user","text":"hoi"}'),
        (
            '{"user": {"screen_name": "jan \\"v\\"", "id": 7}}',
            '{"user": {"screen_name": "@user", "id": 7}}',
        ),
        ('{"text":"hoi","Klant":"Jan de V', '{"text":"hoi","Klant":"@user"'),
        ('{"author_id":"ab12","product":"Jan"}', '{"author_id":"ab12","product":"Jan"}'),
        ("From: Jan de Vries <jan@x.example>\nSubject: hoi", "From: [name]\nSubject: hoi"),
        ("van jan, 06-12345678", "van jan, [phone]"),
    ],
)
def test_record_loses_whom_its_fields_name_also_when_broken(raw: str, shown: str) -> None:
    assert pl.select(redact_record(pl.lit(raw))).item() == shown


def test_vocabulary_says_nothing_twice_and_in_lower_case() -> None:
    lists = vocabulary("personal.toml")
    for group in lists.values():
        for name, entries in group.items():
            assert len(set(entries)) == len(entries), name
            assert [entry for entry in entries if entry != entry.lower()] == [], name


@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


@given(
    digits=st.text("0123456789", min_size=8, max_size=8),
    before=st.sampled_from(["", "(", "tel:", "a "]),
)
def test_every_mobile_number_goes(digits: str, before: str) -> None:
    assert digits not in redacted(f"{before}06{digits} x")
    assert digits not in redacted(f"{before}06-{digits}")


def test_missing_text_stays_missing() -> None:
    column = pl.Series("text", [None, "06-12345678"])
    assert column.to_frame().select(redact(pl.col("text"))).to_series().to_list() == [
        None,
        "[phone]",
    ]


def test_letters_of_a_regular_expression_in_an_own_account_mean_themselves() -> None:
    assert redacted("@a.b en @axb", ("a.b",)) == "@a.b en @user"
    assert redacted("@user", ("", "@")) == "@user"


def test_control_character_cannot_smuggle_a_handle_through() -> None:
    assert redacted("\x02@jan") == "\x02@user"
