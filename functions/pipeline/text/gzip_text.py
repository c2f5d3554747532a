"""Gzip, decompressed as a stream that never trusts its input: any number of members, capped."""

import zlib
from collections.abc import Iterable, Iterator

from pipeline.errors import FileRefusedError

MAX_TEXT_BYTES = 20 * 1024**3
"""As long as a file that is not compressed may be (`object_check.MAX_OBJECT_BYTES`)."""

MAX_RATIO = 200
"""Text seldom shrinks below a twentieth; deflate's limit, which bombs approach, is 1 : 1032."""

RATIO_FREE_BYTES = 8 * 1024 * 1024
"""Small outputs may be as repetitive as they like."""

_OUTPUT_BYTES = 4 * 1024 * 1024
_GZIP_FORMAT = 16 + zlib.MAX_WBITS


def decompressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Return the decompressed bytes of one or more gzip members, in pieces of at most 4 MiB.

    Zeros may follow the last member, as tapes and block devices leave them; nothing else may.

    Raises:
        FileRefusedError: `gzip_truncated`, `gzip_broken`, `gzip_trailing_bytes`, `gzip_bomb` or
            `too_large`.
    """
    read_bytes = written_bytes = 0
    member = zlib.decompressobj(_GZIP_FORMAT)
    is_inside = False
    for piece in pieces:
        read_bytes += len(piece)
        rest = piece
        while rest:
            if not is_inside:
                rest, is_inside = _next_member(rest, is_first=written_bytes == 0)
                member = zlib.decompressobj(_GZIP_FORMAT)
                continue
            output = _inflate(member, rest)
            written_bytes += len(output)
            refuse_bomb(read_bytes, written_bytes, "gzip_bomb")
            if output:
                yield output
            is_inside = not member.eof
            rest = member.unused_data if member.eof else member.unconsumed_tail
    if is_inside:
        yield from _flushed(member)


def _next_member(rest: bytes, *, is_first: bool) -> tuple[bytes, bool]:
    """Return what is left and whether a member starts there; zeros may pad the end of a file."""
    stripped = rest.lstrip(b"\0")
    if not stripped:
        return b"", False
    if not is_first and stripped[:1] != b"\x1f":
        raise FileRefusedError(
            "gzip_trailing_bytes",
            "bytes that are not gzip follow the compressed data: compress the file again",
        )
    return stripped, True


def _inflate(member: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return member.decompress(data, _OUTPUT_BYTES)
    except zlib.error as error:
        message = f"the gzip data is damaged ({error}): compress the file again"
        raise FileRefusedError("gzip_broken", message) from error


def _flushed(member: "zlib._Decompress") -> Iterator[bytes]:
    """Return what zlib still holds of the last member, which must be complete."""
    output = member.flush()
    if output:
        yield output
    if not member.eof:
        raise FileRefusedError(
            "gzip_truncated",
            "the gzip data ends in the middle: the file was cut off, drop it again",
        )


def refuse_bomb(read_bytes: int, written_bytes: int, code: str) -> None:
    """Refuse to unfold more than a file may hold.

    Raises:
        FileRefusedError: `too_large`, or the code where text seldom shrinks that much.
    """
    if written_bytes > MAX_TEXT_BYTES:
        message = f"its text is longer than {MAX_TEXT_BYTES} bytes, the limit: split the file"
        raise FileRefusedError("too_large", message)
    if written_bytes > RATIO_FREE_BYTES and written_bytes > MAX_RATIO * read_bytes:
        message = f"{read_bytes} compressed bytes hold more than {written_bytes} bytes"
        raise FileRefusedError(code, f"{message}: drop the file uncompressed, in portions")
