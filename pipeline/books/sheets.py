"""Reads workbooks that people hand in: the first sheet as lines of text."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from zipfile import BadZipFile

from pipeline.errors import SettingsError


def rows(path: Path, zone: tzinfo) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of the first sheet: their number, from 1, and what each cell says.

    A number has a point before its decimals; a time, which says no zone in a cell, is one of
    `zone`, as in our exports. Of a formula its last result is read.

    Raises SettingsError when the file is no workbook, and OSError when it cannot be read.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    with path.open("rb") as file, warnings.catch_warnings():
        # What it warns of, such as lists to choose from, are looks that are not read.
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
            mend = "save it as .xlsx, or as CSV in UTF-8 with a name that ends in .csv"
            raise SettingsError("the file is no workbook", where=str(path), mend=mend) from error
        for at, cells in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            yield at, [_text(cell, zone) for cell in cells]


def _text(cell: object, zone: tzinfo) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone).isoformat()
    return str(cell)
