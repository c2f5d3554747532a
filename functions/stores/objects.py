"""Objects in S3, pinned to the version that the run is about.

Whatever an event says about size or etag is ignored: facts are read from S3 at the version, and
every later read carries the etag, so that no byte of another version can slip in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from pipeline.errors import EventError, FileRefusedError
from pipeline.layout import s3_uri
from stores.aws import code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RANGE_BYTES = 8 * 1024 * 1024
"""One request's share; two are in memory at a time."""

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
"""Manifests and reports are far smaller; a larger one is somebody else's object."""

_UNREADABLE = frozenset({"AccessDenied", "InvalidObjectState", "ObjectNotInActiveTierError", "403"})
_GONE = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})
_EXISTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What S3 says about one version of an object."""

    size_bytes: int
    etag: str
    last_modified: datetime
    content_encoding: str = ""


@dataclass(frozen=True, kw_only=True)
class PinnedObject:
    """One version of one object as a byte source (`pipeline.text.byte_source.ByteSource`)."""

    client: S3Client
    bucket: str
    key: str
    version_id: str
    etag: str
    size_bytes: int

    @classmethod
    def of(cls, client: S3Client, file: Mapping[str, Any]) -> Self:
        """Return the object that a state's `file` names."""
        return cls(
            client=client,
            bucket=file["bucket"],
            key=file["key"],
            version_id=file["version_id"],
            etag=file["etag"],
            size_bytes=file["size_bytes"],
        )

    def read(self, start: int, length: int) -> bytes:
        """Return a range; fewer bytes than asked for only at the end.

        Raises:
            FileRefusedError: `gone`, if the version has been deleted since; `unreadable`, if it is
                stored away or encrypted by a key that the pipeline may not use.
        """
        if length <= 0 or start >= self.size_bytes:
            return b""
        end = min(start + length, self.size_bytes) - 1
        try:
            response = self.client.get_object(
                Bucket=self.bucket,
                Key=self.key,
                VersionId=self.version_id,
                IfMatch=f'"{self.etag}"',
                Range=f"bytes={start}-{end}",
            )
            return response["Body"].read()
        except ClientError as error:
            raise _named(error, self.bucket, self.key) from error

    def pieces(self) -> Iterator[bytes]:
        """Return all bytes in order; the next range is fetched while one is used."""
        starts = range(0, self.size_bytes, RANGE_BYTES)
        with ThreadPoolExecutor(max_workers=1) as ahead:
            pending: Future[bytes] | None = None
            for start in starts:
                current = pending or ahead.submit(self.read, start, RANGE_BYTES)
                piece = current.result()
                has_next = start + RANGE_BYTES < self.size_bytes
                pending = (
                    ahead.submit(self.read, start + RANGE_BYTES, RANGE_BYTES) if has_next else None
                )
                yield piece


def facts(client: S3Client, bucket: str, key: str, version_id: str) -> Facts:
    """Return what S3 says about a version.

    Raises:
        FileRefusedError: `gone`, if there is no such version.
    """
    try:
        head = client.head_object(Bucket=bucket, Key=key, VersionId=version_id)
    except ClientError as error:
        raise _named(error, bucket, key) from error
    return Facts(
        size_bytes=head["ContentLength"],
        etag=head["ETag"].strip('"'),
        last_modified=head["LastModified"].astimezone(UTC),
        content_encoding=head.get("ContentEncoding", ""),
    )


def read_bytes(client: S3Client, bucket: str, key: str) -> bytes:
    """Return the latest bytes of a small object of our own.

    Raises:
        EventError: It does not exist, or is too large to be one of ours.
    """
    try:
        response = client.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if code_of(error) in _GONE:
            raise EventError(f"{s3_uri(bucket, key)} does not exist") from error
        raise
    if response["ContentLength"] > MAX_DOCUMENT_BYTES:
        raise EventError(f"{s3_uri(bucket, key)} is larger than {MAX_DOCUMENT_BYTES} bytes")
    return response["Body"].read()


def read_document(client: S3Client, bucket: str, key: str) -> dict[str, Any]:
    """Return a JSON object of our own (findings, manifest, report).

    Raises:
        EventError: It does not exist or is no JSON object.
    """
    document = json.loads(read_bytes(client, bucket, key))
    if not isinstance(document, dict):
        raise EventError(f"{s3_uri(bucket, key)} is no JSON object")
    return document


def write_document(client: S3Client, bucket: str, key: str, document: Mapping[str, Any]) -> str:
    """Write a JSON document and return its URI."""
    write_bytes(client, bucket, key, json.dumps(document, ensure_ascii=False, indent=1).encode())
    return s3_uri(bucket, key)


def write_bytes(client: S3Client, bucket: str, key: str, body: bytes) -> None:
    """Write the bytes of a JSON document."""
    client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")


def is_unreadable(error: ClientError) -> bool:
    """True if S3 has the object and does not hand out its bytes."""
    return code_of(error) in _UNREADABLE or code_of(error).startswith("KMS.")


def _named(error: ClientError, bucket: str, key: str) -> Exception:
    """Return the refusal for a version whose bytes cannot be had, or the error itself.

    A plain denial is none: it is the pipeline that lacks a right, which says nothing of the file.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    uri, code = s3_uri(bucket, key), code_of(error)
    if code in _GONE | _EXISTS | {"MethodNotAllowed", "405"}:
        message = f"{uri} does not exist at this version: it was deleted"
        return FileRefusedError("gone", message)
    if code == "InvalidObjectState":
        message = f"{uri} is in an archive storage class: restore it, then drop a copy of it"
        return FileRefusedError("unreadable", message)
    if code.startswith("KMS.") or (code == "AccessDenied" and "kms:" in str(error)):
        message = (
            f"{uri} is encrypted by a key that the pipeline may not use: let its roles decrypt"
            " with the key, or encrypt the file otherwise, then drop it again"
        )
        return FileRefusedError("unreadable", message)
    return error
