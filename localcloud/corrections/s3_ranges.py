"""moto reads a whole object for every range of it: streaming a large file by ranges is quadratic.

Here a request with a Range header reads that range only.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from moto.s3.models import FakeKey
from moto.s3.responses import S3Response

_request = threading.local()


class StoredBytes:
    """The content of an object, of which only the slice that is asked for is read."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def __len__(self) -> int:
        return int(self._key.contentsize)

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(len(self))
        with self._key.lock:
            self._key._value_buffer.seek(start)  # noqa: SLF001
            content: bytes = self._key._value_buffer.read(max(0, stop - start))  # noqa: SLF001
        return content


def read_only_ranges() -> None:
    """Give range requests their slice, all others the whole."""
    responses: Any = S3Response
    if hasattr(responses.get_object, "__wrapped__"):
        return
    whole: Any = FakeKey.value
    keys: Any = FakeKey
    keys.value = property(
        lambda key: StoredBytes(key) if getattr(_request, "lazy", False) else whole.fget(key),
        whole.fset,
    )
    responses.get_object = _lazily(responses.get_object)
    responses._handle_range_header = _wholly(responses._handle_range_header)  # noqa: SLF001


def _lazily(get_object: Any) -> Any:
    @functools.wraps(get_object)
    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        _request.lazy = bool(self.headers.get("Range"))
        try:
            return get_object(self, *args, **kwargs)
        finally:
            _request.lazy = False

    return get


def _wholly(handle_range_header: Any) -> Any:
    """A range that cannot be understood is answered with everything."""

    @functools.wraps(handle_range_header)
    def handle(self: Any, *args: Any, **kwargs: Any) -> Any:
        status, headers, content = handle_range_header(self, *args, **kwargs)
        return status, headers, content[:] if isinstance(content, StoredBytes) else content

    return handle
