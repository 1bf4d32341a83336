"""The page `docs/settings.md`, from the models of the settings themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from pipeline.errors import FatalError


def markdown(settings: type[BaseModel]) -> str:
    """Every key of the settings, with its value, default and meaning.

    Raises FatalError for a key without a description.
    """
    schema = settings.model_json_schema()
    parts = [
        "# Settings",
        "Every key of `engage.toml`. Unknown keys are refused; a key that ends in `_env` holds the "
        "name of an environment variable, never a secret. `settings.schema.json` beside this page "
        "lets editors complete and check the file. `engage init` writes a first one.",
        "## Top level",
        _keys(schema),
    ]
    for name, field in settings.model_fields.items():
        found = _model_name(schema["properties"][name])
        if found:
            parts += [f"## `[{_bracket(schema['properties'][name], name)}]`"]
            parts += [schema["$defs"][found]["description"], _keys(schema["$defs"][found])]
            parts += _nested(schema, found, name)
        elif not field.description:
            raise FatalError(f"the setting {name} has no description", where="pipeline/settings")
    return "\n\n".join(parts) + "\n"


def _nested(schema: dict[str, Any], model: str, prefix: str) -> Iterator[str]:
    for name, about in schema["$defs"][model]["properties"].items():
        if found := _model_name(about):
            yield f"## `[{_bracket(about, f'{prefix}.{name}')}]`"
            yield schema["$defs"][found]["description"]
            yield _keys(schema["$defs"][found])


def _model_name(about: dict[str, Any]) -> str:
    """The model that a key holds, alone or in a list; empty for plain values."""
    reference = about.get("$ref") or about.get("items", {}).get("$ref", "")
    return str(reference).rpartition("/")[2]


def _bracket(about: dict[str, Any], name: str) -> str:
    return f"[{name}]" if about.get("type") == "array" else name


def _keys(model: dict[str, Any]) -> str:
    lines = ["| Key | Value | Default | Meaning |", "|---|---|---|---|"]
    required = set(model.get("required", ()))
    for name, about in model["properties"].items():
        if _model_name(about) and "description" not in about:
            continue
        default = "required" if name in required else _default(about)
        meaning = about.get("description", "").replace("|", "\\|")
        lines.append(f"| `{name}` | {_value(about)} | {default} | {meaning} |")
    return "\n".join(lines)


def _default(about: dict[str, Any]) -> str:
    default = about.get("default")
    return "none" if default is None else f"`{json.dumps(default)}`"


def _value(about: dict[str, Any]) -> str:
    if "$ref" in about:
        return "table"
    if "enum" in about:
        return " or ".join(f"`{one}`" for one in about["enum"])
    if "anyOf" in about:
        return " or ".join(_value(one) for one in about["anyOf"] if one.get("type") != "null")
    if about.get("type") == "array":
        return f"list of {_value(about.get('items', {}))}"
    if about.get("type") == "object":
        return "table"
    return {"boolean": "true or false", "string": "text"}.get(about.get("type", ""), "number")
