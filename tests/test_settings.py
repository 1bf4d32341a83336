"""Settings: read whole, frozen, described key by key; secrets and places are found by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline import settings as module
from pipeline.errors import SettingsError
from pipeline.settings import find, json_schema, load, shipped_models
from pipeline.settings._values import Frozen
from tests.settings.made import LEAST, changed, refused, written

EXAMPLE = Path(module.__file__).parents[2] / "examples" / "engage.toml"
ROUTE = '[[routing]]\ntag = "lead"\nowner = "Ada"\ndepartment = "sales"\n'


def test_least_settings_are_a_name_and_a_source(tmp_path: Path) -> None:
    settings = load(written(tmp_path, LEAST))
    assert settings.company.name == "Fietsfijn"
    assert settings.source_names == ("shop",)
    assert settings.company.zone.key == "Europe/Amsterdam"


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


def models() -> list[type[Frozen]]:
    return Frozen.__subclasses__()


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
    for model in models():
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


def test_a_folder_named_as_the_shipped_models_is_the_one_beside_the_settings(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, LEAST + '[detection]\nmodels = "models"\n')
    assert load(file).models_folder == tmp_path / "models"


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


def test_file_whose_name_looks_like_a_pattern_is_found(tmp_path: Path) -> None:
    (tmp_path / "shop[1].jsonl").touch()
    (tmp_path / "shop1.jsonl").touch()
    for path in ("shop[1].jsonl", f"{tmp_path}/shop[1].jsonl"):
        body = changed('path = "shop.jsonl"', f'path = "{path}"')
        assert load(written(tmp_path, body)).sources[0].files() == [tmp_path / "shop[1].jsonl"]


@pytest.mark.parametrize("path", ["**.jsonl", "a/**b/*.jsonl"])
def test_pattern_that_is_none_matches_nothing(tmp_path: Path, path: str) -> None:
    source = load(written(tmp_path, changed('path = "shop.jsonl"', f'path = "{path}"'))).sources[0]
    with pytest.raises(SettingsError, match="no file matches"):
        source.files()


@pytest.mark.parametrize("path", ["inbox", "inbox/", ".", "/"])
def test_folder_is_no_file_and_answered_with_a_pattern(tmp_path: Path, path: str) -> None:
    (tmp_path / "inbox").mkdir()
    source = load(written(tmp_path, changed('path = "shop.jsonl"', f'path = "{path}"'))).sources[0]
    with pytest.raises(SettingsError, match=f"'{re.escape(path)}' is a folder") as caught:
        source.files(may_be_none=True)
    assert caught.value.mend.endswith("/*")


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


@pytest.mark.parametrize("lake", ["s3://AKIA1:geheim@bucket/lake", "gs://geheim@bucket/lake"])
def test_key_in_the_address_of_the_lake_is_refused_and_not_shown(tmp_path: Path, lake: str) -> None:
    with pytest.raises(SettingsError, match="lake: must hold no key and no password") as caught:
        load(written(tmp_path, f'lake = "{lake}"\n' + LEAST))
    assert "geheim" not in f"{caught.value} {caught.value.mend}"


def test_address_of_the_lake_without_its_slashes_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="write it as s3://bucket/lake"):
        load(written(tmp_path, 'lake = "s3:/bucket/lake"\n' + LEAST))
    for lake in ("s3/bucket", "./a:b", "lake"):
        assert load(written(tmp_path, f'lake = "{lake}"\n' + LEAST)).lake == lake


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
