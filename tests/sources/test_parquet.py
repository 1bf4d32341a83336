"""Parquet of any columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import FatalError
from tests.sources.conformance import AT, Facts, MappedConformance, Sent

COLUMNS = ("nr", "parent", "who", "at", "body", "stars")
TABLE_1 = (
    ("11", None, "Saskia", "2026-11-02T08:00:00Z", "De tent lekte. Wij nu ook.", 1.0),
    ("12", "11", "camping", "2026-11-02T08:30:00Z", "Wat naar! Er staat een droge klaar.", None),
    ("13", None, "Piotr", "2026-11-03T09:00:00Z", "Do you have a pitch for a very long van?", None),
    ("14", None, "Piotr", None, "It is eleven metres.", None),
    (None, None, "Wim", "2026-11-03T10:00:00Z", "Ik heb geen nummer.", None),
    ("11", None, "Saskia", "2026-11-02T08:00:00Z", "De tent lekte. Wij nu ook.", 1.0),
    ("15", None, "Hanna", "2026-11-04T07:00:00Z", "Vijf sterren voor de sterren zelf.", -3.0),
)
TABLE_2 = (
    ("21", "13", "camping", "2026-11-03T09:45:00Z", "For eleven metres we have the meadow.", None),
    ("22", None, "Jip", "2026-11-05T18:00:00Z", "Een wasmachine zou zo fijn zijn.", 4.0),
    ("23", None, "Jip", "0000-00-00", "Of een teil.", None),
    ("21", "13", "camping", "2026-11-03T09:45:00Z", "The meadow is under water.", None),
    ("24", None, "Dee", "2026-11-06T12:00:00Z", "What does a week for sixty scouts cost?", None),
)


class TestParquet(MappedConformance):
    """Parquet of any columns."""

    type = "parquet"
    suffix = ".parquet"
    mapping = MappingProxyType(
        {
            "native_id": "nr",
            "reply_to_native_id": "parent",
            "author": "who",
            "sent_at": "at",
            "text": "body",
            "rating": "stars",
        }
    )
    facts = Facts(
        records=12,
        duplicates=1,
        rejected={
            "guests_1.parquet:4": "missing_time",
            "guests_1.parquet:5": "missing_id",
            "guests_1.parquet:7": "unreadable_number",
            "guests_2.parquet:3": "unreadable_time",
            "guests_2.parquet:4": "conflicting_duplicate",
        },
        replies={"12": "11", "21": "13"},
    )
    truncated_rule = "invalid_parquet"
    truncation_costs_the_file = True
    shows_raw = False

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _files(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        """The fixtures are the tables above, which people can read; here they become files."""
        folder = tmp_path_factory.mktemp("parquet")
        for number, rows in enumerate((TABLE_1, TABLE_2), 1):
            columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
            pq.write_table(pa.table(columns), folder / f"guests_{number}.parquet")
        cls.folder = folder

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        table = {
            "nr": [one.id for one in sent],
            "parent": pa.array([one.reply_to for one in sent], pa.string()),
            "who": [one.author for one in sent],
            "at": [one.time("%Y-%m-%dT%H:%M:%SZ") for one in sent],
            "body": [one.text for one in sent],
            "stars": pa.nulls(len(sent), pa.float32()),
        }
        pq.write_table(pa.table(table), path)

    def spoil(self, path: Path) -> None:
        table = pq.read_table(path)
        texts = [one.encode().replace(b"@@", b"\xff\xfe") for one in table["body"].to_pylist()]
        at = table.schema.get_field_index("body")
        pq.write_table(table.set_column(at, "body", [pa.array(texts, pa.binary())]), path)

    def read_one(self, path: Path, **columns: pa.Array) -> dict[str, object]:
        table = {"id": pa.array([1]), "sent_at": pa.array([AT]), "text": pa.array(["ja"])}
        pq.write_table(pa.table({**table, **columns}), path)
        got = self.read(path, mapping={})
        assert got.rules == []
        return got.messages[0]

    @pytest.mark.parametrize(
        "at",
        [
            pa.array([AT], pa.timestamp("us", "UTC")),
            pa.array([AT], pa.timestamp("ns", "Europe/Amsterdam")),
            pa.array([AT], pa.timestamp("s", "+02:00")),
            pa.array([int(AT.timestamp())], pa.int64()),
            pa.array([AT.timestamp()], pa.float64()),
            pa.array(["2026-11-03 10:30:00+01:00"]).dictionary_encode(),
            pa.array(["2026-11-03T09:30:00Z"], pa.large_string()),
            pa.array(["2026-11-03T09:30Z"], pa.string_view()),
        ],
    )
    def test_times_of_every_kind_are_read(self, path: Path, at: pa.Array) -> None:
        assert self.read_one(path, sent_at=at)["sent_at"] == AT

    def test_a_timestamp_or_date_without_a_zone_needs_one(self, path: Path) -> None:
        for at in (pa.array([datetime(2026, 11, 3, 1)]), pa.array([date(2026, 11, 3)])):  # noqa: DTZ001
            pq.write_table(pa.table({"id": [1], "sent_at": at, "text": ["ja"]}), path)
            assert self.read(path, mapping={}).rules == ["naive_time"]
            (one,) = self.read(path, mapping={}, time_zone="UTC").messages
            assert one["sent_at"].date() == date(2026, 11, 3)

    def test_whole_floats_are_ids_without_a_fraction(self, path: Path) -> None:
        one = self.read_one(
            path,
            id=pa.array([12.0]),
            reply_to_native_id=pa.array([11.0], pa.float32()),
            rating=pa.array([3.5]),
        )
        assert (one["native_id"], one["reply_to_native_id"], one["rating"]) == ("12", "11", 3.5)

    def test_not_a_number_is_null(self, path: Path) -> None:
        assert self.read_one(path, rating=pa.array([float("nan")]))["rating"] is None

    def test_fields_within_structs_are_found_by_their_path(self, path: Path) -> None:
        user = pa.array([{"name": "noor", "plan": {"tier": "goud"}}])
        table = pa.table({"id": [1], "sent_at": pa.array([AT]), "text": ["ja"], "user": user})
        pq.write_table(table, path)
        got = self.read(path, mapping={"author": "user.name", "attributes.tier": "user.plan.tier"})
        assert got.messages[0]["author"] == "noor"
        assert got.messages[0]["attributes"] == '{"tier":"goud"}'

    def test_a_struct_where_words_belong_is_rejected(self, path: Path) -> None:
        text = pa.array([{"body": "ja"}, None])
        pq.write_table(pa.table({"id": [1, 2], "sent_at": pa.array([AT, AT]), "text": text}), path)
        got = self.read(path, mapping={})
        assert (got.ids, got.rules) == ([], ["not_text", "empty_text"])
        assert self.read(path, mapping={"text": "text.body"}).ids == ["1"]

    def test_a_column_that_is_there_twice_stops_with_the_mend(self, path: Path) -> None:
        arrays = [pa.array([1]), pa.array([AT]), pa.array(["ja"]), pa.array(["nee"])]
        pq.write_table(pa.table(arrays, names=["id", "sent_at", "text", "text"]), path)
        with pytest.raises(FatalError, match="has the column 'text' twice") as caught:
            self.read(path, mapping={})
        assert "rename one" in caught.value.mend

    def test_lists_and_structs_are_kept_as_json(self, path: Path) -> None:
        tags = pa.array([["a", "b"]])
        table = pa.table({"id": [1], "sent_at": pa.array([AT]), "text": ["ja"], "tags": tags})
        pq.write_table(table, path)
        got = self.read(path, mapping={"attributes.tags": "tags"})
        assert got.messages[0]["attributes"] == '{"tags":"[\\"a\\",\\"b\\"]"}'

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (pa.array([Decimal("1.50")]), "1.50"),
            (pa.array([True]), "true"),
            (pa.array([2**60]), str(2**60)),
            (pa.array([2**63], pa.uint64()), str(2**63)),
            (pa.array([1.5], pa.float16()), "1.5"),
            (pa.array([timedelta(minutes=1)]), "60000000"),
            (pa.array([b"abcd"], pa.binary(4)), "abcd"),
            (pa.array([time(9, 30)]), "09:30:00.000000"),
            (pa.array([{"é": [1, None]}]), '{"é":[1,null]}'),
            (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), '[["a",1]]'),
            (pa.array(["a"]).dictionary_encode(), "a"),
            (pa.array([[date(2026, 11, 3)]]), '["2026-11-03"]'),
            (pa.array(["x"], pa.large_string()), "x"),
            (pa.array([UUID(int=5).bytes], pa.uuid()), str(UUID(int=5))),
            (pa.nulls(1), None),
        ],
        ids=lambda value: str(getattr(value, "type", "")),
    )
    def test_columns_of_every_kind_are_read(
        self, path: Path, values: pa.Array, expected: str | None
    ) -> None:
        table = {"id": [1], "sent_at": pa.array([AT]), "text": ["ja"], "extra": values}
        pq.write_table(pa.table(table), path)
        got = self.read(path, mapping={"attributes.extra": "extra"})
        kept = json.loads(got.messages[0]["attributes"] or "{}")
        assert kept.get("extra") == expected

    def test_rows_that_cannot_be_decoded_are_named_and_the_others_arrive(self, path: Path) -> None:
        count = 30
        table = pa.table(
            {
                "id": [str(number) for number in range(count)],
                "sent_at": pa.array([AT] * count),
                "text": [f"bericht {number}" for number in range(count)],
            }
        )
        pq.write_table(table, path, row_group_size=10, compression="zstd", use_dictionary=False)
        group = pq.ParquetFile(path).metadata.row_group(1)
        at = group.column(2).data_page_offset
        data = bytearray(path.read_bytes())
        data[at + 20 : at + 60] = b"\xff" * 40
        path.write_bytes(data)
        got = self.read(path, mapping={})
        assert got.ids == [str(number) for number in (*range(10), *range(20, 30))]
        assert [(one["rule_id"], one["origin"]) for one in got.rejected] == [
            ("invalid_parquet", "export.parquet:11")
        ]
        assert got.rejected[0]["value"].startswith("rows 11 to 20")

    def test_a_file_without_rows_has_no_records(self, path: Path) -> None:
        self.write(path, [])
        assert self.read(path).records_count == 0

    def test_a_microsecond_is_kept(self, path: Path) -> None:
        at = datetime(2026, 11, 3, 9, 30, 0, 123456, tzinfo=UTC)
        assert self.read_one(path, sent_at=pa.array([at]))["sent_at"] == at
