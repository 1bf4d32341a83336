"""Models on disk: checked byte for byte, and never able to run code."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FunctionTransformer

from pipeline.errors import FatalError
from pipeline.model_store import LARGEST_BYTES, load, read_metadata, save
from pipeline.settings import shipped_models

ROOT = Path(__file__).parent.parent

TEXTS = ["the parcel is late", "I want a quote", "add a dark mode", "parcel lost again"]


def model() -> dict[str, Any]:
    vectorizer = TfidfVectorizer().fit(TEXTS)
    vectors = vectorizer.transform(TEXTS)
    return {
        "vectorizer": vectorizer,
        "classifier": LogisticRegression().fit(vectors, [1, 0, 0, 1]),
        "calibrator": LogisticRegression().fit(vectors.toarray()[:, :3], [1, 0, 0, 1]),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A saved model."""
    save(tmp_path / "lead", model(), {"tag": "lead"})
    return tmp_path / "lead"


def test_model_comes_back_as_it_was(folder: Path) -> None:
    found, metadata = load(folder)
    made = model()
    assert metadata["tag"] == "lead"
    assert found["vectorizer"].vocabulary_ == made["vectorizer"].vocabulary_
    assert np.array_equal(found["classifier"].coef_, made["classifier"].coef_)


def test_words_that_were_given_come_back_in_their_order(tmp_path: Path) -> None:
    words = ["quote", "late", "parcel is", "dark"]
    given = TfidfVectorizer(vocabulary=words, ngram_range=(1, 2)).fit(TEXTS)
    save(tmp_path / "lead", {"vectorizer": given}, {})
    found = load(tmp_path / "lead")[0]["vectorizer"]
    assert (found.vocabulary, found.vocabulary_) == (words, given.vocabulary_)
    assert np.array_equal(found.transform(TEXTS).toarray(), given.transform(TEXTS).toarray())


