"""The text of a file, whatever its compression, from any byte source."""

from collections.abc import Iterator

from pipeline.text.byte_source import ByteSource
from pipeline.text.gzip_text import decompressed
from pipeline.text.header_rows import MAX_HEADER_BYTES
from pipeline.text.object_check import Compression
from pipeline.text.zip_text import unzipped


def is_text(compression: Compression, *, is_canonical: bool) -> bool:
    """Tell whether the bytes of a file are its text; of others the text is stored by itself."""
    return compression is None and is_canonical


def text_of(source: ByteSource, compression: Compression) -> Iterator[bytes]:
    """Return the decompressed bytes, piece by piece.

    Raises:
        FileRefusedError: The compressed data is damaged or a bomb.
    """
    if compression == "zip":
        return unzipped(source)
    return decompressed(source.pieces()) if compression == "gzip" else source.pieces()


def head_of(source: ByteSource, compression: Compression) -> bytes:
    """Return at most the first `MAX_HEADER_BYTES` bytes of the text.

    Raises:
        FileRefusedError: The compressed data is damaged.
    """
    if compression is None:
        return source.read(0, MAX_HEADER_BYTES)
    head = b""
    for piece in text_of(source, compression):
        head += piece
        if len(head) >= MAX_HEADER_BYTES:
            break
    return head[:MAX_HEADER_BYTES]
