"""Finding plug-ins: the file name is the registered name.

A plug-in is a module of a package that exports one agreed name. Modules that start with `_`, and
`base`, are no plug-ins. A module without its export is an error, never skipped.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, TypeVar

from pipeline.errors import SettingsError

T = TypeVar("T")


def discover(package: ModuleType | str, export: str) -> dict[str, Any]:
    """Import every plug-in of a package and collect what each exports.

    Args:
        package: The package, or its dotted name.
        export: Name that every plug-in module must define, such as `SOURCE`.

    Returns:
        The exports by module name, sorted by name.

    Raises:
        SettingsError: A module does not define `export`; the error names the file.
    """
    home = importlib.import_module(package) if isinstance(package, str) else package
    found: dict[str, Any] = {}
    for module in plug_ins(home):
        if not hasattr(module, export):
            raise SettingsError(
                f"the module defines no {export}",
                where=str(module.__file__),
                mend=f"end the file with `{export} = …`, or begin its name with an underscore",
            )
        found[module.__name__.rpartition(".")[2]] = getattr(module, export)
    return found


def plug_ins(package: ModuleType) -> list[ModuleType]:
    """Import the plug-in modules of a package, sorted by name."""
    names = sorted(one.name for one in pkgutil.iter_modules(package.__path__))
    return [
        importlib.import_module(f"{package.__name__}.{name}")
        for name in names
        if name != "base" and not name.startswith("_")
    ]


def lookup(registered: Mapping[str, T], name: str, *, kind: str, where: str = "") -> T:
    """Take one plug-in by name.

    Args:
        registered: What `discover` found.
        name: The name that the settings or the command line give.
        kind: What the plug-ins are, for the message: `source type`, `tag`.
        where: The place that gives the name, for the message.

    Raises:
        SettingsError: There is no such plug-in; the error lists the choices, nearest first.
    """
    if name in registered:
        return registered[name]
    raise SettingsError(f"there is no {kind} '{name}'", where=where, mend=choices(name, registered))


def choices(name: str, known: Iterable[str]) -> str:
    """Word the mend for an unknown name: the nearest known one, then all of them."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"did you mean '{nearest[0]}'? " if nearest else ""
    return f"{guess}known: {', '.join(names)}"
