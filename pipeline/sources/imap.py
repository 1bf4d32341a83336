"""Mail in a mailbox, by IMAP; nothing in it is changed, not even what is read or unread.

Format:    IMAP4rev1. `address` is `imaps://host` (or `imap://host` with STARTTLS), `user` the
           account, `token_env` names the variable with the password; with `is_oauth` it holds an
           access token (XOAUTH2, as Microsoft 365 and Gmail take it). `follow` names the folders,
           `INBOX` when none; add the one of sent mail, so that answers are known.
Threading: `In-Reply-To`, else the last of `References`; the first of `References` is the thread.
Times:     when the server took the mail in (`INTERNALDATE`): no sender can forge it, and a day
           that is over gets no more mail.
Text:      as in the files of type `mbox`: without quoted mail, signature and the phone's line; a
           mail that only forwards another has the text of that, one without a body its subject.
           Attachments are not read.
Left out:  as in the files of type `mbox`: reports of delivery and reading, and the like.
Once:      a mail that is in two folders is that of the folder which `follow` names first; where
           they took it in on two days, it is that of the first day.
Own:       the sender's address in `company.own_accounts`.
Late:      people move and delete what is dealt with: a mail that is gone from the folders when its
           day is heard again stays in the tables.
Personal:  the sender's address, the subject and the text.
Rejected:  as in the files of type `mbox`; the origin is the mail's address (RFC 5092), with the
           folder's UIDVALIDITY and the mail's UID.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import polars as pl

from pipeline.records import Window
from pipeline.sources import _mailbox
from pipeline.sources._mail import row_of
from pipeline.sources._rows import in_batches
from pipeline.sources.base import Fetched, Source

if TYPE_CHECKING:
    from pipeline.imap import Mailbox


class Imap(Source):
    """Mails of a mailbox's folders."""

    channel = "email"
    needs = ("address", "user", "token_env")
    takes = ("follow", "is_oauth")
    is_fetched = True
    forgets = True

    def fetch(self, window: Window, *, not_after: datetime) -> Iterator[Fetched]:
        """Read the messages of a window; see `Source.fetch`."""
        with self._mailbox() as mailbox:
            for day in map(Window.of_days, window.days()):
                frames = map(pl.DataFrame, in_batches(self._rows(mailbox, day)))
                yield from self.judged(
                    frames, day, not_after=not_after, undated_on=day.start.date()
                )

    def connect(self, window: Window) -> str:
        """Try the address, the password and the folders. Returns what came."""
        counts = []
        with self._mailbox() as mailbox:
            for folder in self._folders:
                mailbox.open(folder)
                found = mailbox.received(window.start, window.end)
                counts.append(f"{len(found)} in {folder}")
        return f"{self._place} answers: mails of {window.start:%Y-%m-%d}: {', '.join(counts)}"

    @property
    def _folders(self) -> tuple[str, ...]:
        return self.settings.follow or ("INBOX",)

    @property
    def _place(self) -> str:
        """The address without what may be secret in it."""
        parts = urlsplit(self.settings.address or "")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @contextmanager
    def _mailbox(self) -> Iterator[Mailbox]:
        # Imported when something is asked, as `http` is.
        from pipeline.imap import Mailbox

        mailbox = Mailbox(self.settings)
        try:
            yield mailbox
        finally:
            mailbox.close()

    def _rows(self, mailbox: Mailbox, day: Window) -> Iterator[dict[str, Any]]:
        largest = _mailbox.LARGEST_MAIL
        first: dict[str | None, str] = {}
        for folder in self._folders:
            place = f"{self._place}/{quote(folder)};UIDVALIDITY={mailbox.open(folder)}"
            for mail in mailbox.mails(mailbox.received(day.start, day.end), largest):
                rule = "too_large" if mail.size > largest else None
                row = row_of(mail.data, f"{place}/;UID={mail.uid}", rule)
                if row is None:
                    continue
                row["sent_at"] = mail.received_at.astimezone(UTC).isoformat()
                if row.get("native_id") and not row["rule_id"]:
                    # Each folder took it in at a moment of its own.
                    row["sent_at"] = first.setdefault(row["native_id"], row["sent_at"])
                yield row


SOURCE = Imap
