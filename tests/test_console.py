"""How the command speaks: text of messages is data, and cannot do anything to a terminal."""

from __future__ import annotations

import io
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import console as module
from pipeline.console import (
    add,
    clean,
    command,
    console,
    counted,
    explain,
    is_too_wide,
    pairs,
    progress,
    table,
)
from pipeline.errors import SettingsError


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@given(st.text())
def test_clean_text_is_one_line_without_hidden_characters(text: str) -> None:
    shown = clean(text)
    kinds = {unicodedata.category(one) for one in shown if one != "\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert clean(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\r\nb\tc", "a b c"),
        ("pay \u202eresrever\u202c", "pay resrever"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("e\u0301 café", "e\u0301 café"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        (12, "12"),
    ],
)
def test_what_could_repaint_goes_and_what_can_be_read_stays(text: object, shown: str) -> None:
    assert clean(text) == shown


def test_markup_and_emoji_codes_in_cells_are_shown_as_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = table(("name", "votes"), right=("votes",))
    add(made, ("[red]x[/red] :smile:", 1234567))
    add(made, (None, True))
    console().print(made)
    shown = capsys.readouterr().out
    assert "[red]x[/red] :smile:" in shown
    assert "1,234,567" in shown
    assert "None" not in shown
    assert "True" in shown


def test_output_into_a_file_is_as_wide_as_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console().width == module.PLAIN_WIDTH
    monkeypatch.setenv("COLUMNS", "61")
    assert console().width == 61
    console().print("x" * 80)
    assert capsys.readouterr().out == "x" * 61 + "\n" + "x" * 19 + "\n"


def test_error_is_two_lines_what_and_mend() -> None:
    error = SettingsError("no file\x1b[2J", where="engage.toml:3", mend="add\nit")
    assert explain(error) == "error: engage.toml:3: no file[2J\nmend:  add\nit"
    assert explain(SettingsError("no file")) == "error: no file"


def test_progress_in_a_log_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("run") as tick:
        tick("listen to \x1b[31mshop", 0.5)
        tick("publish", 1.0)
    caught = capsys.readouterr()
    assert caught.err == "run: listen to [31mshop (50%)\nrun: publish (100%)\n"
    assert caught.out == ""


def test_progress_in_a_log_keeps_quiet_in_between(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 4.9, 5.1, 5.1, 6.0, 10.2, 10.2])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with progress("tag", every=5.0) as tick:
        for at in range(5):
            tick(f"{at}", at / 5)
    assert capsys.readouterr().err == "tag: 2 (40%)\ntag: 4 (80%)\n"


def test_progress_on_a_terminal_is_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("run") as tick:
        tick("half", 0.5)
    assert "run: half" in screen.getvalue()
    assert screen.getvalue().rstrip().endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("count", "said"), [(0, "no rows"), (1, "1 row"), (2, "2 rows"), (1234, "1,234 rows")]
)
def test_count_has_its_noun(count: int, said: str) -> None:
    assert counted(count, "row") == said


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, typed: str) -> Path:
    """Put an `engage` into a folder, and say how it was typed from beside that folder."""
    file = folder / "bin" / "engage"
    file.parent.mkdir()
    file.touch()
    file.chmod(0o755)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [typed])
    return file


def test_command_off_the_path_is_said_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, "bin/engage")
    monkeypatch.setenv("PATH", "/nowhere")
    assert command("check") == "bin/engage check"


def test_command_on_the_path_is_said_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = installed(tmp_path, monkeypatch, "bin/engage")
    monkeypatch.setenv("PATH", str(file.parent))
    assert command("check") == "engage check"


def test_another_engage_on_the_path_is_not_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, "bin/engage")
    other = tmp_path / "other" / "engage"
    other.parent.mkdir()
    other.touch()
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert command("check") == "bin/engage check"


def test_command_of_the_module_names_its_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/pipeline/__main__.py"])
    monkeypatch.setattr(sys, "executable", "/x y/python")
    assert command("check") == "'/x y/python' -m pipeline check"


def test_settings_that_were_given_stand_in_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytest"])
    assert command("check", Path("my shop.toml")) == "engage check -c 'my shop.toml'"


def test_mend_names_commands_as_they_must_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, monkeypatch, "bin/engage")
    monkeypatch.setenv("PATH", "/nowhere")
    error = SettingsError("no messages", mend="run `engage run` first, and engage more")
    assert explain(error).endswith("mend:  run `bin/engage run` first, and engage more")


def test_numbers_stay_whole_and_names_go_over_more_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    made = table(("name", "read for tags"), right=("read for tags",))
    add(made, ("a", 1234567))
    console().print(made)
    shown = capsys.readouterr().out
    assert "1,234,567" in shown
    assert "read for tags" not in shown


def test_table_is_too_wide_when_words_would_break() -> None:
    made = table(("id", "text"))
    add(made, ("x" * 30, "some words that can be wrapped"))
    screen = console()
    screen.width = 50
    assert not is_too_wide(made, screen)
    screen.width = 40
    assert is_too_wide(made, screen)


def test_pairs_are_set_apart_by_blank_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = pairs(right=True, gap=1)
    add(made, (7, "seven"))
    add(made, (12, "twelve"))
    console().print(made)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        " 7  seven",
        "",
        "12  twelve",
    ]
