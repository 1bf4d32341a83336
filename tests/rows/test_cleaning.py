"""The command `engage clean`: one row out per row in, whatever the row."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import rows as rows_module
from pipeline import settings as settings_module
from pipeline.contracts import contract
from pipeline.errors import SettingsError
from pipeline.records import CHANNELS, Window
from pipeline.rows import cleaning, tagging
from pipeline.rows.cleaning import OUTPUT, clean
from pipeline.stages.listening import heard
from tests.commands import engage
from tests.rows.made import read, written

LAMP = "Bel me op 06-12345678 aub: de lamp van vorige week is kapot en ik wacht op een antwoord."
MAIL = (
    "Mijn adres is fleur@voorbeeld.example, niet piet@x.example.\r\n\r\n"
    "Met vriendelijke groet,\r\nFleur Bakker\r\n\r\n"
    "Op di 3 nov 2026 om 09:14 schreef Noor <noor@example.org>:\r\n> piet@x.example\r\n"
)
HTML = "<p>Bel <b>06</b>-12345678 &amp; vraag naar Sanne</p><blockquote>06-12345678</blockquote>"
HOSTILE = [
    "👩\u200d👩\u200d👧 bel 06\u200b-\u200b12345678 🙄👍🏽",
    "\u202email jan@voorbeeld.example\u202c שלום",
    '=HYPERLINK("http://x.example";"klik") van @jan_de_v',
    "+31 6 12345678",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "\x00\x1b[31m nul en kleur, jan@voorbeeld.example",
    "İİİ jan@voorbeeld.example ﬃ",
    "\u200b.",
    "0" * 100_000,
    "jan@voorbeeld.example " * 4_500,
    "e\u0301cole, groetjes Zoë",
]


def cleaned(folder: Path, *rows: dict[str, Any], **kwargs: Any) -> list[dict[str, Any]]:
    clean(written(folder, list(rows)), folder / "out.parquet", **kwargs)
    return read(folder / "out.parquet")


def spelled(text: str, row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["kind"], text[one["start"] : one["end"]]) for one in row["redactions"]]


@pytest.mark.parametrize(
    ("ending", "into"), [(".csv", ".parquet"), (".parquet", ".jsonl"), (".jsonl", ".jsonl")]
)
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, ending: str, into: str) -> None:
    texts = [LAMP, MAIL, HTML, "", *(text for text in HOSTILE if "\x00" not in text)]
    rows = [
        {
            "id": f"r{at}",
            "text": text,
            "html": "true" if text is HTML else "",
            "channel": "email" if text is MAIL else "forum",
            "author": "fleur@voorbeeld.example",
        }
        for at, text in enumerate(texts)
    ]
    done = clean(written(tmp_path, rows, ending), tmp_path / f"out{into}")
    found = read(tmp_path / f"out{into}")
    for row, expected in zip(found, cleaned(tmp_path, *rows), strict=True):
        assert row.pop("language_score") == pytest.approx(expected.pop("language_score"), abs=1e-6)
        assert row == expected
    assert [row["id"] for row in found] == [row["id"] for row in rows]
    assert (done.rows_count, done.unreadable_count) == (len(texts), 1)


def test_output_has_exactly_the_promised_types(tmp_path: Path) -> None:
    cleaned(tmp_path, {"text": LAMP})
    assert pq.read_schema(tmp_path / "out.parquet").equals(OUTPUT)
    messages = contract("messages").full_schema
    for name in ("text", "language", "language_score", "duplicate_of", "excluded_reason"):
        assert OUTPUT.field(name).type == messages.field(name).type


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("channel", [None, "email"])
def test_hostile_text_is_data_with_exact_places(
    tmp_path: Path, text: str, channel: str | None
) -> None:
    (row,) = cleaned(tmp_path, {"text": text, "channel": channel})
    assert row["error"] is None
    assert "jan@" not in row["text"]
    assert "12345678" not in row["text"]
    for kind, stood in spelled(text, row):
        assert kind in ("mail", "handle", "phone", "name")
        assert stood == stood.strip() != ""
    if channel is None:
        kept = [pair for pair in row["redactions"] if pair["kind"] != "handle"]
        tokens = sum(row["text"].count(token) for token in ("[mail]", "[phone]", "[name]"))
        assert tokens == len(kept)


def test_text_without_its_redactions_is_the_original(tmp_path: Path) -> None:
    text = f"{HOSTILE[0]} — {LAMP} @piet_v"
    (row,) = cleaned(tmp_path, {"text": text})
    tokens = {"phone": "[phone]", "handle": "@user"}
    for one in reversed(row["redactions"]):
        text = text[: one["start"]] + tokens[one["kind"]] + text[one["end"] :]
    assert text == row["text"]


def test_what_nobody_sees_is_no_part_of_a_text_and_hides_no_repost(tmp_path: Path) -> None:
    odd = unicodedata.normalize("NFD", LAMP).replace("lamp", "la\u00admp").replace(" ", "\u00a0")
    assert odd != LAMP
    plain, row = cleaned(tmp_path, {"text": LAMP}, {"text": odd})
    assert (row["text"], row["duplicate_of"]) == (plain["text"], "0")
    assert spelled(odd, row) == [("phone", "06-12345678")]


def test_mail_loses_quote_and_signature_only_where_the_channel_says_mail(tmp_path: Path) -> None:
    mail, other = cleaned(
        tmp_path, {"text": MAIL, "channel": "email"}, {"text": MAIL, "channel": "ticket"}
    )
    assert mail["text"] == "Mijn adres is [mail], niet [mail]."
    assert spelled(MAIL, mail) == [("mail", "fleur@voorbeeld.example"), ("mail", "piet@x.example")]
    assert mail["redactions"][1]["start"] == MAIL.index("piet@x.example")
    assert other["text"].startswith("Mijn adres is [mail], niet [mail].\r\n\r\nMet vriendelijke")
    assert ("name", "Fleur Bakker") in spelled(MAIL, other)


@pytest.mark.parametrize("name", ["clean", "tag"])
def test_a_place_that_may_not_be_written_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("os.access", lambda _path, mode, **_: not mode & os.W_OK)
    for module in (cleaning, tagging):
        monkeypatch.setattr(module, "batches" if module is cleaning else "read", None)
    source = written(tmp_path, [{"text": LAMP}])
    result = engage(name, str(source), "-o", str(tmp_path / "out.jsonl"))
    assert result.exit_code == 2
    assert f"{tmp_path}: this place may not be written" in result.stderr


@pytest.mark.parametrize("html", [False, True])
def test_mail_that_only_forwards_another_keeps_what_that_says(
    tmp_path: Path, *, html: bool
) -> None:
    text = f"Begin doorgestuurd bericht:\n\n> Van: Imke\n> Aan: Noor\n>\n> {LAMP}\n"
    if html:
        text = (
            "<p>Begin doorgestuurd bericht:</p><blockquote type=cite><p>Van: Imke<br>Aan: Noor</p>"
            f"<p>{LAMP}</p></blockquote>"
        )
    (row,) = cleaned(tmp_path, {"text": text, "channel": "email", "html": html})
    assert row["text"] == LAMP.replace("06-12345678", "[phone]")
    assert spelled(text, row) == [("phone", "06-12345678")]


def test_signature_is_known_by_the_author(tmp_path: Path) -> None:
    text = "De lamp is kapot.\n\nF. Bakker\nVerkoop"
    by_name, unnamed = cleaned(
        tmp_path,
        {"text": text, "channel": "email", "author": "Fleur Bakker <fleur@voorbeeld.example>"},
        {"text": text, "channel": "email"},
    )
    assert by_name["text"] == "De lamp is kapot."
    assert unnamed["text"] == text


@pytest.mark.parametrize("value", [True, "true", "Yes", 1, "1"])
def test_mark_up_is_read_where_html_says_so(tmp_path: Path, value: object) -> None:
    (row,) = cleaned(tmp_path, {"text": HTML, "html": value})
    assert row["text"] == "Bel [phone] & vraag naar [name]"
    assert spelled(HTML, row) == [("phone", "06</b>-12345678"), ("name", "Sanne")]


@pytest.mark.parametrize("value", [False, "false", "no", 0, "", None])
def test_mark_up_stays_where_html_does_not_say_so(tmp_path: Path, value: object) -> None:
    (row,) = cleaned(tmp_path, {"text": "<b>hoi</b> 1 < 2", "html": value})
    assert row["text"] == "<b>hoi</b> 1 < 2"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"text": None}, "text is null"),
        ({"text": " "}, "text is blank"),
        ({"text": "\u200b\u00ad"}, "text is blank"),
        ({"text": "x" * 100_001}, "text has 100,001 characters; 100,000 is the most"),
        ({"text": "hoi", "html": "soms"}, "html is neither true nor false"),
        ({"text": "hoi", "channel": "telex"}, f"channel is none of {', '.join(CHANNELS)}"),
        ({"text": "hoi", "author": 7}, "author is not a string"),
        ({"text": "<p>&nbsp;&shy;</p>", "html": True}, "nothing is left but quotes or mark-up"),
        ({"text": "<script>x</script>", "html": True}, "nothing is left but quotes or mark-up"),
        ({"text": "> hoi\n", "channel": "email"}, "nothing is left but quotes or mark-up"),
    ],
)
def test_row_that_cannot_be_read_keeps_its_place_with_a_reason(
    tmp_path: Path, row: dict[str, Any], error: str
) -> None:
    before, found, after = cleaned(tmp_path, {"text": LAMP}, row, {"text": "dank"})
    assert found == dict.fromkeys(OUTPUT.names) | {"id": "1", "error": error}
    assert (before["error"], after["error"]) == (None, None)


def test_repost_names_the_row_it_repeats_across_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 2)
    texts = ["hoi", LAMP, "", "hoi", f"RT @piet: {LAMP}", LAMP]
    found = cleaned(tmp_path, *({"id": f"r{at}", "text": text} for at, text in enumerate(texts)))
    assert [row["duplicate_of"] for row in found] == [None, None, None, None, "r1", "r1"]


def test_two_people_in_one_form_repost_nothing(tmp_path: Path) -> None:
    form = "Mijn naam is {}, ik wil graag een offerte voor mijn bedrijf in Utrecht."
    rows = [
        {"text": form.format("Jan Jansen"), "author": "jan"},
        {"text": form.format("Piet Smit"), "author": "piet"},
        {"text": form.format("Jan Jansen"), "author": "jan"},
    ]
    assert [row["duplicate_of"] for row in cleaned(tmp_path, *rows)] == [None, None, "0"]
    unknown = [{"text": row["text"]} for row in rows]
    assert [row["duplicate_of"] for row in cleaned(tmp_path, *unknown)] == [None, None, "0"]


def test_repost_with_a_small_edit_across_batches_is_one_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 2)
    edited = LAMP.replace("vorige week", "vorge week") + " Graag."
    found = cleaned(tmp_path, *({"text": text} for text in ("hoi", LAMP, "dank", edited)))
    assert [row["duplicate_of"] for row in found] == [None, None, None, "1"]


def test_size_of_a_batch_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"text": text, "channel": channel}
        for text in (LAMP, MAIL, *HOSTILE[:8])
        for channel in ("email", "forum", None)
    ]
    whole = cleaned(tmp_path, *rows)
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 8)
    assert cleaned(tmp_path, *rows) == whole


def test_given_language_is_believed_and_others_are_identified(tmp_path: Path) -> None:
    found = cleaned(tmp_path, {"text": LAMP, "lang": "en-GB"}, {"text": LAMP})
    assert [row["language"] for row in found] == ["en", "nl"]
    assert found[0]["language_score"] is None
    assert found[1]["language_score"] > 0.9


def test_noise_and_own_messages_say_why_they_are_left_out(tmp_path: Path) -> None:
    job = "Vacature: wij zoeken collega's! Solliciteer nu en stuur je cv."
    config = tmp_path / "engage.toml"
    config.write_text(
        '[company]\nname = "Molenaar"\nown_accounts = ["@molenaar"]\n'
        '[privacy]\nauthor_key_env = "A_KEY_NOBODY_SET"\n'
        '[[sources]]\nname = "a"\ntype = "jsonl"\npath = "a"\n'
    )
    rows = [{"text": job}, {"text": "Hoi, @piet en @Molenaar", "author": "Molenaar"}]
    nobodys = cleaned(tmp_path, *rows)
    assert [row["excluded_reason"] for row in nobodys] == ["job_ad", None]
    own = cleaned(tmp_path, *rows, settings=settings_module.load(config))
    assert [row["excluded_reason"] for row in own] == ["job_ad", "own"]
    assert own[1]["text"] == "Hoi, @user en @Molenaar"


def test_without_settings_no_handle_is_a_brand(tmp_path: Path) -> None:
    text = "Hoi @nobody, @company en @nobody_nl"
    (row,) = cleaned(tmp_path, {"text": text})
    assert row["text"] == "Hoi @user, @user en @user"


def test_rows_are_those_that_listen_makes(tmp_path: Path) -> None:
    texts = [LAMP, "Still broken, mail tom@voorbeeld.example. Thanks, Tom", *HOSTILE[:4]]
    lines = [
        {"native_id": f"{at}", "sent_at": f"2026-11-02T10:00:0{at}Z", "text": text}
        for at, text in enumerate(texts)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    config = tmp_path / "engage.toml"
    config.write_text(
        '[company]\nname = "Molenaar"\n'
        '[[sources]]\nname = "a"\ntype = "jsonl"\npath = "a.jsonl"\nchannel = "chat"\n'
    )
    window = Window.of_days("2026-11-02")
    loaded = settings_module.load(config)
    tables = [table for table, _ in heard(loaded, "a", window, now=window.end)]
    names = ["text", "language", "language_score", "excluded_reason"]
    listened = pa.concat_tables(tables).select(names).to_pylist()
    found = cleaned(tmp_path, *({"text": text, "channel": "chat"} for text in texts))
    assert [{name: row[name] for name in names} for row in found] == listened


def test_empty_file_gives_an_empty_table(tmp_path: Path) -> None:
    assert cleaned(tmp_path) == []
    assert pq.read_schema(tmp_path / "out.parquet").equals(OUTPUT)


def test_failure_leaves_the_old_output_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned(tmp_path, {"text": LAMP})
    before = (tmp_path / "out.parquet").read_bytes()

    def fails(*_: object) -> pl.DataFrame:
        raise RuntimeError

    monkeypatch.setattr("pipeline.rows.cleaning.find", fails)
    with pytest.raises(RuntimeError):
        cleaned(tmp_path, {"text": "hoi"})
    assert (tmp_path / "out.parquet").read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in.jsonl", "out.parquet"]


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("none.jsonl", "out.parquet", "cannot be read"),
        ("in.txt", "out.parquet", "ending '.txt' is not known"),
        ("in.jsonl", "out.csv", "ending '.csv' is not known"),
        ("in.jsonl", "none/out.parquet", "folder of the output does not exist"),
        ("in.jsonl", "in.jsonl", "the output is the input itself"),
        ("bare.csv", "out.parquet", "there is no column 'text'"),
    ],
)
def test_wrong_file_is_refused(tmp_path: Path, source: str, target: str, said: str) -> None:
    written(tmp_path, [{"text": LAMP}])
    (tmp_path / "in.txt").write_text("x")
    (tmp_path / "bare.csv").write_text("tekst\nhoi\n")
    with pytest.raises(SettingsError, match=said):
        clean(tmp_path / source, tmp_path / target)
    assert not (tmp_path / "out.parquet").exists()


def test_command_counts_what_it_did_and_shows_no_text(tmp_path: Path) -> None:
    source = written(
        tmp_path, [{"text": LAMP, "lang": "Nederlandsch"}, {"text": LAMP}, {"text": None}]
    )
    out = tmp_path / "out.jsonl"
    result = engage("clean", str(source), "-o", str(out))
    assert result.exit_code == 0, result.output
    assert "2 of 3 rows cleaned" in result.output
    assert "2 redactions, 1 repost" in result.output
    assert "phone: 2" in result.output
    assert "1 could not be read" in result.output
    assert "1 row had an unknown lang: identified from the text" in result.output
    assert "lamp" not in result.output
    assert "12345678" not in result.output


@pytest.mark.parametrize("words", [["clean"], ["clean", "in.jsonl"], ["clean", "-o", "x.jsonl"]])
def test_command_with_too_few_words_says_what_is_missing(words: list[str]) -> None:
    result = engage(*words)
    assert result.exit_code == 2
    assert "Missing" in result.output
