"""Errors: what to do about them shows in their class, exit code and mend."""

from __future__ import annotations

import copy

import pytest

from pipeline.errors import (
    ContractError,
    EngageError,
    FatalError,
    RejectedRow,
    RetriableError,
    SettingsError,
)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (EngageError, 1),
        (SettingsError, 2),
        (FatalError, 3),
        (ContractError, 3),
        (RetriableError, 4),
    ],
)
def test_exit_code_says_what_the_caller_should_do(error: type[EngageError], exit_code: int) -> None:
    assert error("broken").exit_code == exit_code
    assert issubclass(error, EngageError)


def test_place_comes_before_what_happened() -> None:
    error = FatalError("is damaged", where="leads 2026-11-02", mend="run its day again")
    assert error.told == "leads 2026-11-02: is damaged"
    assert (error.what, error.where, error.mend) == (
        "is damaged",
        "leads 2026-11-02",
        "run its day again",
    )


def test_error_without_a_place_is_its_sentence() -> None:
    assert str(SettingsError("no file")) == SettingsError("no file").told == "no file"


def test_who_shows_exceptions_shows_the_mend_too() -> None:
    error = FatalError("is damaged", where="leads 2026-11-02", mend="run its day again")
    assert str(error) == "leads 2026-11-02: is damaged (mend: run its day again)"
    assert str(copy.copy(error)) == str(error)  # as between processes


def test_broken_contract_is_fatal_so_that_no_retry_repeats_it() -> None:
    assert issubclass(ContractError, FatalError)
    assert not issubclass(FatalError, RetriableError)


def test_rejected_row_does_not_print_its_value() -> None:
    row = RejectedRow("time_unreadable", "sent_at", "a customer's secret")
    assert str(row) == "sent_at: time_unreadable"
    assert row.value == "a customer's secret"
