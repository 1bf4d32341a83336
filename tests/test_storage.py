"""The lake: a partition is replaced in one step, or not at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts import TABLES, contract
from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from pipeline.storage import FILE, Lake, _files, replace_file

DAY = {"sent_on": "2026-11-02"}


def detections(count: int, mark: str = "a") -> pa.Table:
    """Rows of the table `detections` that all bear one mark."""
    schema = contract("detections").schema
    values = {
        "message_id": [f"shop:{mark}{at}" for at in range(count)],
        "tag": ["lead"] * count,
        "model_version": [mark] * count,
    }
    columns = [pa.array(values.get(f.name, [None] * count), f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def file_of(lake: Lake) -> Path:
    return Path(lake.path("detections", DAY))


def hidden(lake: Lake) -> list[Path]:
    return [one for one in file_of(lake).parent.iterdir() if one.name != FILE]


def test_rows_come_back_with_their_partition(lake: Lake) -> None:
    assert lake.write("detections", DAY, detections(3))
    found = lake.read("detections")
    assert found.schema.equals(contract("detections").full_schema)
    assert found["message_id"].to_pylist() == ["shop:a0", "shop:a1", "shop:a2"]
    assert {str(day) for day in found["sent_on"].to_pylist()} == {"2026-11-02"}
    assert lake.partitions("detections") == [DAY]
    assert lake.exists()


@pytest.mark.parametrize("table", TABLES)
def test_table_that_was_never_written_is_empty_with_its_types(lake: Lake, table: str) -> None:
    assert not lake.exists()
    assert lake.read(table).schema.equals(contract(table).full_schema)
    assert lake.read(table).num_rows == 0
    assert list(lake.scan(table)) == []
    assert lake.partitions(table) == []
    assert not Path(lake.location).exists(), "opening and reading make nothing"


def test_column_of_nulls_keeps_its_type(lake: Lake) -> None:
    lake.write("detections", DAY, detections(2))
    assert pq.read_schema(file_of(lake)).field("evidence").type == (
        contract("detections").schema.field("evidence").type
    )


def test_description_and_class_of_a_column_are_in_the_file(lake: Lake) -> None:
    lake.write("detections", DAY, detections(1))
    column = contract("detections").columns[1]
    metadata = pq.read_schema(file_of(lake)).field(column.name).metadata
    assert metadata[b"description"].decode() == column.description
    assert metadata[b"classification"].decode() == column.classification


def test_other_programs_read_the_table_without_a_catalogue(lake: Lake) -> None:
    lake.write("detections", DAY, detections(2))
    lake.write("detections", {"sent_on": "2026-11-03"}, detections(1))
    folder = f"{lake.location}/detections"
    assert len(pd.read_parquet(folder)) == 3
    sql = f"SELECT count(*), min(sent_on)::VARCHAR FROM '{folder}/**/*.parquet'"  # noqa: S608
    assert duckdb.sql(sql).fetchall() == [(3, "2026-11-02")]


@pytest.mark.parametrize("columns", [None, ["message_id"], ["tag"]])
@pytest.mark.parametrize("metadata", [contract("detections").schema.metadata, None])
def test_file_that_lacks_a_column_is_not_read_as_nulls(
    lake: Lake, columns: list[str] | None, metadata: dict[bytes, bytes] | None
) -> None:
    lake.write("detections", DAY, detections(2))
    whole = pq.read_table(file_of(lake), partitioning=None)
    pq.write_table(whole.drop_columns(["tag"]).replace_schema_metadata(metadata), file_of(lake))
    for read in (
        lambda: lake.read("detections", columns),
        lambda: list(lake.scan("detections", columns)),
        lambda: lake.read_partition("detections", DAY, columns),
    ):
        with pytest.raises(FatalError, match="the file lacks tag") as caught:
            read()
        assert caught.value.where == f"detections/sent_on=2026-11-02/{FILE}"
        assert "run its day again" in caught.value.mend
    other_day = pc.field("sent_on") == datetime(2026, 11, 3).date()  # noqa: DTZ001 - a day
    assert lake.read("detections", columns, other_day).num_rows == 0


def test_column_that_came_with_a_later_contract_is_null_in_older_files(lake: Lake) -> None:
    lake.write("detections", DAY, detections(2))
    older = pq.read_table(file_of(lake), partitioning=None).drop_columns(["tag"])
    before = {**(older.schema.metadata or {}), b"engage.contract_version": b"0.9.0"}
    pq.write_table(older.replace_schema_metadata(before), file_of(lake))
    assert lake.read("detections")["tag"].to_pylist() == [None, None]
    for columns in (None, ["tag", "message_id"], ["message_id"]):
        held = lake.read_partition("detections", DAY, columns)
        assert held.column_names == (columns or contract("detections").schema.names)
    assert lake.read_partition("detections", DAY)["tag"].to_pylist() == [None, None]
    assert lake.write("detections", DAY, lake.read_partition("detections", DAY))
    assert lake.read("detections")["tag"].to_pylist() == [None, None]


def test_columns_and_rows_can_be_chosen(lake: Lake) -> None:
    lake.write("detections", DAY, detections(2))
    lake.write("detections", {"sent_on": "2026-11-03"}, detections(1, "b"))
    chosen = pc.field("sent_on") == datetime(2026, 11, 3).date()  # noqa: DTZ001 - a day
    assert lake.read("detections", ["message_id"], chosen).to_pydict() == {
        "message_id": ["shop:b0"]
    }
    assert sum(batch.num_rows for batch in lake.scan("detections", ["tag"], chosen)) == 1


def test_small_files_are_scanned_together(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(1, 6):
        lake.write("detections", {"sent_on": f"2026-11-0{day}"}, detections(2, f"{day}-"))
    whole = lake.read("detections", ["message_id"])
    (alone,) = lake.scan("detections", ["message_id"])
    assert pa.Table.from_batches([alone]).equals(whole)
    monkeypatch.setattr("pipeline.storage._batches.TOGETHER", 3)
    parts = list(lake.scan("detections", ["message_id"]))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert pa.Table.from_batches(parts).combine_chunks().equals(whole.combine_chunks())


def test_days_of_a_table_are_in_order_and_each_is_there_once(lake: Lake) -> None:
    assert lake.days("messages") == []
    rows = pa.Table.from_pylist([{"message_id": "shop:1"}], contract("messages").schema)
    for source, day in (("b", "2026-11-03"), ("a", "2026-11-03"), ("b", "2026-11-02")):
        lake.write("messages", {"source": source, "sent_on": day}, rows)
    assert lake.days("messages") == [date(2026, 11, 2), date(2026, 11, 3)]


def test_one_partition_is_read_alone(lake: Lake) -> None:
    lake.write("detections", DAY, detections(2))
    lake.write("detections", {"sent_on": "2026-11-03"}, detections(1, "b"))
    assert lake.read_partition("detections", DAY, ["message_id"]).num_rows == 2
    nothing = {"sent_on": "2026-11-09"}
    absent = lake.read_partition("detections", nothing)
    assert absent.schema.equals(contract("detections").schema)
    assert absent.num_rows == 0
    assert lake.read_partition("detections", nothing, ["tag"]).column_names == ["tag"]


def test_same_rows_leave_the_file_untouched(lake: Lake) -> None:
    lake.write("detections", DAY, detections(3))
    os.utime(file_of(lake), ns=(1, 1))
    assert lake.write("detections", DAY, detections(3)) is False
    assert file_of(lake).stat().st_mtime_ns == 1
    assert hidden(lake) == []


@given(count=st.integers(min_value=1, max_value=200), mark=st.text("xyz", max_size=3))
def test_same_rows_are_the_same_bytes_in_any_lake(
    tmp_path_factory: pytest.TempPathFactory, count: int, mark: str
) -> None:
    digests = set()
    for _ in range(2):
        lake = Lake(str(tmp_path_factory.mktemp("lake")))
        lake.write("detections", DAY, detections(count, mark))
        digests.add(lake.digest("detections", DAY))
    assert len(digests) == 1


def test_no_rows_remove_the_partition(lake: Lake) -> None:
    lake.write("detections", DAY, detections(3))
    assert lake.write("detections", DAY, detections(0)) is True
    assert lake.partitions("detections") == []
    assert not file_of(lake).parent.exists()
    assert lake.write("detections", DAY, detections(0)) is False
    assert lake.digest("detections", DAY) == ""


def test_partition_must_name_the_columns_of_the_contract(lake: Lake) -> None:
    with pytest.raises(FatalError, match="detections: partition") as caught:
        lake.path("detections", {"day": "2026-11-02"})
    assert caught.value.mend == "give exactly sent_on"


def test_partition_columns_stand_in_the_order_of_the_contract(lake: Lake) -> None:
    path = lake.path("messages", {"sent_on": "2026-11-02", "source": "shop"})
    assert path.endswith(f"/messages/source=shop/sent_on=2026-11-02/{FILE}")


def test_reader_beside_a_writer_sees_the_old_rows_or_the_new(lake: Lake) -> None:
    sizes = {"a": 20_000, "b": 31_000}
    lake.write("detections", DAY, detections(sizes["a"], "a"))
    tables = {mark: detections(count, mark) for mark, count in sizes.items()}
    done, seen, wrong = threading.Event(), set(), []

    def read() -> None:
        while not done.is_set():
            try:
                rows = Lake(lake.location).read("detections", ["model_version"])
            except EngageError as error:
                wrong.append(str(error))
                continue
            marks = set(rows["model_version"].unique().to_pylist())
            seen.update(marks)
            if len(marks) != 1 or rows.num_rows != sizes[marks.pop()]:
                wrong.append(f"{rows.num_rows} rows")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for at in range(30):
        lake.write("detections", DAY, tables["ab"[at % 2]])
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert seen == {"a", "b"}


KILLED = """
import sys, time
from tests.test_storage import DAY, detections
from pipeline.storage import Lake, _files

