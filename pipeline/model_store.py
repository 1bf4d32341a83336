"""Models on disk: `models/<tag>/model.skops` with `metadata.json`, checked byte for byte.

skops, never pickle: loading can only make the types named here. The file is written so that the
same model gives the same bytes, and its sha256 stands in the metadata; a changed byte is refused.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from pipeline.errors import FatalError
from pipeline.later import uncollected
from pipeline.storage import replace_file

TRUSTED: tuple[str, ...] = ("scipy.sparse._csr.csr_matrix",)
"""Types beside skops' own list of safe ones that a model file may hold."""
LARGEST_BYTES = 500_000_000
"""A file that unpacks to more is no model of ours, whatever it says it is."""


def save(folder: Path, model: dict[str, Any], metadata: dict[str, Any]) -> str:
    """Write a model with its metadata. Returns the sha256 of the model file."""
    body = _canonical(_skops().dumps({name: _packed(part) for name, part in model.items()}))
    sha = hashlib.sha256(body).hexdigest()
    replace_file(folder / "model.skops", [body])
    text = json.dumps({**metadata, "sha256": sha}, indent=2, sort_keys=True, ensure_ascii=False)
    replace_file(folder / "metadata.json", [text.encode(), b"\n"])
    return sha


@contextmanager
def putting_in_place(folder: Path) -> Iterator[Path]:
    """A folder to write models in; when all is written, their files go into `folder` together.

    What is stopped before changes nothing there.
    """
    with tempfile.TemporaryDirectory(prefix="engage-models-") as held:
        yield Path(held)
        for file in sorted(Path(held).glob("*/*")):
            replace_file(folder / file.relative_to(held), [file.read_bytes()])


def load(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read a model and its metadata.

    Raises FatalError when either is missing, changed, broken, hostile or of another scikit-learn.
    """
    metadata = read_metadata(folder)
    place = str(folder / "model.skops")
    try:
        body = (folder / "model.skops").read_bytes()
    except OSError as error:
        raise FatalError("the model is missing", where=place, mend="run `make train`") from error
    if hashlib.sha256(body).hexdigest() != metadata.get("sha256"):
        raise FatalError(
            "the model's bytes are not those its metadata names",
            where=place,
            mend="restore both files from git, or run `make train`",
        )
    return _parts(body, place), metadata


def _skops() -> ModuleType:
    """Import skops, which asks every module in memory for the names of NumPy's functions.

    Those of Airflow that have moved answer each with a warning: thousands of lines in a task's log.
    """
    with warnings.catch_warnings(), uncollected():
        warnings.simplefilter("ignore")
        return import_module("skops.io")


def _parts(body: bytes, place: str) -> dict[str, Any]:
    """Make the parts of a model, and nothing but what `TRUSTED` and skops' own list allow."""
    skops = _skops()
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST_BYTES:
                raise ValueError("unpacks to more than a model has")
        unknown = sorted(set(skops.get_untrusted_types(data=body)) - set(TRUSTED))
        if unknown:
            raise FatalError(
                f"the model holds types that are not trusted: {', '.join(unknown)}",
                where=place,
                mend="use a model written by `make train`",
            )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = skops.loads(body, trusted=list(TRUSTED))
        if not isinstance(model, dict):
            raise ValueError("not a dictionary of parts")
        for part in model.values():
            _unpack(part)
    except FatalError:
        raise
    except Exception as error:  # whatever a broken file makes skops raise
        raise FatalError(
            f"the file is not a skops model ({type(error).__name__})",
            where=place,
            mend="use a model written by `make train`",
        ) from error
    for one in caught:
        _refuse_other_version(one.message, place)
    return model


def _refuse_other_version(warning: Warning | str, place: str) -> None:
    """Refuse a model of another minor version; one of another patch level is the same model."""
    made = getattr(warning, "original_sklearn_version", None)
    here = getattr(warning, "current_sklearn_version", None)
    if made and here and made.split(".")[:2] != here.split(".")[:2]:
        raise FatalError(
            f"the model was written by scikit-learn {made}, and this is {here}",
            where=place,
            mend="run `make train`, or install the versions in requirements.txt",
        )


def read_metadata(folder: Path) -> dict[str, Any]:
    """Read `metadata.json` alone. Raises FatalError when it is missing or broken."""
    try:
        metadata: dict[str, Any] = json.loads((folder / "metadata.json").read_text("utf-8"))
        if not isinstance(metadata, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        raise FatalError(
            "the model's metadata cannot be read",
            where=str(folder / "metadata.json"),
            mend="restore it from git, or run `make train`",
        ) from error
    return metadata


def _packed(part: object) -> object:
    """The same with the words of a vectoriser as one array, and without its address in memory.

    skops makes a node of each member of a list or a dictionary: of thirty thousand words that is
    three seconds for each model that is read, and twenty megabytes of JSON. An array of texts gives
    each of them the room of the longest, which takes two seconds to compress.
    """
    if not hasattr(part, "vocabulary_"):
        return part
    packed: Any = copy.copy(part)
    vars(packed).pop("_stop_words_id", None)
    letters = np.frombuffer("\n".join(_words(part.vocabulary_)).encode(), np.uint8)
    packed.vocabulary, packed.vocabulary_ = None, letters
    return packed


def _unpack(part: Any) -> None:  # noqa: ANN401 - scikit-learn's
    """Give a vectoriser that was read its words back."""
    if hasattr(part, "vocabulary_"):
        if part.vocabulary_.dtype != np.uint8:
            raise ValueError("words are kept in another way")
        words = _listed(part.vocabulary_.tobytes())
        part.vocabulary_ = {word: column for column, word in enumerate(words)}
        part.vocabulary = list(words) if part.fixed_vocabulary_ else None


@lru_cache(1)
def _listed(letters: bytes) -> tuple[str, ...]:
    """The words of a vocabulary; the tags of a set have the same, which is read and held once."""
    return tuple(letters.decode().split("\n"))


def _words(vocabulary: dict[str, int]) -> list[str]:
    """Words in the order of their columns, which scikit-learn numbers without a gap."""
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _canonical(body: bytes) -> bytes:
    """Rewrite a skops archive so that equal models are equal bytes.

    skops names parts by their address in memory and stamps the zip with the time; both are
    replaced: ids by their order of appearance, times by the zip epoch.
    """
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = files.pop("schema.json").decode()
    order: dict[str, str] = {}
    for found in re.finditer(r'"__id__": (\d+)', schema):
        order.setdefault(found[1], str(len(order) + 1))
    schema = re.sub(r'"__id__": (\d+)', lambda m: f'"__id__": {order[m[1]]}', schema)
    renamed: dict[str, bytes] = {}
    for name, content in files.items():
        stem, _, ending = name.partition(".")
        renamed[f"{order.get(stem, stem)}.{ending}"] = content
        schema = schema.replace(f'"{name}"', f'"{order.get(stem, stem)}.{ending}"')
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted({**renamed, "schema.json": schema.encode()}.items()):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()
