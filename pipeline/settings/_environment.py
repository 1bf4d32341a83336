"""The environment: secrets, which the settings name and never hold."""

from __future__ import annotations

import os

from pipeline.errors import SettingsError


def secret(name: str, where: str, mend: str = "") -> str:
    """The value of an environment variable. Raises SettingsError when it is not set."""
    if not os.environ.get(name):
        raise SettingsError(
            f"the environment variable {name} is not set",
            where=where,
            mend=mend or f"export {name}, as the service gave it to you",
        )
    return os.environ[name]


def keep_dlt_from_airflow() -> None:
    """Let dlt not look for its own settings in Airflow's database, unless somebody asks for it.

    It would import Airflow wherever that is installed, which takes seconds, for settings that we
    pass ourselves.
    """
    os.environ.setdefault("PROVIDERS__ENABLE_AIRFLOW_SECRETS", "false")
