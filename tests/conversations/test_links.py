"""Links to messages lead to the message, and say nobody's name, address or telephone."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.conversations.links import names, without_parameters


def left(url: str | None) -> str | None:
    found: str | None = pl.select(without_parameters(pl.lit(url, pl.String))).item()
    return found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://x.example/profiel?mail=jan@x.example&tel=0612345678",
            "https://x.example/profiel",
        ),
        ("https://x.example/a?id=3&email=jan%40x.example#top", "https://x.example/a?id=3#top"),
        ("https://x.example/a?tel=%2B31612345678&id=3", "https://x.example/a?id=3"),
        ("https://x.example/a?a=06-12345678;b=0031%20612345678;id=3", "https://x.example/a?id=3"),
        ("https://x.example/#/reset?user=jan@x.example", "https://x.example/#/reset"),
        (None, None),
    ],
)
def test_parameters_with_an_address_or_a_telephone_go(url: str, expected: str | None) -> None:
    assert left(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/item?id=38123456",
        "https://video.example/watch?v=k3v0&lc=Ugz-10612345678",
        "https://social.example/statuses/112345678901234567",
        "https://forum.example/t/lamp-kapot/4711/2?page=2&sort=new#post_3",
        "https://maps.example/@52.09,5.12,15z",
        "https://shop.example/r?order=3161234567&day=2026-11-03",
        "https://shop.example/r?part=007",
    ],
)
def test_links_that_name_nobody_stay_as_they_are(url: str) -> None:
    assert left(url) == url


@pytest.mark.parametrize(
    ("url", "author", "expected"),
    [
        ("https://social.example/@Noor/1", "noor", True),
        ("https://social.example/@noor/1", "noor@elders.example", True),
        ("https://social.example/%40noor/1", "noor", True),
        ("https://forum.example/u/jan.de-vries?tab=posts", "jan.de-vries", True),
        ("https://x.example/bericht?van=noor", "noor", True),
        ("https://forum.example/t/noorderlicht-kapot/3", "noor", False),
        ("https://forum.example/t/noor-en-ik/3", "noor", False),
        ("https://forum.example/t/3", "noor", False),
        ("https://forum.example/t/3", None, False),
        (None, "noor", False),
        ("https://forum.example//t/3", "", False),
    ],
)
def test_handle_in_a_link_is_seen(url: str | None, author: str | None, expected: bool) -> None:
    asked = names(pl.lit(url, pl.String), pl.lit(author, pl.String))
    assert pl.select(asked).item() is expected
