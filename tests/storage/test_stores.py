"""A lake in an object store: what the store answers becomes an error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from pipeline.check._lake import partitions
from pipeline.errors import EngageError, FatalError, RetriableError, SettingsError
from pipeline.settings import of_mapping
from pipeline.storage import Lake, answered
from tests.test_storage import DAY, detections

COMPANY = {"company": {"name": "Peddel"}, "sources": []}
TRIED = "When listing objects under key 'lake/messages/' in bucket 'b': "


@pytest.fixture
def refusing(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a lake whose bucket's name is what the store answers to everything."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wachtwoord")

    def answer(request: Request) -> Response:
        code = request.path.split("/")[1]
        words = f"<Error><Code>{code}</Code><Message>wachtwoord</Message></Error>"
        return Response(words, 403, content_type="application/xml")

    httpserver.expect_request("").respond_with_handler(answer)
    return f"s3://{{}}/lake?scheme=http&endpoint_override=127.0.0.1:{httpserver.port}"


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize(
    ("bucket", "code"),
    [
        ("AccessDenied", "ACCESS_DENIED"),
        ("InvalidAccessKeyId", "INVALID_ACCESS_KEY_ID"),
        ("NoSuchBucket", "NO_SUCH_BUCKET"),
        ("ExpiredToken", "ExpiredToken"),
    ],
)
def test_store_that_refuses_is_a_matter_of_the_settings(
    refusing: str, bucket: str, code: str
) -> None:
    lake = Lake(refusing.format(bucket))
    # No table is found where there is no bucket: that a run could not write says so.
    with pytest.raises(SettingsError, match=rf"does not let us \w+ \({code}\)") as caught:
        lake.try_out()
    assert "wachtwoord" not in str(caught.value)
    assert "credentials" in caught.value.mend
    with pytest.raises(SettingsError):
        lake.write("detections", DAY, detections(3))


@pytest.mark.parametrize(
    "said",
    [
        "AWS Error NETWORK_CONNECTION during ListObjectsV2 operation: curlCode: 7, Could not",
        "AWS Error SLOW_DOWN during ListObjectsV2 operation: Please reduce your request rate.",
        "AWS Error INTERNAL_FAILURE during PutObject operation: We encountered an error.",
        "google::cloud::Status(UNAVAILABLE: Retry policy exhausted, last error=…)",
    ],
)
def test_store_that_does_not_answer_is_asked_again_later(said: str) -> None:
    found = answered(OSError(TRIED + said), "messages", "read")
    assert isinstance(found, RetriableError)
    assert "still in place" in found.what


def test_error_of_a_disk_is_no_answer_of_a_store() -> None:
    assert answered(OSError(5, "Input/output error"), "messages", "read") is None


def test_file_that_a_store_did_not_give_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lake(str(tmp_path / "lake")).write("detections", DAY, detections(3))
    settings = of_mapping(COMPANY, tmp_path / "engage.toml")

    def look(said: OSError) -> EngageError | None:
        class Unread:
            path = f"{tmp_path}/lake/detections/sent_on=2026-11-02/part-0.parquet"

            @property
            def physical_schema(self) -> object:
                raise said

        class Table:
            def get_fragments(self) -> list[Unread]:
                return [Unread()]

        monkeypatch.setattr(Lake, "dataset", lambda *_: Table())
        (found,) = partitions(settings, "detections")
        return found.error

    gone = look(OSError(TRIED + "AWS Error NETWORK_CONNECTION during GetObject operation"))
    damaged = look(OSError("Couldn't deserialize thrift"))
    assert isinstance(gone, RetriableError)
    assert isinstance(damaged, FatalError)
    assert damaged.where == "detections/sent_on=2026-11-02/part-0.parquet"
    assert "remove this file" in damaged.mend
