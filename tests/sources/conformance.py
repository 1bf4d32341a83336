"""What every source must do. A source's test is a subclass that says how its platform writes.

    class TestTickets(SourceConformance):
        type = "tickets"
        suffix = ".json"
        facts = Facts(records=12, duplicates=1, rejected={"tickets.json:7": "missing_time"}, …)

        def write(self, path, sent): ...

The facts are those of the folder `fixtures/<type>/`: invented exports of three days or more, with
a few malformed records among the good ones. `write` makes the small files of the other tests.
"""

from __future__ import annotations

import io
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
import pyarrow.ipc
import pytest

from pipeline.errors import EngageError, FatalError, SettingsError
from pipeline.records import Window
from pipeline.settings import SourceSettings
from pipeline.sources._page import RULES
from pipeline.sources.base import FETCHED, REJECTED, Source, create

FIXTURES = Path(__file__).parent / "fixtures"
NOT_AFTER = datetime(2026, 11, 20, tzinfo=UTC)
AT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
MONTH = Window.of_days("2026-11-01", "2026-11-30")
FIVE_MEGABYTES = "Het regent en de bus komt niet. " * 160_000


@dataclass(frozen=True)
class Sent:
    """A message as somebody sent it; `at` is text where the platform writes nonsense."""

    id: str
    text: str = "De bel van de voordeur doet het weer."
    at: datetime | str = AT
    author: str = "noor"
    reply_to: str | None = None

    def time(self, written: str) -> str:
        """The time in a platform's own format (strftime), or as it stands."""
        return self.at if isinstance(self.at, str) else self.at.strftime(written)


class Facts(NamedTuple):
    """What the fixtures of a type hold."""

    records: int
    duplicates: int
    rejected: Mapping[str, str]
    """Origin to rule."""
    replies: Mapping[str, str]
    """Some messages and what they answer, both among the fixtures."""


class Got(NamedTuple):
    """All that a source gave for a window."""

    messages: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    duplicates_count: int

    @classmethod
    def of(cls, source: Source, window: Window) -> Got:
        """Read a window."""
        got = cls([], [], 0)
        for messages, rejected, duplicates_count, count in source.fetch(
            window, not_after=NOT_AFTER
        ):
            assert messages.schema.equals(FETCHED)
            assert rejected.schema.equals(REJECTED)
            assert count == len(messages) + len(rejected) + duplicates_count
            got = cls(
                got.messages + messages.to_pylist(),
                got.rejected + rejected.to_pylist(),
                got.duplicates_count + duplicates_count,
            )
        return got

    @property
    def ids(self) -> list[str]:
        """Native ids, in the order of the source."""
        return [one["native_id"] for one in self.messages]

    @property
    def rules(self) -> list[str]:
        """Rules that were broken, in the order of the source."""
        return [one["rule_id"] for one in self.rejected]

    @property
    def records_count(self) -> int:
        """Records that were accounted for."""
        return len(self.messages) + len(self.rejected) + self.duplicates_count

    def without(self, *names: str) -> tuple[Counter[Any], Counter[Any], int]:
        """What there is apart from its order and some columns, to be compared."""
        counted = (
            Counter(
                tuple((name, value) for name, value in one.items() if name not in names)
                for one in rows
            )
            for rows in (self.messages, self.rejected)
        )
        return (*counted, self.duplicates_count)


