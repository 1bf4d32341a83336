"""Files of rows: whatever is broken stays in its own row."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.rows.files import Row, Unreadable, _json_lines, read_file


def written(folder: Path, name: str, body: bytes | str) -> Path:
    file = folder / name
    file.write_bytes(body.encode() if isinstance(body, str) else body)
    return file


def texts(file: Path) -> list[object]:
    return [row.text for row in read_file(file)]


def errors(file: Path) -> list[str | None]:
    return [row.error for row in read_file(file)]


# --- JSON lines


def test_json_lines_give_id_text_and_language(tmp_path: Path) -> None:
    file = written(
        tmp_path, "a.jsonl", '{"id": 7, "text": "hoi", "lang": "nl", "x": 1}\n{"text": "hi"}'
    )
    first, second = read_file(file)
    assert first == Row(7, "hoi", "nl", None, pytest.approx(0.77, abs=0.05), has_ids=True)
    assert second == Row(None, "hi", None, None, 1.0, has_ids=True)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "not valid JSON at column 2: Expecting property name enclosed in double quotes"),
        ('{"text": "cut', "not valid JSON at column 10: Unterminated string"),
        ("", "the line is blank"),
        ("[1]", "the line is not a JSON object"),
        ('"text"', "the line is not a JSON object"),
        ('{"body": "x"}', "there is no text"),
        ("[" * 100_000, "not valid JSON: RecursionError"),
        (b'{"text": "caf\xe9"}', "the line is not valid UTF-8"),
        (b"\xff\xfe", "the line is not valid UTF-8"),
        ('{"text": "a", "text": "b"}', "a key is there twice with different values"),
        ('{"id": 1, "text": "a", "id" : 2}', "a key is there twice with different values"),
    ],
)
def test_broken_line_costs_its_own_row_only(tmp_path: Path, line: bytes | str, error: str) -> None:
    good = b'{"text": "good"}'
    body = line if isinstance(line, bytes) else line.encode()
    file = written(tmp_path, "a.jsonl", b"\n".join([good, body, good]))
    assert errors(file) == [None, error, None]
    assert texts(file)[::2] == ["good", "good"]


def test_key_that_is_there_twice_with_one_value_costs_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", '{"text": "a \\":", "text": "a \\":"}\n{"text": "\\":"}')
    assert texts(file) == ['a ":', '":']


def test_last_line_may_lack_its_line_break_and_the_first_have_a_mark(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", b'\xef\xbb\xbf{"text": "a"}\r\n{"text": "b"}')
    assert texts(file) == ["a", "b"]


def test_numbers_that_are_no_json_are_read_as_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", '{"id": NaN, "text": "a"}\n{"text": Infinity}\n')
    assert [(row.id, row.text) for row in read_file(file)] == [(None, "a"), (None, None)]


@pytest.mark.parametrize("number", ["12345678901234567890123", "1.10", "12345678901234567"])
def test_long_and_fractional_numbers_stay_as_written(tmp_path: Path, number: str) -> None:
    file = written(tmp_path, "a.jsonl", f'{{"id": {number}, "text": "a"}}\n')
    (row,) = read_file(file)
    assert str(row.id) == number


def test_json_lines_without_any_text_are_refused_with_the_nearest_name(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", '{"id": 1, "txt": "a"}\n{"mood": 1}\n')
    with pytest.raises(
        SettingsError, match="no column 'text'; the columns are: id, txt, mood"
    ) as caught:
        list(read_file(file))
    assert caught.value.mend == "name the column that holds the messages 'text'; is it 'txt'?"


def test_text_that_comes_late_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_json_lines, "SEARCHED_ROWS", 3)
    file = written(tmp_path, "a.jsonl", '{"a": 1}\n{"a": 1}\n{"text": "x"}\n{"a": 1}\n')
    assert errors(file) == ["there is no text", "there is no text", None, "there is no text"]
    late = written(tmp_path, "b.jsonl", '{"a": 1}\n' * 4 + '{"text": "x"}\n')
    with pytest.raises(SettingsError, match="no column 'text'"):
        list(read_file(late))


def test_file_of_broken_lines_alone_keeps_every_row(tmp_path: Path) -> None:
    assert len(errors(written(tmp_path, "a.jsonl", "{\n\nnull\n"))) == 3


# --- CSV


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(
    rows=st.lists(st.tuples(cells, st.text("ab\"',;\t\r\n")), max_size=8),
    delimiter=st.sampled_from(",;\t"),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_csv_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    delimiter: str,
    ending: str,
) -> None:
    out = io.StringIO()
    # Python's writer leaves a lone carriage return unquoted, and then it ends the record.
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text", "mood"), *((*row, "x") for row in rows)])
    file = written(tmp_path_factory.mktemp("csv"), "a.csv", out.getvalue())
    found = [(row.id, row.text, row.error) for row in read_file(file)]
    assert found == [(one or None, text, None) for one, text in rows]


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ("1,a,b,c", "4 columns where the header has 2"),
        ("1", "1 columns where the header has 2"),
        ('1,"open', "a quote is opened or closed where it should not be"),
        ('1,"a"b"', "a quote is opened or closed where it should not be"),
    ],
)
def test_ragged_or_misquoted_record_costs_its_own_row_only(
    tmp_path: Path, record: str, error: str
) -> None:
    file = written(tmp_path, "a.csv", f"id,text\n0,good\n{record}\n2,good\n3,good\n")
    assert errors(file) == [None, error, None, None]


def test_broken_record_keeps_the_id_that_it_begins_with(tmp_path: Path) -> None:
    records = ['2,bad "quote"', '"3","bad "quote""', "4,a,b", "5", '"a,6","bad "quote""', "7,good"]
    file = written(tmp_path, "a.csv", "\n".join(["id,text", *records]))
    assert [row.id for row in read_file(file)] == ["2", "3", "4", "5", None, "7"]
    last = written(tmp_path, "b.csv", "text,id\nMijn fiets, die rode, is kapot,8\n")
    assert [row.id for row in read_file(last)] == [None]


def test_quoted_line_breaks_belong_to_the_text(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", 'text\n"one\ntwo"\nthree\n')
    assert texts(file) == ["one\ntwo", "three"]


def test_bytes_that_are_not_utf8_show_in_their_own_row(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", b"text\ngood\ncaf\xe9\ngood\n")
    assert texts(file) == ["good", "caf\udce9", "good"]


@pytest.mark.parametrize("body", ["", "\n\n"])
def test_empty_csv_has_no_rows(tmp_path: Path, body: str) -> None:
    assert texts(written(tmp_path, "a.csv", body)) == []


@pytest.mark.parametrize(
    ("header", "near"), [("id;Text;lang", "Text"), ("id,tekst", "tekst"), ("a,b", None)]
)
def test_csv_without_text_is_refused_with_the_nearest_name(
    tmp_path: Path, header: str, near: str | None
) -> None:
    with pytest.raises(SettingsError, match="no column 'text'") as caught:
        list(read_file(written(tmp_path, "a.csv", header + "\n1,2\n")))
    assert ("is it" in caught.value.mend) == (near is not None)
    assert near is None or f"is it '{near}'?" in caught.value.mend


@pytest.mark.parametrize(
    ("body", "mend"),
    [
        ("sep=;\nid;text\n1;kapot\n", "remove the first line (sep=…)"),
        ("id|text\n1|kapot\n", "part the columns by commas, semicolons or tabs"),
    ],
)
def test_csv_that_is_parted_otherwise_is_refused_with_the_cause(
    tmp_path: Path, body: str, mend: str
) -> None:
    with pytest.raises(SettingsError, match=r"no column 'text' \(mend") as caught:
        list(read_file(written(tmp_path, "a.csv", body)))
    assert caught.value.mend.startswith(mend)


def test_csv_in_the_encoding_of_a_spreadsheet_is_refused_with_the_one_to_choose(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("id\ttext\n1\tkapot\n".encode("utf-16"))
    with pytest.raises(SettingsError, match="not UTF-8") as caught:
        list(read_file(file))
    assert "CSV UTF-8" in caught.value.mend


def test_csv_whose_first_line_is_a_message_is_refused_without_showing_it(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", "12,Anouk,anouk@example.com,Ik wil mijn geld terug\n")
    with pytest.raises(SettingsError, match=r"no column 'text' \(mend") as caught:
        list(read_file(file))
    assert "does the first line name the columns?" in caught.value.mend
    assert "geld" not in caught.value.mend


def test_share_read_grows_to_the_whole(tmp_path: Path) -> None:
    body = "text\n" + "some words\n" * 500
    shares = [row.share for row in read_file(written(tmp_path, "a.csv", body))]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.01
    assert shares[-1] == pytest.approx(1.0, abs=0.01)


# --- Parquet


def test_parquet_gives_values_of_any_type(tmp_path: Path) -> None:
    text = pa.array(["a", None, "b"]).dictionary_encode()
    pq.write_table(
        pa.table({"text": text, "id": [1, 2, None], "x": [0, 0, 0]}), tmp_path / "a.parquet"
    )
    assert [(row.id, row.text, row.lang) for row in read_file(tmp_path / "a.parquet")] == [
        (1, "a", None),
        (2, None, None),
        (None, "b", None),
    ]


@pytest.mark.parametrize("of_type", [pa.string(), pa.large_string()])
def test_parquet_string_that_is_not_utf8_shows_in_its_own_row(
    tmp_path: Path, of_type: pa.DataType
) -> None:
    raw = pa.array(
        [b"good", b"caf\xe9"], pa.large_binary() if of_type == pa.large_string() else pa.binary()
    )
    column = pa.Array.from_buffers(of_type, 2, raw.buffers())
    pq.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    assert texts(tmp_path / "a.parquet") == ["good", "caf\udce9"]


def test_parquet_without_text_or_without_form_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"texts": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(SettingsError, match="no column 'text'") as caught:
        list(read_file(tmp_path / "a.parquet"))
    assert "is it 'texts'?" in caught.value.mend
    with pytest.raises(SettingsError, match=r"b\.parquet: not a Parquet file"):
        list(read_file(written(tmp_path, "b.parquet", "PAR1 no more")))


def test_parquet_value_that_python_cannot_hold_costs_its_own_row_only(tmp_path: Path) -> None:
    ids = pa.array([2**50, 0], pa.timestamp("s"))
    pq.write_table(pa.table({"id": ids, "text": ["a", "b"]}), tmp_path / "a.parquet")
    first, second = read_file(tmp_path / "a.parquet")
    assert isinstance(first.id, Unreadable)
    assert (str(second.id), first.text, second.text) == ("1970-01-01 00:00:00", "a", "b")


# --- any file


@pytest.mark.parametrize("name", ["text", "id", "lang"])
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_column_that_is_there_twice_is_refused(tmp_path: Path, ending: str, name: str) -> None:
    header = ["text", "id", "lang", name, "x", "x"]
    file = written(tmp_path, "a.csv", ",".join(header) + "\n1,2,3,4,5,6\n")
    if ending == ".parquet":
        file = tmp_path / "a.parquet"
        pq.write_table(pa.Table.from_arrays([pa.array(["1"])] * 6, header), file)
    with pytest.raises(SettingsError, match=f"there are 2 columns '{name}'"):
        list(read_file(file))


@pytest.mark.parametrize(
    ("name", "body", "has_ids"),
    [
        ("a.csv", "id,text\n,hoi\n", True),
        ("a.csv", "text\nhoi\n", False),
        ("a.jsonl", '{"text": "hoi"}\n{"text": "hi", "id": 0}\n', True),
        ("a.jsonl", '{"text": "hoi"}\n', False),
    ],
)
def test_rows_know_whether_their_file_has_ids(
    tmp_path: Path, name: str, body: str, has_ids: bool
) -> None:
    assert {row.has_ids for row in read_file(written(tmp_path, name, body))} == {has_ids}


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_file_that_is_not_there_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file") as caught:
        list(read_file(tmp_path / name))
    assert caught.value.where == str(tmp_path / name)


def test_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        list(read_file(tmp_path / "a.csv"))


def test_unknown_ending_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ending '\.xlsx' is not known") as caught:
        list(read_file(tmp_path / "a.xlsx"))
    assert caught.value.mend == "give a file that ends in .jsonl, .csv, .parquet"
    assert texts(written(tmp_path, "A.CSV", "text\na\n")) == ["a"]
