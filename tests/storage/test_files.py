"""Files that are replaced in one step: whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.storage import replace_file


def test_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "out" / "answer.txt"
    replace_file(file, [b"old"])

    def blocks() -> Iterator[bytes]:
        yield b"ne"
        raise SettingsError("the input broke")

    with pytest.raises(SettingsError, match="the input broke"):
        replace_file(file, blocks())
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]
    replace_file(file, [b"n", b"ew"])
    assert file.read_bytes() == b"new"


WRITER = """
import sys, time
from pathlib import Path
from pipeline.storage import replace_file

def blocks():
    yield b"half"
    print("writing", flush=True)
    time.sleep(60)

replace_file(Path(sys.argv[1]), blocks())
"""


def test_a_file_stays_whole_when_its_writer_is_killed_and_the_next_clears_what_it_left(
    tmp_path: Path,
) -> None:
    file, other = tmp_path / "tagged[1].jsonl", tmp_path / ".tagged[1].jsonl.own.tmp"
    for one in (file, other):
        one.write_text("old")
    killed, running = (
        subprocess.Popen([sys.executable, "-c", WRITER, file], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    try:
        for one in (killed, running):
            assert one.stdout
            assert one.stdout.readline() == "writing\n"
        killed.kill()
        killed.wait()
        assert file.read_text() == "old"
        unfinished = {f".{file.name}.{one.pid}.tmp" for one in (killed, running)}
        assert {one.name for one in tmp_path.iterdir()} == {file.name, other.name, *unfinished}
        replace_file(file, [b"new"])
        assert file.read_text() == "new"
        left = {one.name for one in tmp_path.iterdir()} - {file.name, other.name}
        assert left == {f".{file.name}.{running.pid}.tmp"}, "it is being written"
    finally:
        running.kill()
        for one in (killed, running):
            one.communicate()
