"""The text of compressed files: stored whole while it is validated, or not at all."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.contracts.dialect import Dialect
from pipeline.errors import FileRefusedError
from pipeline.text.content_scan import scan_content
from pipeline.text.file_text import text_of
from stores import aws
from stores.text_store import PART_BYTES, TextUpload
from tests.integration.validators.conftest import WORK, Run

HEADER = b"id,location_id,address_1,city,state_province\n"
LEAST_PART_BYTES = 5 * 1024 * 1024
Reader = Callable[[str], dict[str, Any]]


def rows(size_bytes: int) -> bytes:
    """Rows that do not compress too well."""
    lines = (f"{zlib.crc32(b'%d' % n):x},{n},Main St,Redwood City,CA\n" for n in range(size_bytes))
    found, size = [HEADER], len(HEADER)
    for line in lines:
        found.append(line.encode())
        size += len(line)
        if size > size_bytes:
            break
    return b"".join(found)


def keys() -> list[str]:
    listed = aws.s3().list_objects_v2(Bucket=WORK)
    return [entry["Key"] for entry in listed.get("Contents", [])]


def open_uploads() -> list[Any]:
    return list(aws.s3().list_multipart_uploads(Bucket=WORK).get("Uploads", []))


def test_the_text_of_a_padded_gzip_is_what_the_conversion_reads(run: Run, document: Reader) -> None:
    text = rows(2 * 1024 * 1024)
    members = gzip.compress(text[:1000]) + gzip.compress(text[1000:])
    file = run.drop(members + bytes(512), key="incoming/addresses/a.csv.gz")
    plan = run.plan([run.validate(file)])
    [entry] = document(plan["manifest_uri"])["files"]
    key = entry["uri"].removeprefix(f"s3://{WORK}/")
    assert aws.s3().get_object(Bucket=WORK, Key=key)["Body"].read() == text
    assert entry["compression"] is None
    assert entry["text_bytes"] == sum(s["bytes"] for s in entry["splits"]) + len(HEADER)


def test_the_engine_is_chosen_by_the_text_not_by_what_it_shrinks_to(run: Run) -> None:
    body = gzip.compress(HEADER + b"1,1,a,b,CA\n" * 200)
    assert len(body) < run.small_path_max_bytes < len(HEADER) + 11 * 200
    plan = run.plan([run.validate(run.drop(body, key="incoming/addresses/a.csv.gz"))])
    assert plan["engine"] == "spark"


@pytest.mark.parametrize("size", [0, 1, LEAST_PART_BYTES, LEAST_PART_BYTES * 5 // 2])
def test_a_text_is_stored_by_parts(run: Run, size: int) -> None:
    text = rows(LEAST_PART_BYTES * 3)[:size]
    pieces = [text[at : at + 1_000_000] for at in range(0, size, 1_000_000)]
    with TextUpload(
        client=aws.s3(), bucket=WORK, key="text", part_bytes=LEAST_PART_BYTES
    ) as upload:
        assert b"".join(upload.keeping(pieces)) == text
    assert aws.s3().get_object(Bucket=WORK, Key="text")["Body"].read() == text
    assert not open_uploads()


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b'1,1,"never closed', id="within the first part"),
        pytest.param(rows(PART_BYTES * 3)[len(HEADER) :] + b"\xff\n", id="after three parts"),
    ],
)
def test_a_text_that_is_refused_is_not_kept(run: Run, tail: bytes) -> None:
    file = run.drop(gzip.compress(HEADER + tail, 1), key="incoming/addresses/a.csv.gz")
    with pytest.raises(FileRefusedError):
        run.validate(file)
    assert not keys()
    assert not open_uploads()


class Counter:
    """An S3 client that keeps nothing but the number of bytes."""

    def __init__(self) -> None:
        self.parts: list[int] = []

    def create_multipart_upload(self, **_: object) -> dict[str, str]:
        return {"UploadId": "u"}

    def upload_part(self, *, Body: bytes, **_: object) -> dict[str, str]:  # noqa: N803 - as boto3's
        self.parts.append(len(Body))
        return {"ETag": "e"}

    def complete_multipart_upload(self, **_: object) -> None:
        return


class Compressed:
    """A gzip file of so many repetitions of a text, never whole in memory."""

    def __init__(self, text: bytes, times: int) -> None:
        self.member = gzip.compress(text)
        self.size_bytes = len(self.member) * times
        self.times = times

    def read(self, start: int, length: int) -> bytes:
        raise NotImplementedError

    def pieces(self) -> Iterator[bytes]:
        return (self.member for _ in range(self.times))


def test_memory_does_not_grow_with_the_text() -> None:
    """The function has 1,769 MB and the default /tmp, which is never touched."""
    source, client = Compressed(rows(8_000_000), 30), Counter()
    upload = TextUpload(client=client, bucket=WORK, key="text")  # type: ignore[arg-type]
    tracemalloc.start()
    with upload:
        dialect = Dialect(delimiter=",", quote='"')
        content = scan_content(upload.keeping(text_of(source, "gzip")), dialect)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert content.text_bytes == sum(client.parts) > 200_000_000
    assert peak_bytes < 128 * 1024 * 1024
