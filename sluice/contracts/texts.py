"""The text of a file of any kind that may be dropped, unpacked and decoded for a first look."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pipeline.errors import FileRefusedError
from pipeline.text.byte_source import LocalFile
from pipeline.text.file_text import text_of
from pipeline.text.object_check import MAGIC_BYTES, judge_object


def pieces_of(path: Path) -> Iterator[bytes]:
    """Return the bytes of a file's text, unpacked.

    Raises:
        FileRefusedError: the file is of another kind, or its packing is damaged.
    """
    source = LocalFile(path)
    compression = judge_object(path.name, source.size_bytes, source.read(0, MAGIC_BYTES))
    yield from text_of(source, compression)


def texts_of(path: Path, encoding: str) -> Iterator[str]:
    """Return the text of a file, piece by piece.

    Raises:
        FileRefusedError: a byte does not decode, there is no such encoding, or the file is of
            another kind.
    """
    if not _is_known(encoding):
        raise FileRefusedError("encoding", f"{encoding!r} is no encoding of texts")
    pieces = pieces_of(path)
    first = next(pieces, b"")
    decoder = codecs.getincrementaldecoder(_ordered(encoding, first))("strict")
    line = 1
    try:
        for piece in chain([first], pieces):
            text = decoder.decode(piece)
            line += text.count("\n")
            yield text
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        at = error.object[: error.start].count(b"\n") + line
        message = (
            f"line {at} is no {encoding} ({error.reason}): say --encoding, or save it in UTF-8"
        )
        raise FileRefusedError("encoding", message) from None


def _is_known(encoding: str) -> bool:
    try:
        return isinstance(b"\0\0\0\0".decode(encoding, "replace"), str)
    except (LookupError, ValueError):
        return False


def _ordered(encoding: str, first: bytes) -> str:
    """Return UTF-16 with its order of bytes where no mark tells it: the first letter does."""
    is_marked = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if codecs.lookup(encoding).name != "utf-16" or is_marked:
        return encoding
    return "utf-16-be" if first.startswith(b"\0") else "utf-16-le"
