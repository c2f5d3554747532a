"""The text of a sender's file, whatever its name says about it and however broken it is."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, cast

from pipeline.errors import FileRefusedError
from pipeline.text.byte_source import Buffer
from pipeline.text.decoding import BOM, by_first_bytes
from pipeline.text.object_check import GZIP, ZIP
from pipeline.text.zip_text import unzipped

BROKEN = (FileRefusedError, OSError, EOFError, zlib.error)
"""What is raised where a file that is compressed cannot be read on."""


def unpacked(body: IO[bytes]) -> io.BufferedReader:
    """Return the bytes of the text; a file is told by its own first bytes.

    Raises:
        FileRefusedError: It is a ZIP archive that holds no single file, or is broken.
    """
    stored = _peekable(body)
    first = stored.peek(len(ZIP))
    if first.startswith(GZIP):
        return _peekable(cast("IO[bytes]", gzip.GzipFile(fileobj=stored)))
    if first.startswith(ZIP):
        return _peekable(io.BytesIO(b"".join(unzipped(Buffer(stored.read())))))
    return stored


def lines_of(text: io.BufferedReader, encoding: str) -> Iterator[str]:
    """Return the lines without their ends; bytes that do not decode are replaced."""
    encoding = by_first_bytes(encoding, text.peek(4))
    for line in io.TextIOWrapper(text, encoding, "replace"):
        yield line.removeprefix(BOM).rstrip("\r\n")


def _peekable(body: IO[bytes]) -> io.BufferedReader:
    return io.BufferedReader(cast("io.RawIOBase", body))
