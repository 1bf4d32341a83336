"""Which models tag, and what they learn from."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings._values import Frozen


class Detection(Frozen):
    """How the models are used."""

    models: str | None = Field(
        None, description="Folder of the models; left out, those that come with Engage."
    )
    target_precision: float = Field(
        0.80,
        gt=0,
        lt=1,
        description="Precision that training and `engage calibrate` choose thresholds for.",
    )
    audit_share: float = Field(
        0.01, ge=0, le=1, description="Share of messages below review that is kept for audit."
    )
    labelled: str | None = Field(
        None,
        description="Folder with labelled sets of others that the DAG `learning` trains on too.",
    )
    learn_from_labels: bool = Field(
        False,
        description="True lets the DAG `learning` learn from the labels that people gave in the "
        "lake; models then hold words of your customers.",
    )
