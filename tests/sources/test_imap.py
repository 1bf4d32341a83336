"""Mail in a mailbox, by IMAP, against a mail server of the tests."""

from __future__ import annotations

import socketserver
import ssl
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline import imap
from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from pipeline.imap import syntax as imap_syntax
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources import _mailbox
from pipeline.sources._page import RULES
from pipeline.sources.base import create
from tests.sources.conformance import Got
from tests.sources.imap_server import NOON, SECRET, MailServer, mail_of

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

DAY = Window.of_days("2026-11-03")
DAYS = Window.of_days("2026-11-02", "2026-11-05")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A server with three mails of one day."""
    monkeypatch.setenv("FAKE_TOKEN", SECRET)
    made = MailServer()
    for number in (1, 2, 3):
        made.put(mail_of(number, f"De bel doet het weer, zegt {number}."), NOON)
    with made.running():
        yield made


def settings(server: MailServer, **changed: Any) -> SourceSettings:
    given = {"name": "mail", "type": "imap", "address": server.address}
    given |= {"user": "noor@peddel.example", "token_env": "FAKE_TOKEN"}
    return SourceSettings.model_validate({**given, **changed})


def read(server: MailServer, window: Window = DAYS, **changed: Any) -> Got:
    return Got.of(create(settings(server, **changed)), window)


def names(got: Got) -> list[str]:
    return [one.partition("@")[0] for one in got.ids]


def test_every_mail_arrives_with_its_address_as_origin(server: MailServer) -> None:
    server.validity = 77
    got = read(server)
    assert (names(got), got.rules, got.duplicates_count) == (["1", "2", "3"], [], 0)
    first = got.messages[0]
    assert first["text"] == "De bel doet het weer, zegt 1."
    assert (first["author"], first["sent_at"]) == ("noor@peddel.example", NOON)
    assert first["origin"] == f"{server.address}/INBOX;UIDVALIDITY=77/;UID=101"


def test_nothing_in_the_mailbox_is_changed(server: MailServer) -> None:
    read(server)
    assert not any(one.is_seen for one in server.folders["INBOX"])
    assert not any(one.startswith("SELECT") for one in server.commands)


def test_a_mail_belongs_to_the_day_on_which_the_server_took_it_in(server: MailServer) -> None:
    second = timedelta(seconds=1)
    server.folders["INBOX"] = []
    for number, at in enumerate((DAY.start - second, DAY.start, DAY.end - second, DAY.end)):
        server.put(mail_of(number, "ja", Date="Mon, 01 Jan 2001 00:00:00 +0000"), at)
    assert names(read(server, DAY)) == ["1", "2"]
    assert names(read(server)) == ["0", "1", "2", "3"]
    assert [one["sent_at"] for one in read(server, DAY).messages] == [DAY.start, DAY.end - second]


def test_days_one_by_one_give_the_rows_of_one_long_window(server: MailServer) -> None:
    for number in range(20):
        server.put(mail_of(10 + number, "ja"), DAYS.start + timedelta(hours=4.8 * number))
    one_by_one = [row for day in DAYS.days() for row in read(server, Window.of_days(day)).messages]
    assert one_by_one == read(server).messages
    assert len(one_by_one) == 23


def test_the_same_mailbox_gives_the_same_rows(server: MailServer) -> None:
    assert read(server) == read(server)


def test_more_mails_than_are_brought_at_once_arrive(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_syntax, "MAILS_AT_ONCE", 2)
    server.put(mail_of(4, "ja"), NOON)
    server.put(mail_of(5, "ja"), NOON)
    assert names(read(server)) == ["1", "2", "3", "4", "5"]
    monkeypatch.setattr(imap_syntax, "BYTES_AT_ONCE", 1)
    assert names(read(server)) == ["1", "2", "3", "4", "5"]


def test_a_server_may_name_the_mail_behind_it(server: MailServer) -> None:
    server.uid_is_behind = True
    assert names(read(server)) == ["1", "2", "3"]


@pytest.mark.parametrize(("zone", "hour"), [("-0000", 10), ("+0100", 9), ("-0500", 15)])
def test_a_mail_came_in_at_a_moment_whatever_zone_the_server_writes(zone: str, hour: int) -> None:
    line = f'1 (UID 7 RFC822.SIZE 9 INTERNALDATE " 3-Nov-2026 10:30:00 {zone}")'
    (letter,) = imap_syntax.letters([line.encode()])
    assert letter.received_at == datetime(2026, 11, 3, hour, 30, tzinfo=UTC)


def test_folders_are_named_as_the_protocol_writes_them(server: MailServer) -> None:
    server.put(mail_of(9, "Hij is er weer."), NOON, "Klachten &- idee&AOs-n")
    got = read(server, follow=["INBOX", "Klachten & ideeën"])
    assert names(got) == ["1", "2", "3", "9"]
    assert "/Klachten%20%26%20idee%C3%ABn;UID" in got.messages[-1]["origin"]


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("INBOX/Sales", '"INBOX/Sales"'),
        ('Zeg "ja"', '"Zeg \\"ja\\""'),
        ("台北", '"&U,BTFw-"'),
        ("twee\r\nregels", None),
    ],
)
def test_a_name_can_hold_any_sign_that_can_be_printed(shown: str, written: str | None) -> None:
    assert imap_syntax.folder_name(shown) == written


def test_a_mail_in_two_folders_is_one(server: MailServer) -> None:
    server.put(mail_of(1, "De bel doet het weer, zegt 1."), NOON + timedelta(minutes=3), "Sent")
    got = read(server, follow=["INBOX", "Sent"])
    assert (names(got), got.rules, got.duplicates_count) == (["1", "2", "3"], [], 1)


def test_answers_are_threaded_by_their_headers(server: MailServer) -> None:
    server.put(mail_of(4, "Goed zo.", In_Reply_To="<1@peddel.example>"), NOON)
    answer = read(server).messages[-1]
    assert answer["reply_to_native_id"] == answer["thread_native_id"] == "1@peddel.example"


# --- what cannot be read


def test_a_broken_mail_is_rejected_and_the_others_arrive(server: MailServer) -> None:
    coded = {"Content_Transfer_Encoding": "base64"}
    server.put(mail_of(4, "gP8=", **coded, Content_Type="text/plain; charset=utf-8"), NOON)
    server.put(mail_of(5, "Zonder nummer", Message_ID=""), NOON)
    server.put(mail_of(6, "Ook zonder", Message_ID=""), NOON + timedelta(hours=1))
    server.put(b"", NOON)
    server.put(mail_of(8, "> alleen een citaat"), NOON)
    got = read(server)
    assert names(got) == ["1", "2", "3"]
    assert got.rules == ["invalid_encoding", "missing_id", "missing_id", "missing_id", "empty_text"]
    assert set(got.rules) <= RULES.keys()
    assert [one["origin"][-7:] for one in got.rejected] == [f"UID={one}" for one in range(104, 109)]
    assert {one["seen_on"] for one in got.rejected} == {NOON.date()}


def test_of_a_mail_too_large_only_the_beginning_is_brought(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_mailbox, "LARGEST_MAIL", 1_000)
    monkeypatch.setattr(imap, "SHOWN_BYTES", 200)
    server.put(mail_of(4, "x" * 1_000), NOON)
    server.put(mail_of(5, "ja"), NOON)
    got = read(server)
    assert (names(got), got.rules) == (["1", "2", "3", "5"], ["too_large"])
    assert len(got.rejected[0]["raw"]) <= 200
    assert "BODY.PEEK[]<0.200>" in " ".join(server.commands)


def test_a_mail_that_goes_while_we_read_does_not_come(server: MailServer) -> None:
    def goes(line: str, _: object) -> bool:
        if "BODY" in line:
            server.folders["INBOX"] = server.folders["INBOX"][:2]
        return False

    server.fault = goes
    assert names(read(server)) == ["1", "2"]


# --- what goes wrong


def failed(server: MailServer, **changed: Any) -> EngageError:
    with pytest.raises(EngageError) as caught:
        read(server, DAY, **changed)
    shown = "".join(traceback.format_exception(caught.value)) + caught.value.mend
    assert SECRET not in shown
    assert "Geheim" not in shown
    assert caught.value.where.startswith("sources.mail")
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize("code", ["EXPIRED", "AUTHENTICATIONFAILED"])
@pytest.mark.parametrize("is_oauth", [False, True])
def test_a_password_that_is_refused_names_its_variable(
    server: MailServer, code: str, is_oauth: bool
) -> None:
    server.refusal = f"NO [{code}] Ga weg, mijnheer Geheim."
    error = failed(server, is_oauth=is_oauth)
    assert isinstance(error, SettingsError)
    assert (error.where, error.what) == (
        "sources.mail.token_env",
        f"the server refuses us ({code})",
    )
    assert "FAKE_TOKEN" in error.mend


def test_a_token_signs_in_where_the_settings_say_so(server: MailServer) -> None:
    assert names(read(server, is_oauth=True)) == ["1", "2", "3"]
    assert "AUTHENTICATE XOAUTH2" in server.commands


def test_a_server_without_plain_gets_a_login(server: MailServer, monkeypatch: Any) -> None:
    server.capabilities = "IMAP4rev1"
    monkeypatch.setenv("FAKE_TOKEN", 'wachtwoord "twee"')
    assert names(read(server)) == ["1", "2", "3"]


def test_a_server_that_takes_no_sign_in_now_is_asked_again_later(server: MailServer) -> None:
    server.refusal = "NO [UNAVAILABLE] even niet"
    assert isinstance(failed(server), RetriableError)


def test_a_folder_that_is_not_there_is_named(server: MailServer) -> None:
    error = failed(server, follow=["INBOX", "Archief"])
    assert isinstance(error, SettingsError)
    assert error.where == "sources.mail.follow: Archief"


def test_a_password_that_is_not_set_names_its_variable(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAKE_TOKEN")
    assert "FAKE_TOKEN is not set" in failed(server).what


def test_a_line_that_drops_within_a_mail_leaves_nothing_half_read(server: MailServer) -> None:
    def drops(line: str, to: socketserver.StreamRequestHandler) -> bool:
        if "BODY" in line:
            to.wfile.write(b"* 1 FETCH (UID 101 BODY[] {5000}\r\nSubject: mijnheer Geheim")
            return True
        return False

    server.fault = drops
    error = failed(server)
    assert isinstance(error, RetriableError)
    assert error.where == "sources.mail"


def test_a_server_that_hangs_up_says_goodbye_to_no_row(server: MailServer) -> None:
    def leaves(line: str, to: socketserver.StreamRequestHandler) -> bool:
        if "SEARCH" in line:
            to.wfile.write(b"* BYE mijnheer Geheim\r\n")
            return True
        return False

    server.fault = leaves
    assert isinstance(failed(server), RetriableError)


def test_a_server_that_says_nothing_is_left_after_a_while(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "TIMEOUT_SECONDS", 0.1)
    server.fault = lambda line, _: "SEARCH" in line and time.sleep(0.3) is None
    assert isinstance(failed(server), RetriableError)


@pytest.mark.parametrize("answer", ["NO [SERVERBUG] mijnheer Geheim", "BAD mijnheer Geheim"])
def test_an_answer_that_is_none_stops_the_source(server: MailServer, answer: str) -> None:
    def refuses(line: str, to: socketserver.StreamRequestHandler) -> bool:
        if "SEARCH" not in line:
            return False
        to.wfile.write(f"{line.split()[0]} {answer}\r\n".encode())
        return True

    server.fault = refuses
    assert isinstance(failed(server), RetriableError if answer.startswith("NO") else FatalError)


def test_a_server_that_is_not_there_is_retriable(server: MailServer) -> None:
    assert isinstance(failed(server, address="imap://127.0.0.1:1"), RetriableError)


def test_a_server_that_speaks_no_tls_is_not_given_the_password(server: MailServer) -> None:
    failed(server, address=f"imaps://127.0.0.1:{server.port}")
    assert not any(one.startswith(("LOGIN", "AUTH")) for one in server.commands)


def test_a_certificate_of_another_host_is_not_trusted(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, ssl_context: ssl.SSLContext, **__: object) -> None:
        assert ssl_context.verify_mode is ssl.CERT_REQUIRED
        assert ssl_context.check_hostname
        raise ssl.SSLCertVerificationError("mijnheer Geheim")

    monkeypatch.setattr(imap.imaplib, "IMAP4_SSL", refuses)
    error = failed(server, address="imaps://127.0.0.1")
    assert isinstance(error, SettingsError)
    assert error.where == "sources.mail.address"


def test_another_machine_without_tls_is_not_given_the_password(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "HERE", ())
    error = failed(server)
    assert isinstance(error, SettingsError)
    assert error.where == "sources.mail.address"
    assert not any(one.startswith(("LOGIN", "AUTH")) for one in server.commands)


@pytest.mark.parametrize("address", ["https://mail.example", "imaps://:993", "imaps://a:b:c"])
def test_an_address_that_is_none_is_refused(server: MailServer, address: str) -> None:
    assert isinstance(failed(server, address=address), SettingsError)


def test_the_connection_is_tried_without_bringing_a_mail(server: MailServer) -> None:
    server.folders["Sent"] = []
    told = create(settings(server, follow=["INBOX", "Sent"])).connect(DAY)
    assert told == (f"{server.address} answers: mails of 2026-11-03: 3 in INBOX, 0 in Sent")
    assert not any("BODY" in one for one in server.commands)


def test_what_the_type_does_not_take_is_refused(server: MailServer) -> None:
    with pytest.raises(SettingsError, match="takes no path"):
        create(settings(server, path="inbox.mbox"))
    with pytest.raises(SettingsError, match="takes no is_oauth"):
        create(settings(server, type="rss", is_oauth=True, user=None, token_env=None))


def test_a_mail_that_left_its_folder_stays_in_the_tables() -> None:
    assert create(settings(MailServer(port=1))).forgets


def test_a_day_is_written_in_the_words_of_the_protocol() -> None:
    assert imap_syntax.day(datetime(2026, 5, 3, tzinfo=UTC)) == "03-May-2026"
