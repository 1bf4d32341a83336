"""Mail in mbox files."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from email.header import Header
from email.utils import format_datetime
from pathlib import Path

import pytest

from pipeline.sources import _mailbox
from tests.sources.conformance import AT, Facts, Sent, SourceConformance


def mail(body: str, headers: str = "", *, number: int = 101) -> str:
    """One mail of an mbox, with the headers that it needs."""
    return (
        f"From noor@example.nl Tue Nov  3 09:30:00 2026\n"
        f"From: Noor Bakker <noor@example.nl>\n"
        f"Date: {format_datetime(AT)}\nMessage-ID: <{number}>\n{headers}\n{body}\n\n"
    )


class TestMbox(SourceConformance):
    """Mail in mbox files."""

    type = "mbox"
    suffix = ".mbox"
    facts = Facts(
        records=13,
        duplicates=1,
        rejected={
            "inbox_1.mbox:69": "missing_id",
            "inbox_1.mbox:101": "unreadable_time",
            "inbox_1.mbox:111": "empty_text",
            "inbox_2.mbox:1": "not_a_mail",
            "inbox_2.mbox:33": "invalid_encoding",
            "inbox_2.mbox:43": "conflicting_duplicate",
            "inbox_2.mbox:53": "truncated",
        },
        replies={"k2@korst.example": "k1@example.nl", "k6@example.nl": "k2@korst.example"},
    )
    utf8_rule = "invalid_encoding"

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        with path.open("w", encoding="utf-8") as file:
            for one in sent:
                at = one.at if isinstance(one.at, str) else format_datetime(one.at)
                answer = f"In-Reply-To: <{one.reply_to}>\n" if one.reply_to else ""
                body = re.sub(r"(?m)^(>*From )", r">\1", one.text)
                file.write(
                    "From noor@example.nl Tue Nov  3 09:30:00 2026\n"
                    f"From: {one.author}@example.nl\nDate: {at}\nMessage-ID: <{one.id}>\n{answer}"
                    f'Content-Type: text/plain; charset="utf-8"\n\n{body}\n\n'
                )

    def text(self, path: Path, body: str, headers: str = "") -> str:
        """The text of a mail that is read without fault."""
        path.write_text(mail(body, headers), encoding="utf-8")
        got = self.read(path)
        assert got.rules == []
        return str(got.messages[0]["text"])

    def test_own_text_subject_and_sender_are_read(self) -> None:
        mails = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert mails["k1@example.nl"]["text"].endswith(
            "dat ooit een gezicht had\n\nFrom half eight the door is open."
        )
        assert mails["k2@korst.example"]["text"] == (
            "Dag Lotte, dat kan voor € 140, gebracht om zeven uur."
        )
        third = mails["k3@example.com"]
        assert third["text"].endswith("for the second time. That’s €4.50 each.")
        assert (third["subject"], third["author"]) == ("The rye – again", "owen@example.com")

    def test_a_thread_is_named_by_its_first_mail(self) -> None:
        mails = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert mails["k6@example.nl"]["thread_native_id"] == "k1@example.nl"
        assert mails["k7@example.com"]["thread_native_id"] == "k7@example.com"

    def test_html_alone_is_read_without_its_quotes(self) -> None:
        mails = {one["native_id"]: one for one in self.read(self.fixtures).messages}
        assert mails["k6@example.nl"]["text"] == (
            "Dag Aad,\n\nAkkoord. Één ding: er komen er vijf bij."
        )

    @pytest.mark.parametrize(
        ("date", "rule"),
        [
            ("Tue, 03 Nov 2026 10:30:00 +0100", None),
            ("3 Nov 2026 09:30 GMT", None),
            ("Tue, 3 Nov 2026 10:30:00 +0100 (CET)", None),
            ("Tue, 03 Nov 2026 09:30:00 -0000", None),
            ("Tue, 03 Nov 2026 10:30:00", "naive_time"),
            ("Tue, 03 Nov 2026 10:30:00 CET", "naive_time"),
            ("Sat, 00 Jan 0000 00:00:00 +0000", "unreadable_time"),
            ("Sat, 01 Jan 0000 00:00:00 +0000", "unreadable_time"),
            ("Tue, 31 Nov 2026 10:30:00 +0100", "unreadable_time"),
        ],
    )
    def test_the_date_header_is_read_or_rejected(
        self, path: Path, date: str, rule: str | None
    ) -> None:
        got = self.wrote(path, Sent("101", at=date))
        assert got.rules == ([rule] if rule else [])
        assert [one["sent_at"] for one in got.messages] == ([] if rule else [AT])

    def test_a_line_of_text_that_begins_with_from_begins_no_mail(self, path: Path) -> None:
        body = "Lijstje:\n\nFrom 2025 to 2026 nothing changed.\n\nFrom now on it does."
        assert self.text(path, body) == body

    def test_a_separator_begins_a_mail_after_a_blank_line_only(self, path: Path) -> None:
        body = "Dit kreeg ik:\nFrom imke@example.nl Tue Nov  3 08:00:00 2026\nwat is dat?"
        assert self.text(path, body) == body

    @pytest.mark.parametrize(
        ("charset", "data", "text"),
        [
            ("iso-8859-1", b"caf\xe9 \x80 5", "café € 5"),
            ("us-ascii", "café € 5".encode(), "café € 5"),
            ("utf-16", "café".encode("utf-16"), "café"),
            ("unknown-8bit", "café € 5".encode(), "café € 5"),
            ("utf8mb4", "café € 5".encode(), "café € 5"),
            ("windows-874", "ราคา € 5".encode("cp874"), "ราคา € 5"),
        ],
    )
    def test_a_character_set_is_what_mail_programs_mean_by_it(
        self, path: Path, charset: str, data: bytes, text: str
    ) -> None:
        encoding = "Content-Transfer-Encoding: base64"
        headers = f"Content-Type: text/plain; charset={charset}\n{encoding}\n"
        assert self.text(path, b64encode(data).decode(), headers) == text

    def test_quoted_mails_within_a_mail_are_unescaped_once(self, path: Path) -> None:
        assert self.text(path, ">>From the start.\nGoed.").startswith("Goed.")
        assert self.text(path, ">From the start.\nGoed.") == "From the start.\nGoed."

    @pytest.mark.parametrize(
        ("encoding", "body"),
        [
            (
                "base64",
                b64encode("Mail noor@example.nl, dit is één klacht".encode("cp1252")).decode(),
            ),
            ("quoted-printable", "Mail noor=40example=2Enl, dit is =E9=E9n klacht"),
            ("8bit", "Mail noor@example.nl, dit is \udce9\udce9n klacht"),
        ],
    )
    def test_a_rejected_mail_is_shown_decoded(self, path: Path, encoding: str, body: str) -> None:
        headers = (
            f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n"
            f"Subject: {Header('Één klacht van Noor', 'utf-8').encode()}\nX-Trace: abc\n"
        )
        path.write_bytes(mail(body, headers).encode(errors="surrogateescape"))
        (rejected,) = self.read(path).rejected
        assert rejected["rule_id"] == "invalid_encoding"
        assert rejected["raw"].endswith("Mail @user, dit is \ufffd\ufffdn klacht")
        assert "Subject: Één klacht van Noor\n" in rejected["raw"]
        assert "X-Trace" not in rejected["raw"]

    def test_a_rejected_mail_is_shown_without_mark_up_and_attachments(self, path: Path) -> None:
        body = (
            "--b\nContent-Type: text/html; charset=utf-9\n\n<p>Bel 06<b>123</b>45678&#33;</p>\n"
            "--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nBijlage.\n"
            "--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nQmlqbA==\n"
            "--b--"
        )
        path.write_text(mail(body, 'Content-Type: multipart/mixed; boundary="b"\n'))
        (rejected,) = self.read(path).rejected
        assert rejected["raw"].endswith("\n\nBel 0612345678!")

    def test_lines_of_base64_that_nothing_announces_are_not_shown(self, path: Path) -> None:
        hidden = b64encode(b"Ik ben Noor, bel 0612345678 of kom langs").decode()
        path.write_text(f"Los eind.\n{hidden}\n\n" + mail("ja"))
        (rejected,) = self.read(path).rejected
        assert rejected["rule_id"] == "not_a_mail"
        assert "Los eind." in rejected["raw"]
        assert "[encoded]" in rejected["raw"]
        assert hidden not in rejected["raw"]

    def test_parts_that_are_no_text_or_are_attached_are_not_read(self, path: Path) -> None:
        body = (
            "--b\nContent-Type: text/plain\n\nEerste deel.\n"
            "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"
            "--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nBijlage.\n"
            "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nDoorgestuurd.\n"
            "--b\nContent-Type: text/plain\n\nTweede deel.\n--b--"
        )
        headers = 'Content-Type: multipart/mixed; boundary="b"\n'
        assert self.text(path, body, headers) == "Eerste deel.\n\nTweede deel."

    def test_html_is_taken_where_the_plain_text_is_blank(self, path: Path) -> None:
        body = (
            "--b\nContent-Type: text/plain\n\n \n"
            "--b\nContent-Type: text/html; charset=utf-8\n\n<p>Mét opmaak.</p>\n--b--"
        )
        headers = 'Content-Type: multipart/alternative; boundary="b"\n'
        assert self.text(path, body, headers) == "Mét opmaak."

    def test_html_may_say_itself_what_its_characters_are(self, path: Path) -> None:
        html = '<meta http-equiv=x content="text/html; charset=windows-1252"><p>Café € 5</p>'
        encoding = "Content-Type: text/html\nContent-Transfer-Encoding: base64\n"
        assert self.text(path, b64encode(html.encode("cp1252")).decode(), encoding) == "Café € 5"
        shown = "Café. Moet <meta charset=windows-1252> erin?"
        assert self.text(path, shown) == shown, "a text that shows HTML says nothing of itself"

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            ("", ""),
            ("", "-- \nNoor Bakker\n"),
            ("", "Verzonden vanaf mijn iPhone"),
            ("Content-Type: application/pdf\n", "%PDF"),
            ("Content-Type: text/calendar; method=REQUEST\n", "BEGIN:VCALENDAR"),
            (
                'Content-Type: multipart/mixed; boundary="b"\n',
                "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBO\n--b--",
            ),
        ],
    )
    def test_a_mail_without_a_body_says_its_subject(
        self, path: Path, headers: str, body: str
    ) -> None:
        asked = "Graag een offerte voor 40 broden"
        assert self.text(path, body, f"Subject: {asked}\n{headers}") == asked
        path.write_text(mail(body, f"Subject: Re: {asked}\n{headers}"))
        assert self.read(path).rules == ["empty_text"], "an answer has the subject of another mail"

    def test_a_mail_passed_on_as_an_attachment_is_read(self, path: Path) -> None:
        attached = "From: cor@example.nl\nSubject: Brood\n\nHet brood was hard.\n\n-- \nCor"
        body = (
            "--b\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n"
            f"{attached}\n--b--"
        )
        headers = 'Subject: Klacht\nContent-Type: multipart/mixed; boundary="b"\n'
        assert self.text(path, body, headers) == "Het brood was hard."
        (forwarded,) = self.read(path).messages
        assert forwarded["attributes"] == '{"is_forwarded":true}'

    @pytest.mark.parametrize(
        "headers",
        [
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n',
            "From: MAILER-DAEMON@mx.example.nl (Mail Delivery System)\n",
            "Content-Type: text/calendar; charset=utf-8; method=REPLY\n",
        ],
    )
    def test_what_no_person_wrote_is_no_message(self, path: Path, headers: str) -> None:
        automatic = mail("--b\n\nThe message could not be delivered.\n--b--", headers, number=1)
        if headers.startswith("From"):
            automatic = automatic.replace("From: Noor Bakker <noor@example.nl>\n", "")
        path.write_text(automatic + mail("Het brood is op.", number=2))
        assert [one["text"] for one in self.read(path).messages] == ["Het brood is op."]
        assert self.read(path).rules == []

    @pytest.mark.parametrize("submitted", ["auto-generated", "auto-replied"])
    def test_what_a_form_made_is_a_message(self, path: Path, submitted: str) -> None:
        assert self.text(path, "Het brood is op.", f"Auto-Submitted: {submitted}\n")

    @pytest.mark.parametrize(
        ("headers", "is_automatic"),
        [
            ("Auto-Submitted: auto-replied\nSubject: Afwezig\n", True),
            ("auto-submitted: Auto-Replied; owner-email=noor@example.nl\n", True),
            ("Auto-Submitted: auto-generated\nSubject: Automatic reply: Lamp\n", True),
            ("Auto-Submitted: auto-replied (vacation)\nSubject: Re: Lamp\n", True),
            ("Auto-Submitted: auto-generated\nSubject: [Request received] Lamp\n", True),
            ("Auto-Submitted: auto-generated\nSubject: Ontvangstbevestiging\n", True),
            ("Auto-Submitted: auto-generated\nSubject: Contactformulier\n", False),
            ("Auto-Submitted: auto-generated\nSubject: [Molenaar] Re: Lamp\n", False),
            ("Auto-Submitted: no (request received)\nSubject: Ontvangstbevestiging\n", False),
            ("Auto-Submitted: no\nSubject: Automatic reply: Lamp\n", False),
            ("Subject: Afwezig bij de levering\n", False),
        ],
    )
    def test_what_a_mailbox_answered_by_itself_says_so(
        self, path: Path, headers: str, is_automatic: bool
    ) -> None:
        path.write_text(mail("Ik ben er niet.", headers))
        (message,) = self.read(path).messages
        assert (message["attributes"] == '{"is_automatic":true}') is is_automatic
        assert message["text"] == "Ik ben er niet."

    def test_lines_that_flow_are_joined(self, path: Path) -> None:
        headers = "Content-Type: text/plain; charset=utf-8; format=flowed\n"
        body = "Dit is een lange \nregel en \nnog een.\nDit is de volgende.\n-- \nNoor"
        assert (
            self.text(path, body, headers)
            == "Dit is een lange regel en nog een.\nDit is de volgende."
        )

    def test_lines_flow_within_one_depth_of_quotes_only(self, path: Path) -> None:
        headers = "Content-Type: text/plain; charset=utf-8; format=flowed\n"
        body = "> Which lamp was \n> it? \nThe blue one, which \nflickers.\n> And when? \nAt night."
        assert self.text(path, body, headers) == "The blue one, which flickers.\nAt night."

    def test_a_blank_that_only_marks_the_flow_is_dropped(self, path: Path) -> None:
        headers = "Content-Type: text/plain; charset=utf-8; Format=Flowed; DelSp=Yes\n"
        assert self.text(path, "De lam \npenwinkel en  \nik.", headers) == "De lampenwinkel en ik."

    def test_an_own_line_that_begins_with_a_mark_is_no_quote(self, path: Path) -> None:
        headers = "Content-Type: text/plain; charset=utf-8; format=flowed\n"
        body = "Ik heb\n > 100 euro betaald voor niets."
        assert self.text(path, body, headers).endswith("> 100 euro betaald voor niets.")

    @pytest.mark.parametrize(
        ("html", "text"),
        [
            (
                '<div>Zie onder.</div><div class="gmail_quote"><div class="gmail_attr">Op di 3 nov '
                "2026 schreef Imke:<br></div><blockquote class=gmail_quote>Welke lamp?</blockquote>"
                "<div>De blauwe.</div><blockquote class=gmail_quote>Sinds?</blockquote></div>",
                "Zie onder.\n\nDe blauwe.",
            ),
            (
                '<div>FYI</div><div class="gmail_quote"><div class="gmail_attr">------ Forwarded'
                " message ---------</div><p>Welke lamp?</p></div>",
                "FYI",
            ),
            (
                "<div>Dit las ik:</div>"
                '<blockquote style="margin:0 0 0 40px;border:none">de lamp</blockquote>',
                "Dit las ik:\n\nde lamp",
            ),
            ("<p>Nee.</p><blockquote type=cite>Brandt hij?</blockquote>", "Nee."),
        ],
    )
    def test_of_html_all_that_is_no_quote_stays(self, path: Path, html: str, text: str) -> None:
        assert self.text(path, html, "Content-Type: text/html; charset=utf-8\n") == text

    @pytest.mark.parametrize(
        "body",
        [
            "---------- Forwarded message ---------\nFrom: Imke <i@example.nl>\nTo: Noor\n\nStuk.",
            "-----Oorspronkelijk bericht-----\nVan: Imke\nAan: Noor\n\nStuk.",
        ],
    )
    def test_a_mail_that_only_forwards_another_says_what_that_says(
        self, path: Path, body: str
    ) -> None:
        path.write_text(
            mail(body, "Subject: FW: lamp\n") + mail(body, "Subject: Re: lamp\n", number=102)
        )
        forwarded, *others = self.read(path).messages
        assert (forwarded["text"], forwarded["attributes"]) == ("Stuk.", '{"is_forwarded":true}')
        assert len(others) == ("Forwarded" in body), "a reply that quotes and adds nothing is empty"

    @pytest.mark.parametrize(
        "html",
        [
            '<div class="gmail_signature">Korst BV</div><div class="gmail_quote">'
            '<div class="gmail_attr">---------- Forwarded message -------'
            "--<br>Van: <b>Imke</b><br>Aan: Noor<br></div><br><p>Stuk.</p></div>",
            "<p>Begin doorgestuurd bericht:</p><blockquote type=cite>Van: Imke<br>Aan: Noor<br><br>"
            "Stuk.</blockquote>",
        ],
    )
    def test_html_that_only_forwards_is_read_with_its_quotes(self, path: Path, html: str) -> None:
        headers = "Subject: Fwd: lamp\nContent-Type: text/html\n"
        assert self.text(path, html, headers) == "Stuk."

    def test_a_last_part_without_its_end_is_truncated(self, path: Path) -> None:
        headers = 'Content-Type: multipart/mixed; boundary="b"\n'
        path.write_text(mail("--b\nContent-Type: text/plain\n\nEen half", headers))
        assert self.read(path).rules == ["truncated"]

    def test_headers_of_raw_bytes_are_read(self, path: Path) -> None:
        path.write_text(mail("ja", "Subject: Één café\n"), encoding="utf-8")
        assert self.read(path).messages[0]["subject"] == "Één café"

    def test_a_long_subject_is_unfolded(self, path: Path) -> None:
        subject = "Één heel lang onderwerp over een fiets en nog een fiets en een bel"
        encoded = Header(subject, "utf-8").encode()
        assert "\n" in encoded
        path.write_text(mail("ja", f"Subject: {encoded}\n"))
        assert self.read(path).messages[0]["subject"] == subject

    @pytest.mark.parametrize(
        "headers",
        [
            "Content-Type: multipart/mixed\n",
            "Content-Type: text/plain; charset*=utf-8''utf-8\n",
            "Content-Type: ;;;\n",
            "From: <<<>>>, @@\n",
            "Subject: =?utf-8?b?!!!?=\n",
            "Subject: =?nonsense?q?a?=\n",
            "In-Reply-To: geen idee\nReferences: ook niet\n",
            "Content-Disposition: \n",
        ],
    )
    def test_odd_headers_cost_nothing(self, path: Path, headers: str) -> None:
        assert self.text(path, "Gewoon tekst.", headers) == "Gewoon tekst."

    def test_a_mail_too_large_is_rejected_and_the_next_arrives(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_mailbox, "LARGEST_MAIL", 1_000)
        path.write_text(mail("x" * 50 + "\n" + "y" * 1_000) + mail("ja", number=102))
        got = self.read(path)
        assert (got.ids, got.rules) == (["102"], ["too_large"])

    def test_a_part_without_its_end_within_the_file_is_read(self, path: Path) -> None:
        headers = 'Content-Type: multipart/mixed; boundary="b"\n'
        half = mail("--b\nContent-Type: text/plain\n\nEen heel", headers)
        path.write_text(half + mail("ja", number=102))
        assert [one["text"] for one in self.read(path).messages] == ["Een heel", "ja"]