class SourceConformance:
    """Subclass it, name the type, say what the fixtures hold, and write a file."""

    type: ClassVar[str]
    suffix: ClassVar[str]
    mapping: ClassVar[Mapping[str, str]] = MappingProxyType({})
    facts: ClassVar[Facts]
    folder: ClassVar[Path | None] = None
    """Where the fixtures are, when they are not in the folder of the type's name."""

    utf8_rule: ClassVar[str] = "invalid_utf8"
    truncated_rule: ClassVar[str] = "truncated"
    truncation_costs_the_file: ClassVar[bool] = False
    shows_raw: ClassVar[bool] = True
    """False where a record has no text of its own: it is shown as JSON of what was read."""

    # --- what a subclass says

    def write(self, path: Path, sent: Sequence[Sent]) -> None:
        """Write a file in the platform's format."""
        raise NotImplementedError

    def write_orphan(self, path: Path) -> None:
        """Write a file with one readable message, an answer to something that is not there."""
        self.write(path, [Sent("102", reply_to="101")])

    def spoil(self, path: Path) -> None:
        """Put bytes that are not UTF-8 where the text has `@@`."""
        path.write_bytes(path.read_bytes().replace(b"@@", b"\xff\xfe"))

    def cut(self, path: Path) -> None:
        """End the file within its last record."""
        path.write_bytes(path.read_bytes()[:-9])

    # --- the means

    def settings(self, path: Path | str, **changed: Any) -> SourceSettings:
        """Settings of a source that reads a path."""
        given = {"mapping": dict(self.mapping), **changed}
        return SourceSettings(name=self.type, type=self.type, path=str(path), **given)

    def source(self, path: Path | str, **changed: Any) -> Source:
        """A source that reads a path."""
        return create(self.settings(path, **changed))

    def read(self, path: Path | str, window: Window = MONTH, **changed: Any) -> Got:
        """Read a window."""
        return Got.of(self.source(path, **changed), window)

    @property
    def fixtures(self) -> str:
        """Pattern of the fixture files."""
        return str((self.folder or FIXTURES / self.type) / f"*{self.suffix}")

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """Where to write one file."""
        return tmp_path / f"export{self.suffix}"

    def wrote(self, path: Path, *sent: Sent, **changed: Any) -> Got:
        """Write messages and read them."""
        self.write(path, sent)
        return self.read(path, **changed)

    # --- the fixtures

    def test_every_record_is_a_message_a_rejection_or_a_duplicate(self) -> None:
        got = self.read(self.fixtures)
        assert got.records_count == self.facts.records
        assert got.duplicates_count == self.facts.duplicates
        assert min(len(got.messages), len(got.rejected)) >= 5

    def test_malformed_records_are_rejected_with_their_place_and_rule(self) -> None:
        rejected = self.read(self.fixtures).rejected
        assert {one["origin"]: one["rule_id"] for one in rejected} == self.facts.rejected
        assert len(rejected) == len(self.facts.rejected)
        assert {one["rule_id"] for one in rejected} <= RULES.keys()

    def test_a_rejected_record_shows_itself(self) -> None:
        files = Path(self.fixtures).parent.glob(f"*{self.suffix}")
        text = "".join(file.read_bytes().decode(errors="replace") for file in files)
        for one in self.read(self.fixtures).rejected:
            assert one["raw"]
            if self.shows_raw:
                # Without its author, who has no place in a quarantine.
                said = one["raw"].splitlines()[0].split("@user")
                assert all(part[:60] in text for part in said[:2])

    def test_days_one_by_one_give_the_rows_of_one_long_window(self) -> None:
        days = [self.read(self.fixtures, Window.of_days(day)) for day in MONTH.days()]
        one_by_one = Got(
            [row for got in days for row in got.messages],
            [row for got in days for row in got.rejected],
            sum(got.duplicates_count for got in days),
        )
        assert one_by_one.without() == self.read(self.fixtures).without()
        assert sum(bool(got.messages) for got in days) >= 3

    def test_a_window_holds_its_own_messages_only(self, path: Path) -> None:
        window = Window.of_days("2026-11-03")
        early, late = window.start - timedelta(seconds=1), window.end - timedelta(seconds=1)
        got = self.wrote(
            path,
            Sent("101", at=early),
            Sent("102", at=window.start),
            Sent("103", at=late),
            Sent("104", at=window.end),
            window=window,
        )
        assert got.ids == ["102", "103"]

    def test_keys_are_unique(self) -> None:
        ids = self.read(self.fixtures).ids
        assert len(set(ids)) == len(ids)

    def test_times_are_utc(self, path: Path) -> None:
        for one in self.read(self.fixtures).messages:
            assert one["sent_at"].utcoffset() == timedelta(0)
            assert MONTH.start <= one["sent_at"] < MONTH.end
        assert self.wrote(path, Sent("101")).messages[0]["sent_at"] == AT

    def test_a_second_reading_gives_the_same_bytes(self) -> None:
        assert self._bytes() == self._bytes()

    def _bytes(self) -> bytes:
        sink = io.BytesIO()
        for messages, rejected, *_ in self.source(self.fixtures).fetch(MONTH, not_after=NOT_AFTER):
            for batch in (messages, rejected):
                with pa.ipc.new_stream(sink, batch.schema) as stream:
                    stream.write_batch(batch)
        assert sink.tell()
        return sink.getvalue()

    def test_the_order_of_files_does_not_matter(self, tmp_path: Path) -> None:
        files = sorted(Path(self.fixtures).parent.glob(f"*{self.suffix}"))
        assert len(files) > 1
        for at, file in enumerate(reversed(files)):
            shutil.copy(file, tmp_path / f"{at}{self.suffix}")
        turned = self.read(tmp_path / f"*{self.suffix}")
        # A record without a time of its own stands on the day of its neighbours.
        assert turned.without("origin", "seen_on") == self.read(self.fixtures).without(
            "origin", "seen_on"
        )

    def test_reply_links_lead_to_messages(self) -> None:
        messages = self.read(self.fixtures).messages
        answered = {one["native_id"]: one["reply_to_native_id"] for one in messages}
        assert {one: answered[one] for one in self.facts.replies} == self.facts.replies
        assert set(self.facts.replies.values()) <= set(answered)

    # --- bad input

    def test_an_empty_file_has_no_records_and_is_no_error(self, path: Path) -> None:
        path.write_bytes(b"")
        assert self.read(path).records_count == 0

    def test_no_file_is_an_error_that_says_where_it_was_looked_for(self, path: Path) -> None:
        with pytest.raises(SettingsError, match="no file matches") as caught:
            self.read(path)
        assert self.type in caught.value.where

    def test_a_truncated_last_record_is_rejected(self, path: Path) -> None:
        self.write(path, [Sent("101"), Sent("102")])
        self.cut(path)
        got = self.read(path)
        assert got.rules == [self.truncated_rule]
        assert got.ids == ([] if self.truncation_costs_the_file else ["101"])

    def test_a_broken_file_does_not_stop_the_others(self, tmp_path: Path) -> None:
        for at, name in enumerate("abc"):
            self.write(tmp_path / f"{name}{self.suffix}", [Sent(f"1{at}1"), Sent(f"1{at}2")])
        self.cut(tmp_path / f"b{self.suffix}")
        got = self.read(tmp_path / f"*{self.suffix}")
        assert {"101", "102", "121", "122"} <= set(got.ids)
        assert got.rules == [self.truncated_rule]

    def test_bytes_that_are_not_utf8_cost_their_record_only(self, path: Path) -> None:
        self.write(path, [Sent("101"), Sent("102", "Het caf@@ is dicht."), Sent("103")])
        self.spoil(path)
        got = self.read(path)
        assert got.ids == ["101", "103"]
        assert got.rules == [self.utf8_rule]
        assert got.rejected[0]["seen_on"] == AT.date()

    def test_a_message_of_five_megabytes_is_rejected_and_shown_shortened(self, path: Path) -> None:
        got = self.wrote(path, Sent("101"), Sent("102", FIVE_MEGABYTES), Sent("103"))
        assert got.ids == ["101", "103"]
        assert got.rules == ["text_too_long"]
        assert int(got.rejected[0]["value"]) > 5_000_000
        assert len(got.rejected[0]["raw"]) <= 20_500

    def test_the_longest_message_allowed_arrives_whole(self, path: Path) -> None:
        text = ("Het regent. " * 9_000)[:99_999] + "!"
        assert self.wrote(path, Sent("101", text)).messages[0]["text"] == text

    @pytest.mark.parametrize("at", ["0000-00-00 00:00:00", "2026-02-30T10:00:00Z", "gisteren"])
    def test_a_date_that_is_none_is_rejected_with_its_value(self, path: Path, at: str) -> None:
        got = self.wrote(path, Sent("101"), Sent("102", at=at))
        assert got.ids == ["101"]
        assert [(one["rule_id"], one["column"], one["value"]) for one in got.rejected] == [
            ("unreadable_time", "sent_at", at)
        ]
        assert got.rejected[0]["seen_on"] == AT.date()

    def test_a_message_from_the_future_is_rejected(self, path: Path) -> None:
        got = self.wrote(path, Sent("101"), Sent("102", at=NOT_AFTER + timedelta(seconds=1)))
        assert got.ids == ["101"]
        assert got.rules == ["future_time"]

    def test_a_message_without_text_is_rejected(self, path: Path) -> None:
        got = self.wrote(path, Sent("101", " \n "), Sent("102"))
        assert (got.ids, got.rules) == (["102"], ["empty_text"])

    def test_an_answer_to_a_missing_message_arrives(self, path: Path) -> None:
        self.write_orphan(path)
        got = self.read(path)
        assert len(got.messages) == 1
        assert got.messages[0]["reply_to_native_id"]
        assert got.messages[0]["reply_to_native_id"] not in got.ids

    def test_the_same_record_twice_is_one_message_and_a_duplicate(self, path: Path) -> None:
        got = self.wrote(path, Sent("101"), Sent("102"), Sent("101"))
        assert got.ids == ["101", "102"]
        assert (got.rules, got.duplicates_count) == ([], 1)

    def test_the_same_id_with_another_text_is_rejected(self, path: Path) -> None:
        got = self.wrote(path, Sent("101"), Sent("102"), Sent("101", "Toch niet."))
        assert got.ids == ["101", "102"]
        assert [(one["rule_id"], one["column"], one["value"]) for one in got.rejected] == [
            ("conflicting_duplicate", "native_id", "101")
        ]

    def test_a_duplicate_in_another_file_is_found(self, tmp_path: Path) -> None:
        for name in "ab":
            self.write(tmp_path / f"{name}{self.suffix}", [Sent("101"), Sent("102")])
        got = self.read(tmp_path / f"*{self.suffix}")
        assert got.ids == ["101", "102"]
        assert got.duplicates_count == 2

    def test_text_arrives_as_it_was_written(self, path: Path) -> None:
        text = 'Zij zei: "nee; dank u", en ging, \'s avonds pas.\nMét 1 < 2 & 🚲 tot €\u00a05.'
        assert self.wrote(path, Sent("101", text)).messages[0]["text"] == self.arrived(text)

    def arrived(self, text: str) -> str:
        """How `text` should arrive; a platform may fold its white space."""
        return text

    def test_a_mapping_is_refused_or_judged(self, path: Path) -> None:
        self.write(path, [Sent("101")])
        with pytest.raises(SettingsError) as caught:
            self.read(path, mapping={**self.mapping, "txet": "body"})
        assert f"sources.{self.type}" in caught.value.where
        assert isinstance(caught.value, EngageError) and caught.value.mend


