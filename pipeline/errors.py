"""What can go wrong, grouped by what the caller should do about it.

Every error says where (file, line, column, table, partition) and how to mend it. None carries
message text, handles or secrets: errors end up in logs.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EngageError(Exception):
    """Base of all errors that Engage raises on purpose.

    `mend` is one sentence in the imperative: what the reader does next.
    """

    exit_code = 1

    def __init__(self, what: str, *, mend: str = "", where: str = "") -> None:
        """Say what happened, where, and what mends it."""
        self.what, self.mend, self.where = what, mend, where
        super().__init__(what)

    @property
    def told(self) -> str:
        """Where and what, without the mend."""
        return ": ".join(part for part in (self.where, self.what) if part)

    def __str__(self) -> str:
        """All in a line: who shows exceptions, such as the log of a task, shows nothing else."""
        return f"{self.told} (mend: {self.mend})" if self.mend else self.told


class SettingsError(EngageError):
    """Fix the settings or the command line, then run again. Retrying does not help."""

    exit_code = 2


class FatalError(EngageError):
    """A person must look. Nothing was written; the old partition is in place."""

    exit_code = 3


class ContractError(FatalError):
    """A batch broke its table's contract, so it did not replace the old partition."""

    exit_code = 3


class RetriableError(EngageError):
    """Try again later: a time-out, a full disk, a service that is down."""

    exit_code = 4


class BusyError(RetriableError):
    """Another run is at work, and this one has not begun: wait for it, or try again later."""


class RejectedRow(EngageError):
    """One record that cannot be read: quarantine it and go on."""

    def __init__(self, rule_id: str, column: str = "", value: str = "") -> None:
        """Name the rule that the record breaks, and the column and value that break it."""
        self.rule_id, self.column, self.value = rule_id, column, value
        super().__init__(rule_id, where=column)


@contextmanager
def unexpected_named(where: str, mend: str) -> Iterator[None]:
    """Turn an exception that is none of ours into a FatalError: its type and place, not its words.

    What others' code says of a fault can hold what somebody wrote, or a key.
    """
    try:
        yield
    except EngageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever went wrong there
        at = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(at.filename).name}:{at.lineno}, {at.name}"
        what = f"unexpected {type(error).__name__} ({place})"
        raise FatalError(what, where=where, mend=mend) from None
