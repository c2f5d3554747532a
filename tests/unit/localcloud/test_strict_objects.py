"""Reading and writing objects at the same time."""

import io
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaitingError
from typing import Any

import pytest

from localcloud.strict.s3 import StrictS3

LONG_ENOUGH = 0.2  # seconds in which a read that is not held back would be answered


def found(_environ: object, _start_response: object) -> Iterable[bytes]:
    return [b"found"]


def test_a_read_is_answered_once_what_it_saw_is_kept() -> None:
    keeping, kept = threading.Event(), threading.Event()

    def keep(_environ: object) -> None:
        keeping.set()
        kept.wait()

    objects: Any = StrictS3(found, keep=keep)
    put = {"REQUEST_METHOD": "PUT", "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}
    with ThreadPoolExecutor() as threads:
        write = threads.submit(objects, put, None)
        keeping.wait()
        read = threads.submit(objects, {"REQUEST_METHOD": "GET"}, None)
        try:
            with pytest.raises(StillWaitingError):
                read.result(LONG_ENOUGH)
        finally:
            kept.set()
        assert read.result() == write.result() == [b"found"]
