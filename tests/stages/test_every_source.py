"""Every source that asks a service, at once, killed at ten moments, and none the worse for it."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from pipeline.sources.base import source_types
from tests.sources.conformance import AT, Sent
from tests.sources.fetched import ASKS_HERE, SECRET, Fake, FetchedConformance
from tests.sources.imap_server import MailServer, mail_of

ROOT = Path(__file__).parent.parent.parent
WINDOW = ("2026-11-02", "2026-11-03")
KILLS, SEED = 10, 7
NOW = datetime(2026, 11, 20, tzinfo=UTC)
TEXTS = (
    "Wij zoeken een bakker die elke maandag 40 broodjes levert, kunt u een offerte sturen?",
    "Het brood was vandaag alweer beschimmeld, ik ben er helemaal klaar mee!",
    "It would be great if you sold gluten-free bread too.",
    " ",
    "Ook gehoord bij de bakker: lange rij vandaag, bel mij op 06 12345678.",
)
SENT = [
    Sent(str(101 + at), text, AT - timedelta(days=at % 2, minutes=at), f"noor{at}")
    for at, text in enumerate(TEXTS)
]
HEAD = """\
lake = "lake"
[company]
name = "Molenaar"
own_accounts = ["molenaar"]
"""

pytestmark = ASKS_HERE


def services() -> list[FetchedConformance]:
    """One of each suite of `tests/sources`: it knows its settings and how its service answers."""
    for file in sorted((ROOT / "tests" / "sources").glob("test_*.py")):
        importlib.import_module(f"tests.sources.{file.stem}")
    return [suite() for suite in FetchedConformance.__subclasses__()]


class Town:
    """All services with the same few messages, and the sources that ask them."""

    def __init__(self, stack: ExitStack) -> None:
        self.sources: list[dict[str, Any]] = []
        self.stack, self.token = stack, ""
        for suite in services():
            server = self._serving(suite)
            address = server.url_for(suite.path).rstrip("/")
            self.sources.append({"type": suite.type, "address": address, **suite.given})
            if suite.type == "reddit":
                self.token = server.url_for("/api/v1/access_token")
        self._add_mail()
        self._add_rest()

    def _server(self) -> HTTPServer:
        server = HTTPServer(threaded=True)
        server.start()
        self.stack.callback(server.stop)
        return server

    def _serving(self, suite: FetchedConformance) -> HTTPServer:
        server = self._server()
        fake = Fake(suite.answer, server)
        fake.sent = list(SENT)
        server.expect_request(re.compile(".*")).respond_with_handler(fake)
        return server

    def _add_mail(self) -> None:
        mailbox = MailServer(secret=SECRET)
        for one in SENT:
            assert isinstance(one.at, datetime)
            mailbox.put(mail_of(one.id, one.text, author=one.author), one.at)
        self.stack.enter_context(mailbox.running())
        given = {"user": mailbox.user, "token_env": "FAKE_TOKEN"}
        self.sources.append({"type": "imap", "address": mailbox.address, **given})

    def _add_rest(self) -> None:
        server = self._server()
        items = [
            {"id": one.id, "sent_at": one.time("%Y-%m-%dT%H:%M:%SZ"), "text": one.text}
            for one in SENT
        ]
        answer = Response(orjson.dumps(items), content_type="application/json")
        server.expect_request("/letters").respond_with_response(answer)
        client = {"base_url": server.url_for("/"), "paginator": "single_page"}
        config = {"client": client, "resources": [{"name": "letters"}]}
        resource = "dlt.sources.rest_api:rest_api_source"
        self.sources.append({"type": "dlt", "resource": resource, "arguments": {"config": config}})

    def settings(self) -> str:
        """All sources as `engage.toml`."""
        parts = [HEAD]
        for source in self.sources:
            lines = [f"{key} = {as_toml(value)}" for key, value in source.items()]
            parts.append("\n".join(["[[sources]]", f'name = "{source["type"]}"', *lines]))
        return "\n".join(parts) + "\n"


def as_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps(value)


@pytest.fixture
def town() -> Iterator[Town]:
    with ExitStack() as stack:
        yield Town(stack)


def checksums(folder: Path) -> dict[str, str]:
    """The bytes of every file of a lake but `runs`."""
    home = folder / "lake"
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(home.rglob("*"))
        if file.is_file() and not (name := file.relative_to(home).as_posix()).startswith("runs/")
    }


def test_the_lake_of_every_source_killed_ten_times_equals_the_undisturbed_one(
    tmp_path: Path, town: Town, warm: list[str]
) -> None:
    asked = {"window": WINDOW, "now": NOW.isoformat(), "seed": SEED, "kills": KILLS}
    for name in ("calm", "killed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "engage.toml").write_text(town.settings(), "utf-8")
        asked[name] = str(tmp_path / name)
    asked["reddit_token"] = town.token
    environment = os.environ | {"PYTHONPATH": str(ROOT), "FAKE_TOKEN": SECRET}
    done = subprocess.run(
        [*warm, "tests.stages.killed", json.dumps(asked)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert len(json.loads(done.stdout)) == KILLS
    calm, killed = (checksums(tmp_path / name) for name in ("calm", "killed"))
    assert killed == calm
    for name, kind in source_types().items():
        if kind.is_fetched:
            assert any(file.startswith(f"messages/source={name}/") for file in calm), name
            assert any(file.startswith("quarantine/") and name in file for file in calm), name
