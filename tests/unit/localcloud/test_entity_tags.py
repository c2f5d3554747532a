"""An object's entity tag and its content do not disturb each other."""

import hashlib
import io
import threading

import pytest
from moto.s3.models import FakeKey

from localcloud import corrections
from localcloud.account import ACCOUNT_ID

CONTENT = b"[1,2,3]"
LONG_ENOUGH = 0.2  # seconds in which a reader that is not held back would have read


class MetBy(io.BytesIO):
    """A file whose first reader is met by another one half-way."""

    def __init__(self, content: bytes, other: threading.Thread) -> None:
        super().__init__(content)
        self._other = other

    def read(self, size: int | None = -1) -> bytes:
        if self._other.ident is None:
            self._other.start()
            self._other.join(LONG_ENOUGH)
        return super().read(size)


@pytest.fixture(autouse=True)
def _corrected() -> None:
    corrections.apply()


def test_an_object_read_while_its_tag_is_computed_is_whole() -> None:
    key = FakeKey("part", b"", ACCOUNT_ID, "us-east-1")
    contents: list[bytes] = []
    reader = threading.Thread(target=lambda: contents.append(key.value))
    key._value_buffer.close()
    key._value_buffer = MetBy(CONTENT, reader)  # type: ignore[assignment]
    assert key.etag == f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'
    reader.join()
    key.dispose()
    assert contents == [CONTENT]