class MappedConformance(SourceConformance):
    """A source whose settings say which column is which field."""

    def test_an_unknown_field_is_refused_with_the_nearest(self, path: Path) -> None:
        self.write(path, [Sent("101")])
        with pytest.raises(SettingsError, match="'txet' is not a field") as caught:
            self.read(path, mapping={**self.mapping, "txet": "body"})
        assert "did you mean 'text'?" in caught.value.mend

    def test_a_column_that_is_not_there_stops_with_the_nearest(self, path: Path) -> None:
        self.write(path, [Sent("101")])
        column = self.mapping["text"]
        with pytest.raises(FatalError, match=f"no column '{column[:-1]}'") as caught:
            self.read(path, mapping={**self.mapping, "text": column[:-1]})
        assert f"did you mean '{column}'?" in caught.value.mend
        assert caught.value.where == path.name

    def test_a_required_column_that_is_not_there_stops(self, path: Path) -> None:
        self.write(path, [Sent("101")])
        mapping = {key: name for key, name in self.mapping.items() if key != "sent_at"}
        with pytest.raises(FatalError, match=r"no column 'sent_at' \(for sent_at\)"):
            self.read(path, mapping=mapping)

    def test_a_time_without_a_zone_needs_one(self, path: Path) -> None:
        sent = Sent("101", at="2026-11-03 10:30:00")
        assert self.wrote(path, sent).rules == ["naive_time"]
        zoned = self.wrote(path, sent, time_zone="Europe/Amsterdam")
        assert zoned.messages[0]["sent_at"] == AT

    def test_other_columns_become_attributes(self, path: Path) -> None:
        self.write(path, [Sent("101")])
        got = self.read(path, mapping={**self.mapping, "attributes.who": self.mapping["author"]})
        assert got.messages[0]["attributes"] == '{"who":"noor"}'
