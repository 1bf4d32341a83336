"""Labelled text that somebody added: what cannot be used is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.learning import corpora

GOOD = '{"text": "Wat een fijne bank.", "lang": "nl", "praise": 1}'


def own(folder: Path, *lines: str) -> list[tuple[str, str, int | None]]:
    (folder / "own").mkdir()
    (folder / "own" / "bank.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return corpora.own(folder).select("text", "lang", "praise").rows()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"text": "Fijn', "not valid JSON"),
        ('{"lang": "nl", "praise": 1}', "column text: there is no text"),
        ('{"text": null, "lang": "nl", "praise": 1}', "column text: there is no text"),
        ('{"text": " ", "lang": "nl", "praise": 1}', "column text: there is no text"),
        ('{"text": "Schön.", "lang": "de", "praise": 1}', "the lang is neither nl nor en"),
        ('{"text": "Fijn.", "praise": 1}', "the lang is neither nl nor en"),
        ('{"text": "Fijn.", "lang": "nl", "praise": 2}', "column praise: the label is not 1, 0"),
        ('{"text": "Fijn.", "lang": "nl", "praise": "maybe"}', "column praise: the label is not"),
        ('{"text": "Fijn.", "lang": "nl", "praise": 0.5}', "column praise: the label is not 1, 0"),
        ('{"text": "Fijn.", "lang": "nl", "lead": 7}', "column lead: the label is not 1, 0"),
    ],
)
def test_line_that_cannot_be_used_is_named_and_not_quoted(
    tmp_path: Path, line: str, what: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        own(tmp_path, GOOD, line)
    assert raised.value.where == f"{tmp_path / 'own' / 'bank.jsonl'}:2"
    assert raised.value.what.startswith(what)
    assert "Fijn" not in str(raised.value)


def test_empty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"own/bank\.jsonl: there is no row"):
        own(tmp_path, "")


@pytest.mark.parametrize("label", ['"yes"', "true", "1.0", "1"])
def test_label_as_people_write_it_is_read(tmp_path: Path, label: str) -> None:
    line = f'{{"text": "Top.", "lang": "Dutch", "praise": {label}}}'
    assert own(tmp_path, GOOD, line)[1:] == [("Top.", "nl", 1)]


def test_file_without_the_main_tags_is_cut_by_its_texts(tmp_path: Path) -> None:
    own(tmp_path, GOOD, '{"text": "Top.", "lang": "Dutch", "praise": 1}')
    (group, _) = corpora.own(tmp_path)["group"]
    assert group.startswith("own/bank/")
