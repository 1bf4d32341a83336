"""Settings: checked whole before anything runs; every refusal names file, line, key and mend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from pipeline import settings as module
from pipeline.errors import SettingsError
from pipeline.settings import Settings, find, json_schema, load, shipped_models

EXAMPLE = Path(module.__file__).parent.parent / "examples" / "engage.toml"
LEAST = """\
[company]
name = "Fietsfijn"

[[sources]]
name = "shop"
type = "jsonl"
path = "shop.jsonl"
"""
ROUTE = '[[routing]]\ntag = "lead"\nowner = "Ada"\ndepartment = "sales"\n'


def written(folder: Path, body: str) -> Path:
    file = folder / "engage.toml"
    file.write_text(body, encoding="utf-8")
    return file


def refused(folder: Path, body: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(written(folder, body))
    return caught.value


def changed(old: str, new: str) -> str:
    assert old in LEAST
    return LEAST.replace(old, new)


def test_least_settings_are_a_name_and_a_source(tmp_path: Path) -> None:
    settings = load(written(tmp_path, LEAST))
    assert settings.company.name == "Fietsfijn"
    assert settings.source_names == ("shop",)
    assert settings.company.zone.key == "Europe/Amsterdam"


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


def test_nearest_name_is_one_that_fits_there(tmp_path: Path) -> None:
    error = refused(tmp_path, LEAST + '[privacy]\ntime_zone = "Europe/Amsterdam"\n')
    assert error.mend == "choose one of: author_key_env, keep_handles"


@pytest.mark.parametrize(
    ("body", "line", "key", "said"),
    [
        (changed('"Fietsfijn"', "12"), 2, "company.name", "valid string"),
        (
            changed('name = "Fietsfijn"', 'products = [1]\nname = "x"'),
            2,
            "company.products.0",
            "string",
        ),
        (
            changed('path = "shop.jsonl"', 'path = "a"\nexpects_rows = "maybe"'),
            8,
            "sources.0.expects_rows",
            "boolean",
        ),
        (changed('"shop"', '"My Shop"'), 5, "sources.0.name", "pattern"),
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
        (
            LEAST + '[[routing]]\ntag = "leed"\n',
            9,
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


def test_settings_that_are_no_toml_are_refused_with_the_line(tmp_path: Path) -> None:
    error = refused(tmp_path, LEAST + "[company\n")
    assert "not valid TOML" in error.what
    assert "line 8" in error.what


def test_settings_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "engage.toml"
    file.write_bytes(LEAST.replace("Fietsfijn", "Café").encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8") as caught:
        load(file)
    assert "UTF-8" in caught.value.mend


def test_settings_that_are_not_there_are_answered_with_a_way_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "engage.toml")
    assert "engage init" in caught.value.mend


def models(of: type[BaseModel] = Settings) -> Iterator[type[BaseModel]]:
    yield of
    for one in vars(module).values():
        if isinstance(one, type) and issubclass(one, module._Frozen) and one is not module._Frozen:
            yield one


def test_nothing_can_be_changed_after_loading(tmp_path: Path) -> None:
    settings = load(written(tmp_path, LEAST + ROUTE))
    parts = (
        settings,
        settings.company,
        settings.company.calendar,
        settings.sources[0],
        settings.routing[0],
        settings.promises,
        settings.scoring,
        settings.privacy,
        settings.detection,
    )
    for part in parts:
        name = next(iter(type(part).model_fields))
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, name, None)


def test_schema_describes_every_key_and_refuses_others() -> None:
    schema = json_schema()
    described = {"Settings": schema, **schema["$defs"]}
    for model in set(models()):
        shape = described[model.__name__]
        assert set(shape["properties"]) == set(model.model_fields), model
        assert shape["additionalProperties"] is False, model
        for name, field in model.model_fields.items():
            is_table = "$ref" in str(shape["properties"][name])
            assert field.description or is_table, f"{model.__name__}.{name} has no description"


def test_schema_lists_what_a_value_may_be() -> None:
    found = json_schema()["$defs"]
    assert "customer_service" in found["Route"]["properties"]["department"]["enum"]
    assert "monday" in found["Calendar"]["properties"]["days"]["items"]["enum"]
    assert "forum" in str(found["SourceSettings"]["properties"]["channel"])


def test_secret_is_read_from_the_variable_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(written(tmp_path, LEAST + '[privacy]\nauthor_key_env = "SHOP_KEY"\n'))
    monkeypatch.delenv("SHOP_KEY", raising=False)
    with pytest.raises(
        SettingsError, match=r"engage\.toml: privacy\.author_key_env: .*SHOP_KEY is not set"
    ):
        settings.author_key()
    monkeypatch.setenv("SHOP_KEY", "s3cret")
    assert settings.author_key() == b"s3cret"
    assert "s3cret" not in repr(settings) + settings.model_dump_json()


def test_secret_written_where_its_name_belongs_is_refused_and_not_repeated(tmp_path: Path) -> None:
    error = refused(tmp_path, LEAST + '[privacy]\nauthor_key_env = "kN8-zz_9Q"\n')
    assert "privacy.author_key_env" in error.what
    assert "kN8" not in str(error) + error.mend


def test_every_key_for_a_secret_ends_in_env() -> None:
    names = {name for model in models() for name in model.model_fields}
    secrets = {name for name in names if re.search("secret|password|token|key$", name)}
    assert [name for name in secrets if not name.endswith("_env")] == []


def test_without_a_secret_pseudonyms_differ_per_company(tmp_path: Path) -> None:
    one = load(written(tmp_path, LEAST)).author_key()
    assert one != load(written(tmp_path, changed("Fietsfijn", "Fietsfijner"))).author_key()


def test_paths_are_read_from_the_folder_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "shop.jsonl").write_text("{}\n")
    settings = load(
        written(home, LEAST.replace("shop.jsonl", "*.jsonl") + '[detection]\nmodels = "ours"\n')
    )
    monkeypatch.chdir(tmp_path)
    assert settings.lake_location == str(home / "lake")
    assert settings.exports_folder == home / "exports"
    assert settings.models_folder == home / "ours"
    assert settings.sources[0].files() == [home / "shop.jsonl"]
    assert settings.sources[0].origin(home / "shop.jsonl") == "shop.jsonl"
    assert settings.sources[0].origin(Path("/elsewhere/shop.jsonl")) == "shop.jsonl"


def test_absolute_paths_and_addresses_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").touch()
    (tmp_path / "a.jsonl").touch()
    body = changed('path = "shop.jsonl"', f'path = "{tmp_path}/*.jsonl"')
    settings = load(written(tmp_path, 'lake = "s3://bucket/lake"\n' + body))
    assert settings.lake_location == "s3://bucket/lake"
    assert settings.sources[0].files() == [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]


def test_path_without_a_file_is_named_with_the_folder_it_is_read_from(tmp_path: Path) -> None:
    source = load(written(tmp_path, LEAST)).source("shop")
    with pytest.raises(
        SettingsError, match=r"sources\.shop\.path: no file matches 'shop\.jsonl'"
    ) as caught:
        source.files()
    assert str(tmp_path) in caught.value.mend


def test_unknown_source_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, LEAST)).source("shops")
    assert caught.value.mend == "did you mean 'shop'?"


def test_shipped_models_are_the_default(tmp_path: Path) -> None:
    assert load(written(tmp_path, LEAST)).models_folder == shipped_models()
    assert (shipped_models() / "lead" / "model.skops").exists()


def test_settings_are_looked_for_where_they_are_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ENGAGE_SETTINGS", raising=False)
    assert find() == EXAMPLE
    file = written(tmp_path, LEAST)
    assert find().resolve() == file
    monkeypatch.setenv("ENGAGE_SETTINGS", "named.toml")
    assert find() == Path("named.toml")
    assert find("given.toml") == Path("given.toml")


def test_fingerprint_changes_with_what_decides_the_tables_alone(tmp_path: Path) -> None:
    plain = load(written(tmp_path, LEAST)).fingerprint()
    elsewhere = 'lake = "other"\nexports = "out"\n' + LEAST
    elsewhere += "\n[detection]\ntarget_precision = 0.9\n"
    moved = load(written(tmp_path, elsewhere)).fingerprint()
    other = load(written(tmp_path, changed("Fietsfijn", "Fietsfijner"))).fingerprint()
    assert plain == moved
    assert plain != other
    assert re.fullmatch("[0-9a-f]{16}", plain)


def test_example_settings_are_valid() -> None:
    assert len(load(EXAMPLE).sources) >= 5
