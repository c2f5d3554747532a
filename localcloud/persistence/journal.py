"""A file that grows by whole records; one that was cut off by a crash is not read.

A record that was written survives the end of the process, however it ends.  It is not forced
onto the disk: the end of the machine may take the last ones away.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Self

_HEAD = struct.Struct(">II")


class Journal:
    """Appends records of bytes to a file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = _open(path)

    @classmethod
    def begin(cls, path: Path, records: Iterable[bytes]) -> Self:
        """A journal that holds these records and nothing else, whatever the file held before."""
        draft = path.with_suffix(".draft")
        draft.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            for record in records:
                file.write(_framed(record))
        draft.replace(path)
        return cls(path)

    def append(self, *records: bytes) -> None:
        """Add records; all of them, or those in front, are there after a crash."""
        self._file.write(b"".join(map(_framed, records)))

    def close(self) -> None:
        """Write no more."""
        self._file.close()


def read(path: Path) -> Iterator[bytes]:
    """The whole records of a file, in order; none if there is no file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            if len(head) < _HEAD.size:
                return
            length, checksum = _HEAD.unpack(head)
            record = file.read(length)
            if len(record) < length or zlib.crc32(record) != checksum:
                return
            yield record


def _open(path: Path) -> BinaryIO:
    return path.open("ab", buffering=0)


def _framed(record: bytes) -> bytes:
    return _HEAD.pack(len(record), zlib.crc32(record)) + record
