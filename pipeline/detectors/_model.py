"""The linear model of one tag, with its calibration and its thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.detectors._features import weighed
from pipeline.detectors._tokens import Floats, Integers
from pipeline.detectors.base import Detector
from pipeline.errors import FatalError
from pipeline.text import LANGUAGES

SEEN = ("score", "highest sentence's score", "is Dutch")
"""What a tag's second model sees."""


@dataclass(frozen=True)
class TagModel:
    """The linear model of one tag, its calibration and its thresholds.

    score = coefficients · features + intercept
    logit = slope * score of the message + sentence * score of its highest sentence
        + dutch, in Dutch, + bias
    """

    detector: Detector
    coefficients: Floats
    intercept: float
    slope: float
    sentence: float
    dutch: float
    bias: float
    thresholds: dict[str, dict[str, float]]
    version: str

    @classmethod
    def of(
        cls,
        detector: Detector,
        model: dict[str, Any],
        metadata: dict[str, Any],
        names: list[str],
        where: str,
    ) -> TagModel:
        """Take the numbers out of the scikit-learn estimators; what it does not weigh is zero.

        `where` is the place of the metadata, for errors.

        Raises FatalError when the metadata do not fit the model, or the features those of the code.
        """
        missing = [name for name in ("thresholds", "features") if name not in metadata]
        if missing:
            what = f"the metadata say nothing of {', '.join(missing)}"
            raise FatalError(what, where=where, mend="run `make train`")
        _refuse_odd(metadata["thresholds"], where)
        places = weighed(detector.tag, names)
        if metadata["features"] != [names[at] for at in places]:
            raise FatalError(
                "the model was trained with other cues, signs or classes of words than there are",
                where=where,
                mend="run `make train`, which gives each its weight; where `detection.models` is a "
                "calibrated set: take that out of the settings, and `engage calibrate` again",
            )
        seen = np.asarray(model["calibrator"].coef_, dtype=np.float64)[0].tolist()
        if len(seen) != len(SEEN):
            raise FatalError(
                f"the second model sees {len(seen)} numbers instead of {', '.join(SEEN)}",
                where=where,
                mend="run `make train`, or `engage calibrate` if it was calibrated to a sample",
            )
        slope, sentence, dutch = seen
        words, others = np.split(np.asarray(model["classifier"].coef_[0]), [-len(places)])
        coefficients = np.concatenate([words, np.zeros(len(names))])
        coefficients[len(words) + np.array(places)] = others
        return cls(
            detector=detector,
            coefficients=coefficients,
            intercept=float(model["classifier"].intercept_[0]),
            slope=slope,
            sentence=sentence,
            dutch=dutch,
            bias=float(model["calibrator"].intercept_[0]),
            thresholds=metadata["thresholds"],
            version=f"{detector.version}+{metadata['sha256'][:12]}",
        )

    def limits(self, languages: pa.StringArray, kind: str) -> Floats:
        """`detected` or `review` threshold per message by language, pooled for other languages."""
        known = [self.thresholds[name][kind] for name in (*LANGUAGES, "pooled")]
        limits: Floats = np.array(known)[spoken(languages)]
        return limits


def _refuse_odd(thresholds: Any, where: str) -> None:  # noqa: ANN401 - whatever JSON holds
    """Raise FatalError where a language, or the others together, lack a threshold."""
    for name in (*LANGUAGES, "pooled"):
        for kind in ("detected", "review"):
            try:
                is_share = 0 <= thresholds[name][kind] <= 1
            except (KeyError, TypeError):
                is_share = False
            if not is_share:
                raise FatalError(
                    f"the metadata give no threshold between 0 and 1: thresholds.{name}.{kind}",
                    where=where,
                    mend="restore the file from git, or run `make train`; `engage calibrate` again "
                    "if it was calibrated to a sample",
                )


def spoken(languages: pa.StringArray) -> Integers:
    """The position of each language in `LANGUAGES`; their number for any other."""
    places = pc.fill_null(pc.index_in(languages, pa.array(LANGUAGES)), len(LANGUAGES))
    spoken: Integers = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return spoken
