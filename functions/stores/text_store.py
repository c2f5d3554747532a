"""The text of a file that is not stored as text: uploaded while it is read, part by part.

What lies below `runs/<run_id>/source/` is what the conversion reads: UTF-8 text that can be cut
at the splits. Files that are such text are copied by S3; of any other the validator, which reads
every byte anyway, stores the text.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (the limits of parts)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 16 * 1024 * 1024
"""S3 takes 10,000 parts of at least 5 MiB: enough for eight times the longest text."""

THREADS = 2
"""Parts on their way at a time; the scan goes on meanwhile."""


@dataclass(kw_only=True, slots=True)
class TextUpload:
    """An object written piece by piece: complete at the end, or not there at all.

    A text of less than one part is put at once. At most `THREADS + 2` parts are in memory.
    """

    client: S3Client
    bucket: str
    key: str
    part_bytes: int = PART_BYTES
    _pieces: list[bytes] = field(default_factory=list)
    _bytes: int = 0
    _upload_id: str | None = None
    _parts: list[Future[CompletedPartTypeDef]] = field(default_factory=list)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=THREADS)
    )

    def keeping(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Return the pieces; each is stored as well."""
        for piece in pieces:
            self._write(piece)
            yield piece

    def _write(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._bytes += len(piece)
        if self._bytes >= self.part_bytes:
            self._send_part()

    def _send_part(self) -> None:
        if self._upload_id is None:
            created = self.client.create_multipart_upload(Bucket=self.bucket, Key=self.key)
            self._upload_id = created["UploadId"]
        if len(self._parts) >= THREADS:
            self._parts[-THREADS].result()
        body, number = self._taken(), len(self._parts) + 1
        self._parts.append(self._threads.submit(self._upload, self._upload_id, number, body))

    def _taken(self) -> bytes:
        body = b"".join(self._pieces)
        self._pieces, self._bytes = [], 0
        return body

    def _upload(self, upload_id: str, number: int, body: bytes) -> CompletedPartTypeDef:
        response = self.client.upload_part(
            Bucket=self.bucket, Key=self.key, UploadId=upload_id, PartNumber=number, Body=body
        )
        return {"PartNumber": number, "ETag": response["ETag"]}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the object; after an error, take back what was uploaded."""
        if error is not None:
            self._abort()
            return
        try:
            self._complete()
        except BaseException:
            self._abort()
            raise

    def _complete(self) -> None:
        if self._upload_id is None:
            self.client.put_object(Bucket=self.bucket, Key=self.key, Body=self._taken())
            return
        if self._bytes:
            self._send_part()
        self._threads.shutdown()
        self.client.complete_multipart_upload(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": [part.result() for part in self._parts]},
        )

    def _abort(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        if self._upload_id is not None:
            self.client.abort_multipart_upload(
                Bucket=self.bucket, Key=self.key, UploadId=self._upload_id
            )
