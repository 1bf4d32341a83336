"""Asks a mailbox over IMAP, and only reads: `EXAMINE` and `BODY.PEEK` leave every mail as it is.

The standard library's imaplib speaks the protocol. No error shows what the server said, which may
quote a mail. A connection that breaks is not taken up again: its day is heard again, whole.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from pipeline.imap import syntax
from pipeline.settings import SourceSettings

TIMEOUT_SECONDS = 30.0
HERE = ("localhost", "127.0.0.1", "::1")
SHOWN_BYTES = 80_000
"""What is brought of a mail that is too large to be read."""
LATER = ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG")
# Response codes of RFC 5530: of what a server says, only these are shown.
REFUSALS = ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED")


class Mailbox:
    """One account on a mail server, as one source asks it."""

    def __init__(self, source: SourceSettings) -> None:
        """Connect and sign in, as the settings say.

        Raises SettingsError for an address that is none, a certificate that does not hold, and a
        secret that is refused; RetriableError when the server cannot be reached.
        """
        self._where, self._token_env = f"sources.{source.name}", source.token_env
        with self._explained():
            secret = source.token() or ""
            self._client = _opened(source.address or "", self._where)
            try:
                _sign_in(self._client, source.user or "", secret, is_oauth=source.is_oauth)
            except BaseException as error:
                self._client.shutdown()
                if type(error) is imaplib.IMAP4.error:
                    raise self._refused(str(error)) from None
                raise

    def close(self) -> None:
        """Leave; a connection that is broken already does no harm."""
        with suppress(imaplib.IMAP4.error, OSError):
            self._client.logout()
        with suppress(OSError):
            self._client.shutdown()

    def open(self, folder: str) -> str:
        """Open a folder to read it, and return its UIDVALIDITY; UIDs hold as long as that does.

        Raises SettingsError for a folder that is not there.
        """
        with self._explained():
            name = syntax.folder_name(folder)
            status = "NO" if name is None else self._client.select(name, readonly=True)[0]
            if status != "OK":
                raise SettingsError(
                    "the server does not open that folder",
                    where=f"{self._where}.follow: {folder}",
                    mend="name folders as the server does, those within others too: INBOX/Sales",
                )
            _, (validity,) = self._client.response("UIDVALIDITY")
            return validity.decode() if isinstance(validity, bytes) else ""

    def received(self, start: datetime, end: datetime) -> list[syntax.Letter]:
        """List what the open folder took in within a half-open interval, without the mails."""
        with self._explained():
            # The server compares days of its own zone: a day more on each side holds them all.
            since, before = (syntax.day(at) for at in (start - timedelta(1), end + timedelta(1)))
            lines = self._asked("SEARCH", "SINCE", since, "BEFORE", before)
            found = []
            for some in syntax.uid_sets(lines):
                answers = self._asked("FETCH", some, "(UID INTERNALDATE RFC822.SIZE)")
                found += [one for one in syntax.letters(answers) if start <= one.received_at < end]
            return sorted(found)

    def mails(self, letters: list[syntax.Letter], largest: int) -> Iterator[syntax.Letter]:
        """Bring mails of the open folder, in the order of their UIDs.

        A mail that has gone in the meantime does not come. Of one with more than `largest` bytes
        only the beginning comes.
        """
        for some in syntax.groups(letters, largest):
            part = "BODY.PEEK[]" if some[0].size <= largest else f"BODY.PEEK[]<0.{SHOWN_BYTES}>"
            uids = ",".join(str(one.uid) for one in some)
            with self._explained():
                answers = self._asked("FETCH", uids, f"(UID {part})")
                bodies = syntax.bodies(answers)
            for one in some:
                if one.uid in bodies:
                    yield one._replace(data=bodies[one.uid])

    def _asked(self, command: str, *arguments: str) -> list[syntax.Answer]:
        status, answers = self._client.uid(command, *arguments)
        if status != "OK":
            raise RetriableError(
                f"the server cannot answer {command} now", where=self._where, mend="run again later"
            )
        return [one for one in answers if one is not None]

    def _refused(self, said: str) -> EngageError:
        code = next((one for one in (*LATER, *REFUSALS) if f"[{one}]" in said), "no reason given")
        if code in LATER:
            return RetriableError(
                f"the server takes no sign-in now ({code})",
                where=self._where,
                mend="run again later",
            )
        return SettingsError(
            f"the server refuses us ({code})",
            where=f"{self._where}.token_env",
            mend=f"put a password that is valid for `user` into {self._token_env}; some services "
            "want an app password, or a token with `is_oauth = true`",
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what imaplib raises into errors by recovery; what the server said is left out."""
        try:
            yield
        except EngageError:
            raise
        except ssl.SSLCertVerificationError:
            raise SettingsError(
                "the server's certificate is not that of the host",
                where=f"{self._where}.address",
                mend="write the host as in its certificate; the provider names it",
            ) from None
        except (imaplib.IMAP4.abort, OSError) as error:
            raise RetriableError(
                f"the connection failed ({type(error).__name__})",
                where=self._where,
                mend="look whether host and port are right and the server is up, then run again",
            ) from None
        except (imaplib.IMAP4.error, LookupError, ValueError) as error:
            raise FatalError(
                f"unexpected shape: the server's answer is not IMAP ({type(error).__name__})",
                where=self._where,
                mend="look whether a mail server of IMAP4rev1 listens at host and port",
            ) from None


def _opened(address: str, where: str) -> imaplib.IMAP4:
    host, port, is_tls = _place(address, where)
    context = ssl.create_default_context()
    if is_tls:
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=TIMEOUT_SECONDS)
    client = imaplib.IMAP4(host, port, timeout=TIMEOUT_SECONDS)
    try:
        if "STARTTLS" in client.capabilities:
            client.starttls(context)
        elif host not in HERE:
            raise SettingsError(
                "mail and password could be read on the way",
                where=f"{where}.address",
                mend="write imaps://host, or choose a server that offers STARTTLS",
            )
    except BaseException:
        client.shutdown()
        raise
    return client


def _place(address: str, where: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(address)
        is_tls = parts.scheme == "imaps"
        if parts.scheme in ("imap", "imaps") and parts.hostname:
            return parts.hostname, parts.port or (993 if is_tls else 143), is_tls
    except ValueError:
        pass
    raise SettingsError(
        "the address is no imaps address",
        where=f"{where}.address",
        mend="write it as imaps://host, or imaps://host:port",
    )


def _sign_in(client: imaplib.IMAP4, user: str, secret: str, *, is_oauth: bool) -> None:
    if is_oauth:
        given = f"user={user}\x01auth=Bearer {secret}\x01\x01".encode()
        # A server that refuses says why first, and wants an empty line back.
        answers = iter([given])
        client.authenticate("XOAUTH2", lambda _: next(answers, b""))
    elif "AUTH=PLAIN" in client.capabilities:
        # Other than LOGIN it takes every sign that a password can have.
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{secret}".encode())
    else:
        client.login(user, secret)
