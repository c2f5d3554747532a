"""Parts kept in S3: uploaded while the conversion goes on, a few at a time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipeline import layout

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from conversion.outputs import Kind

THREADS = 8
MAX_PENDING = 16
"""Parts in memory that wait for their upload."""


class Uploads:
    """A sink (`conversion.outputs.Sink`) below a prefix of a bucket."""

    def __init__(self, client: S3Client, *, bucket: str, prefix: str, compression: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._compression = compression
        self._threads = ThreadPoolExecutor(max_workers=THREADS)
        self._pending: deque[Future[None]] = deque()

    def put(self, kind: Kind, index: int, body: bytes) -> str:
        """Start the upload of one part; return its key."""
        key = layout.part_key(self._prefix, kind, index, self._compression)
        while len(self._pending) >= MAX_PENDING:
            self._pending.popleft().result()
        self._pending.append(self._threads.submit(self._upload, key, body))
        return key

    def _upload(self, key: str, body: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

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
