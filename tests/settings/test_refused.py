"""Every refusal names file, line, key and mend, and the nearest known name where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.settings.made import LEAST, changed, refused


@pytest.mark.parametrize(
    ("body", "line", "key", "nearest"),
    [
        (
            changed('name = "Fietsfijn"', 'name = "x"\nproduct = []'),
            3,
            "company.product",
            "products",
        ),
        (changed("[[sources]]", 'lakes = "x"\n[[sources]]'), 4, "company.lakes", ""),
        ('leak = "x"\n' + LEAST, 1, "leak", "lake"),
        (LEAST + 'chanel = "forum"\n', 8, "sources.0.chanel", "channel"),
        (
            LEAST + LEAST[LEAST.index("[[") :].replace("shop", "two") + "pth = 1\n",
            12,
            "sources.1.pth",
            "path",
        ),
        (LEAST + '[company.calendar]\ncloseS = "18:00"\n', 9, "company.calendar.closeS", "closes"),
        (LEAST + '[company.calender]\nopens = "08:00"\n', 8, "company.calender", "calendar"),
        (LEAST + "[scoring]\nurgent = 1\n", 9, "scoring.urgent", "urgency"),
    ],
)
def test_unknown_key_is_refused_with_its_line_and_the_nearest_name(
    tmp_path: Path, body: str, line: int, key: str, nearest: str
) -> None:
    error = refused(tmp_path, body)
    assert error.where == f"{tmp_path / 'engage.toml'}:{line}"
    assert error.what == f"unknown key '{key}'"
    assert f"did you mean '{nearest}'?" in error.mend if nearest else "choose one of" in error.mend


def test_every_mistake_is_told_at_once_unknown_keys_first(tmp_path: Path) -> None:
    body = changed('name = "Fietsfijn"', 'name = ""\nown_accounts = "x"')
    error = refused(tmp_path, 'lak = "x"\nlake = ""\n' + body + "pth = 1\n")
    file = tmp_path / "engage.toml"
    assert (error.where, error.what.splitlines()[0]) == (str(file), "5 mistakes")
    assert error.what.splitlines()[1:] == [
        f"  {file}:1: unknown key 'lak'",
        "    did you mean 'lake'?",
        f"  {file}:11: unknown key 'sources.0.pth'",
        "    did you mean 'path'?",
        f"  {file}:2: lake: must not be empty",
        "    correct that value",
        f"  {file}:4: company.name: must not be empty",
        "    correct that value",
        f'  {file}:5: company.own_accounts: must be a list, such as ["one", "two"]',
        "    correct that value",
    ]


def test_nearest_name_is_one_that_fits_there(tmp_path: Path) -> None:
    error = refused(tmp_path, LEAST + '[privacy]\ntime_zone = "Europe/Amsterdam"\n')
    assert error.mend == "choose one of: author_key_env, keep_days, keep_handles"


@pytest.mark.parametrize(
    ("body", "line", "key", "said"),
    [
        (changed('"Fietsfijn"', "12"), 2, "company.name", "text in quotes"),
        (
            changed('name = "Fietsfijn"', 'products = [1]\nname = "x"'),
            2,
            "company.products.0",
            "text in quotes",
        ),
        (
            changed('path = "shop.jsonl"', 'path = "a"\nexpects_rows = "maybe"'),
            8,
            "sources.0.expects_rows",
            "must be true or false",
        ),
        (changed('"shop"', '"My Shop"'), 5, "sources.0.name", "pattern"),
        (changed('"shop"', '"all"'), 5, "sources.0.name", "what the tables call all sources"),
        (LEAST + '[company.calendar]\nopens = "25:00"\n', 9, "company.calendar.opens", "pattern"),
        (
            LEAST + '[company.calendar]\nopens = "19:00"\n',
            8,
            "company.calendar",
            "opens at 19:00 but closes at 17:30",
        ),
        (
            LEAST + "[detection]\naudit_share = 2\n",
            9,
            "detection.audit_share",
            "less than or equal to 1",
        ),
        (LEAST + "[privacy]\nkeep_days = 1000000\n", 9, "privacy.keep_days", "equal to 36500"),
        (LEAST + "[scoring]\nreach = inf\n", 9, "scoring.reach", "a number that ends"),
        (LEAST + "[company.calendar]\ndays = []\n", 9, "company.calendar.days", "not be empty"),
        (
            changed('name = "Fietsfijn"', 'name = "Fietsfijn"\nlanguages = []'),
            3,
            "company.languages",
            "must not be empty",
        ),
        (
            LEAST + '[[routing]]\ntag = "idea"\ndepartment = "product"\nowner = " "\n',
            11,
            "routing.0.owner",
            "must not be empty",
        ),
        (LEAST + '[company.calendar]\ncloses = "24:30"\n', 9, "company.calendar.closes", "match"),
        (
            LEAST + "[company.calendar]\nclosed_on = [2026-04-27]\nopen_on = [2026-04-27]\n",
            8,
            "company.calendar",
            "2026-04-27 is both in closed_on and in open_on",
        ),
        (
            LEAST + '[[routing]]\ndepartment = "sales"\nowner = "Ans"\ntag = "leed"\n',
            11,
            "routing.0.tag",
            "'lead', 'complaint' or 'idea'",
        ),
    ],
)
def test_wrong_value_is_refused_with_its_line_and_key(
    tmp_path: Path, body: str, line: int, key: str, said: str
) -> None:
    error = refused(tmp_path, body)
    assert error.where == f"{tmp_path / 'engage.toml'}:{line}"
    assert error.what.startswith(f"{key}: ")
    assert said in error.what
    assert error.mend == "correct that value"


@pytest.mark.parametrize(
    "promise",
    ["respond_within_hours = 1e7", "respond_within_days = 1e5"],
)
def test_a_promise_that_no_date_can_hold_is_refused(tmp_path: Path, promise: str) -> None:
    route = f'[[routing]]\ntag = "lead"\ndepartment = "sales"\nowner = "Ans"\n{promise}\n'
    assert "takes the calendar over ten years" in refused(tmp_path, LEAST + route).what


@pytest.mark.parametrize(
    ("ids", "key"),
    [
        ('["x"]', "people.0.author_ids.0"),
        ("[1]", "people.0.author_ids.0"),
        ("[]", "people.0.author_ids"),
    ],
)
def test_wrong_entry_of_a_list_is_one_mistake(tmp_path: Path, ids: str, key: str) -> None:
    error = refused(tmp_path, LEAST + f"[[people]]\nauthor_ids = {ids}\n")
    assert error.what.startswith(f"{key}: ")
    assert "\n" not in error.what


@pytest.mark.parametrize(
    ("body", "line", "nearest"),
    [
        (changed("\n\n", '\ntime_zone = "Europe/Amsterdm"\n\n'), 3, "Europe/Amsterdam"),
        (LEAST + 'time_zone = "Amsterdam"\n', 8, "Europe/Amsterdam"),
        (LEAST + 'channel = "froum"\n', 8, "forum"),
        (LEAST + '[company.calendar]\ndays = ["monday", "tuseday"]\n', 9, "tuesday"),
        (LEAST + '[[routing]]\ntag = "lead"\nowner = "Ada"\ndepartment = "sale"\n', 11, "sales"),
    ],
)
def test_value_that_is_not_known_is_refused_with_the_nearest(
    tmp_path: Path, body: str, line: int, nearest: str
) -> None:
    error = refused(tmp_path, body)
    assert error.where == f"{tmp_path / 'engage.toml'}:{line}"
    assert "is not known" in error.what
    assert error.mend == f"did you mean '{nearest}'?"


@pytest.mark.parametrize(
    ("lost", "key", "line"),
    [('name = "Fietsfijn"\n', "company.name", 1), ('type = "jsonl"\n', "sources.0.type", 4)],
)
def test_missing_key_is_named_with_the_table_it_belongs_to(
    tmp_path: Path, lost: str, key: str, line: int
) -> None:
    error = refused(tmp_path, changed(lost, ""))
    assert (error.what, error.where) == (
        f"{key}: this key must be there",
        f"{tmp_path / 'engage.toml'}:{line}",
    )
    assert error.mend.startswith("add it")


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    again = LEAST[LEAST.index("[[") :]
    assert "source name used twice: shop" in refused(tmp_path, LEAST + again).what
