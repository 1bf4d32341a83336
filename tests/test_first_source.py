"""The steps of docs/first-source.md, done as they stand there, against a server of the tests."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import settings
from pipeline.sources.base import create
from tests.sources.imap_server import MailServer, mail_of

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "first-source.md").read_text("utf-8")
PLACE = "imaps://mail.molenaar.example"
USER = "bakkerij@molenaar.example"
ORDER = "Wij zoeken een bakker die elke maandag 40 broodjes levert, kunt u een offerte sturen?"
MOULD = "Het brood was vandaag alweer beschimmeld, ik ben er helemaal klaar mee!"

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


def shown(language: str) -> list[str]:
    """The blocks of one language, as a reader would paste them."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", PAGE, re.M | re.S)
    return [textwrap.dedent(block) for _, block in found]


def open_for_business(server: MailServer) -> None:
    """Yesterday two customers wrote, and one has an answer."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(1)
    server.put(mail_of("order", f"{ORDER}\r\n\r\nMet vriendelijke groet,\r\nBea"), noon)
    server.put(mail_of("mould", MOULD, author="gus"), noon + timedelta(hours=1))
    said = mail_of(
        "answer",
        "Wat vervelend! We sturen meteen een nieuw brood.",
        From=USER,
        In_Reply_To="<mould@peddel.example>",
    )
    server.put(said, noon + timedelta(hours=1, minutes=30), "Sent")


class Reader:
    """Somebody who pastes the blocks of the page one after the other."""

    def __init__(self, folder: Path, server: MailServer, password: str, warm: list[str]) -> None:
        text = shown("toml")[0]
        assert PLACE in text
        (folder / "engage.toml").write_text(text.replace(PLACE, server.address), "utf-8")
        engage = folder / "bin" / "engage"
        engage.parent.mkdir()
        engage.write_text(f'#!/bin/sh\nexec {shlex.join(warm)} pipeline "$@"\n', "utf-8")
        engage.chmod(0o755)
        path = f"{engage.parent}{os.pathsep}{os.environ['PATH']}"
        steps = "\necho == next\n".join(shown("sh"))
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{steps}"],
            cwd=folder,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "150"},
            input=f"{password}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        self.code, self.errors = done.returncode, done.stderr
        self.steps = done.stdout.split("== next\n")


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    made = MailServer(user=USER, secret="brood & boter")  # noqa: S106 - for the fake
    open_for_business(made)
    with made.running():
        yield made


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, server: MailServer, warm: list[str]) -> Reader:
    return Reader(tmp_path_factory.mktemp("first"), server, server.secret, warm)


def test_every_step_succeeds(reader: Reader) -> None:
    assert reader.code == 0, reader.steps[-1] + reader.errors
    assert len(reader.steps) == len(shown("sh")) == 5


def test_the_check_says_what_the_page_shows(reader: Reader, server: MailServer) -> None:
    (promised,) = shown("text")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for line in promised.replace(PLACE, server.address).replace("2026-11-04", today).splitlines():
        assert line in reader.steps[1].splitlines()
    assert reader.steps[1].endswith("no problems, no warnings\n")


def test_a_dry_run_shows_what_was_said_and_no_signature(reader: Reader) -> None:
    assert ORDER in reader.steps[2]
    assert "Bea" not in reader.steps[2]
    assert "3 messages of mail" in reader.steps[2]


def test_the_tables_hold_the_mails_the_answer_and_the_leads(reader: Reader) -> None:
    told = reader.steps[4]
    assert "mail:mould@peddel.example" in told
    assert re.search(r"unanswered\W+1\b", told)
    assert re.search(r"answered\W+2\W+30\b", told)
    assert "1 lead" in told
    assert "1 complaint" in told


def test_nothing_in_the_mailbox_was_changed(reader: Reader, server: MailServer) -> None:
    assert reader.code == 0
    assert not any(one.is_seen for held in server.folders.values() for one in held)


def test_a_wrong_password_stops_at_the_check_and_says_where(
    tmp_path: Path, server: MailServer, warm: list[str]
) -> None:
    reader = Reader(tmp_path, server, "verkeerd", warm)
    assert (reader.code, len(reader.steps)) == (2, 2)
    assert "FAIL  source mail: sources.mail.token_env: the server refuses us" in reader.steps[1]
    assert "MAIL_PASSWORD" in reader.steps[1]
    assert not (tmp_path / "lake").exists()


def test_the_other_places_of_the_page_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "engage.toml"
    file.write_text("\n".join(shown("toml")), "utf-8")
    assert [create(one).is_fetched for one in settings.load(file).sources] == [True, True, True]
