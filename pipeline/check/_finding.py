"""What one look found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import EngageError


@dataclass(frozen=True)
class Finding:
    """What one look found. `error` is null when all is well; a warning does not fail the check."""

    subject: str
    what: str
    error: EngageError | None = None
    is_warning: bool = False

    @property
    def is_problem(self) -> bool:
        """Whether a run would go wrong."""
        return self.error is not None and not self.is_warning


def looked(subject: str, look: Callable[[], str]) -> Finding:
    """Look, and hold what went wrong instead of what was seen."""
    try:
        return Finding(subject, look())
    except EngageError as error:
        return Finding(subject, "", error)
