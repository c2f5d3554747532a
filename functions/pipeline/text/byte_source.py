"""Where a file's bytes come from: a local file or a pinned object, read by ranges."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PIECE_BYTES = 4 * 1024 * 1024
"""Large enough to amortise a request, small enough that a few in memory do not matter."""


class ByteSource(Protocol):
    """Bytes of a known length that do not change while they are read."""

    @property
    def size_bytes(self) -> int:
        """The length."""

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start`; fewer than `length` only at the end."""

    def pieces(self) -> Iterator[bytes]:
        """Return all bytes in order, in pieces of bounded size, none of them empty."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file on disk as a byte source."""

    path: Path

    @property
    def size_bytes(self) -> int:
        """The file's length."""
        return self.path.stat().st_size

    def read(self, start: int, length: int) -> bytes:
        """Return a range of the file."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)

    def pieces(self) -> Iterator[bytes]:
        """Return the file piece by piece."""
        with self.path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece


@dataclass(frozen=True, slots=True)
class Buffer:
    """Bytes in memory as a byte source."""

    content: bytes

    @property
    def size_bytes(self) -> int:
        """The number of bytes."""
        return len(self.content)

    def read(self, start: int, length: int) -> bytes:
        """Return a range of the bytes."""
        return self.content[start : start + length]

    def pieces(self) -> Iterator[bytes]:
        """Return the bytes piece by piece."""
        for start in range(0, len(self.content), PIECE_BYTES):
            yield self.content[start : start + PIECE_BYTES]
