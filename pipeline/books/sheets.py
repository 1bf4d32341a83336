"""Reads sheets that people hand in, CSV or the first of a workbook, as rows of text."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator
from datetime import datetime, tzinfo
from itertools import chain
from pathlib import Path
from typing import TextIO
from zipfile import BadZipFile

from pipeline.errors import SettingsError
from pipeline.headers import delimiter_of


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


def csv_rows(file: TextIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a CSV file: the number of their first line, from 1, and their cells.

    Raises SettingsError where a quote is not closed.
    """
    first, skipped = file.readline(), 0
    while first.isspace():
        first, skipped = file.readline(), skipped + 1
    # So a sheet is told how its file is split.
    told = re.fullmatch(r"(?i)\"?sep=([,;\t])\"?[,;\t]*\s*", first)
    if told:
        first, rest, skipped = told[1], iter(file), skipped + 1
    else:
        rest = chain((first,), file)
    reader = csv.reader(rest, delimiter=delimiter_of(first), strict=True)
    begin = 1 + skipped
    try:
        for cells in reader:
            at, begin = begin, reader.line_num + 1 + skipped
            yield at, cells
    except csv.Error as error:
        raise SettingsError(
            "a quote is opened or closed where it should not be",
            where=f"{path}:{begin}",
            mend="close the quote, and write a quote within quotes twice",
        ) from error


def _text(cell: object, zone: tzinfo) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone).isoformat()
    return str(cell)