def test_same_model_is_the_same_bytes_in_another_process(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.test_model_store import model\n"
        "from pipeline.model_store import save\nx = [object() for _ in range(999)]\n"
        "save(Path(sys.argv[1]), model(), {'tag': 'lead'})"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "again"],
        check=True,
        cwd=ROOT,
    )
    for name in ("model.skops", "metadata.json"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(share=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_changed_byte_is_refused_wherever_it_is(folder: Path, share: float, change: int) -> None:
    file = folder / "model.skops"
    whole = file.read_bytes()
    body = bytearray(whole)
    body[int(share * len(body))] ^= change
    file.write_bytes(body)
    with pytest.raises(FatalError, match="not those its metadata names") as caught:
        load(folder)
    assert caught.value.where == str(file)
    assert "make train" in caught.value.mend
    file.write_bytes(whole)


def test_file_cut_off_is_refused(folder: Path) -> None:
    file = folder / "model.skops"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(FatalError, match="not those its metadata names"):
        load(folder)


class Hostile:
    """What runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, ("raise SystemExit('ran')",)


def test_type_that_is_not_trusted_is_refused_before_it_is_made(folder: Path) -> None:
    # sha256 and all in order: only the list of types stands between the file and the process.
    body = {"vectorizer": FunctionTransformer(func=subprocess.run)}
    save(folder, body, {"tag": "lead"})
    with pytest.raises(FatalError, match=r"types that are not trusted: subprocess\.run"):
        load(folder)


def test_pickle_under_the_name_of_a_model_is_refused(folder: Path) -> None:
    forged(folder, pickle.dumps(Hostile()))
    with pytest.raises(FatalError, match=r"model\.skops: the file is not a skops model"):
        load(folder)


def forged(folder: Path, body: bytes) -> None:
    """Put other bytes in the place of a model, and name them in the metadata."""
    (folder / "model.skops").write_bytes(body)
    metadata = {"sha256": hashlib.sha256(body).hexdigest()}
    (folder / "metadata.json").write_text(json.dumps(metadata))


def parts_of(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / "model.skops") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_file_cut_off_is_refused_also_when_the_metadata_name_its_bytes(
    folder: Path, share: float
) -> None:
    body = (folder / "model.skops").read_bytes()
    forged(folder, body[: int(share * len(body))])
    with pytest.raises(FatalError, match="not a skops model"):
        load(folder)


@pytest.mark.parametrize(
    "schema",
    [b"", b"{", b"[]", b"{}", b"[" * 100_000, b'{"protocol": 2, "__loader__": "NoNode"}'],
    ids=["blank", "cut", "list", "empty", "deep", "loader"],
)
def test_broken_schema_is_refused(folder: Path, schema: bytes) -> None:
    forged(folder, packed({**parts_of(folder), "schema.json": schema}))
    with pytest.raises(FatalError, match="not a skops model"):
        load(folder)


@pytest.mark.parametrize("kept", [0, 0.5, None], ids=["blank", "half", "missing"])
def test_broken_array_is_refused(folder: Path, kept: float | None) -> None:
    parts = parts_of(folder)
    for name in sorted(set(parts) - {"schema.json"}):
        body = parts[name]
        left = {} if kept is None else {name: body[: int(kept * len(body))]}
        forged(folder, packed({**{one: parts[one] for one in parts if one != name}, **left}))
        with pytest.raises(FatalError, match="not a skops model"):
            load(folder)


def test_pickle_inside_an_array_is_refused(folder: Path) -> None:
    """NumPy's own files can hold objects, which are pickles."""
    out = io.BytesIO()
    np.save(out, np.array([Hostile()], dtype=object), allow_pickle=True)
    parts = parts_of(folder)
    name = next(one for one in sorted(parts) if one.endswith(".npy"))
    forged(folder, packed({**parts, name: out.getvalue()}))
    with pytest.raises(FatalError, match="not a skops model"):
        load(folder)


def test_file_that_unpacks_to_more_than_any_model_is_refused_before_it_is(folder: Path) -> None:
    body = bytearray(packed({**parts_of(folder), "more.npy": bytes(1_000_000)}))
    said = (1_000_000).to_bytes(4, "little")
    at = body.rindex(said)
    body[at : at + 4] = (LARGEST_BYTES + 1).to_bytes(4, "little")
    forged(folder, bytes(body))
    with pytest.raises(FatalError, match=r"not a skops model \(ValueError\)") as caught:
        load(folder)
    assert "unpacks to more" in str(caught.value.__cause__)


@pytest.mark.parametrize("words", [{"parcel": 0}, np.array(["parcel", "late"])])
def test_words_that_are_not_kept_as_letters_are_refused(folder: Path, words: object) -> None:
    vectorizer = model()["vectorizer"]
    vectorizer.vocabulary_ = words
    forged(folder, skops.io.dumps({"vectorizer": vectorizer}))
    with pytest.raises(FatalError, match="not a skops model"):
        load(folder)


def test_model_that_is_no_dictionary_is_refused(folder: Path) -> None:
    forged(folder, skops.io.dumps([1, 2]))
    with pytest.raises(FatalError, match="not a skops model"):
        load(folder)


def rewritten(folder: Path, old: bytes, new: bytes) -> None:
    """Change what the archive says, and the sha256 with it."""
    forged(folder, packed({n: part.replace(old, new) for n, part in parts_of(folder).items()}))


MAJOR, MINOR = (int(one) for one in sklearn.__version__.split(".")[:2])


@pytest.mark.parametrize("made_by", ["0.24.2", f"{MAJOR}.{MINOR + 1}.0"])
def test_model_of_another_scikit_learn_is_refused_with_both_versions(
    folder: Path, made_by: str
) -> None:
    rewritten(folder, sklearn.__version__.encode(), made_by.encode())
    with pytest.raises(FatalError, match=rf"scikit-learn {re.escape(made_by)}, and this") as caught:
        load(folder)
    assert "make train" in caught.value.mend


def test_model_of_another_patch_level_is_the_same_model(folder: Path) -> None:
    patch = ".".join([*sklearn.__version__.split(".")[:2], "99"])
    rewritten(folder, sklearn.__version__.encode(), patch.encode())
    assert set(load(folder)[0]) == {"vectorizer", "classifier", "calibrator"}


def test_sparse_matrix_may_be_part_of_a_model(tmp_path: Path) -> None:
    save(tmp_path / "lead", {"matrix": csr_matrix([[0.0, 2.0]])}, {})
    assert load(tmp_path / "lead")[0]["matrix"].toarray().tolist() == [[0.0, 2.0]]


@pytest.mark.parametrize("name", ["model.skops", "metadata.json"])
def test_missing_file_is_named_with_its_mend(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(FatalError, match=re.escape(str(folder / name))) as caught:
        load(folder)
    assert "make train" in caught.value.mend


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "\\xff"])
def test_broken_metadata_is_refused(folder: Path, text: str) -> None:
    (folder / "metadata.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(FatalError, match=re.escape(str(folder / "metadata.json"))):
        read_metadata(folder)


@pytest.mark.parametrize("tag", ["lead", "complaint", "idea"])
def test_shipped_model_holds_no_pickle_and_is_canonical(tag: str, tmp_path: Path) -> None:
    file = shipped_models() / tag / "model.skops"
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {Path(name).suffix for name in names} <= {".json", ".npy", ".npz"}
        # The words are an array: told one by one they take seconds to read.
        assert archive.getinfo("schema.json").file_size < 100_000
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    found, metadata = load(file.parent)
    assert save(tmp_path / tag, found, metadata) == metadata["sha256"]


def test_skops_files_of_others_are_read_by_their_types_alone(folder: Path) -> None:
    assert skops.io.get_untrusted_types(file=folder / "model.skops") in (
        [],
        ["scipy.sparse._csr.csr_matrix"],
    )


MOVED = """
import sys, types, warnings
from pathlib import Path

class Moved(types.ModuleType):
    def __getattr__(self, name):
        warnings.warn(f"{name} has moved", FutureWarning)
        raise AttributeError(name)

sys.modules["moved"] = Moved("moved")
from pipeline.model_store import load
load(Path(sys.argv[1]))
"""


def test_loading_wakes_no_warning_of_other_modules(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MOVED, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
