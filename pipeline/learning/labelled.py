"""Labelled files of people: read whole, and refused with line and column where they are wrong.

A file has a column `text` and one per tag with 1 or 0, yes or no, or nothing where nobody has
judged it; and optionally `lang` (a code or a name), `channel` and `kind` (what makes a row hard,
such as `job_ad`).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import polars as pl

from pipeline.conversations.language import stated
from pipeline.detectors.base import MAIN_TAGS
from pipeline.errors import SettingsError
from pipeline.headers import delimiter_of, nearest_column
from pipeline.labels import ANSWERS

LABELS = {**ANSWERS, "1.0": 1, "0.0": 0}
UNJUDGED = ("", "nan")
OPTIONAL = ("lang", "channel", "kind")
FROZEN = ("frozen", "plain")
"""Sets that nothing is trained on: one that is hard on purpose, one as most people write."""
NAMED = 5
"""So many lines are named of those that are wrong."""


class _Record(NamedTuple):
    line: int
    values: Mapping[str, Any]


def frozen(*, needed: bool = True) -> list[tuple[str, Path]]:
    """The frozen sets of the repository: the name of each set, and a file for each language.

    Raises SettingsError where they are needed and absent.
    """
    home = Path(__file__).parents[2] / "tests/model"
    files = [(name, file) for name in FROZEN for file in sorted((home / name).glob("*.jsonl"))]
    if needed and not files:
        raise SettingsError(
            "the frozen sets are not part of this installation",
            where=" and ".join(f"tests/model/{name}" for name in FROZEN),
            mend="run it in a clone of the repository, or give a labelled file",
        )
    return files


def read(
    path: Path,
    tags: Sequence[str] = MAIN_TAGS,
    say: Callable[[str], None] = lambda _: None,
    *,
    also: Sequence[str] = (),
) -> pl.DataFrame:
    """Read a labelled file, .jsonl, .csv or .parquet.

    Args:
        path: the file; its ending names its format.
        tags: tags whose columns must be there.
        also: tags that are read too; null where there is no column.
        say: is told the lines of texts that are labelled both ways.

    Returns:
        `line` (where the row begins; in a .parquet its number, from 1), `text`, `lang`, `channel`
        and `kind` (null where not said), and per tag 0, 1 or null (Int8). A label is null too where
        the same text has the other one elsewhere.

    Raises:
        SettingsError: the file cannot be read, a column is missing, or a row has no text or a
            label that is none; place and mend are named, the text never.
    """
    readers = {".jsonl": _json_lines, ".csv": _csv, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SettingsError(
            f"the ending '{path.suffix}' is not known",
            where=str(path),
            mend=f"give a file that ends in {', '.join(readers)}",
        )
    try:
        records = list(reader(path))
    except OSError as error:
        raise SettingsError(
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            where=str(path),
            mend="check the path and the rights on the file",
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            "the file is not UTF-8", where=str(path), mend="save it as UTF-8 and try again"
        ) from error
    if not records:
        raise SettingsError("there is no row", where=str(path), mend="give a file with rows")
    _require(path, records, ("text", *tags))
    tags = tuple(dict.fromkeys((*tags, *also)))
    frame = pl.DataFrame(
        {
            "line": [one.line for one in records],
            "text": _column(path, records, "text", _text, "there is no text"),
            **{name: [_name(name, one.values.get(name)) for one in records] for name in OPTIONAL},
            **{
                tag: _column(path, records, tag, _label, "the label is not 1, 0, yes, no or empty")
                for tag in tags
            },
        },
        schema_overrides=dict.fromkeys(OPTIONAL, pl.String) | dict.fromkeys(tags, pl.Int8),
    )
    return _without_contradictions(path, frame, tags, say)


def _json_lines(path: Path) -> Iterator[_Record]:
    with path.open("rb") as lines:
        for at, line in enumerate(lines, 1):
            body = line.removeprefix(b"\xef\xbb\xbf") if at == 1 else line
            if not body.strip():
                continue
            try:
                found = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise _wrong(path, at, f"not valid JSON: {error.msg}", "mend the line") from error
            if not isinstance(found, dict):
                raise _wrong(path, at, "not a JSON object", "write one object a line")
            yield _Record(at, found)


def _csv(path: Path) -> Iterator[_Record]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter_of(first), strict=True)
        header, line = None, 1
        try:
            for record in reader:
                begun, line = line, reader.line_num + 1
                if header is None:
                    header = [name.strip() for name in record]
                    twice = sorted({one for one in header if header.count(one) > 1})
                    if "text" in header and twice and twice != [""]:
                        what = f"there are two columns '{twice[-1]}'"
                        raise _wrong(path, begun, what, "leave the one that holds")
                elif record and len(record) != len(header):
                    what = f"{len(record)} columns where the header has {len(header)}"
                    raise _wrong(path, begun, what, "put quotes around texts with a separator")
                elif record:
                    yield _Record(begun, dict(zip(header, record, strict=True)))
        except csv.Error as error:
            what = "a quote is opened or closed where it should not be"
            raise _wrong(path, line, what, "double the quotes inside a text") from error


def _parquet(path: Path) -> Iterator[_Record]:
    path.stat()  # a file that is not there is an OSError, whatever polars makes of it
    try:
        frame = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise SettingsError(
            "not a Parquet file, or a damaged one", where=str(path), mend="write the file again"
        ) from error
    for at, values in enumerate(frame.iter_rows(named=True), 1):
        yield _Record(at, values)


def _require(path: Path, records: Sequence[_Record], names: Sequence[str]) -> None:
    there = list(dict.fromkeys(name for one in records for name in one.values))
    for name in names:
        if name not in there:
            near = nearest_column(name, there[:30])
            mend = f"add it, with nothing where a row is not judged; {near}"
            if name != "text" and len(names) > 2:
                mend += "; or name the tags that are labelled with --tag"
            raise SettingsError(f"there is no column '{name}'", where=str(path), mend=mend)


def _column(
    path: Path, records: Sequence[_Record], name: str, read_one: Callable[[Any], Any], what: str
) -> list[Any]:
    """The values of a column. Raises SettingsError that names the lines where `read_one` fails."""
    values, wrong = [], []
    for one in records:
        try:
            values.append(read_one(one.values.get(name)))
        except ValueError:
            wrong.append(one.line)
    if wrong:
        rest = f", and so in {len(wrong) - 1} more: {_lines(wrong[1:])}" if wrong[1:] else ""
        raise SettingsError(
            f"column {name}: {what}{rest}",
            where=f"{path}:{wrong[0]}",
            mend="correct the value, or take the row out",
        )
    return values


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def _label(value: object) -> int | None:
    said = "" if value is None else str(value).strip().lower()
    if said in UNJUDGED:
        return None
    if said not in LABELS:
        raise ValueError
    return int(LABELS[said])


def _name(column: str, value: object) -> str | None:
    """What is said, null where nothing is; of a language its code, null where it is none."""
    said = "" if value is None else str(value).strip()
    return (stated(said) if column == "lang" else said) or None


def _without_contradictions(
    path: Path, frame: pl.DataFrame, tags: Sequence[str], say: Callable[[str], None]
) -> pl.DataFrame:
    text = pl.col("text").str.strip_chars()
    for tag in tags:
        both = pl.col(tag).drop_nulls().n_unique().over(text) > 1
        wrong = frame.filter(both, pl.col(tag).is_not_null())
        if len(wrong):
            lines = wrong.group_by(text, maintain_order=True).agg("line")["line"].to_list()
            named = "; ".join(_lines(one) for one in lines[:NAMED])
            more = f"; and {len(lines) - NAMED} more texts" if len(lines) > NAMED else ""
            say(f"{path}: labelled {tag} both ways, so not counted: {named}{more}")
            frame = frame.with_columns(pl.when(~both).then(pl.col(tag)).alias(tag))
    return frame


def _lines(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:NAMED]))
    return f"line{'s' if len(numbers) > 1 else ''} {named}{' …' if len(numbers) > NAMED else ''}"


def _wrong(path: Path, line: int, what: str, mend: str) -> SettingsError:
    return SettingsError(what, where=f"{path}:{line}", mend=mend)
