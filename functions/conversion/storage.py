"""Where texts come from and where parts go: a folder, or S3."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, cast
from urllib.parse import unquote, urlsplit

from pipeline.layout import split_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PIECE_BYTES = 4 * 1024 * 1024
UPLOADS = 8
"""Parts on their way at once, for each split that is worked on."""

MAX_PENDING = 16
"""Parts in memory that wait for their upload."""


class Storage(Protocol):
    """Reads texts by URI; keeps objects below the one folder of this attempt."""

    def pieces(self, uri: str, start: int, end: int) -> Iterator[bytes]:
        """Return the bytes from `start` to `end` (exclusive)."""

    def put(self, name: str, body: bytes) -> None:
        """Keep an object; one of the same name is replaced."""

    def put_new(self, name: str, body: bytes) -> bool:
        """Keep an object unless there is one of that name; tell whether it was kept."""

    def find(self, name: str) -> bytes | None:
        """Return the bytes of an object; None if there is none."""

    def delete(self, name: str) -> None:
        """Remove an object; a missing one is fine."""

    def key(self, name: str) -> str:
        """Return the key under which the report lists an object."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderStorage:
    """Files: texts at `file://` URIs, objects below a folder."""

    folder: Path

    def pieces(self, uri: str, start: int, end: int) -> Iterator[bytes]:
        """Return a range of a file."""
        with Path(unquote(urlsplit(uri).path)).open("rb") as file:
            file.seek(start)
            left = end - start
            while piece := file.read(min(left, PIECE_BYTES)):
                left -= len(piece)
                yield piece

    def put(self, name: str, body: bytes) -> None:
        """Write a file."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)

    def put_new(self, name: str, body: bytes) -> bool:
        """Write a file unless it exists."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with (self.folder / name).open("xb") as file:
                file.write(body)
        except FileExistsError:
            return False
        return True

    def find(self, name: str) -> bytes | None:
        """Return the bytes of a file, if there is one."""
        path = self.folder / name
        return path.read_bytes() if path.exists() else None

    def delete(self, name: str) -> None:
        """Remove a file."""
        (self.folder / name).unlink(missing_ok=True)

    def key(self, name: str) -> str:
        """Return the name: keys are relative to the folder."""
        return name


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Storage:
    """Objects of S3: texts at `s3://` URIs, objects below a prefix of a bucket."""

    client: S3Client
    bucket: str
    prefix: str

    def pieces(self, uri: str, start: int, end: int) -> Iterator[bytes]:
        """Return a range of an object."""
        bucket, key = split_uri(uri)
        wanted = f"bytes={start}-{end - 1}"
        body = self.client.get_object(Bucket=bucket, Key=key, Range=wanted)["Body"]
        yield from body.iter_chunks(PIECE_BYTES)

    def put(self, name: str, body: bytes) -> None:
        """Put an object."""
        self.client.put_object(Bucket=self.bucket, Key=self.key(name), Body=body)

    def put_new(self, name: str, body: bytes) -> bool:
        """Put an object on the condition that its key is free."""
        codes = self.client.exceptions
        try:
            self.client.put_object(
                Bucket=self.bucket, Key=self.key(name), Body=body, IfNoneMatch="*"
            )
        except codes.ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True

    def find(self, name: str) -> bytes | None:
        """Return the bytes of an object, if there is one."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=self.key(name))["Body"].read()
        except self.client.exceptions.NoSuchKey:
            return None

    def delete(self, name: str) -> None:
        """Delete an object."""
        self.client.delete_object(Bucket=self.bucket, Key=self.key(name))

    def key(self, name: str) -> str:
        """Return the object's key."""
        return self.prefix + name


def s3_client() -> S3Client:
    """Return a new client of S3, as far as boto3's is botocore's.

    The rest of boto3 takes longer to import than all of a task's own code, and no storage calls it.
    """
    import botocore.session  # noqa: PLC0415 - files need none

    return cast("S3Client", botocore.session.get_session().create_client("s3"))


def storage_at(uri: str, client: Callable[[], S3Client] = s3_client) -> Storage:
    """Return the storage whose folder is at a `file://` or `s3://` URI that ends in a slash.

    Where it is in S3, `client` is asked for a client.
    """
    if uri.startswith("file://"):
        return FolderStorage(folder=Path(unquote(urlsplit(uri).path)))
    bucket, prefix = split_uri(uri)
    return S3Storage(client=client(), bucket=bucket, prefix=prefix)


_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412"})


class Uploads:
    """Puts objects while the conversion goes on, a few at a time."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._threads = ThreadPoolExecutor(max_workers=UPLOADS)
        self._pending: deque[Future[None]] = deque()

    def put(self, name: str, body: bytes) -> None:
        """Start to put one object."""
        while len(self._pending) >= MAX_PENDING:
            self._pending.popleft().result()
        self._pending.append(self._threads.submit(self._storage.put, name, body))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for all uploads; a failed one raises here unless something else went wrong."""
        self._threads.shutdown(wait=True, cancel_futures=error is not None)
        if error is None:
            for upload in self._pending:
                upload.result()