def wait(*_):
    print("written beside", flush=True)
    time.sleep(60)

_files.{step} = wait
Lake(sys.argv[1]).write("detections", DAY, detections(5, "b"))
"""


@pytest.mark.parametrize("step", ["sha256_of", "os.fsync"])
def test_killed_writer_leaves_the_old_bytes_and_the_next_clears_up(lake: Lake, step: str) -> None:
    lake.write("detections", DAY, detections(3, "a"))
    before = file_of(lake).read_bytes()
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED.format(step=step), lake.location],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert writer.stdout is not None
    with writer.stdout:
        assert writer.stdout.readline() == b"written beside\n"
    writer.send_signal(signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL
    assert file_of(lake).read_bytes() == before
    assert len(hidden(lake)) == 1
    assert lake.read("detections").num_rows == 3, "readers pass the stale file over"
    lake.write("detections", DAY, detections(3, "a"))
    assert hidden(lake) == []
    assert file_of(lake).read_bytes() == before


def failing(code: int) -> Callable[[pa.Table, object], None]:
    """A write that stops half way, as the system stops it."""

    def write(_: pa.Table, sink: object) -> None:
        Path(str(sink)).write_bytes(b"half")
        raise OSError(code, os.strerror(code))

    return write


@pytest.mark.parametrize(
    ("code", "error", "mend"),
    [
        (errno.ENOSPC, RetriableError, "free some space"),
        (errno.EDQUOT, RetriableError, "free some space"),
        (errno.EROFS, SettingsError, "give this user the right"),
        (errno.EACCES, SettingsError, "give this user the right"),
        (errno.EIO, FatalError, "engage check"),
    ],
)
def test_write_that_fails_leaves_the_old_partition_and_nothing_beside(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, code: int, error: type[EngageError], mend: str
) -> None:
    lake.write("detections", DAY, detections(3))
    before = file_of(lake).read_bytes()
    monkeypatch.setattr(_files, "write", failing(code))
    with pytest.raises(error) as caught:
        lake.write("detections", DAY, detections(4))
    assert type(caught.value) is error
    assert mend in caught.value.mend
    assert "detections" in caught.value.where
    assert "2026-11-02" in caught.value.where
    assert file_of(lake).read_bytes() == before
    assert hidden(lake) == []


@pytest.mark.parametrize("name", [".", "folder"])
def test_folder_is_no_file_to_replace(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    with pytest.raises(SettingsError, match="is a folder"):
        replace_file(Path(name), [b"x"])
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


def test_disk_that_is_really_full_is_known_as_such() -> None:
    # Opened here, since pyarrow removes a file that it named itself and could not write.
    with (
        pytest.raises(RetriableError, match="disk is full"),
        _files.named("leads"),
        Path("/dev/full").open("wb", buffering=0) as sink,
    ):
        pq.write_table(detections(10), sink)


def test_a_place_that_may_not_be_read_or_written_is_named(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(SettingsError, match="may not be written") as caught, lake.lock():
        pass
    assert caught.value.where == lake.location
    with pytest.raises(SettingsError, match="may not be written") as caught:
        replace_file(tmp_path / "o.jsonl", [])
    assert caught.value.where == str(tmp_path / "o.jsonl")
    monkeypatch.setattr(lake, "_fs", SimpleNamespace(get_file_info=refused))
    for look in (
        lake.exists,
        lambda: lake.read("leads"),
        lambda: lake.read_partition("detections", DAY),
    ):
        with pytest.raises(SettingsError, match="may not be read") as caught:
            look()
        assert "right to read" in caught.value.mend


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_lake_without_the_right_to_write_is_a_matter_of_settings(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir(mode=0o500)
    with pytest.raises(SettingsError, match="may not be written"):
        Lake(str(tmp_path / "lake")).write("detections", DAY, detections(1))


def test_lake_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file")
    with pytest.raises(FatalError, match="NotADirectoryError"):
        Lake(str(tmp_path / "lake")).write("detections", DAY, detections(1))


def test_damaged_partition_is_fatal_and_says_so(lake: Lake) -> None:
    lake.write("detections", DAY, detections(1))
    file_of(lake).write_bytes(b"PAR1 no more")
    with pytest.raises(FatalError, match="detections") as caught:
        lake.read("detections")
    assert "engage check" in caught.value.mend


@pytest.mark.parametrize(
    "place",
    [
        "",
        "sent_on=gisteren",
        "sent_on=2026-11-31",
        "sent_on=2026-11-02 (copy)",
        "sent_on=2026-11-02/sent_on=x",
    ],
)
def test_file_in_no_partition_is_named_by_whatever_reads_the_table(lake: Lake, place: str) -> None:
    lake.write("detections", DAY, detections(1))
    stray = Path(lake.location) / "detections" / place / FILE
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(file_of(lake).read_bytes())
    for reading in (lake.read, lake.partitions, lake.days, lambda table: list(lake.scan(table))):
        with pytest.raises(FatalError, match=f"{FILE}: this file is in no partition") as caught:
            reading("detections")
        assert lake.location in caught.value.mend
    assert lake.read("messages").num_rows == 0


def test_file_that_goes_away_under_a_reader_asks_to_try_again(lake: Lake) -> None:
    lake.write("detections", DAY, detections(1))
    dataset = lake.dataset("detections")
    lake.remove("detections", DAY)
    with pytest.raises(RetriableError, match="went away"), _files.named("detections"):
        dataset.to_table()


def test_lock_lets_one_in_at_a_time(lake: Lake) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with Lake(lake.location).lock():
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_lock_is_given_back_by_a_killed_process(lake: Lake) -> None:
    code = (
        "import sys, time\nfrom pipeline.storage import Lake\n"
        "with Lake(sys.argv[1]).lock():\n print('held', flush=True)\n time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, lake.location],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    with lake.lock():
        assert Path(lake.location).is_dir()


@pytest.fixture(params=["file", "mock"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    """A lake by URL: a folder by its address, and a store that is no disk."""
    lake = Lake(f"file://{tmp_path}/lake")
    if request.param == "mock":
        lake._fs, lake._root = pafs._MockFileSystem(), "bucket/lake"
        lake._fs.create_dir("bucket/lake/detections/sent_on=2026-11-02")
    return lake


def test_lake_at_an_address_is_written_and_read_like_a_folder(store: Lake) -> None:
    assert store.write("detections", DAY, detections(3)) is True
    assert store.write("detections", DAY, detections(3)) is False
    assert store.read("detections").num_rows == 3
    assert store.write("detections", DAY, detections(2)) is True
    assert store.read("detections").num_rows == 2
    with store.lock():
        assert store.partitions("detections") == [DAY]
    assert store.remove("detections", DAY) is True
    assert store.read("detections").num_rows == 0


@pytest.mark.parametrize("address", ["gopher://lake", "://", "s3 ://x"])
def test_address_of_no_known_kind_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="lake: the address") as caught:
        Lake(address)
    assert "s3://bucket/lake" in caught.value.mend
