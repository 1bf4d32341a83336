"""A partition that somebody copied by hand is named, rather than counted twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.errors import FatalError
from tests.conftest import Company, said


@pytest.mark.parametrize(
    ("table", "column"),
    [("detections", "sent_on"), ("messages", "sent_on"), ("conversations", "started_on")],
)
def test_rows_in_two_files_stop_the_run_and_both_files_are_named(
    company: Company, table: str, column: str
) -> None:
    asked = "Ik wil graag een offerte voor dertig broden per week."
    company.hear("town", [said("1", asked), said("2", asked, "2026-11-03T10:00:00Z", "gus")])
    company.run("2026-11-02", "2026-11-04")
    lake = company.folder / "lake"
    (written, other) = sorted((lake / table).rglob("*.parquet"))
    copied = Path(str(written).replace(f"{column}=2026-11-02", f"{column}=2026-11-05"))
    copied.parent.mkdir()
    shutil.copy(written, copied)
    with pytest.raises(FatalError, match="the same rows are there twice") as caught:
        company.run("2026-11-03")
    assert caught.value.where.split(", ") == [
        one.relative_to(lake).as_posix() for one in (written, copied)
    ]
    assert "remove the file that was copied" in caught.value.mend
    copied.unlink()
    company.run("2026-11-03")
    assert other.exists()
