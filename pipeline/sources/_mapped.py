"""Sources that read files of any shape: the settings say which column or path is which field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.sources._mapping import FieldMapping
from pipeline.sources.base import FileSource

if TYPE_CHECKING:
    from pipeline.settings import SourceSettings


class MappedSource(FileSource):
    """A source whose files have columns of any name."""

    channel = "ticket"
    takes = ("mapping",)

    def __init__(self, settings: SourceSettings) -> None:
        """Check the mapping."""
        super().__init__(settings)
        self._mapping = FieldMapping(settings)
