"""Two runs whose stages come between each other's: what passes by itself is tried again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.errors import RetriableError
from tests.conftest import TAGGED, Company, said

FIRST, EARLIER, LATER = "2026-11-02", "2026-11-03", "2026-11-04"
THREAD = [
    said("1", "Er lag vandaag geen brood voor de deur.", "2026-11-03T10:00:00Z", "ans"),
    said(
        "2",
        "Ik ben het zat: alweer geen brood, ik wil mijn geld terug!",
        "2026-11-04T10:00:00Z",
        "ans",
        reply_to_native_id="1",
    ),
    said("3", "Wij zoeken een bakker, kunt u een offerte sturen?", "2026-11-04T11:00:00Z", "bea"),
]
LATE = said("4", "Mijn taart is kapot bezorgd, schandalig!", "2026-11-03T23:50:00Z", "cor")


@pytest.fixture
def alone(companies: Callable[[str], Company]) -> Company:
    """A company whose runs came one after the other."""
    company = companies("alone")
    company.hear("shop", [*THREAD, LATE])
    company.run(EARLIER, LATER)
    return company


def test_publish_between_assemble_and_detect_of_another_run_is_tried_again(
    alone: Company, companies: Callable[[str], Company]
) -> None:
    company = companies("beside")
    company.hear("shop", [*THREAD, LATE])
    company.run(LATER, stages=TAGGED)
    # The conversation of the 4th begins on the 3rd, and is another one from now on.
    company.run(EARLIER, stages=("listen", "assemble"))
    with pytest.raises(RetriableError, match="conversation is gone") as raised:
        company.run(LATER, stages=("publish",))
    assert "assemble and detect" in raised.value.mend
    company.run(EARLIER, stages=("detect",))
    for day in (LATER, EARLIER):
        company.run(day, stages=("publish", "watch"))
    assert company.checksums() == alone.checksums()


def test_detect_after_another_run_heard_more_of_its_day_is_tried_again(
    alone: Company, companies: Callable[[str], Company]
) -> None:
    company = companies("beside")
    company.hear("shop", THREAD)
    company.run(EARLIER, stages=("listen", "assemble"))
    company.hear("shop", [*THREAD, LATE])
    looking_back = company.folder / "engage.toml"
    held = looking_back.read_text(encoding="utf-8")
    path = 'path = "shop.jsonl"\n'
    looking_back.write_text(held.replace(path, f"{path}look_back_days = 1\n"), encoding="utf-8")
    company.run(LATER, stages=("listen",))
    with pytest.raises(RetriableError, match="in no conversation yet") as raised:
        company.run(EARLIER, stages=("detect",))
    assert "assemble" in raised.value.mend
    company.run(LATER, stages=("assemble",))
    for day in (EARLIER, LATER):
        company.run(day, stages=("detect", "publish", "watch"))
    assert company.checksums() == alone.checksums()


def test_detect_after_another_day_was_heard_and_built_in_part_is_tried_again(
    companies: Callable[[str], Company],
) -> None:
    # Between the 2nd and the 3rd goes a thread of its own: the 2nd builds part of the 3rd.
    threads = [
        said("8", "Hoe laat gaan jullie open?", "2026-11-02T10:00:00Z", "dee"),
        said("9", "En op zondag?", "2026-11-03T10:00:00Z", "dee", reply_to_native_id="8"),
        *THREAD,
    ]
    alone, company = companies("alone"), companies("beside")
    for one in (alone, company):
        one.hear("shop", threads)
    alone.run(FIRST, LATER)
    company.run(LATER, stages=TAGGED)
    for day in (EARLIER, FIRST):
        company.run(day, stages=("listen",))
    company.run(FIRST, stages=("assemble",))
    with pytest.raises(RetriableError, match="in conversations twice"):
        company.run(FIRST, stages=("detect",))
    company.run(EARLIER, stages=("assemble",))
    for day in (LATER, EARLIER, FIRST):
        company.run(day, stages=("detect", "publish", "watch"))
    assert company.checksums() == alone.checksums()
