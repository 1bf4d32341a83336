"""A mail server of the tests: the part of IMAP4rev1 that a reader needs, on 127.0.0.1.

It compares days in a zone of its own, tells of flags between its answers, and marks a mail as seen
when it is asked for without `PEEK`, as servers do.
"""

from __future__ import annotations

import re
import socketserver
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

SECRET = 'wachtwoord-één"'  # noqa: S105 - for the fake
ZONE = timezone(timedelta(hours=9))


@dataclass
class Stored:
    """A mail in a folder."""

    uid: int
    received_at: datetime
    data: bytes
    is_seen: bool = False


@dataclass
class MailServer:
    """What the server holds, and how it behaves."""

    folders: dict[str, list[Stored]] = field(default_factory=lambda: {"INBOX": []})
    user: str = "noor@peddel.example"
    secret: str = SECRET
    capabilities: str = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2"
    refusal: str = ""
    """What a sign-in is answered with, such as `NO [EXPIRED] Ga weg, mijnheer Geheim.`."""
    fault: Callable[[str, socketserver.StreamRequestHandler], bool] = lambda _line, _to: False
    """Looks at every command first; True when it has answered, or hung up, by itself."""
    validity: int = 1
    uid_is_behind: bool = False
    port: int = 0
    commands: list[str] = field(default_factory=list)

    def put(self, data: bytes, at: datetime, folder: str = "INBOX") -> Stored:
        """Take a mail in."""
        held = self.folders.setdefault(folder, [])
        held.append(Stored(1 + max((one.uid for one in held), default=100), at, data))
        return held[-1]

    @property
    def address(self) -> str:
        """As the settings name it."""
        return f"imap://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[MailServer]:
        """Listen until the end of the block."""
        holder = self

        class Connection(_Connection):
            server_holds = holder

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Connection(socketserver.StreamRequestHandler):
    server_holds: MailServer
    opened: str = "INBOX"

    def handle(self) -> None:
        # A client that wants TLS hangs up on a server that has none.
        with suppress(ConnectionError):
            self.answer()

    def answer(self) -> None:
        self.say("* OK hallo")
        for raw in self.rfile:
            line = raw.decode("latin-1").rstrip("\r\n")
            tag, _, command = line.partition(" ")
            self.server_holds.commands.append(command)
            if self.server_holds.fault(line, self):
                return
            name, _, _ = command.partition(" ")
            answer = getattr(self, name.lower(), self.unknown)(command)
            self.say(f"{tag} {answer}")
            if command == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def unknown(self, _: str) -> str:
        return "BAD unknown command"

    def capability(self, _: str) -> str:
        self.say(f"* CAPABILITY {self.server_holds.capabilities}")
        return "OK done"

    def logout(self, _: str) -> str:
        self.say("* BYE tot ziens")
        return "OK done"

    def authenticate(self, command: str) -> str:
        self.say("+ ")
        given = b64decode(self.rfile.readline()).decode()
        wanted = {
            "PLAIN": f"\0{self.server_holds.user}\0{self.server_holds.secret}",
            "XOAUTH2": (
                f"user={self.server_holds.user}\x01auth=Bearer {self.server_holds.secret}\x01\x01"
            ),
        }
        if not self.server_holds.refusal and given == wanted[command.split()[1]]:
            return "OK done"
        if command.endswith("XOAUTH2"):
            self.say("+ eyJzdGF0dXMiOiI0MDAifQ==")
            assert not self.rfile.readline().strip()
        return self.server_holds.refusal or "NO [AUTHENTICATIONFAILED] Nee, mijnheer Geheim."

    def login(self, command: str) -> str:
        known = command.startswith("LOGIN noor@peddel.example ") and "wachtwoord" in command
        return "OK done" if known else "NO [AUTHENTICATIONFAILED] Nee, mijnheer Geheim."

    def examine(self, command: str) -> str:
        self.opened = command.removeprefix("EXAMINE ").strip('"')
        if self.opened not in self.server_holds.folders:
            return "NO [NONEXISTENT] geen map"
        self.say(f"* {len(self.server_holds.folders[self.opened])} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.server_holds.validity}] ok")
        return "OK [READ-ONLY] done"

    def uid(self, command: str) -> str:
        held = self.server_holds.folders[self.opened]
        if command.startswith("UID SEARCH"):
            since, before = re.findall(r"\d\d-[A-Z][a-z]{2}-\d{4}", command)
            days = [datetime.strptime(one, "%d-%b-%Y").date() for one in (since, before)]  # noqa: DTZ007
            found = [
                one.uid
                for one in held
                if days[0] <= one.received_at.astimezone(ZONE).date() < days[1]
            ]
            self.say("* SEARCH " + " ".join(map(str, found)) if found else "* SEARCH")
            return "OK done"
        asked = {int(one) for one in command.split()[2].split(",")}
        self.say("* 1 FETCH (FLAGS (\\Answered))")
        for number, one in enumerate(held, 1):
            if one.uid in asked:
                self.fetched(number, one, command)
        return "OK done"

    def fetched(self, number: int, one: Stored, command: str) -> None:
        if "BODY" not in command:
            at = one.received_at.astimezone(ZONE).strftime("%d-%b-%Y %H:%M:%S %z")
            if at[0] == "0":
                at = " " + at[1:]
            says = f'UID {one.uid} RFC822.SIZE {len(one.data)} INTERNALDATE "{at}"'
            self.say(f"* {number} FETCH ({says})")
            return
        one.is_seen |= "PEEK" not in command
        first = re.search(r"<0\.(\d+)>", command)
        data, part = (one.data[: int(first[1])], "BODY[]<0>") if first else (one.data, "BODY[]")
        before, behind = (f"UID {one.uid} ", ""), ("", f" UID {one.uid}")
        ahead, after = behind if self.server_holds.uid_is_behind else before
        if not data:
            self.say(f'* {number} FETCH ({ahead}{part} ""{after})')
            return
        self.wfile.write(f"* {number} FETCH ({ahead}{part} {{{len(data)}}}\r\n".encode() + data)
        self.say(f"{after})")


def mail_of(number: int | str, text: str, *, author: str = "noor", **headers: str) -> bytes:
    """A mail as it lies on a server."""
    given = {
        "From": f"Noor Bakker <{author}@peddel.example>",
        "Date": "Tue, 03 Nov 2026 09:30:00 +0000",
        "Message-ID": f"<{number}@peddel.example>",
        "Content-Type": "text/plain; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in given.items() if value]
    return "\r\n".join([*lines, "", text, ""]).encode()


NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
