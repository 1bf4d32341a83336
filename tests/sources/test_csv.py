"""CSV of any columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from pipeline.errors import FatalError
from tests.sources.conformance import Facts, MappedConformance, Sent


class TestCsv(MappedConformance):
    """CSV of any columns."""

    type = "csv"
    suffix = ".csv"
    mapping = MappingProxyType(
        {
            "native_id": "Ticket",
            "reply_to_native_id": "Answers",
            "author": "Customer",
            "sent_at": "Created",
            "text": "Message",
        }
    )
    facts = Facts(
        records=16,
        duplicates=1,
        rejected={
            "desk_1.csv:10": "unreadable_time",
            "desk_1.csv:12": "csv_quoting",
            "desk_1.csv:14": "csv_columns",
            "desk_1.csv:15": "empty_text",
            "desk_1.csv:16": "conflicting_duplicate",
            "desk_2.csv:5": "unreadable_time",
        },
        replies={"1002": "1001", "2001": "1004", "2005": "2003"},
    )

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            rows.writerow(["Ticket", "Answers", "Customer", "Created", "Message"])
            for one in sent:
                at = one.time("%Y-%m-%dT%H:%M:%SZ")
                rows.writerow([one.id, one.reply_to or "", one.author, at, one.text])

    def test_a_header_without_rows_has_no_records(self, path: Path) -> None:
        self.write(path, [])
        assert self.read(path).records_count == 0

    def test_a_record_between_two_stray_quotes_arrives(self, path: Path) -> None:
        at = "2026-11-03T10:00:00Z"
        path.write_text(
            "Ticket,Answers,Customer,Created,Message\n"
            f'1,"open,ad,{at},a\n2,,bo,{at},b\n3,",cor,{at},c\n'
        )
        got = self.read(path)
        assert (got.ids, got.rules) == (["2"], ["csv_quoting"] * 2)

    def test_a_first_line_that_is_a_message_is_not_shown(self, path: Path) -> None:
        path.write_text(
            "17,2026-11-03T09:12:00Z,Joke Hiemstra,joke@example.com,Waar blijft mijn fiets\n"
        )
        with pytest.raises(FatalError, match="no column 'Ticket'") as caught:
            self.read(path)
        said = f"{caught.value} {caught.value.mend}"
        assert "does the first line name the columns?" in said
        assert not [word for word in ("Joke", "fiets", "@", "17") if word in said]

    @pytest.mark.parametrize(
        ("body", "mend"),
        [
            ("sep=;\nid;sent_at;text\n", "remove the first line (sep=…)"),
            ("id|sent_at|text\n", "part the columns by commas, semicolons or tabs"),
        ],
    )
    def test_columns_that_are_parted_otherwise_are_the_cause(
        self, path: Path, body: str, mend: str
    ) -> None:
        path.write_text(body, encoding="utf-8")
        with pytest.raises(FatalError, match="no column") as caught:
            self.read(path, mapping={})
        assert caught.value.mend.startswith(mend)

    def test_semicolons_tabs_and_windows_line_ends_are_understood(self, path: Path) -> None:
        for delimiter in ";\t":
            path.write_text(
                f"Ticket{delimiter}Created{delimiter}Message\r\n"
                f"1{delimiter}2026-11-03T00:00:00Z{delimiter}ja, graag\r\n",
                newline="",
            )
            mapping = {"native_id": "Ticket", "sent_at": "Created", "text": "Message"}
            assert self.read(path, mapping=mapping).messages[0]["text"] == "ja, graag"

    def test_a_column_that_is_there_twice_stops(self, path: Path) -> None:
        path.write_text("id,sent_at,text,text\n1,2026-11-03,ja,nee\n")
        with pytest.raises(FatalError, match="column 'text' twice") as caught:
            self.read(path, mapping={})
        assert caught.value.where == "export.csv:1"

    def test_a_header_that_is_no_text_stops(self, path: Path) -> None:
        path.write_bytes("id,sent_at,text\n".encode("utf-16"))
        with pytest.raises(FatalError, match="not UTF-8") as caught:
            self.read(path, mapping={})
        assert "UTF-8 CSV" in caught.value.mend

    @pytest.mark.parametrize("null", ["NULL", "\\N", "nan", "None", ""])
    def test_what_stands_for_no_value_is_none(self, path: Path, null: str) -> None:
        path.write_text(
            "id,sent_at,text,author,reply_to_native_id,rating,is_agent\n"
            f"1,2026-11-03T10:00:00Z,NULL,{null},{null},{null},{null}\n"
            f"{null},2026-11-03T10:00:00Z,Ja,,,,\n"
        )
        got = self.read(path, mapping={})
        (one,) = got.messages
        assert (one["author"], one["reply_to_native_id"], one["rating"]) == (None, None, None)
        assert (one["text"], got.rules) == ("NULL", ["missing_id"])
