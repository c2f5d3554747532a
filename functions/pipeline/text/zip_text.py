"""The one CSV in a ZIP archive, decompressed as a stream that never trusts its input.

Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from pipeline.errors import FileRefusedError
from pipeline.printable import printable
from pipeline.text.byte_source import ByteSource
from pipeline.text.gzip_text import refuse_bomb
from pipeline.text.object_check import EXTENSIONS

MAX_DIRECTORY_BYTES = 1024 * 1024
"""What may be read before the file is found: a directory of some thousand members."""

_PIECE_BYTES = 4 * 1024 * 1024
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_SHOWN_NAMES = 3


def unzipped(source: ByteSource) -> Iterator[bytes]:
    """Return the bytes of the archive's one CSV, in pieces of at most 4 MiB.

    Folders, and what systems put beside files (`__MACOSX/`, names with a leading dot), do not
    count.

    Raises:
        FileRefusedError: `zip_members`, `zip_encrypted`, `zip_method`, `zip_broken`, `zip_bomb`,
            `zip_or_xlsx` or `too_large`.
    """
    window = _Window(source)
    try:
        with zipfile.ZipFile(io.BufferedReader(window, _PIECE_BYTES)) as archive:
            member = _only_file(archive)
            window.left = None
            yield from _inflated(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        message = f"the ZIP archive is damaged ({error}): pack the file again"
        raise FileRefusedError("zip_broken", message) from error


def _inflated(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    written_bytes = 0
    with archive.open(member) as content:
        while piece := content.read(_PIECE_BYTES):
            written_bytes += len(piece)
            refuse_bomb(member.compress_size, written_bytes, "zip_bomb")
            yield piece


def _only_file(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [member for member in archive.infolist() if _is_file(member.filename)]
    names = [member.filename for member in files]
    if "[Content_Types].xml" in names:
        message = "the file is a workbook or a document: save it as CSV in UTF-8"
        raise FileRefusedError("zip_or_xlsx", message)
    if len(files) != 1 or not names[0].lower().endswith(EXTENSIONS):
        shown = ", ".join(map(printable, names[:_SHOWN_NAMES]))
        told = f"{len(names)} files ({shown}{', …' if len(names) > _SHOWN_NAMES else ''})"
        message = f"the ZIP archive holds {told if names else 'no file'}: pack exactly one CSV"
        raise FileRefusedError("zip_members", message)
    [member] = files
    if member.flag_bits & _ENCRYPTED:
        message = "the file in the ZIP archive is encrypted: pack it without a password"
        raise FileRefusedError("zip_encrypted", message)
    if member.compress_type not in _METHODS:
        message = "the file in the ZIP archive is compressed in a rare way: pack it with Deflate"
        raise FileRefusedError("zip_method", message)
    return member


def _is_file(name: str) -> bool:
    is_hidden = name.rpartition("/")[2].startswith(".")
    return not (name.endswith("/") or name.startswith("__MACOSX/") or is_hidden)


class _Window(io.RawIOBase):
    """A source of bytes as a file; so long as `left` is a number, no more bytes are read."""

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source = source
        self._at = 0
        self.left: int | None = MAX_DIRECTORY_BYTES + _PIECE_BYTES

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; ZIP archives are read from their end."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size_bytes}
        self._at = max(start[whence] + offset, 0)
        return self._at

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Read what fits into a buffer.

        Raises:
            FileRefusedError: `zip_members`: the archive's directory is out of all proportion.
        """
        length = min(len(buffer), max(self._source.size_bytes - self._at, 0))
        piece = self._source.read(self._at, length) if length else b""
        if self.left is not None:
            self.left -= len(piece)
            if self.left < 0:
                message = "the ZIP archive holds thousands of files: pack exactly one CSV"
                raise FileRefusedError("zip_members", message)
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
