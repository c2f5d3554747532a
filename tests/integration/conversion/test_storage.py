"""Both kinds of storage keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from conversion.storage import FolderStorage, S3Storage, Storage, Uploads, storage_at

CONTENT = bytes(range(256)) * 50_000
"""Longer than one piece."""


@pytest.fixture(params=["folder", "s3"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Storage, str]]:
    """A storage, and where a text of `CONTENT` lies."""
    if request.param == "folder":
        source = tmp_path / "a b%20c.csv"
        source.write_bytes(CONTENT)
        yield storage_at((tmp_path / "out").as_uri() + "/"), source.as_uri()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="work")
        client.put_object(Bucket="work", Key="runs/r/source/0000.csv", Body=CONTENT)
        yield storage_at("s3://work/runs/r/0-0/"), "s3://work/runs/r/source/0000.csv"


def read(storage: Storage, name: str) -> bytes:
    if isinstance(storage, FolderStorage):
        return (storage.folder / storage.key(name)).read_bytes()
    assert isinstance(storage, S3Storage)
    return storage.client.get_object(Bucket=storage.bucket, Key=storage.key(name))["Body"].read()


@pytest.mark.parametrize(("start", "end"), [(0, 10), (7, 8), (300, 11_000_000)])
def test_a_range_is_read_in_pieces(place: tuple[Storage, str], start: int, end: int) -> None:
    storage, uri = place
    assert b"".join(storage.pieces(uri, start, end)) == CONTENT[start:end]


def test_objects_are_replaced_kept_and_deleted(place: tuple[Storage, str]) -> None:
    storage, _ = place
    storage.put("valid/a.json", b"1")
    storage.put("valid/a.json", b"2")
    assert read(storage, "valid/a.json") == b"2"
    assert storage.put_new("report.json", b"first")
    assert not storage.put_new("report.json", b"second")
    assert read(storage, "report.json") == b"first"
    storage.delete("valid/a.json")
    storage.delete("valid/a.json")
    with pytest.raises(Exception, match=r"No such|NoSuchKey"):
        read(storage, "valid/a.json")


def test_uploads_are_done_at_the_end_or_raise(place: tuple[Storage, str]) -> None:
    storage, _ = place
    with Uploads(storage) as uploads:
        for number in range(40):
            uploads.put(f"valid/{number}", b"%d" % number)
    assert [read(storage, f"valid/{n}") for n in range(40)] == [b"%d" % n for n in range(40)]


def test_an_upload_that_failed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "valid").write_bytes(b"in the way")
    with pytest.raises(OSError, match="valid"), Uploads(FolderStorage(folder=tmp_path)) as uploads:
        uploads.put("valid/0", b"0")
