"""Mail in mbox files, as mail servers and mail programs export it.

Format:    mbox (a `From ` line before each mail); one file, or one a folder.
Threading: `In-Reply-To`, else the last of `References`; the first of `References` is the thread.
Times:     the `Date` header. Mails without a zone in it need `time_zone`.
Text:      the plain text, or the HTML where there is none, without quoted mail, forwarded mail,
           signature and the phone's line (Dutch and English). Attachments are not read. A mail
           that only forwards another has the text of that, and `is_forwarded` in `attributes`;
           one without a body, or with attachments only, has its subject. What a mailbox answered
           by itself (`Auto-Submitted`), since somebody is away or a mail has come in, has
           `is_automatic` there: whose turn it is stays as it was, and no clock stops.
Left out:  what no person wrote: reports of delivery and reading (`multipart/report`, or from
           `mailer-daemon`), and answers to invitations.
Own:       the sender's address in `company.own_accounts`.
Personal:  the sender's address, the subject and the text.
Rejected:  mails without `Message-ID` or `Date`, that cannot be decoded (`invalid_encoding`),
           that end too early (`truncated`) or that are larger than 64 MB (`too_large`), with the
           line of their `From `. A mail that is nothing but quotes has an empty text. Shown of
           them are the headers that are read and the words, decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pipeline.sources._mail import row_of
from pipeline.sources._mailbox import mails
from pipeline.sources._rows import in_batches
from pipeline.sources.base import FileSource


class Mbox(FileSource):
    """Mails of mbox files."""

    channel = "email"

    def records(self, path: Path) -> Iterator[pa.RecordBatch]:
        """Yield the records of one file."""
        name = self.origin(path)
        rows = (
            row_of(mail.data, f"{name}:{mail.line}", mail.rule, may_be_cut=mail.is_last)
            for mail in mails(path)
        )
        yield from in_batches(row for row in rows if row is not None)


SOURCE = Mbox
