"""JSON lines of any shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from pipeline.errors import FatalError
from tests.sources.conformance import Facts, MappedConformance, Sent


class TestJsonLines(MappedConformance):
    """JSON lines of any shape."""

    type = "jsonl"
    suffix = ".jsonl"
    mapping = MappingProxyType(
        {
            "native_id": "post.id",
            "reply_to_native_id": "post.parent",
            "author": "post.by",
            "sent_at": "at",
            "text": "body",
            "likes_count": "likes",
        }
    )
    facts = Facts(
        records=14,
        duplicates=1,
        rejected={
            "wall_1.jsonl:5": "missing_time",
            "wall_1.jsonl:6": "invalid_json",
            "wall_1.jsonl:7": "not_an_object",
            "wall_1.jsonl:9": "unreadable_number",
            "wall_2.jsonl:3": "future_time",
            "wall_2.jsonl:4": "conflicting_duplicate",
            "wall_2.jsonl:5": "truncated",
        },
        replies={
            "900719925474099302": "900719925474099301",
            "900719925474099311": "900719925474099307",
            "900719925474099312": "900719925474099303",
        },
    )

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        with path.open("w", encoding="utf-8") as file:
            for one in sent:
                record = {
                    "post": {"id": one.id, "parent": one.reply_to, "by": one.author},
                    "at": one.time("%Y-%m-%dT%H:%M:%SZ"),
                    "body": one.text,
                    "likes": None,
                }
                file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def test_numbers_are_ids_digit_by_digit(self, path: Path) -> None:
        self.write(path, [Sent("101"), Sent("102")])
        text = path.read_text().replace('"101"', "123456789012345678901234567890")
        path.write_text(text.replace('"102"', "7.10"))
        assert self.read(path).ids == ["123456789012345678901234567890", "7.10"]

    def test_ids_that_became_floats_are_the_ids_they_were(self, path: Path) -> None:
        # A column of ids with gaps is one of floats for pandas: an answer to "5.0" had no parent.
        path.write_text(
            '{"id": 5, "sent_at": "2026-11-03T10:00:00Z", "text": "Doet hij het?"}\n'
            '{"id": 6.0, "reply_to_native_id": 5.0, "sent_at": "2026-11-03T11:00:00Z",'
            ' "text": "Ja"}\n'
        )
        got = self.read(path, mapping={})
        assert got.ids == ["5", "6"]
        assert got.messages[1]["reply_to_native_id"] == "5"

    @pytest.mark.parametrize("twice", ['"text": "Nee"', '"extra": {"a": 1, "a" : [2]}'])
    def test_a_key_with_two_values_is_rejected(self, path: Path, twice: str) -> None:
        line = '{"id": "a", "sent_at": "2026-11-03T10:00:00Z", "text": "Ja \\"ja\\": x", '
        path.write_text(f'{line}"text": "Ja \\"ja\\": x"}}\n{line}{twice}}}\n')
        got = self.read(path, mapping={})
        assert (got.ids, got.rules) == (["a"], ["repeated_key"])

    @pytest.mark.parametrize("blank", ["", " ", "\t"])
    def test_blanks_before_the_colon_hide_no_second_value(self, path: Path, blank: str) -> None:
        line = '{"id": "a", "sent_at": "2026-11-03T10:00:00Z", "text": "Ja", '
        path.write_text(f'{line}"text"{blank}: "Nee"}}\n')
        assert self.read(path, mapping={}).rules == ["repeated_key"]

    def test_a_number_beside_values_nested_without_end_is_read(self, path: Path) -> None:
        head = '{"id": 5.0, "sent_at": "2026-11-03T10:00:00Z", "text": "Ja", "extra": '
        path.write_text(f"{head}{'[' * 990}{']' * 990}}}\n")
        assert self.read(path, mapping={}).ids == ["5"]

    @pytest.mark.parametrize("field", ["id", "text", "author"])
    def test_an_object_where_words_belong_is_rejected(self, path: Path, field: str) -> None:
        good = {"id": "a", "sent_at": "2026-11-03T10:00:00Z", "text": "Ja", "author": None}
        lines = [good, {**good, "id": "b", field: {"body": "Ja"}}, {**good, "id": "c", field: [1]}]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        got = self.read(path, mapping={})
        assert (got.ids, got.rules) == (["a"], ["not_text", "not_text"])
        assert got.rejected[0]["value"] == '{"body":"Ja"}'

    def test_other_values_are_kept_as_json(self, path: Path) -> None:
        record = {"id": 1, "sent_at": 1793696400000, "text": "ja", "extra": {"tags": ["a", 2]}}
        path.write_text(json.dumps(record) + "\n")
        got = self.read(path, mapping={"attributes.tags": "extra.tags"})
        assert got.messages[0]["attributes"] == '{"tags":"[\\"a\\",2]"}'

    def test_yes_and_no_are_read_and_anything_else_is_rejected(self, path: Path) -> None:
        values: list[object] = [True, "no", "1", None, "maybe"]
        with path.open("w") as file:
            for number, value in enumerate(values):
                record = {"id": number, "sent_at": "2026-11-03T00:00:00Z", "text": "ja"}
                file.write(json.dumps({**record, "is_agent": value}) + "\n")
        got = self.read(path, mapping={})
        assert [one["is_agent"] for one in got.messages] == [True, False, True, None]
        assert [(one["rule_id"], one["value"]) for one in got.rejected] == [
            ("unreadable_is_agent", "maybe")
        ]

    def test_attributes_that_are_no_object_are_rejected(self, path: Path) -> None:
        record = {"id": 1, "sent_at": "2026-11-03T00:00:00Z", "text": "ja", "attributes": "[1]"}
        path.write_text(json.dumps(record) + "\n")
        assert self.read(path, mapping={}).rules == ["unreadable_attributes"]

    def test_a_mistyped_key_stops_also_for_a_field_that_may_be_missing(self, path: Path) -> None:
        self.write(path, [Sent("101")])
        with pytest.raises(FatalError, match=r"no column 'like' \(for likes_count\)") as caught:
            self.read(path, mapping={**self.mapping, "likes_count": "like"})
        assert "did you mean 'likes'?" in caught.value.mend

    def test_a_key_that_a_file_happens_to_lack_is_no_error(self, path: Path) -> None:
        self.write(path, [Sent("101")])
        got = self.read(path, mapping={**self.mapping, "url": "permalink", "rating": "post.stars"})
        assert got.ids == ["101"]

    def test_lines_may_end_in_carriage_returns_and_begin_with_a_byte_order_mark(
        self, path: Path
    ) -> None:
        self.write(path, [Sent("101"), Sent("102")])
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        assert self.read(path).ids == ["101", "102"]

    def test_a_separator_within_a_text_ends_no_line(self, path: Path) -> None:
        text = "eerst\u2028dan\x85en toen"
        assert self.wrote(path, Sent("101", text)).messages[0]["text"] == text
